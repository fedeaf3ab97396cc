"""A simulated server starts, goes away, comes back and ends cleanly, in a thread and as a process."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from hooks.simulator import RunningSimulator, SimulatorOptions, running
from hooks.simulator.inventory import MODELS
from hooks.simulator.runs import FILE, read
from tests.hooks.simulator.asking import files, flat, history, run, submit, txt2img
from tests.waiting import until


@contextmanager
def process(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`python -m hooks.simulator`, and the address it says it is ready at."""
    command = [sys.executable, "-m", "hooks.simulator", "--folder", str(folder), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            word, url = child.stdout.readline().split()
            assert word == "ready"
            yield child, url
        finally:
            child.kill()


def test_without_a_folder_nothing_is_left_behind() -> None:
    with running(SimulatorOptions(step_seconds=0)) as sim:
        assert run(sim, flat())["status"]["completed"]
        folder = sim.folder
    assert not folder.exists()


def test_two_servers_do_not_know_each_other(tmp_path: Path) -> None:
    with (
        running(SimulatorOptions(folder=tmp_path / "a", name="gpu-01")) as one,
        running(SimulatorOptions(folder=tmp_path / "b")) as two,
    ):
        run(one, flat())
        assert httpx2.get(f"{two.url}/history").json() == {}
        assert {done.backend for done in one.executed} == {"gpu-01"}


def test_away_and_back_on_the_same_port_with_files_but_without_memory(sim: RunningSimulator) -> None:
    record = run(sim, flat())
    url = sim.url
    sim.stop()
    with pytest.raises(httpx2.TransportError):
        httpx2.get(f"{url}/prompt")
    sim.start()
    assert sim.url == url
    assert files(sim, record)[0].is_file()
    assert httpx2.get(f"{url}/history").json() == {}
    assert [done.outcome for done in sim.executed] == ["success"]


def test_a_job_that_was_running_is_lost_when_the_server_goes(sim: RunningSimulator) -> None:
    sim.turn(step_seconds=30)
    prompt_id = submit(sim, txt2img())
    until(lambda: sim.simulator.bench.node == "3", "the sampler runs")
    sim.restart()
    assert history(sim, prompt_id) == {}
    assert [(done.prompt_id, done.outcome) for done in sim.executed] == [(prompt_id, "lost")]


def test_a_hanging_request_does_not_keep_a_server_from_stopping(tmp_path: Path) -> None:
    with running(SimulatorOptions(folder=tmp_path, knobs={"submit_hang": 1})) as sim:
        with pytest.raises(httpx2.TimeoutException):
            httpx2.post(f"{sim.url}/prompt", json={"prompt": flat()}, timeout=0.5)


def test_loading_another_checkpoint_takes_its_time_once(sim: RunningSimulator) -> None:
    sim.turn(load_seconds=0.2)
    for seed in (1, 2):
        run(sim, txt2img(seed=seed))
    assert sim.simulator.bench.loaded == "slate-sim-base.safetensors"
    first, _ = sim.executed
    assert first.ended is not None
    assert first.ended - first.started >= 0.2


def test_the_models_are_real_files_that_say_what_they_may_be_used_for(sim: RunningSimulator) -> None:
    for name, told in MODELS.items():
        folder, file = name.split("/")
        assert file in httpx2.get(f"{sim.url}/models/{folder}").json()
        assert told.items() <= httpx2.get(f"{sim.url}/view_metadata/{folder}", params={"filename": file}).json().items()
    film = httpx2.get(f"{sim.url}/view_metadata/loras?filename=slate-sim-film.safetensors").json()
    assert film["modelspec.license"] == "CC-BY-NC-4.0"
    contents = {(sim.folder / "models" / name).read_bytes() for name in MODELS}
    assert len(contents) == len(MODELS)


@pytest.mark.parametrize("name", ["../../secret.safetensors", "nope.safetensors", "note.txt", ""])
def test_metadata_of_anything_else_is_not_found(sim: RunningSimulator, name: str) -> None:
    (sim.folder / "models/loras/broken.safetensors").write_bytes(b"\xff" * 20)
    for asked in (name, "broken.safetensors"):
        assert httpx2.get(f"{sim.url}/view_metadata/loras", params={"filename": asked}).status_code == 404


def test_a_new_model_file_is_offered_at_once(sim: RunningSimulator) -> None:
    path = sim.folder / "models/loras/team/new one.safetensors"
    path.parent.mkdir()
    path.write_bytes((sim.folder / "models/loras/slate-sim-ink.safetensors").read_bytes())
    assert "team/new one.safetensors" in httpx2.get(f"{sim.url}/models/loras").json()


def post(url: str, graph: dict[str, Any], prompt_id: str) -> None:
    httpx2.post(f"{url}/prompt", json={"prompt": graph, "prompt_id": prompt_id}).raise_for_status()


def test_as_a_process_it_says_when_it_is_ready_and_ends_on_request(tmp_path: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        with process(tmp_path, "--step-seconds", "0", "--name", "gpu-07", "--knob", "oom=1") as (child, url):
            stats = httpx2.get(f"{url}/system_stats").json()
            assert "gpu-07" in stats["devices"][0]["name"]
            assert httpx2.get(f"{url}/_simulator/knobs").json()["oom"] == 1
            child.send_signal(number)
            assert child.wait(timeout=20) == 0


def test_the_log_of_runs_outlives_a_kill(tmp_path: Path) -> None:
    done, cut = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
    with process(tmp_path, "--step-seconds", "0") as (child, url):
        post(url, flat(), done)
        until(lambda: bool(httpx2.get(f"{url}/history/{done}").json()), "the job ends")
        httpx2.post(f"{url}/_simulator/knobs", json={"step_seconds": 60})
        post(url, txt2img(), cut)
        until(lambda: any(one.prompt_id == cut for one in read(tmp_path)), "the next one begins")
        child.send_signal(signal.SIGKILL)
        child.wait(timeout=20)
    assert [(one.prompt_id, one.outcome) for one in read(tmp_path)] == [(done, "success"), (cut, "running")]
    with (tmp_path / FILE).open("a", encoding="utf-8") as file:
        file.write('{"run": "cut off')
    assert len(read(tmp_path)) == 2


@pytest.mark.parametrize("pair", ["nonsense=1", "ws_silent=perhaps", "oom"])
def test_a_wrong_knob_is_refused_with_a_sentence(pair: str) -> None:
    done = subprocess.run([sys.executable, "-m", "hooks.simulator", "--knob", pair], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("simulator: ")


def test_what_was_executed_can_be_asked_for(sim: RunningSimulator) -> None:
    run(sim, flat())
    (told,) = httpx2.get(f"{sim.url}/_simulator/executed").json()
    assert told == json.loads(json.dumps(sim.executed[0].__dict__))
