"""Reading what ComfyUI says: every output key, every end, every version, and anything at all without falling over."""

from __future__ import annotations

import json
import struct
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.comfyui.loaders import ModelRef, models_in
from core.comfyui.progress import ProgressStep, RunProgress
from core.comfyui.refusal import failure, refusal, word
from core.comfyui.responses import RunState, finished, outputs_in
from core.errors import BackendError, NoOutputs, OutOfMemory, RenderFailed
from tests.core.comfy import drawing

ID = "422780e3-2576-4592-b3f0-8113ae50793d"


def ended(outputs: object, *messages: tuple[str, dict[str, Any]], status: str = "success") -> dict[str, Any]:
    """A history entry."""
    listed = [["execution_start", {"prompt_id": ID, "timestamp": 1795423789111}], *(list(one) for one in messages)]
    return {"outputs": outputs, "status": {"status_str": status, "completed": status == "success", "messages": listed}}


PICTURE = {"9": {"images": [{"filename": "a_00001_.png", "subfolder": "slate/r", "type": "output"}]}}


def test_an_entry_tells_outputs_and_times() -> None:
    run = finished(ID, ended(PICTURE, ("execution_success", {"timestamp": 1795423790500})), server="gpu-01")
    assert run.state is RunState.DONE
    assert run.started_at == datetime(2026, 11, 23, 8, 49, 49, 111000, tzinfo=UTC)
    assert run.ended_at
    assert (run.ended_at - run.started_at).total_seconds() == pytest.approx(1.389)
    assert run.outputs[0].subfolder == "slate/r"


@pytest.mark.parametrize(
    ("payload", "kinds"),
    [
        ({"images": [{"filename": "v.mp4", "subfolder": "video", "type": "output"}], "animated": [True]}, ["video"]),
        ({"images": [{"filename": "a.webp", "type": "output"}], "animated": [True]}, ["image"]),
        ({"audio": [{"filename": "s.flac", "subfolder": "audio", "type": "output"}]}, ["audio"]),
        ({"3d": [{"filename": "mesh.glb", "subfolder": "", "type": "output"}]}, ["3d"]),
        ({"text": ["hello"], "files": [{"filename": "hi.txt", "subfolder": "txt", "type": "output"}]}, ["text"]),
        ({"gifs": [{"filename": "x.gif", "format": "image/gif", "fullpath": "/srv/x.gif"}]}, ["image"]),
        ({"images": [{"filename": "n.png", "id": "1", "preview_id": None, "metadata": {}, "abs_path": "/srv/n.png"}]}, ["image"]),
        ({"custom": [{"filename": "weights.bin"}]}, ["file"]),
        ({"text": ["only words"]}, []),
        ({"images": [None, 7, {}, {"filename": ""}, {"filename": 3}], "x": "y", "z": None}, []),
        ([], []),
        (None, []),
    ],
)
def test_files_are_found_under_any_key_and_judged_by_their_ending(payload: object, kinds: list[str]) -> None:
    assert [one.kind for one in outputs_in({"9": payload})] == kinds


def test_folders_in_a_name_are_folders_and_the_same_file_counts_once() -> None:
    item = {"filename": "team\\a.png", "subfolder": "/x/", "type": "output"}
    (output,) = outputs_in({"1": {"images": [item, item]}, "2": {"images": [item]}})
    assert (output.subfolder, output.filename) == ("x/team", "a.png")


def test_previews_count_only_where_nothing_was_saved() -> None:
    shown = {"5": {"images": [{"filename": "p.png", "type": "temp"}]}}
    assert [one.type for one in finished(ID, ended(shown), server="s").results] == ["temp"]
    assert [one.type for one in finished(ID, ended(shown | PICTURE), server="s").results] == ["output"]


def test_an_interrupted_run_is_cancelled_and_keeps_its_files() -> None:
    run = finished(ID, ended(PICTURE, ("execution_interrupted", {"timestamp": 1795423790000}), status="error"), server="s")
    assert run.state is RunState.CANCELLED
    assert len(run.outputs) == 1
    assert run.ended_at


def test_an_old_server_without_messages_still_tells_an_end() -> None:
    assert finished(ID, {"outputs": PICTURE}, server="s").state is RunState.DONE
    assert finished(ID, {"outputs": PICTURE, "status": None}, server="s").started_at is None
    assert finished(ID, {"outputs": {}, "status": {"status_str": "error"}}, server="s").state is RunState.FAILED
    assert isinstance(finished(ID, {}, server="s").error, NoOutputs)


@pytest.mark.parametrize("stamp", [None, "x", True, float("nan"), 1e300, -1e300, []])
def test_a_time_that_is_none_is_none(stamp: object) -> None:
    run = finished(ID, ended(PICTURE, ("execution_success", {"timestamp": stamp})), server="s")
    assert run.state is RunState.DONE
    assert run.ended_at is None


@pytest.mark.parametrize(
    ("message", "kind", "hint"),
    [
        ({"exception_type": "torch.OutOfMemoryError", "node_type": "KSampler"}, OutOfMemory, "smaller"),
        ({"exception_type": "RuntimeError", "exception_message": "CUDA out of memory. Tried"}, OutOfMemory, "smaller"),
        ({"exception_message": "Allocation on device 0 would exceed"}, OutOfMemory, "smaller"),
        (
            {"exception_type": "RuntimeError", "exception_message": "mat1 and mat2 shapes cannot be multiplied"},
            RenderFailed,
            "families",
        ),
        ({"exception_type": "av.error.InvalidDataError", "exception_message": "/srv/x.png"}, RenderFailed, "input picture"),
        ({"exception_type": "FileNotFoundError", "exception_message": "/srv/secret"}, RenderFailed, "not on the server"),
        ({"exception_type": "SafetensorError", "exception_message": "HeaderTooLarge"}, RenderFailed, "model file"),
        ({}, RenderFailed, "log of gpu-01"),
    ],
)
def test_a_failure_says_what_to_do_next(message: dict[str, Any], kind: type[RenderFailed], hint: str) -> None:
    error = failure(message, server="gpu-01")
    assert type(error) is kind
    assert hint in error.hint
    assert "/srv" not in f"{error.message}{error.hint}{error.facts}"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@given(JSON, JSON, JSON)
def test_anything_may_be_in_a_history_entry(outputs: object, status: object, messages: object) -> None:
    told = {"outputs": outputs, "status": {"status_str": status, "messages": messages}}
    assert finished(ID, told, server="s").state.over
    assert finished(ID, {"outputs": outputs, "status": status}, server="s").state.over


@given(JSON, JSON)
def test_anything_may_be_in_a_refusal(error: object, errors: object) -> None:
    answer = {"error": error, "node_errors": {"3": {"errors": [errors], "class_type": error}}}
    for one in (answer, error, {"error": error, "node_errors": errors}):
        told = refusal(one, drawing(), server="gpu-01", models=lambda folder: [])
        assert isinstance(told, BackendError)
        assert told.message.isprintable()


# progress


@given(
    st.sampled_from(["progress_state", "progress", "executing", "executed", "execution_cached", "status", "x"]), JSON, JSON, JSON
)
def test_anything_may_be_in_a_message(kind: str, first: object, second: object, third: object) -> None:
    progress = RunProgress(ID, drawing())
    nodes = {"3": {"value": first, "max": second, "state": third, "display_node_id": first}}
    for told in (nodes, first):
        progress.hear(kind, {"prompt_id": ID, "nodes": told, "node": second, "value": first, "max": third, "display_node": third})
    assert 0.0 <= progress.done <= 1.0


@given(st.binary(max_size=64))
def test_anything_may_be_in_a_binary_frame(frame: bytes) -> None:
    assert RunProgress(ID).look(frame) is None
    assert RunProgress(ID).look(b"\x00\x00\x00\x04" + frame) is None


def preview(prompt_id: str, picture: bytes = b"\xff\xd8jpeg", node: str = "3") -> bytes:
    told = json.dumps({"node_id": node, "prompt_id": prompt_id, "display_node_id": node}).encode()
    return struct.pack(">II", 4, len(told)) + told + picture


def test_only_previews_that_name_the_run_are_taken() -> None:
    progress = RunProgress(ID, drawing())
    step = progress.look(preview(ID))
    assert step
    assert (step.preview, step.node) == (b"\xff\xd8jpeg", "3")
    assert progress.look(preview("another")) is None
    assert progress.look(struct.pack(">II", 1, 1) + b"\xff\xd8jpeg") is None, "the older frame does not tell whose it is"
    assert progress.look(preview(ID, b"")) is None


def running(node: str, value: float, maximum: float) -> dict[str, Any]:
    told = {"value": value, "max": maximum, "state": "running", "node_id": node, "prompt_id": ID, "display_node_id": node}
    return {"prompt_id": ID, "nodes": {node: told}}


def test_what_feeds_a_running_node_is_done_even_if_nobody_said_so() -> None:
    late = RunProgress(ID, drawing(steps=10)).hear("progress_state", running("8", 0, 1))
    assert late
    assert late.done > 0.85
    assert late.node_type_or_title == "VAEDecode"


def test_sampling_steps_weigh_more_than_nodes() -> None:
    progress = RunProgress(ID, drawing(steps=10))
    start, end = progress.hear("progress_state", running("3", 0, 10)), progress.hear("progress_state", running("3", 10, 10))
    assert start
    assert end
    assert end.done - start.done > 0.5


def test_without_the_graph_the_nodes_own_progress_is_told() -> None:
    step = RunProgress(ID).hear("progress", {"prompt_id": ID, "node": "3", "value": 4, "max": 20})
    assert step == ProgressStep(4.0, 20.0, "3", "", 0.0)


def test_nodes_made_while_running_are_shown_as_the_one_that_made_them() -> None:
    told = {"value": 0.0, "max": 1.0, "state": "running", "node_id": "3.0.0.1", "display_node_id": "3"}
    step = RunProgress(ID, drawing()).hear("progress_state", {"prompt_id": ID, "nodes": {"3.0.0.1": told}})
    assert step
    assert (step.node, step.node_type_or_title) == ("3", "KSampler")


def test_a_chain_of_thousands_of_nodes_is_no_problem() -> None:
    chain = {str(at): {"class_type": "X", "inputs": {"a": [str(at - 1), 0]} if at else {}} for at in range(5000)}
    step = RunProgress(ID, chain).hear("executing", {"prompt_id": ID, "node": "4999"})
    assert step
    assert step.done > 0.99


# names


def test_words_fit_to_be_shown_are_short_plain_and_on_one_line() -> None:
    assert word("a\nb\x1b[31m`c` \u202e\u200b") == "ab[31mc"
    assert len(word("x" * 5000)) == 80
    assert word(["x"]) == word(None) == word(True) == ""
    assert word("größe ☃") == "größe ☃"


def test_the_models_of_a_graph_are_told_once_with_their_folders() -> None:
    graph = drawing()
    graph["20"] = {"class_type": "LoraLoader", "inputs": {"lora_name": "a/b.safetensors", "model": ["4", 0], "clip": ["4", 1]}}
    graph["21"] = {"class_type": "LoraLoaderModelOnly", "inputs": {"lora_name": "a/b.safetensors", "model": ["20", 0]}}
    graph["22"] = {"class_type": "UpscaleModelLoader", "inputs": {"model_name": "4x.pth"}}
    graph["23"] = {"class_type": "SomethingElse", "inputs": {"model_name": "no.pth", "vae_name": ["1", 0], "lora_name": "None"}}
    assert models_in(graph) == [
        ModelRef("checkpoints", "slate-sim-base.safetensors"),
        ModelRef("loras", "a/b.safetensors"),
        ModelRef("upscale_models", "4x.pth"),
    ]
