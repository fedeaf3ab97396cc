"""The simulated server answers every recorded request as the real one did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from hooks.simulator import RunningSimulator
from hooks.simulator.inventory import write
from hooks.simulator.nodes import NODES
from tests.contracts.compare import differences
from tests.contracts.conftest import Serve
from tests.contracts.recorded import HERE, Recording, ask, check, named, recordings
from tests.waiting import until

OURS_ALONE = {"python_version", "simulated", "aiohttp_version", "argv"}


def cases(group: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("recording", recordings(group), ids=lambda one: one.name)


def submit(sim: RunningSimulator, graph: dict[str, Any], **more: Any) -> str:
    answer = httpx2.post(f"{sim.url}/prompt", json={"prompt": graph, **more}, timeout=20)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["prompt_id"])


def ended(sim: RunningSimulator, prompt_id: str) -> None:
    until(lambda: bool(httpx2.get(f"{sim.url}/history/{prompt_id}").json()), f"{prompt_id} ends")


def replayed(sim: RunningSimulator, prompt_id: str, graph: dict[str, Any], extra: dict[str, Any]) -> None:
    """Runs a recorded graph again under its recorded id, as its recorded client, with what it brought along."""
    extra = {key: value for key, value in extra.items() if key != "create_time"}
    graph = {node: {key: value for key, value in what.items() if key != "is_changed"} for node, what in graph.items()}
    submit(sim, graph, prompt_id=prompt_id, extra_data=extra)


# answers that need nothing before them


@pytest.fixture(scope="module")
def plain(serve: Serve) -> RunningSimulator:
    return serve()


@cases("plain")
def test_plain_requests_are_answered_as_recorded(plain: RunningSimulator, recording: Recording) -> None:
    check(recording, ask(plain.url, recording))


@pytest.fixture(scope="module")
def idle(serve: Serve) -> RunningSimulator:
    """A server that takes jobs in and runs none, with one job in it whose number and id are about to be used again."""
    sim = serve(worker_paused=True)
    twin = named("submit")["same_number_same_id"].request["json"]
    graph = json.loads(json.dumps(twin["prompt"]))
    graph["1"]["inputs"]["color"] = 2621904
    submit(sim, graph, prompt_id=twin["prompt_id"], number=twin["number"])
    return sim


@cases("submit")
def test_submissions_are_judged_as_recorded(idle: RunningSimulator, recording: Recording) -> None:
    """Every error: type, message, details, extra_info, to the letter."""
    check(recording, ask(idle.url, recording))


def test_an_identical_graph_submitted_again_is_accepted_as_recorded_and_makes_no_new_file(serve: Serve) -> None:
    sim = serve()
    for recording in recordings("again"):
        answer = ask(sim.url, recording)
        check(recording, answer)
        ended(sim, answer.json()["prompt_id"])
    assert [path.name for path in (sim.folder / "output").iterdir()] == ["ComfyUI_00001_.png"]


def test_the_other_way_of_saying_every_path_works_too(plain: RunningSimulator) -> None:
    for path in ("/prompt", "/queue", "/history", "/object_info/KSampler", "/models/loras", "/system_stats", "/features"):
        assert httpx2.get(f"{plain.url}/api{path}").json() == httpx2.get(f"{plain.url}{path}").json()


# what a server says of itself


@pytest.fixture(scope="module")
def described(serve: Serve) -> RunningSimulator:
    sim = serve()
    for name in ("view_metadata_lora", "view_metadata_lora_sub"):
        recording = named("discovery")[name]
        write(sim.folder / "models/loras" / recording.request["path"].split("=")[1].replace("%20", " "), recording.json)
    return sim


@cases("discovery")
def test_a_server_describes_itself_as_recorded(described: RunningSimulator, recording: Recording) -> None:
    answer = ask(described.url, recording)
    if recording.name == "system_stats":
        assert answer.json()["system"].keys() > OURS_ALONE
        assert answer.json()["system"].keys() - OURS_ALONE < recording.json["system"].keys()
        assert answer.json()["devices"][0].keys() == recording.json["devices"][0].keys()
    elif recording.name.startswith("object_info") and recording.json:
        check_node(recording.json, answer.json())
    else:
        check(recording, answer)


def check_node(recorded: dict[str, Any], answered: dict[str, Any]) -> None:
    """Node for node; our own entries have an empty description, and the label may be an older one."""
    assert recorded.keys() == answered.keys()
    for name, node in recorded.items():
        mine = dict(answered[name])
        assert mine.pop("description") == ""
        _settle_lists(node["input"], mine["input"])
        assert differences(node, mine, name, frozenset({"display_name", "category"})) == []


def _settle_lists(recorded: dict[str, Any], mine: dict[str, Any]) -> None:
    """Lists of files depend on the server; a missing options object means the same as an empty one."""
    for group, inputs in recorded.items():
        for name, spec in inputs.items() if group != "hidden" else ():
            if len(spec) == 1:
                spec.append({})
            own = mine[group][name]
            if isinstance(spec[0], list) and (
                not spec[0] or spec[0][0].endswith((".safetensors", ".png")) or spec[0] == ["pixel_space"]
            ):
                assert isinstance(own[0], list)
                spec[0] = own[0]
            if spec[0] == "COMBO" and spec[1].get("options") == []:
                spec[1]["options"] = own[1]["options"]


def test_every_node_is_described_as_a_real_server_describes_it(described: RunningSimulator) -> None:
    answered = httpx2.get(f"{described.url}/object_info").json()
    recorded = {one["name"]: one for one in map(json.loads, (HERE / "object_info.jsonl").read_text().splitlines())}
    assert recorded.keys() == NODES.keys() == answered.keys()
    check_node(recorded, answered)


# files


@pytest.fixture(scope="module")
def stocked(serve: Serve) -> RunningSimulator:
    """A server that has made the files the recorded requests ask for."""
    sim = serve()
    made = {"ComfyUI_00001_.png": "ComfyUI", "team/acme/chain_00001_.png": "team/acme/chain"}
    for prefix in made.values():
        graph = json.loads(json.dumps(named("submit")["dup_1"].request["json"]["prompt"]))
        graph["2"]["inputs"]["filename_prefix"] = prefix
        ended(sim, submit(sim, graph))
    assert all((sim.folder / "output" / name).is_file() for name in made)
    (sim.folder / "output/ComfyUI_00015_.png").write_bytes((sim.folder / "output/ComfyUI_00001_.png").read_bytes())
    return sim


@cases("view")
def test_files_are_shown_as_recorded(stocked: RunningSimulator, recording: Recording) -> None:
    headers = {}
    if recording.name == "view_etag304":
        headers["If-None-Match"] = httpx2.get(stocked.url + recording.request["path"]).headers["Etag"]
    answer = ask(stocked.url, recording, **headers)
    check(recording, answer)
    if recording.name == "view_range":
        assert len(answer.content) == 16


@cases("upload")
def test_uploads_are_taken_as_recorded(uploads: RunningSimulator, recording: Recording) -> None:
    check(recording, ask(uploads.url, recording))


@pytest.fixture(scope="module")
def uploads(serve: Serve) -> RunningSimulator:
    sim = serve()
    for path in (sim.folder / "input").iterdir():
        path.unlink()
    return sim


# jobs that end


@pytest.fixture(scope="module")
def busy(serve: Serve) -> RunningSimulator:
    return serve()


@cases("history")
def test_histories_are_told_as_recorded(busy: RunningSimulator, recording: Recording) -> None:
    ((prompt_id, record),) = recording.json.items()
    interrupted = recording.name == "history_interrupted"
    messages = dict(record["status"]["messages"])
    for cached in messages["execution_cached"]["nodes"]:
        assert cached in record["prompt"][2]
    busy.turn(step_seconds=0.1 if interrupted else 0)
    warm(busy, record["prompt"][2], messages["execution_cached"]["nodes"])
    replayed(busy, prompt_id, record["prompt"][2], record["prompt"][3])
    if interrupted:
        stop_in_the_sampler(busy, prompt_id)
    ended(busy, prompt_id)
    check(recording, ask(busy.url, recording), frozenset({"nodes", "executed"}))


def warm(sim: RunningSimulator, graph: dict[str, Any], cached: list[str]) -> None:
    """Empties the caches, unless the recorded run had found something there."""
    if not cached:
        httpx2.post(f"{sim.url}/free", json={"free_memory": True})
        until(lambda: not sim.simulator.queue.flags, "the caches are emptied")


def stop_in_the_sampler(sim: RunningSimulator, prompt_id: str) -> None:
    until(lambda: sim.simulator.bench.node == "3", "the sampler runs")
    httpx2.post(f"{sim.url}/interrupt", json={"prompt_id": prompt_id})


@cases("jobs")
def test_single_jobs_are_told_as_recorded(busy: RunningSimulator, recording: Recording) -> None:
    prompt_id = recording.json["id"]
    graph, extra = example(recording)
    stays = recording.name in ("job_in_progress", "job_cancelled")
    busy.turn(step_seconds=0.1 if stays else 0)
    httpx2.post(f"{busy.url}/history", json={"clear": True})
    replayed(busy, prompt_id, graph, extra)
    if recording.name == "job_in_progress":
        until(lambda: busy.simulator.bench.node == "3", "the sampler runs")
        check(recording, ask(busy.url, recording))
    if stays:
        stop_in_the_sampler(busy, prompt_id)
    ended(busy, prompt_id)
    if recording.name != "job_in_progress":
        check(recording, ask(busy.url, recording), frozenset({"nodes", "executed"}))


def example(recording: Recording) -> tuple[dict[str, Any], dict[str, Any]]:
    """The recorded job's graph and extra data; a running one does not tell, so it gets that of the cancelled one."""
    whole = recording.json.get("workflow") or named("jobs")["job_cancelled"].json["workflow"]
    return whole["prompt"], whole["extra_data"]


# the queue, as heap and as list


def pile_up(sim: RunningSimulator, recorded: dict[str, Any]) -> None:
    """Submits the recorded jobs so that they get the recorded numbers: counted, to the front, or given."""
    jobs = [*recorded["queue_running"], *recorded["queue_pending"]]
    sim.simulator.queue.number = min(number for number, *_ in jobs if number >= 0)
    for number, prompt_id, graph, extra, _ in sorted(jobs, key=lambda job: abs(job[0])):
        how: dict[str, Any] = {"number": number} if isinstance(number, float) else {"front": True} if number < 0 else {}
        submit(sim, graph, prompt_id=prompt_id, extra_data={key: extra[key] for key in extra if key != "create_time"}, **how)
        until(lambda: sim.simulator.queue.running() is not None, "the first job runs")


@pytest.fixture
def piled(serve: Serve) -> RunningSimulator:
    sim = serve(step_seconds=0.2)
    pile_up(sim, named("queue")["queue_with_pending"].json)
    return sim


def test_pending_jobs_are_listed_in_heap_order_and_run_in_another(piled: RunningSimulator) -> None:
    """Lower numbers run first, whatever the list looks like."""
    recording = named("queue")["queue_with_pending"]
    answer = ask(piled.url, recording)
    check(recording, answer)
    numbers = [item[0] for item in answer.json()["queue_pending"]]
    assert numbers == [item[0] for item in recording.json["queue_pending"]] != sorted(numbers)
    order = [item[1] for item in sorted(answer.json()["queue_pending"], key=lambda item: (item[0], item[1]))]
    piled.turn(step_seconds=0)
    until(lambda: piled.simulator.queue.remaining() == 0, "all jobs run")
    assert [run.prompt_id for run in piled.executed][1:] == order


def test_pending_jobs_are_listed_as_jobs_and_cancelled_without_trace(piled: RunningSimulator) -> None:
    listed, cancel = named("queue")["jobs_pending"], named("queue")["job_cancel_pending"]
    jobs = ask(piled.url, listed).json()
    assert not differences(listed.json["jobs"][0], jobs["jobs"][-1], "jobs", frozenset({"status"}))
    assert jobs["pagination"].keys() == listed.json["pagination"].keys()
    victim = next(job["id"] for job in jobs["jobs"] if job["status"] == "pending")
    assert httpx2.post(f"{piled.url}/api/jobs/{victim}/cancel").json() == cancel.json
    assert httpx2.get(f"{piled.url}/api/jobs/{victim}").status_code == 404
    assert httpx2.get(f"{piled.url}/history/{victim}").json() == {}
    running = piled.simulator.running_id()
    assert httpx2.post(f"{piled.url}/api/jobs/{running}/cancel").json() == named("queue")["job_cancel_running"].json
    until(lambda: bool(httpx2.get(f"{piled.url}/history/{running}").json()), "the running job is interrupted")
    assert httpx2.get(f"{piled.url}/api/jobs/{running}").json()["status"] == "cancelled"


def test_the_running_job_is_listed_as_recorded(serve: Serve) -> None:
    recording = named("queue")["queue_running_item"]
    sim = serve(step_seconds=0.1)
    pile_up(sim, recording.json)
    check(recording, ask(sim.url, recording))


def test_secrets_are_not_told(serve: Serve) -> None:
    recording = named("queue")["queue_secret_check"]
    sim = serve(worker_paused=True)
    ((sim.simulator.queue.number, prompt_id, graph, extra, _),) = recording.json["queue_pending"]
    brought = {**extra, "api_key_comfy_org": "secret-key", "auth_token_comfy_org": "secret-token"}
    del brought["create_time"]
    submit(sim, graph, prompt_id=prompt_id, extra_data=brought)
    answer = ask(sim.url, recording)
    check(recording, answer)
    assert "secret" not in answer.text


def test_the_same_number_and_id_twice_kill_the_worker_for_good(serve: Serve) -> None:
    """As recorded: the queue stays, nothing runs, and HTTP keeps answering."""
    recording = named("queue")["queue_after_worker_death"]
    sim = serve(worker_paused=True)
    for _, prompt_id, graph, extra, _ in recording.json["queue_pending"]:
        httpx2.post(
            f"{sim.url}/prompt", json={"prompt": graph, "prompt_id": prompt_id, "number": 500, "client_id": extra["client_id"]}
        )
    httpx2.post(f"{sim.url}/prompt", json={"prompt": graph, "prompt_id": prompt_id, "number": 500, "client_id": "x"})
    sim.turn(worker_paused=False)
    until(lambda: not sim.simulator.worker.alive, "the worker dies")
    queue = ask(sim.url, recording).json()
    assert queue["queue_running"] == []
    assert len(queue["queue_pending"]) >= 1
    assert httpx2.get(f"{sim.url}/prompt").json()["exec_info"]["queue_remaining"] >= 1


# lists of what ended


@pytest.fixture(scope="module")
def listed(serve: Serve) -> RunningSimulator:
    """A server that ran the jobs whose list was recorded, as far as their graphs are known."""
    sim = serve()
    for name in ("history_one_ok", "history_10_txt2img_tiny", "history_multi_outputs", "history_extra_ann", "history_extra_bob"):
        ((prompt_id, record),) = named("history")[name].json.items()
        replayed(sim, prompt_id, record["prompt"][2], record["prompt"][3])
        ended(sim, prompt_id)
    return sim


@cases("lists")
def test_lists_have_the_recorded_shape(listed: RunningSimulator, recording: Recording) -> None:
    answer = ask(listed.url, recording)
    assert answer.status_code == 200
    if recording.name.startswith("history"):
        assert len(answer.json()) == len(recording.json)
        (first, *_), (mine, *_) = recording.json.values(), answer.json().values()
        assert first.keys() == mine.keys()
        return
    jobs, recorded = answer.json(), recording.json
    assert jobs["pagination"].keys() == recorded["pagination"].keys()
    assert jobs["jobs"][0].keys() - {"workflow_id"} == recorded["jobs"][0].keys() - {"workflow_id"}
    if recording.name == "jobs_by_workflow_id":
        assert {job["workflow_id"] for job in jobs["jobs"]} == {job["workflow_id"] for job in recorded["jobs"]}
    if recording.name == "jobs_sorted":
        took = [job["execution_end_time"] - job["execution_start_time"] for job in jobs["jobs"]]
        assert took == sorted(took)
        assert len(took) == 2


def test_every_recording_is_replayed_or_its_absence_explained() -> None:
    """`skipped.json` names each one that is left out, with a reason."""
    skipped = json.loads((HERE / "skipped.json").read_text(encoding="utf-8"))
    assert all(len(reason) > 10 for reason in skipped.values())
    source = Path(__file__).read_text(encoding="utf-8")
    groups = {path.stem for path in HERE.glob("*.jsonl")} - {"object_info", "sockets"}
    assert all(
        f'cases("{group}")' in source or f'recordings("{group}")' in source or f'named("{group}")' in source for group in groups
    )
    replayed_ones = {
        one.name for path in HERE.glob("*.jsonl") if path.stem not in ("object_info", "sockets") for one in recordings(path.stem)
    }
    assert not replayed_ones & skipped.keys()
    assert len(replayed_ones) > 180
