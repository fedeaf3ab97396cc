"""Following a run: polling is the truth, so no trouble with the socket or the server loses a run or invents an end."""

from __future__ import annotations

import pytest

from core.comfyui.client import Comfy, ProgressStep, RunState
from core.errors import BackendUnreachable, GarbledAnswer, NoOutputs, OutOfMemory, RenderFailed, RunVanished
from hooks.simulator import ALWAYS, RunningSimulator
from tests.core.comfy import drawing, handed_in, new_id, scripted, until_it_runs, watched


@pytest.mark.parametrize(
    "knobs",
    [
        {"ws_refuse": ALWAYS},
        {"ws_silent": True},
        {"ws_drop": 1},
        {"ws_drop": 5},
        {"ws_unknown": True},
        {"history_delay": 0.5},
        {"http_500": 2},
        {"http_seconds": 0.2},
        {"nan_metadata": True},
        {"ws_refuse": ALWAYS, "history_delay": 0.7},
    ],
    ids=str,
)  # fmt: skip
def test_a_run_ends_well_whatever_becomes_of_the_messages(
    simulator: RunningSimulator, comfy: Comfy, knobs: dict[str, object]
) -> None:
    simulator.turn(step_seconds=0.02)
    prompt_id = handed_in(comfy)
    simulator.turn(**knobs)
    run = watched(comfy, prompt_id)
    assert run.state is RunState.DONE
    assert len(run.outputs) == 1


def test_the_last_progress_of_a_broken_socket_is_kept(simulator: RunningSimulator, comfy: Comfy) -> None:
    simulator.turn(step_seconds=0.03)
    prompt_id = handed_in(comfy, drawing(steps=20))
    until_it_runs(comfy, prompt_id)
    simulator.turn(ws_drop=1)
    steps: list[ProgressStep] = []
    assert watched(comfy, prompt_id, steps).state is RunState.DONE


def test_another_process_takes_a_running_run_up(simulator: RunningSimulator, comfy: Comfy) -> None:
    simulator.turn(step_seconds=0.03)
    prompt_id = handed_in(comfy, drawing(steps=20))
    until_it_runs(comfy, prompt_id)
    with Comfy(simulator.url, name="gpu-01") as other:
        assert other.look(prompt_id).state is RunState.RUNNING
        steps: list[ProgressStep] = []
        run = watched(other, prompt_id, steps)
        assert run.state is RunState.DONE
        assert any(step.maximum == 20 and 0.2 < step.done < 1 for step in steps), "and its progress goes on where it was"
        assert watched(other, prompt_id) == run, "a run that is over already is simply told"
    assert len(simulator.executed) == 1


def test_only_the_run_that_is_watched_is_heard(simulator: RunningSimulator, comfy: Comfy) -> None:
    simulator.turn(step_seconds=0.01)
    first, second = handed_in(comfy, drawing(steps=10)), handed_in(comfy, drawing(steps=3))
    steps: list[ProgressStep] = []
    watched(comfy, second, steps)
    assert {step.maximum for step in steps if step.node == "3"} <= {0.0, 1.0, 3.0}
    assert watched(comfy, first).state is RunState.DONE


def test_watching_stops_when_it_is_told_to(simulator: RunningSimulator, comfy: Comfy) -> None:
    simulator.turn(worker_paused=True)
    prompt_id = handed_in(comfy)
    asked: list[int] = []

    def only_three_times() -> bool:
        asked.append(1)
        return len(asked) < 3

    run = comfy.watch(prompt_id, seen=lambda step: None, keep_going=only_three_times)
    assert (run.state, run.position) == (RunState.PENDING, 1)
    assert len(asked) == 3


def test_what_the_listener_raises_comes_through_and_leaves_nothing_open(simulator: RunningSimulator, comfy: Comfy) -> None:
    def lost(step: ProgressStep) -> None:
        raise LookupError("the claim is lost")

    simulator.turn(step_seconds=0.02)
    prompt_id = handed_in(comfy)
    with pytest.raises(LookupError):
        comfy.watch(prompt_id, seen=lost, keep_going=lambda: True)
    assert watched(comfy, prompt_id).state is RunState.DONE


def test_a_run_that_a_restart_wiped_out_has_vanished(simulator: RunningSimulator, comfy: Comfy) -> None:
    simulator.turn(step_seconds=0.05)
    prompt_id = handed_in(comfy, drawing(steps=500))
    until_it_runs(comfy, prompt_id)
    simulator.restart()
    with pytest.raises(RunVanished, match="gpu-01 no longer knows the run") as gone:
        watched(comfy, prompt_id)
    assert gone.value.transient


def test_a_run_whose_history_was_cleared_has_vanished(simulator: RunningSimulator, comfy: Comfy) -> None:
    simulator.turn(forget_history=1)
    with pytest.raises(RunVanished):
        watched(comfy, handed_in(comfy))


def test_a_run_nobody_knows_has_vanished(comfy: Comfy) -> None:
    with pytest.raises(RunVanished):
        watched(comfy, new_id())


def test_a_server_that_stays_away_is_unreachable(simulator: RunningSimulator, comfy: Comfy) -> None:
    simulator.turn(step_seconds=0.05)
    prompt_id = handed_in(comfy, drawing(steps=500))
    until_it_runs(comfy, prompt_id)
    simulator.stop()
    with pytest.raises(BackendUnreachable, match="gpu-01 does not answer"):
        watched(comfy, prompt_id, patience=0.5)


def test_a_server_that_hangs_is_unreachable(simulator: RunningSimulator, comfy: Comfy) -> None:
    simulator.turn(worker_paused=True)
    prompt_id = handed_in(comfy)
    simulator.turn(http_seconds=30.0)
    with pytest.raises(BackendUnreachable, match="took too long"):
        watched(comfy, prompt_id, patience=0.5)
    simulator.turn(http_seconds=0.0)


def test_a_server_that_only_answers_garbage_is_garbled(simulator: RunningSimulator, comfy: Comfy) -> None:
    simulator.turn(worker_paused=True)
    prompt_id = handed_in(comfy)
    simulator.turn(garbage="html")
    with pytest.raises(GarbledAnswer):
        watched(comfy, prompt_id, patience=0.5)


def test_a_moment_of_garbage_is_waited_out(simulator: RunningSimulator, comfy: Comfy) -> None:
    simulator.turn(step_seconds=0.05, garbage="truncated")
    steps: list[ProgressStep] = []

    def seen(step: ProgressStep) -> None:
        steps.append(step)
        if step.value >= 2:
            simulator.turn(garbage="")

    prompt_id = new_id()
    simulator.turn(garbage="")
    comfy.submit(drawing(steps=6), prompt_id)
    simulator.turn(garbage="truncated")
    assert comfy.watch(prompt_id, seen=seen, keep_going=lambda: True).state is RunState.DONE


# ends that are not good


def test_a_run_without_any_file_has_failed_whatever_comfyui_calls_it(simulator: RunningSimulator, comfy: Comfy) -> None:
    simulator.turn(no_outputs=1)
    run = watched(comfy, handed_in(comfy))
    assert run.state is RunState.FAILED
    assert isinstance(run.error, NoOutputs)
    assert not run.outputs


def test_a_blocked_run_is_one_without_files(simulator: RunningSimulator, comfy: Comfy) -> None:
    simulator.turn(no_outputs=1, blocked_message="the switch is off")
    run = watched(comfy, handed_in(comfy))
    assert isinstance(run.error, NoOutputs)
    assert "switch" in run.error.hint


def test_a_failed_run_keeps_what_it_had_finished(simulator: RunningSimulator, comfy: Comfy) -> None:
    graph = drawing()
    graph["20"] = {"class_type": "ImageInvert", "inputs": {"image": ["8", 0]}}
    graph["21"] = {"class_type": "SaveImage", "inputs": {"images": ["20", 0], "filename_prefix": f"t/{new_id()}"}}
    simulator.turn(partial_outputs=1)
    run = watched(comfy, handed_in(comfy, graph))
    assert run.state is RunState.FAILED
    assert isinstance(run.error, RenderFailed)
    assert run.outputs
    assert comfy.fetch(run.outputs[0])


def test_running_out_of_memory_says_what_to_do(simulator: RunningSimulator, comfy: Comfy) -> None:
    simulator.turn(oom=1)
    run = watched(comfy, handed_in(comfy))
    assert run.state is RunState.FAILED
    assert isinstance(run.error, OutOfMemory)
    assert run.error.message == "gpu-01 ran out of memory in KSampler."
    assert "smaller" in run.error.hint
    assert watched(comfy, handed_in(comfy, drawing(seed=8))).state is RunState.DONE, "the server survives it"


def test_a_failing_node_is_named_without_its_secrets(simulator: RunningSimulator, comfy: Comfy) -> None:
    simulator.turn(node_error=1, node_error_at="VAEDecode")
    run = watched(comfy, handed_in(comfy, drawing(prompt="the client's secret wish")))
    assert isinstance(run.error, RenderFailed)
    assert run.error.message.startswith("VAEDecode failed on gpu-01")
    assert run.error.facts["node"] == "8"
    told = f"{run.error.message}{run.error.hint}{run.error.facts}"
    assert not any(word in told for word in ("secret", "Traceback", "tensor(", ".py"))


def test_a_dead_worker_thread_leaves_the_run_waiting(simulator: RunningSimulator, comfy: Comfy) -> None:
    simulator.turn(kill_worker=1)
    prompt_id = handed_in(comfy)
    looks: list[bool] = []
    run = comfy.watch(prompt_id, seen=lambda step: None, keep_going=lambda: looks.append(True) or len(looks) < 4)
    assert run.state in (RunState.PENDING, RunState.RUNNING)
    simulator.restart()
    with pytest.raises(RunVanished):
        watched(comfy, prompt_id)


def test_an_interruption_by_somebody_else_is_told(simulator: RunningSimulator, comfy: Comfy) -> None:
    simulator.turn(step_seconds=0.05)
    prompt_id = handed_in(comfy, drawing(steps=500))
    until_it_runs(comfy, prompt_id)
    with Comfy(simulator.url) as somebody:
        somebody.cancel(prompt_id)
    run = watched(comfy, prompt_id)
    assert run.state is RunState.CANCELLED
    assert run.error
    assert "interrupted on gpu-01" in run.error.message


def test_jobs_poisoned_by_others_do_not_matter() -> None:
    """`/api/jobs` may answer 500 to everybody because of one bad entry; it is only ever used to cancel, and has a fallback."""
    mine = new_id()
    waiting = {"queue_running": [], "queue_pending": [[3, mine, {}, {}, []]]}
    answers = {
        f"/api/jobs/{mine}/cancel": (500, b"500 Internal Server Error"),
        f"/history/{mine}": (200, {}),
        "/queue": (200, waiting),
    }
    with scripted(answers) as script, Comfy(script.url) as comfy:
        assert comfy.cancel(mine)
    assert ("POST", "/queue", f'{{"delete":["{mine}"]}}'.encode()) in script.asked
