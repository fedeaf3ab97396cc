"""A ComfyUI that answers with bombs, without end, by the drop or nested without bottom is left with an error that says so."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from websockets.sync.server import ServerConnection, serve

from core.comfyui import answers
from core.comfyui.client import Comfy, OutputFile, RunState
from core.comfyui.http import SMALL, AnswerPace
from core.comfyui.listener import SocketListener
from core.comfyui.progress import RunProgress
from core.comfyui.responses import MOST_FILES
from core.errors import AnswerTooLarge, AnswerTooSlow, BackendError, GarbledAnswer, ResultTooLarge
from tests.core.comfy import scripted

PICTURE = OutputFile("9", "a.png", "", "output", "image")
Speak = Callable[[socket.socket, threading.Event], None]


@contextmanager
def speaking(speak: Speak) -> Iterator[str]:
    """A server that does as `speak` says on every connection, until the client is gone or the test is over."""
    over = threading.Event()

    def talk(heard: socket.socket) -> None:
        with heard, suppress(OSError):
            while heard.recv(65536):
                speak(heard, over)

    def listen(door: socket.socket) -> None:
        with suppress(OSError):
            while not over.is_set():
                threading.Thread(target=talk, args=(door.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=listen, args=(door,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{door.getsockname()[1]}"
        finally:
            over.set()
            door.shutdown(socket.SHUT_RDWR)
            thread.join()


def whole(body: bytes, *headers: str) -> Speak:
    head = "\r\n".join(["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers, "", ""]).encode()
    return lambda heard, over: heard.sendall(head + body)


def without_end(heard: socket.socket, over: threading.Event) -> None:
    heard.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not over.is_set():
        heard.sendall(b"10000\r\n" + b"[" * 0x10000 + b"\r\n")


def dripping(head: bytes) -> Speak:
    def drip(heard: socket.socket, over: threading.Event) -> None:
        heard.sendall(head)
        while not over.wait(0.02):
            heard.sendall(b"x")

    return drip


ASKED: dict[str, Callable[[Comfy], object]] = {
    "a look": lambda comfy: comfy.look("one"),
    "the server": lambda comfy: comfy.server(),
    "the queue": lambda comfy: comfy.queue_depth(),
    "models": lambda comfy: comfy.models("checkpoints"),
    "an upload": lambda comfy: comfy.upload("a.png", b"a picture", subfolder="slate"),
    "cancelling": lambda comfy: comfy.cancel("one"),
}


def test_a_bomb_is_unpacked_only_to_the_limit() -> None:
    bomb = gzip.compress(b"[" * (4 * SMALL), 1)
    assert len(bomb) < SMALL // 50
    with speaking(whole(bomb, "Content-Encoding: gzip")) as url, Comfy(url, name="gpu-01") as comfy:
        with pytest.raises(AnswerTooLarge, match="gpu-01 answered more than Slate takes") as said:
            comfy.queue_depth()
        assert said.value.code == "answer-too-large"
        comfy.max_result = SMALL
        with pytest.raises(ResultTooLarge):
            comfy.fetch(PICTURE)


def test_an_honest_packed_answer_is_read() -> None:
    packed = gzip.compress(json.dumps({"exec_info": {"queue_remaining": 3}}).encode())
    with speaking(whole(packed, "Content-Encoding: gzip")) as url, Comfy(url) as comfy:
        assert comfy.queue_depth() == 3


@pytest.mark.parametrize(
    "body",
    [gzip.compress(b"{}")[:-4], gzip.compress(b"{}") + b"more", b"no gzip at all"],
    ids=["cut off", "more behind it", "no gzip"],
)
def test_a_broken_package_is_no_answer(body: bytes) -> None:
    with speaking(whole(body, "Content-Encoding: gzip")) as url, Comfy(url) as comfy, pytest.raises(GarbledAnswer):
        comfy.queue_depth()


def test_packing_that_was_not_asked_for_is_not_unpacked() -> None:
    with speaking(whole(b"\x28\xb5\x2f\xfd", "Content-Encoding: zstd")) as url, Comfy(url) as comfy, pytest.raises(GarbledAnswer):
        comfy.queue_depth()


@pytest.mark.parametrize("asked", ASKED)
def test_an_answer_without_end_is_broken_off(asked: str) -> None:
    with speaking(without_end) as url, Comfy(url) as comfy, pytest.raises(AnswerTooLarge):
        ASKED[asked](comfy)


def test_a_result_without_end_is_broken_off_and_not_asked_for_again() -> None:
    waits: list[float] = []
    with speaking(without_end) as url, Comfy(url, name="gpu-01", max_result=1 << 20) as comfy:
        with pytest.raises(ResultTooLarge, match=r"gpu-01 made more than Slate takes \(1 MiB\)") as said:
            comfy.collect(PICTURE, waits.append)
    assert said.value.code == "result-too-large"
    assert "SLATE_MAX_RESULT_MB" in said.value.hint
    assert waits == []


def test_a_result_that_says_it_is_too_large_is_not_begun() -> None:
    announced = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n"
    with speaking(lambda heard, over: heard.sendall(announced)) as url, Comfy(url) as comfy, pytest.raises(ResultTooLarge):
        comfy.fetch(PICTURE)


@pytest.mark.parametrize(
    "head",
    [b"HTTP/1.1 200 OK\r\nX-", b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"],
    ids=["a head that does not end", "a body by the drop"],
)
def test_an_answer_by_the_drop_is_given_up(head: bytes) -> None:
    pace = AnswerPace(grace=0.1, slowest=10_000)
    with speaking(dripping(head)) as url, Comfy(url, name="gpu-01", timeout=0.1, pace=pace) as comfy:
        with pytest.raises(AnswerTooSlow, match="gpu-01 answers too slowly") as said:
            comfy.queue_depth()
        with pytest.raises(AnswerTooSlow):
            comfy.fetch(PICTURE)
    assert said.value.code == "answer-too-slow"
    assert said.value.facts["sent"] is True


def test_after_a_deadline_the_next_request_has_a_connection_of_its_own() -> None:
    turns = iter([dripping(b"HTTP/1.1 200 OK\r\nX-"), whole(b'{"exec_info": {"queue_remaining": 1}}')])
    with speaking(lambda heard, over: next(turns)(heard, over)) as url, Comfy(url, timeout=0.1) as comfy:
        with pytest.raises(AnswerTooSlow):
            comfy.queue_depth()
        assert comfy.queue_depth() == 1


@pytest.mark.parametrize(
    "body",
    [b"[" * 50_000, b'{"a":' * 300 + b"1" + b"}" * 300, b"[" * 300_000 + b"]" * 300_000, b"1" * 5_000, b"\xff\xfe{}"],
    ids=["open", "nested objects", "nested, large", "an endless number", "no UTF-8"],
)
@pytest.mark.parametrize("asked", ASKED)
def test_json_that_is_nested_without_bottom_is_no_answer(asked: str, body: bytes) -> None:
    with scripted({}) as script, Comfy(script.url) as comfy:
        for path in ("/history/one", "/system_stats", "/prompt", "/models/checkpoints", "/upload/image", "/api/jobs/one/cancel"):
            script.answers[path] = (200, body)
        with pytest.raises(GarbledAnswer):
            ASKED[asked](comfy)


def test_json_of_many_tiny_values_is_counted_before_it_is_read() -> None:
    many = b"[" + b"{}," * answers.MOST_VALUES + b"{}]"
    with scripted({"/prompt": (200, many)}) as script, Comfy(script.url) as comfy, pytest.raises(AnswerTooLarge):
        comfy.queue_depth()


def test_a_queue_full_of_other_peoples_graphs_is_read_in_the_sandbox() -> None:
    graph = {str(at): {"class_type": "KSampler", "inputs": {"text": "words " * 50}} for at in range(100)}
    pending = [[at, f"id-{at}", graph, {"client_id": f"c-{at}"}] for at in range(9, 0, -1)]
    told = {"queue_running": [], "queue_pending": pending}
    assert len(json.dumps(told)) > answers.HERE
    with scripted({"/queue": (200, told), "/history/id-3": (200, {})}) as script, Comfy(script.url) as comfy:
        run = comfy.look("id-3")
    assert (run.state, run.position) == (RunState.PENDING, 3)


def test_the_list_of_nodes_leaves_the_sandbox_as_names_only() -> None:
    told = {f"Node{at}": {"input": {"required": {"a": ["INT", {"default": 1}]}}} for at in range(900)}
    with scripted({"/object_info": (200, told)}) as script, Comfy(script.url) as comfy:
        assert comfy.node_types() == frozenset(told)
    with scripted({"/object_info": (200, [1])}) as script, Comfy(script.url) as comfy, pytest.raises(GarbledAnswer):
        comfy.node_types()


def test_a_run_with_more_files_than_anybody_makes_is_no_result() -> None:
    images = [{"filename": f"{at}.png", "subfolder": "", "type": "output"} for at in range(MOST_FILES + 1)]
    entry = {"outputs": {"9": {"images": images}}, "status": {"status_str": "success", "messages": []}}
    with scripted({"/history/one": (200, {"one": entry})}) as script, Comfy(script.url) as comfy:
        with pytest.raises(AnswerTooLarge, match="2001 files"):
            comfy.look("one")


@pytest.mark.parametrize("said", ["x" * (9 << 20), b"\0\0\0\4" + b"\0" * (9 << 20)], ids=["text", "preview"])
def test_a_message_that_is_too_large_closes_the_socket_and_polling_goes_on(said: str | bytes) -> None:
    def talk(connection: ServerConnection) -> None:
        connection.recv()
        connection.send(said)

    with serve(talk, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        listener = SocketListener(f"ws://127.0.0.1:{server.socket.getsockname()[1]}")
        heard = listener.hear(RunProgress("one"), 5.0)
        assert (heard.ask, heard.step, listener.open) == (True, None, False)
        server.shutdown()
        thread.join()


def test_a_message_about_thousands_of_nodes_costs_a_few_looks_at_the_graph() -> None:
    graph = {str(at): {"class_type": "X", "inputs": {"a": [str(at - 1), 0]} if at else {}} for at in range(300)}
    progress = RunProgress("one", graph)
    walked: list[str] = []

    class Counted(dict[str, object]):
        def get(self, key: str, default: object = None) -> object:
            walked.append(key)
            return super().get(key, default)

    progress.graph = Counted(graph)  # type: ignore[assignment]
    nodes = {f"n{at}": {"display_node_id": "299", "state": "running", "value": at, "max": 1e6} for at in range(5_000)}
    progress.hear("progress_state", {"prompt_id": "one", "nodes": nodes})
    assert len(walked) < 70 * 2 * len(graph)
    assert len(progress.parts) <= len(graph)


@pytest.mark.parametrize("asked", ASKED)
def test_every_such_error_is_one_that_the_worker_takes_for_a_servers_trouble(asked: str) -> None:
    with speaking(whole(b"nothing of ComfyUI's")) as url, Comfy(url) as comfy, pytest.raises(BackendError) as said:
        ASKED[asked](comfy)
    assert said.value.transient
