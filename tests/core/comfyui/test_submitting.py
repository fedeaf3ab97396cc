"""Handing a graph over: whatever happens on the way, it runs once or not at all, and a refusal is told in words that help."""

from __future__ import annotations

import pytest

from core.comfyui.client import Comfy, RunState
from core.comfyui.graph import Graph
from core.errors import BackendError, BackendUnreachable, GraphRefused, ModelMissing, NodeMissing
from hooks.simulator import ALWAYS, RunningSimulator
from tests.core.comfy import drawing, handed_in, new_id, scripted, watched
from tests.waiting import until

DOUBTS = ["submit_500", "submit_hang", "submit_drop", "submit_500_after", "submit_hang_after", "submit_drop_after"]


@pytest.fixture
def hasty(simulator: RunningSimulator) -> Comfy:
    """A client that waits only half a second for an answer."""
    return Comfy(simulator.url, name="gpu-01", timeout=0.5)


@pytest.mark.parametrize("knob", DOUBTS)
def test_a_doubtful_submission_runs_exactly_once(simulator: RunningSimulator, hasty: Comfy, knob: str) -> None:
    with hasty as comfy:
        simulator.turn(**{knob: 1})
        prompt_id = handed_in(comfy)
        assert watched(comfy, prompt_id).state is RunState.DONE
        assert watched(comfy, handed_in(comfy)).state is RunState.DONE
    assert [run.prompt_id for run in simulator.executed].count(prompt_id) == 1


@pytest.mark.parametrize("knob", ["submit_hang", "submit_drop"])
def test_a_server_that_never_takes_anything_is_unreachable(simulator: RunningSimulator, hasty: Comfy, knob: str) -> None:
    simulator.turn(**{knob: ALWAYS})
    with hasty as comfy, pytest.raises(BackendUnreachable) as gone:
        handed_in(comfy)
    assert gone.value.facts["sent"] is True
    assert not simulator.executed


def test_a_server_that_always_breaks_on_a_graph_has_refused_it(simulator: RunningSimulator, comfy: Comfy) -> None:
    simulator.turn(submit_500=ALWAYS)
    with pytest.raises(GraphRefused, match="gpu-01 failed while reading the workflow") as refused:
        handed_in(comfy)
    assert "log of gpu-01" in refused.value.hint


def test_a_doubt_that_nobody_can_settle_says_so(simulator: RunningSimulator, hasty: Comfy) -> None:
    simulator.turn(submit_hang_after=ALWAYS, http_seconds=3.0, worker_paused=True)
    with hasty as comfy, pytest.raises(BackendUnreachable) as gone:
        handed_in(comfy)
    assert gone.value.facts["sent"] is True


@pytest.mark.parametrize("body", [b"<html>", b"", b"[]", b'"yes"'])
def test_a_garbled_welcome_is_looked_into(body: bytes) -> None:
    mine = new_id()
    taken = {"queue_running": [[0, mine, {}, {}, []]], "queue_pending": []}
    with scripted({"/prompt": (200, body), f"/history/{mine}": (200, {}), "/queue": (200, taken)}) as script:
        with Comfy(script.url) as comfy:
            comfy.submit(drawing(), mine)
    assert [path for method, path, _ in script.asked if method == "POST"] == ["/prompt"], "it is there, so it is not sent again"


def test_a_missing_model_is_told_with_what_there_is_instead(comfy: Comfy) -> None:
    graph = drawing()
    graph["4"]["inputs"]["ckpt_name"] = "slate-sim-bose.safetensors"
    with pytest.raises(ModelMissing) as missing:
        handed_in(comfy, graph)
    told = missing.value
    assert told.message == "gpu-01 has no checkpoint `slate-sim-bose.safetensors`."
    assert told.hint == (
        "It has `slate-sim-base.safetensors`, `slate-sim-photo.safetensors`: add `model:slate-sim-base.safetensors`."
    )
    assert told.facts["folder"] == "checkpoints"
    assert "slate-sim-photo.safetensors" in told.facts["available"]


def refused_list(config: object) -> dict[str, object]:
    """A 400 about a LoRA that is not in the list."""
    extra = {"input_name": "lora_name", "input_config": config, "received_value": "ink.safetensors"}
    error = {"type": "value_not_in_list", "message": "Value not in list", "details": "", "extra_info": extra}
    return {
        "error": {"type": "prompt_outputs_failed_validation", "message": "", "details": "", "extra_info": {}},
        "node_errors": {"2": {"errors": [error], "dependent_outputs": ["9"], "class_type": "LoraLoader"}},
    }


def test_a_long_list_of_models_is_asked_for_and_the_nearest_are_told() -> None:
    many = [f"style-{number}.safetensors" for number in range(40)] + ["team/ink-wash.safetensors"]
    with scripted({"/prompt": (400, refused_list(None)), "/models/loras": (200, many)}) as script:
        with Comfy(script.url, name="gpu-01") as comfy, pytest.raises(ModelMissing) as missing:
            comfy.submit(drawing(), new_id())
    assert missing.value.message == "gpu-01 has no LoRA `ink.safetensors`."
    assert missing.value.hint.startswith("It has `team/ink-wash.safetensors`")
    assert missing.value.hint.endswith("and others: add `lora:team/ink-wash.safetensors`.")


def test_the_newer_shape_of_a_list_is_read_too() -> None:
    answer = refused_list(["COMBO", {"options": ["ink-2.safetensors"]}])
    with scripted({"/prompt": (400, answer)}) as script, Comfy(script.url, name="gpu-01") as comfy:
        with pytest.raises(ModelMissing, match="no LoRA"):
            comfy.submit(drawing(), new_id())
    assert len(script.asked) == 1


def test_a_server_without_any_such_model_says_so() -> None:
    with scripted({"/prompt": (400, refused_list([[], {}]))}) as script, Comfy(script.url, name="gpu-01") as comfy:
        with pytest.raises(ModelMissing, match=r"gpu-01 has no LoRA `ink\.safetensors`, nor any other"):
            comfy.submit(drawing(), new_id())


@pytest.mark.parametrize("version", ["0.3.57", "0.11.0", "0.12.0", "0.33.0"])
def test_a_missing_node_is_named(simulator: RunningSimulator, comfy: Comfy, version: str) -> None:
    simulator.turn(version=version)
    graph = drawing()
    graph["9"]["class_type"] = "FancySave"
    with pytest.raises(NodeMissing, match="gpu-01 does not have the node `FancySave`") as missing:
        handed_in(comfy, graph)
    assert missing.value.facts["node_type"] == "FancySave"


def changed(node: str, **inputs: object) -> Graph:
    graph = drawing(prompt="the client's secret wish")
    graph[node]["inputs"] |= inputs
    return graph


def copied(image: str) -> Graph:
    save = {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}}
    return {"1": {"class_type": "LoadImage", "inputs": {"image": image}}, "2": save}


@pytest.mark.parametrize(
    ("graph", "words"),
    [
        (changed("3", cfg=1000), "KSampler: cfg is larger than 100"),
        (changed("3", steps=0), "KSampler: steps is smaller than 1"),
        (changed("3", steps="many"), "KSampler: steps has the wrong type"),
        (changed("3", sampler_name="eulerx"), "KSampler: sampler_name cannot be `eulerx`"),
        (changed("3", latent_image=["4", 0]), "KSampler: latent_image is linked to something of another type"),
        (changed("8", samples=[1, 2, 3]), "VAEDecode: samples is linked badly"),
        (changed("8", samples=["nowhere", 0]), "refused the workflow"),
        ({"1": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}}}, "it makes no file"),
        ({}, "it makes no file"),
        (copied("nope.png"), "LoadImage: image cannot be used"),
    ],
)
def test_a_refusal_says_what_is_wrong_and_repeats_no_prompt(comfy: Comfy, graph: Graph, words: str) -> None:
    with pytest.raises(GraphRefused, match="gpu-01 refused the workflow") as refused:
        comfy.submit(graph, new_id())
    assert words in refused.value.message
    assert refused.value.hint
    assert "secret" not in f"{refused.value.message}{refused.value.hint}{refused.value.facts}"
    assert comfy.queue_depth() == 0


def test_many_faults_are_not_a_wall_of_text(comfy: Comfy) -> None:
    with pytest.raises(GraphRefused, match=r"\(and 1 more\)") as refused:
        comfy.submit(changed("3", steps=0, cfg=1000, denoise=7, sampler_name="x"), new_id())
    assert len(refused.value.facts["complaints"]) == 4


def test_a_graph_of_which_only_a_part_is_good_is_not_run(simulator: RunningSimulator, comfy: Comfy) -> None:
    graph = drawing(steps=400)
    graph["other"] = {"class_type": "SaveImage", "inputs": {"images": ["blur", 0], "filename_prefix": "bad"}}
    graph["blur"] = {"class_type": "ImageBlur", "inputs": {"image": ["8", 0], "blur_radius": 99, "sigma": 1.0}}
    simulator.turn(step_seconds=0.02)
    prompt_id = new_id()
    with pytest.raises(GraphRefused, match="ImageBlur: blur_radius is larger than 31"):
        comfy.submit(graph, prompt_id)
    until(lambda: comfy.queue_depth() == 0, "it is out of the queue")
    assert all(run.outcome != "success" for run in simulator.executed)


def test_a_graph_larger_than_the_server_takes_is_refused(simulator: RunningSimulator, comfy: Comfy) -> None:
    simulator.turn(max_upload_size=2000)
    with pytest.raises(GraphRefused, match="larger than gpu-01 takes"):
        handed_in(comfy, drawing(prompt="long " * 1000))


POISON = "/srv/secret/path\n@everyone `rm -rf` \x1b[31m tensor([[0.1, 0.2]]) Traceback (most recent call last)"


def _poisoned(kind: str) -> dict[str, object]:
    extra = {"input_name": "x", "input_config": POISON, "received_value": {"a": POISON}, "traceback": [POISON]}
    return {"type": kind, "message": POISON, "details": POISON, "extra_info": extra | {"exception_type": POISON}}


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"error": POISON},
        {"error": {"type": POISON, "message": POISON, "details": POISON, "extra_info": POISON}, "node_errors": POISON},
        {"error": {"type": "invalid_prompt", "message": POISON}, "node_errors": []},
        {"error": {}, "node_errors": {"3": POISON}},
        {"error": {}, "node_errors": {"3": {"errors": POISON, "class_type": 7}}},
        {"error": {}, "node_errors": {"3": {"errors": [POISON, _poisoned("value_not_in_list")]}}},
        {"error": {}, "node_errors": {"3": {"errors": [_poisoned("exception_during_validation")]}}},
        {"error": {}, "node_errors": {"3": {"errors": [_poisoned(POISON)]}}},
    ],
)
def test_nothing_a_server_says_about_itself_reaches_people(answer: object) -> None:
    with scripted({"/prompt": (400, answer)}) as script, Comfy(script.url, name="gpu-01") as comfy:
        with pytest.raises(BackendError, match="gpu-01 refused the workflow") as refused:
            comfy.submit(drawing(), new_id())
    told = f"{refused.value.message} {refused.value.hint}"
    for word in ("secret/path", "tensor", "Traceback", "\n", "\x1b", "@everyone"):
        assert word not in told
