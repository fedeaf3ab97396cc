"""The client against the simulated server: discovery, uploads, a run from submission to file, and cancelling only one's own."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image

from core.comfyui.client import Comfy, OutputFile, ProgressStep, RunState
from core.comfyui.run_state import RunPoller
from core.errors import BackendUnreachable, BadGraph, GarbledAnswer, GraphRefused, OutputLost, RunVanished
from hooks.simulator import RunningSimulator
from tests.core.comfy import CHECKPOINT, drawing, handed_in, new_id, scripted, until_it_runs, watched
from tests.waiting import until

VERSIONS = ["0.3.57", "0.8.0", "0.24.0", "0.27.0", "0.33.0", "0.38.1"]


def picture(size: tuple[int, int] = (32, 32), colour: str = "red") -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, colour).save(made, "PNG")
    return made.getvalue()


def test_a_server_tells_what_it_is_and_has(comfy: Comfy) -> None:
    told = comfy.server()
    assert told.release >= (0, 3, 57)
    assert told.device
    assert comfy.queue_depth() == 0
    assert CHECKPOINT in comfy.models("checkpoints")
    assert comfy.models("no-such-folder") == []
    assert {"KSampler", "SaveImage"} <= comfy.node_types()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_picture_is_made_on_every_version_of_comfyui(simulator: RunningSimulator, comfy: Comfy, version: str) -> None:
    simulator.turn(version=version)
    assert comfy.server().version == version
    run = watched(comfy, handed_in(comfy))
    assert run.state is RunState.DONE
    assert run.error is None
    assert run.started_at
    assert run.ended_at
    assert run.started_at <= run.ended_at
    (output,) = run.outputs
    assert (output.node_id, output.kind, output.type) == ("9", "image", "output")
    assert Image.open(io.BytesIO(comfy.fetch(output))).size == (64, 64)


def test_progress_covers_the_whole_graph_and_never_goes_back(simulator: RunningSimulator, comfy: Comfy) -> None:
    simulator.turn(step_seconds=0.02)
    steps: list[ProgressStep] = []
    watched(comfy, handed_in(comfy, drawing(steps=8)), steps)
    done = [step.done for step in steps]
    assert done == sorted(done)
    assert done[0] < 0.5
    assert 0.8 < done[-1] <= 1.0
    sampled = [step.value for step in steps if step.node == "3" and not step.preview]
    assert sampled == sorted(set(sampled)), "each tick is told once"
    assert {"KSampler"} <= {step.node_type_or_title for step in steps}
    assert any(step.preview and step.preview.startswith((b"\xff\xd8", b"\x89PNG")) for step in steps)


def test_the_server_never_sees_marks_of_another_run(simulator: RunningSimulator, comfy: Comfy) -> None:
    graph = drawing()
    graph["4"]["is_changed"] = ["0" * 64]
    run = watched(comfy, handed_in(comfy, graph))
    kept = json.loads(Image.open(io.BytesIO(comfy.fetch(run.outputs[0]))).info["prompt"])
    assert "is_changed" not in kept["4"]
    assert "is_changed" in graph["4"], "the caller's graph is its own"


def test_what_is_sent_has_our_id_and_no_priority() -> None:
    prompt_id = new_id()
    with (
        scripted({"/prompt": (200, {"prompt_id": prompt_id, "number": 1, "node_errors": {}})}) as script,
        Comfy(script.url) as comfy,
    ):
        comfy.submit(drawing(), prompt_id, extra_pnginfo={"slate": {"render": "R-4F2K"}})
    (_, _, body), *rest = script.asked
    told = json.loads(body)
    assert not rest
    assert told["prompt_id"] == prompt_id
    assert told["extra_data"]["extra_pnginfo"] == {"slate": {"render": "R-4F2K"}}
    assert not {"number", "front"} & set(told)


def test_each_submission_has_a_client_id_of_its_own() -> None:
    with scripted({"/prompt": (200, {"number": 1, "node_errors": []})}) as script, Comfy(script.url) as comfy:
        for _ in range(3):
            comfy.submit(drawing(), new_id())
    assert len({json.loads(body)["client_id"] for _, _, body in script.asked}) == 3


@pytest.mark.parametrize("bad", [{"workflow": None}, {"workflow": []}, {"☃": {}}, {"": {}}, {"k" * 80: {}}])
def test_what_would_break_the_server_later_is_not_sent(comfy: Comfy, bad: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"PNG keyword|must be an object"):
        comfy.submit(drawing(), new_id(), extra_pnginfo=bad)
    assert comfy.queue_depth() == 0


def test_ids_the_server_would_refuse_are_not_sent(comfy: Comfy) -> None:
    with pytest.raises(ValueError, match="UUID"):
        comfy.submit(drawing(), new_id().upper())
    with pytest.raises(BadGraph):
        comfy.submit(drawing(cfg=float("nan")), new_id())


def test_an_upload_is_used_under_the_name_the_server_gives_it(comfy: Comfy) -> None:
    first = comfy.upload("ref.png", picture(), subfolder="slate/r1")
    assert first == "slate/r1/ref.png"
    assert comfy.upload("ref.png", picture(), subfolder="slate/r1") == first
    assert comfy.upload("ref.png", picture(colour="blue"), subfolder="slate/r1") != first
    assert comfy.upload("../größe ☃.png", picture(), subfolder="slate/r1").isascii()


def test_an_upload_that_is_too_large_is_refused_in_words(simulator: RunningSimulator, comfy: Comfy) -> None:
    simulator.turn(max_upload_size=1000)
    with pytest.raises(GraphRefused, match="gpu-01 takes no picture this large"):
        comfy.upload("big.png", picture((64, 64)) + bytes(5000), subfolder="slate")


def test_a_waiting_run_knows_its_position(simulator: RunningSimulator, comfy: Comfy) -> None:
    simulator.turn(worker_paused=True)
    ids = [handed_in(comfy) for _ in range(12)]
    looks = [RunPoller(comfy.wire, one, followed=True).now(5.0) for one in ids]
    assert [look.run.position for look in looks] == list(range(1, 13))
    assert comfy.look(ids[0]).state is RunState.PENDING
    assert comfy.queue_depth() == 12
    assert comfy.look(new_id()).state is RunState.ABSENT


@pytest.mark.parametrize("version", VERSIONS)
def test_cancelling_a_waiting_run_takes_out_that_one_only(simulator: RunningSimulator, comfy: Comfy, version: str) -> None:
    simulator.turn(version=version, worker_paused=True)
    mine, others = handed_in(comfy), handed_in(comfy)
    assert comfy.cancel(mine)
    assert comfy.look(mine).state is RunState.ABSENT
    assert comfy.look(others).state is RunState.PENDING
    assert not comfy.cancel(mine)
    with pytest.raises(RunVanished, match="gpu-01 no longer knows the run"):
        watched(comfy, mine)


@pytest.mark.parametrize("version", VERSIONS)
def test_cancelling_a_running_run_stops_it_at_the_next_step(simulator: RunningSimulator, comfy: Comfy, version: str) -> None:
    simulator.turn(version=version, step_seconds=0.05)
    mine, others = handed_in(comfy, drawing(steps=500)), handed_in(comfy)
    until_it_runs(comfy, mine)
    assert comfy.cancel(mine)
    run = watched(comfy, mine)
    assert run.state is RunState.CANCELLED
    assert run.error
    assert run.error.code == "run-interrupted"
    assert watched(comfy, others).state is RunState.DONE


@pytest.mark.parametrize("version", VERSIONS)
def test_cancelling_what_is_over_or_unknown_stops_nobody(simulator: RunningSimulator, comfy: Comfy, version: str) -> None:
    simulator.turn(version=version)
    over = handed_in(comfy)
    watched(comfy, over)
    simulator.turn(step_seconds=0.02)
    others = handed_in(comfy, drawing(steps=20))
    until_it_runs(comfy, others)
    assert not comfy.cancel(over)
    assert not comfy.cancel(new_id())
    assert watched(comfy, others).state is RunState.DONE


def test_a_server_too_old_to_interrupt_one_run_is_not_asked_to() -> None:
    mine = new_id()
    queue = {"queue_running": [[0, mine, {}, {}, []]], "queue_pending": []}
    answers = {
        f"/history/{mine}": (200, {}),
        "/queue": (200, queue),
        "/interrupt": (200, b""),
        "/system_stats": (200, {"system": {"comfyui_version": "0.3.40"}}),
    }
    with scripted(answers) as script, Comfy(script.url) as comfy:
        assert not comfy.cancel(mine)
    assert "/interrupt" not in [path for _, path, _ in script.asked]


def test_a_server_that_gives_ids_of_its_own_is_too_old() -> None:
    theirs = new_id()
    with scripted({"/prompt": (200, {"prompt_id": theirs}), f"/api/jobs/{theirs}/cancel": (200, {"cancelled": True})}) as script:
        with Comfy(script.url) as comfy, pytest.raises(GraphRefused, match="too old"):
            comfy.submit(drawing(), new_id())
    assert script.asked[-1][1] == f"/api/jobs/{theirs}/cancel", "what it took is not left running"


def test_files_are_told_lost_when_they_are_gone_empty_or_short(simulator: RunningSimulator, comfy: Comfy) -> None:
    (output,) = watched(comfy, handed_in(comfy)).outputs
    for knob in ("view_missing", "view_empty", "view_short"):
        simulator.turn(**{knob: 1})
        with pytest.raises(OutputLost, match="A file that gpu-01 made") as lost:
            comfy.fetch(output)
        assert lost.value.facts["filename"] == output.filename
    assert comfy.fetch(output)


def test_a_file_deleted_on_the_server_is_lost(simulator: RunningSimulator, comfy: Comfy) -> None:
    simulator.turn(files_lost=1)
    (output,) = watched(comfy, handed_in(comfy)).outputs
    with pytest.raises(OutputLost):
        comfy.fetch(output)


def test_a_file_cannot_be_asked_for_outside_the_output_folder(comfy: Comfy) -> None:
    for name, folder in (("../../etc/passwd", ""), ("passwd", "../../../etc")):
        with pytest.raises(OutputLost):
            comfy.fetch(OutputFile("9", name, folder, "output", "file"))


def test_a_server_that_is_gone_is_unreachable_in_every_call(simulator: RunningSimulator, comfy: Comfy) -> None:
    (output,) = watched(comfy, handed_in(comfy)).outputs
    simulator.stop()
    calls = (
        comfy.server,
        comfy.queue_depth,
        comfy.node_types,
        lambda: comfy.models("loras"),
        lambda: comfy.look(new_id()),
        lambda: comfy.cancel(new_id()),
        lambda: comfy.upload("a.png", b"x", subfolder=""),
        lambda: comfy.fetch(output),
        lambda: comfy.submit(drawing(), new_id()),
    )
    for call in calls:
        with pytest.raises(BackendUnreachable, match="gpu-01") as gone:
            call()
        assert gone.value.facts["sent"] is False
        assert gone.value.transient


def test_connections_come_back_with_the_server(simulator: RunningSimulator, comfy: Comfy) -> None:
    watched(comfy, handed_in(comfy))
    simulator.restart()
    until(lambda: comfy.queue_depth() == 0, "the server is back")
    assert watched(comfy, handed_in(comfy)).state is RunState.DONE


@pytest.mark.parametrize("what", ["html", "truncated", "empty"])
def test_garbage_is_called_garbage(simulator: RunningSimulator, comfy: Comfy, what: str) -> None:
    simulator.turn(garbage=what)
    calls = (comfy.server, comfy.queue_depth, comfy.node_types, lambda: comfy.look(new_id()), lambda: comfy.models("loras"))
    for call in calls:
        with pytest.raises(GarbledAnswer, match="gpu-01 answered"):
            call()


@pytest.mark.parametrize("body", [[], 7, "x", {"system": 3}, {"exec_info": []}, {"queue_running": {}, "queue_pending": 1}])
def test_json_that_is_not_comfyuis_is_garbage_too(body: object) -> None:
    some = new_id()
    answers = dict.fromkeys(("/system_stats", "/prompt", "/queue", "/history/" + some), (200, body))
    with scripted(answers) as script, Comfy(script.url, name="gpu-01") as comfy:
        for call in (comfy.server, comfy.queue_depth, lambda: comfy.look(some)):
            with pytest.raises(GarbledAnswer, match="gpu-01 answered"):
                call()


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "backend-unreachable"),
        (403, "backend-unreachable"),
        (429, "backend-busy"),
        (502, "backend-unreachable"),
        (404, "garbled-answer"),
    ],
)
def test_a_proxy_in_between_is_understood(status: int, code: str) -> None:
    with scripted({"/prompt": (status, b"<html>no</html>")}) as script, Comfy(script.url, name="gpu-01") as comfy:
        with pytest.raises(Exception, match="gpu-01") as refused:
            comfy.queue_depth()
    assert getattr(refused.value, "code", "") == code


def test_a_password_in_the_url_is_used_and_never_told() -> None:
    with scripted({}) as script:
        with Comfy(script.url.replace("http://", "http://me:secret@")) as comfy, pytest.raises(GarbledAnswer) as said:
            comfy.queue_depth()
    assert "secret" not in f"{said.value.message} {said.value.hint} {said.value.facts}"
    assert "secret" not in comfy.name


@pytest.mark.parametrize("url", ["", "gpu-01:8188", "ftp://gpu-01", "http://"])
def test_an_address_that_is_no_url_is_unreachable(url: str) -> None:
    with Comfy(url, name="gpu-01") as comfy, pytest.raises(BackendUnreachable):
        comfy.queue_depth()
