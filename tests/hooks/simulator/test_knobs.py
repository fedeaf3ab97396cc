"""Every way of going wrong goes wrong in the way it says, as often as it was told to, and not otherwise."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import httpx2
import pytest

from hooks.simulator import ALWAYS, Knobs, RunningSimulator
from hooks.simulator.knobs import meanings
from hooks.simulator.nodes import NODES
from tests.contracts.listening import Listener
from tests.hooks.simulator.asking import files, flat, history, run, submit, txt2img
from tests.waiting import until


def last_message(record: dict[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = record["status"]["messages"][-1][1]
    return message


@pytest.mark.parametrize(
    ("name", "given", "read"),
    [
        ("oom", "2", 2), ("oom", "always", ALWAYS), ("oom", True, ALWAYS), ("oom", "off", 0), ("step_seconds", "0.25", 0.25),
        ("ws_silent", "yes", True), ("ws_silent", "0", False), ("garbage", "html", "html"), ("version", "0.3.57", "0.3.57"),
    ],
)  # fmt: skip
def test_knobs_are_read_from_words(name: str, given: object, read: object) -> None:
    knobs = Knobs()
    knobs.turn(name, given)
    assert getattr(knobs, name) == read


@pytest.mark.parametrize(
    ("name", "given"), [("nonsense", "1"), ("ws_silent", "perhaps"), ("step_seconds", "soon"), ("oom", "twice")]
)
def test_knobs_that_make_no_sense_are_refused(sim: RunningSimulator, name: str, given: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Knobs().turn(name, given)
    assert httpx2.post(f"{sim.url}/_simulator/knobs", json={name: given}).status_code == 400


def test_knobs_are_turned_over_http_and_every_knob_says_what_it_does(sim: RunningSimulator) -> None:
    read = httpx2.post(f"{sim.url}/_simulator/knobs", json={"oom": 1, "preview_method": "auto"}).json()
    assert (read["oom"], sim.knobs.oom, sim.knobs.preview_method) == (1, 1, "auto")
    assert httpx2.get(f"{sim.url}/_simulator/knobs").json().keys() == meanings().keys()
    assert all(meanings().values())


def test_a_times_knob_strikes_that_often_and_no_more(sim: RunningSimulator) -> None:
    sim.turn(node_error=1)
    assert [run(sim, flat(colour))["status"]["status_str"] for colour in (1, 2)] == ["error", "success"]


# submitting


@pytest.mark.parametrize(("knob", "queued"), [("submit_500", False), ("submit_500_after", True)])
def test_a_submission_may_fail_before_or_after_it_counts(sim: RunningSimulator, knob: str, queued: bool) -> None:
    sim.turn(**{knob: 1})
    prompt_id = str(uuid.uuid4())
    answer = httpx2.post(f"{sim.url}/prompt", json={"prompt": flat(), "prompt_id": prompt_id})
    assert (answer.status_code, answer.headers["content-type"]) == (500, "text/plain; charset=utf-8")
    check_queued(sim, prompt_id, queued)


@pytest.mark.parametrize(("knob", "queued"), [("submit_drop", False), ("submit_drop_after", True)])
def test_a_submission_may_lose_its_connection(sim: RunningSimulator, knob: str, queued: bool) -> None:
    sim.turn(**{knob: 1})
    prompt_id = str(uuid.uuid4())
    with pytest.raises(httpx2.TransportError):
        httpx2.post(f"{sim.url}/prompt", json={"prompt": flat(), "prompt_id": prompt_id})
    check_queued(sim, prompt_id, queued)


@pytest.mark.parametrize(("knob", "queued"), [("submit_hang", False), ("submit_hang_after", True)])
def test_a_submission_may_never_be_answered(sim: RunningSimulator, knob: str, queued: bool) -> None:
    sim.turn(**{knob: 1})
    prompt_id = str(uuid.uuid4())
    with pytest.raises(httpx2.TimeoutException):
        httpx2.post(f"{sim.url}/prompt", json={"prompt": flat(), "prompt_id": prompt_id}, timeout=1)
    check_queued(sim, prompt_id, queued)


def check_queued(sim: RunningSimulator, prompt_id: str, queued: bool) -> None:
    if queued:
        until(lambda: bool(history(sim, prompt_id)), "the job ran although nobody was told")
    run(sim, flat(99))  # whatever came before it has run by now
    assert [one.prompt_id for one in sim.executed].count(prompt_id) == int(queued)


def test_a_body_that_is_too_large_is_413(sim: RunningSimulator) -> None:
    sim.turn(max_upload_size=2000)
    assert httpx2.get(f"{sim.url}/features").json()["max_upload_size"] == 2000
    answer = httpx2.post(f"{sim.url}/upload/image", files={"image": ("big.png", b"x" * 5000)})
    assert (answer.status_code, answer.text) == (413, "Maximum request body size 2000 exceeded.")


# running


def test_running_out_of_memory_says_so_and_the_server_survives(sim: RunningSimulator) -> None:
    sim.turn(oom=1)
    record = run(sim, txt2img())
    error = last_message(record)
    assert (error["exception_type"], error["node_type"]) == ("torch.OutOfMemoryError", "KSampler")
    assert "ran out of memory" in error["exception_message"]
    assert run(sim, txt2img())["status"]["completed"]


def test_a_node_of_ones_choice_fails(sim: RunningSimulator) -> None:
    sim.turn(node_error=ALWAYS, node_error_at="VAEDecode")
    assert run(sim, flat())["status"]["completed"]
    assert last_message(run(sim, txt2img()))["node_type"] == "VAEDecode"


def test_a_job_may_fail_and_still_leave_outputs(sim: RunningSimulator) -> None:
    sim.turn(partial_outputs=1)
    record = run(sim, flat())
    assert record["status"]["status_str"] == "error"
    assert [path.is_file() for path in files(sim, record)] == [True]


def test_a_job_may_succeed_with_nothing(sim: RunningSimulator) -> None:
    sim.turn(no_outputs=1, blocked_message="no credits left")
    with Listener(sim) as client:
        record = run(sim, flat(), client_id=client.client)
        blocked = [said["data"] for said in client.all() if isinstance(said, dict) and said["type"] == "execution_error"]
    assert (record["status"]["status_str"], record["outputs"]) == ("success", {})
    assert [one["exception_type"] for one in blocked] == ["ExecutionBlocked"]
    assert run(sim, flat())["outputs"]


def test_files_may_be_gone_although_they_are_listed(sim: RunningSimulator) -> None:
    sim.turn(files_lost=1)
    (entry,) = run(sim, flat())["outputs"]["2"]["images"]
    assert httpx2.get(f"{sim.url}/view", params=entry).status_code == 404


def test_a_dead_worker_never_moves_the_queue_until_a_restart(sim: RunningSimulator) -> None:
    sim.turn(kill_worker=1)
    submit(sim, flat())
    until(lambda: not sim.simulator.worker.alive, "the worker dies")
    assert httpx2.get(f"{sim.url}/prompt").json()["exec_info"]["queue_remaining"] == 1
    httpx2.post(f"{sim.url}/_simulator/restart")
    assert httpx2.get(f"{sim.url}/prompt").json()["exec_info"]["queue_remaining"] == 0
    assert run(sim, flat())["status"]["completed"]


def test_an_uninterruptible_node_runs_to_its_end(sim: RunningSimulator) -> None:
    sim.turn(uninterruptible=True, step_seconds=0.1)
    prompt_id = submit(sim, txt2img())
    until(lambda: sim.simulator.bench.node == "3", "the sampler runs")
    httpx2.post(f"{sim.url}/interrupt", json={"prompt_id": prompt_id})
    until(lambda: bool(history(sim, prompt_id)), "the job ends")
    assert last_message(history(sim, prompt_id))["node_id"] == "8"


def test_nan_can_be_inside_the_file(sim: RunningSimulator) -> None:
    sim.turn(nan_metadata=True)
    (path,) = files(sim, run(sim, flat()))
    assert b'"is_changed": [NaN]' in path.read_bytes()


# telling


def test_a_finished_job_may_be_missing_from_the_history(sim: RunningSimulator) -> None:
    sim.turn(forget_history=1)
    prompt_id = submit(sim, flat())
    until(lambda: any(one.outcome == "success" for one in sim.executed), "the job ends")
    until(lambda: sim.simulator.queue.running() is None, "the job is put away")
    assert history(sim, prompt_id) == {}


def test_history_keeps_only_so_many(sim: RunningSimulator) -> None:
    sim.turn(history_size=2)
    for colour in range(4):
        run(sim, flat(colour))
    assert len(httpx2.get(f"{sim.url}/history").json()) == 2


def test_a_silent_socket_stays_open_and_says_nothing(sim: RunningSimulator) -> None:
    sim.turn(ws_silent=True)
    with Listener(sim) as client:
        run(sim, flat(), client_id=client.client)
        sim.turn(ws_silent=False)
        assert len(client.all()) == 1


def test_a_socket_may_be_cut_without_a_word(sim: RunningSimulator) -> None:
    sim.turn(ws_drop=1)
    with Listener(sim) as client:
        submit(sim, flat(), client_id=client.client)
        assert client.cut()


def test_a_handshake_may_be_refused(sim: RunningSimulator) -> None:
    sim.turn(ws_refuse=1)
    assert httpx2.get(f"{sim.url}/ws").status_code == 500


def test_unknown_messages_are_mixed_in(sim: RunningSimulator) -> None:
    sim.turn(ws_unknown=True)
    with Listener(sim) as client:
        run(sim, flat(), client_id=client.client)
        heard = client.all()
    assert any(isinstance(said, bytes) and said[:4] == (99).to_bytes(4, "big") for said in heard)
    assert any(isinstance(said, dict) and said["type"].startswith("assets.") for said in heard)


# answering


@pytest.mark.parametrize(("how", "begins"), [("html", "<!doctype"), ("truncated", "{"), ("empty", "")])
def test_answers_may_be_garbage(sim: RunningSimulator, how: str, begins: str) -> None:
    sim.turn(garbage=how, garbage_path="/queue")
    answer = httpx2.get(f"{sim.url}/queue")
    assert answer.status_code == 200
    assert answer.text.startswith(begins)
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.text)
    assert httpx2.get(f"{sim.url}/prompt").json()


def test_any_request_may_be_500(sim: RunningSimulator) -> None:
    sim.turn(http_500=1)
    assert [httpx2.get(f"{sim.url}/queue").status_code for _ in range(2)] == [500, 200]


def test_view_may_miss_the_file_or_send_too_little(sim: RunningSimulator) -> None:
    (entry,) = run(sim, flat())["outputs"]["2"]["images"]
    sim.turn(view_missing=1)
    assert httpx2.get(f"{sim.url}/view", params=entry).status_code == 404
    sim.turn(view_empty=1)
    assert httpx2.get(f"{sim.url}/view", params=entry).content == b""
    sim.turn(view_short=1)
    with pytest.raises(httpx2.TransportError):
        httpx2.get(f"{sim.url}/view", params=entry)
    assert httpx2.get(f"{sim.url}/view", params=entry).content.startswith(b"\x89PNG")


# older versions


def test_an_old_server_has_no_jobs_and_other_words(sim: RunningSimulator) -> None:
    sim.turn(version="0.3.57")
    assert httpx2.get(f"{sim.url}/system_stats").json()["system"]["comfyui_version"] == "0.3.57"
    for path in ("/api/jobs", f"/api/jobs/{uuid.uuid4()}"):
        assert httpx2.get(f"{sim.url}{path}").status_code == 404
    assert httpx2.post(f"{sim.url}/api/jobs/{uuid.uuid4()}/cancel").status_code == 404
    graph = flat()
    graph["1"]["class_type"] = "FancyNode"
    error = httpx2.post(f"{sim.url}/prompt", json={"prompt": graph}).json()["error"]
    assert (error["type"], error["message"]) == ("invalid_prompt", "Cannot execute because node FancyNode does not exist.")
    assert "create_time" not in run(sim, flat(), prompt_id="any text will do")["prompt"][3]


def test_one_poisoned_history_entry_spoils_the_jobs_for_everybody(sim: RunningSimulator) -> None:
    """With ComfyUI itself, not a knob: `workflow` in extra_pnginfo must be an object."""
    run(sim, flat(), extra_data={"extra_pnginfo": {"workflow": None}})
    assert httpx2.get(f"{sim.url}/api/jobs").status_code == 500
    httpx2.post(f"{sim.url}/history", json={"clear": True})
    assert httpx2.get(f"{sim.url}/api/jobs").status_code == 200


def test_the_documentation_lists_every_knob_and_node_as_it_is() -> None:
    text = (Path(__file__).parents[3] / "docs/simulator.md").read_text(encoding="utf-8")
    for name, meaning in meanings().items():
        assert f"| `{name}` |" in text
        assert f"| {meaning} |" in text
    assert all(f"`{name}`" in text for name in NODES)
