"""Workflows: the library, versions by content, finding by name, and inputs settled before anything is queued."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from core import workflows
from core.comfyui.client import Comfy, RunState
from core.comfyui.graph import links, outputs, parse
from core.errors import (
    BadGraph,
    BadInput,
    MissingInput,
    OutOfRange,
    SlateError,
    TooLong,
    UnknownInput,
    UnknownWorkflow,
    WrongType,
)
from core.workflows import InputSpec, WorkflowSpec
from storage.database import Database
from storage.rendering import workflows as storage_workflows
from storage.tables import Member, WorkflowVersion
from tests.core.comfy import new_id, watched
from tests.core.comfyui.test_client import picture

NAMES = ["image-to-image", "product-depth", "text-to-image", "text-to-image-lora", "upscale"]
BY_NAME = {spec.name: spec for spec in workflows.library()}


def version(name: str = "text-to-image", **changes: Any) -> WorkflowVersion:
    """A version that is in no database."""
    spec = BY_NAME[name]
    inputs = [replace(one, **changes[one.name]) if one.name in changes else one for one in spec.inputs]
    told = [one.to_json() for one in inputs]
    return WorkflowVersion(workflow_id=1, number=1, content_hash=spec.content_hash, graph=spec.graph, inputs=told)


def settled(given: dict[str, object], name: str = "text-to-image", *, max_prompt: int = 1000, **changes: Any) -> dict[str, Any]:
    return workflows.settle(version(name, **changes), {"prompt": "a red shoe"} | given, max_prompt=max_prompt)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A session with the library in it."""
    with database.writing() as opened:
        workflows.seed_library(opened)
        yield opened


# the library


def test_the_library_has_the_first_five() -> None:
    assert list(BY_NAME) == NAMES


@pytest.mark.parametrize("spec", workflows.library(), ids=lambda spec: spec.name)
def test_every_shipped_workflow_is_complete(spec: WorkflowSpec) -> None:
    assert spec.title
    assert spec.description
    assert spec.techniques
    graph = parse(spec.graph)
    assert [graph[one]["class_type"] for one in outputs(graph)] == ["SaveImage"]
    places = [(one.node, one.field) for one in spec.inputs]
    assert len(set(places)) == len(places), "no two inputs fight for one place"
    for one in spec.inputs:
        assert one.label, one.name
        assert one.help or one.kind in ("choice", "seed"), one.name
        assert not list(links({"inputs": {"x": graph[one.node]["inputs"][one.field]}})), "an input does not cut a link"
        assert one.kind != "model" or one.folder
    needed = {one.name: "x" for one in spec.inputs if one.required}
    complete = workflows.settle(version(spec.name), needed, max_prompt=10)
    assert set(complete) == {one.name for one in spec.inputs}
    assert None not in complete.values()
    assert workflows.settle(version(spec.name), complete, max_prompt=10) == complete, "settled inputs settle to themselves"


def test_inputs_survive_being_written_down() -> None:
    for spec in workflows.library():
        assert workflows.inputs_of(version(spec.name)) == list(spec.inputs)
        assert json.loads(json.dumps([one.to_json() for one in spec.inputs]))


@pytest.mark.parametrize(
    ("name", "given", "pictures"),
    [
        ("text-to-image", {"prompt": "a red shoe", "steps": 2, "size": "64"}, ()),
        ("text-to-image-lora", {"prompt": "a red shoe", "steps": 2, "size": "64", "strength": 0.5}, ()),
        ("image-to-image", {"prompt": "a red shoe", "steps": 2, "image": "A-1"}, ("image",)),
        ("product-depth", {"prompt": "a red shoe", "steps": 2, "size": "64", "depth": "A-1"}, ("depth",)),
        ("upscale", {"image": "A-1"}, ("image",)),
    ],
)
def test_every_shipped_workflow_runs(comfy: Comfy, name: str, given: dict[str, object], pictures: tuple[str, ...]) -> None:
    inputs = workflows.settle(version(name), given, max_prompt=100)
    uploads = {one: comfy.upload("in.png", picture(), subfolder="slate") for one in pictures}
    graph = workflows.fill(version(name), inputs, uploads, prefix=f"slate/R-TEST/{name}")
    prompt_id = new_id()
    comfy.submit(graph, prompt_id)
    run = watched(comfy, prompt_id)
    assert (run.state, run.error) == (RunState.DONE, None)
    assert run.outputs[0].subfolder == "slate/R-TEST"
    assert run.outputs[0].filename.startswith(name)


# versions


def test_seeding_twice_changes_nothing(session: Session) -> None:
    before = {one.name: one.latest_version_id for one in storage_workflows.everything(session)}
    workflows.seed_library(session)
    assert {one.name: one.latest_version_id for one in storage_workflows.everything(session)} == before
    assert sorted(before) == NAMES


def test_new_content_is_a_new_version_and_the_same_content_is_the_same(session: Session) -> None:
    spec = BY_NAME["text-to-image"]
    other = replace(spec, graph={**spec.graph, "extra": {"class_type": "PreviewImage", "inputs": {"images": ["decode", 0]}}})
    workflow, second = workflows.publish(session, other, by=None)
    assert second.number == 2
    assert workflow.latest_version_id == second.id
    assert workflows.publish(session, other, by=None)[1].id == second.id
    first = workflows.publish(session, spec, by=None)[1]
    assert first.number == 1
    assert [one.number for one in storage_workflows.versions_of(session, workflow.id)] == [1, 2]
    assert "PreviewImage" in second.node_types


def test_what_a_person_published_stays_the_latest(session: Session) -> None:
    mia = Member(name="Mia", name_key="mia")
    session.add(mia)
    session.flush()
    spec = BY_NAME["upscale"]
    workflows.publish(session, replace(spec, inputs=spec.inputs[:1]), by=mia)
    workflows.seed_library(session)
    assert workflows.find(session, "upscale")[1].number == 2


def test_labels_and_help_do_not_make_a_version_but_ranges_do() -> None:
    spec = BY_NAME["text-to-image"]
    first, *rest = spec.inputs
    assert replace(spec, inputs=(replace(first, label="Words", help="?"), *rest)).content_hash == spec.content_hash
    assert replace(spec, inputs=(replace(first, required=False), *rest)).content_hash != spec.content_hash
    assert replace(spec, inputs=tuple(rest)).content_hash != spec.content_hash


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "colour"},
        {"node": "nowhere"},
        {"field": "nothing"},
        {"surprise": 1},
        {"name": "negative"},
    ],
)
def test_an_input_that_cannot_work_is_not_declared(change: dict[str, object]) -> None:
    spec = BY_NAME["text-to-image"]
    first, *rest = (one.to_json() for one in spec.inputs)
    told = {"name": "x", "title": "", "description": "", "graph": spec.graph, "inputs": [first | change, *rest]}
    with pytest.raises(BadGraph):
        WorkflowSpec.from_json(told)


# finding


@pytest.mark.parametrize(
    "said", ["text-to-image", " Text-To-Image ", "text_to_image", "text to image", "text-to-image@1", "TEXT-TO-IMAGE @ 1"]
)
def test_a_workflow_is_found_however_it_is_written(session: Session, said: str) -> None:
    workflow, found = workflows.find(session, said)
    assert (workflow.name, found.number) == ("text-to-image", 1)


@pytest.mark.parametrize(
    ("said", "near"),
    [
        ("text-to-imgae", "text-to-image"),
        ("depth", "product-depth"),
        ("upscail", "upscale"),
        ("upscale@7", "upscale@1"),
        ("upscale@x", "upscale@1"),
        ("upscale@²", "upscale@1"),
        ("upscale@99999999999999999999", "upscale@1"),
    ],
)
def test_a_wrong_name_gets_the_nearest_ones(session: Session, said: str, near: str) -> None:
    with pytest.raises(UnknownWorkflow) as unknown:
        workflows.find(session, said)
    assert near in unknown.value.suggestions
    assert "Did you mean" in unknown.value.hint


def test_a_name_like_no_other_gets_the_list(session: Session) -> None:
    with pytest.raises(UnknownWorkflow, match="no workflow `qqqq`") as unknown:
        workflows.find(session, "qqqq")
    assert all(name in unknown.value.hint for name in NAMES)
    with pytest.raises(UnknownWorkflow):
        workflows.find(session, "")


def test_an_archived_workflow_is_found_by_its_number_only(session: Session) -> None:
    workflow, _ = workflows.find(session, "upscale")
    workflow.archived = True
    session.add(workflow)
    session.flush()
    with pytest.raises(UnknownWorkflow):
        workflows.find(session, "upscale")
    assert workflows.find(session, "upscale@1")[0].id == workflow.id
    assert "upscale" not in [one.name for one in storage_workflows.everything(session)]


# settling


def test_text_from_chat_becomes_typed_values() -> None:
    made = settled({"steps": "12", "cfg": "6,5", "width": " 768 ", "sampler": "DPMPP-2M", "seed": "007", "negative": ""})
    assert (made["steps"], made["cfg"], made["width"], made["height"]) == (12, 6.5, 768, 512)
    assert (made["sampler"], made["seed"], made["negative"]) == ("dpmpp_2m", "7", "")
    assert isinstance(made["cfg"], float)


def test_values_from_a_form_or_a_script_are_taken_as_they_are() -> None:
    made = settled({"steps": 12.0, "cfg": 7, "seed": 2**64 - 1, "width": None, "Height": 640})
    assert (made["steps"], made["cfg"], made["seed"], made["width"], made["height"]) == (12, 7.0, str(2**64 - 1), 512, 640)
    assert isinstance(made["steps"], int)


def test_a_seed_is_drawn_when_none_is_given() -> None:
    drawn = {settled({"seed": given})["seed"] for given in (None, "", "random", -1, "-1") for _ in range(20)}
    assert len(drawn) == 100
    assert all(0 <= int(seed) < 2**64 for seed in drawn)
    assert any(int(seed) > 2**53 for seed in drawn)


@pytest.mark.parametrize(
    ("size", "width", "height"),
    [("768x512", 768, 512), ("768 × 512", 768, 512), ("640*640", 640, 640), ("640", 640, 640), (640, 640, 640), ("", 512, 512)],
)
def test_a_size_stands_for_width_and_height(size: object, width: int, height: int) -> None:
    made = settled({"size": size})
    assert (made["width"], made["height"]) == (width, height)
    assert "size" not in made


@pytest.mark.parametrize(
    ("given", "error", "said", "hint"),
    [
        ({"promt": "x"}, UnknownInput, "no input `promt`", "Did you mean `prompt`?"),
        ({"zzz": "x"}, UnknownInput, "no input `zzz`", "It takes `prompt`"),
        ({"`\n@here" * 40: 1}, UnknownInput, "no input", "It takes `prompt`"),
        ({"steps": "many"}, WrongType, "`steps` is a whole number, not `many`", "from 1 to 150"),
        ({"steps": "1.5"}, WrongType, "whole number", "from 1 to 150"),
        ({"steps": "1e3"}, WrongType, "whole number", ""),
        ({"steps": "٣"}, WrongType, "whole number", ""),
        ({"steps": True}, WrongType, "whole number", ""),
        ({"steps": [3]}, WrongType, "whole number", ""),
        ({"steps": "9" * 5000}, WrongType, "whole number", ""),
        ({"steps": 0}, OutOfRange, "`steps` cannot be 0", "from 1 to 150"),
        ({"steps": 10**30}, OutOfRange, "`steps` cannot be", "from 1 to 150"),
        ({"width": 770}, OutOfRange, "`width` cannot be 770", "steps of 8: 768 or 776"),
        ({"size": "100000x8"}, OutOfRange, "`width` cannot be 100000", "from 64 to 4096"),
        ({"size": "big"}, WrongType, "`big` is no size", "size:768x512"),
        ({"size": "512x512", "width": 512}, BadInput, "`width` is given twice", ""),
        ({"cfg": "nan"}, WrongType, "`cfg` is a number", ""),
        ({"cfg": float("inf")}, WrongType, "`cfg` is a number", ""),
        ({"cfg": -0.1}, OutOfRange, "`cfg` cannot be -0.1", "from 0 to 30"),
        ({"seed": 2**64}, OutOfRange, "`seed` cannot be", str(2**64 - 1)),
        ({"seed": -2}, OutOfRange, "`seed` cannot be -2", ""),
        ({"seed": "abc"}, WrongType, "`seed` is a whole number", "random"),
        ({"seed": 1.5}, WrongType, "`seed` is a whole number", ""),
        ({"sampler": "eulr"}, OutOfRange, "`sampler` cannot be `eulr`", "Did you mean `euler`"),
        ({"sampler": "???"}, OutOfRange, "`sampler` cannot be", "It is one of euler"),
        ({"model": "a\x00b"}, WrongType, "`model` is a name", ""),
        ({"model": 7}, WrongType, "`model` is a name", ""),
        ({"model": "m" * 300}, TooLong, "that is no name", ""),
        ({"prompt": "x" * 1001}, TooLong, "`prompt` has 1,001 characters; 1,000 are the most", "Shorten"),
        ({"prompt": 7}, WrongType, "`prompt` is a text", ""),
        ({"prompt": ""}, MissingInput, "`prompt` is missing", "prompt:"),
        ({"prompt": None}, MissingInput, "`prompt` is missing", ""),
        ({"prompt": " \x00\x01 "}, MissingInput, "`prompt` is missing", ""),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(given: dict[str, object], error: type[SlateError], said: str, hint: str) -> None:
    with pytest.raises(error, match=re.escape(said)) as refused:
        settled(given)
    assert hint in refused.value.hint
    assert refused.value.message.isprintable()
    assert len(refused.value.message) < 150
    assert refused.value.facts["input"]


def test_a_missing_picture_is_asked_for() -> None:
    with pytest.raises(MissingInput, match="`image` is missing") as missing:
        workflows.settle(version("upscale"), {}, max_prompt=10)
    assert "drop a picture" in missing.value.hint


def test_control_characters_go_and_everything_else_of_a_prompt_stays() -> None:
    prompt = "a *bold* <b>@here</b> `/cancel R-1`\r\nsecond\tline \x00\x1b[31m\ud800 日本 שלום 👩‍👩‍👧"
    assert settled({"prompt": prompt})["prompt"] == "a *bold* <b>@here</b> `/cancel R-1`\nsecond\tline [31m 日本 שלום 👩‍👩‍👧"
    one_line = {"prompt": {"kind": "text"}}
    assert settled({"prompt": "a\n b\tc "}, **one_line)["prompt"] == "a b c"


@pytest.mark.parametrize(
    ("said", "value"), [("yes", True), ("ON", True), (True, True), (1, True), ("0", False), (False, False), ("no", False)]
)
def test_a_switch_is_yes_or_no(said: object, value: bool) -> None:
    switch = {"negative": {"kind": "switch", "default": None}}
    assert settled({"negative": said}, **switch)["negative"] is value
    with pytest.raises(WrongType, match="`negative` is yes or no, not `maybe`"):
        settled({"negative": "maybe"}, **switch)


@given(
    st.dictionaries(
        st.sampled_from(["prompt", "steps", "cfg", "seed", "sampler", "size", "width", "model", "count", "else"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.lists(st.integers(), max_size=2),
        max_size=4,
    )
)
def test_whatever_is_given_is_settled_or_refused(given: dict[str, object]) -> None:
    try:
        made = settled(given)
    except BadInput as refused:
        known = refused.facts["input"]
        assert known in given or known == "prompt" or "size" in given
        return
    except UnknownInput:
        assert "else" in given
        return
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    assert workflows.fill(version(), made, {}, prefix="x")


# filling


def test_the_graph_gets_the_inputs_and_the_original_stays() -> None:
    inputs = settled({"seed": 2**64 - 1, "steps": 9})
    recipe = version()
    before = json.dumps(recipe.graph, sort_keys=True)
    graph = workflows.fill(recipe, inputs, {}, prefix="slate/R-1/1")
    assert graph["sampler"]["inputs"]["seed"] == 2**64 - 1
    assert graph["sampler"]["inputs"]["steps"] == 9
    assert graph["positive"]["inputs"]["text"] == "a red shoe"
    assert graph["save"]["inputs"]["filename_prefix"] == "slate/R-1/1"
    assert json.dumps(recipe.graph, sort_keys=True) == before


def test_every_node_that_saves_gets_the_prefix() -> None:
    recipe = version()
    recipe.graph = {
        **recipe.graph,
        "clip": {"class_type": "SaveVideo", "inputs": {"video": ["x", 0]}},
        "own": {"class_type": "FancyExport", "inputs": {"filename_prefix": "ComfyUI"}},
    }
    graph = workflows.fill(recipe, settled({}), {}, prefix="mine")
    assert [graph[one]["inputs"]["filename_prefix"] for one in ("save", "clip", "own")] == ["mine"] * 3


def test_a_picture_goes_in_under_its_name_on_the_server() -> None:
    inputs = workflows.settle(version("image-to-image"), {"prompt": "x", "image": "A-7Q0D"}, max_prompt=10)
    graph = workflows.fill(version("image-to-image"), inputs, {"image": "slate/R-1/in.png"}, prefix="p")
    assert graph["source"]["inputs"]["image"] == "slate/R-1/in.png"
    with pytest.raises(MissingInput, match="not on the server"):
        workflows.fill(version("image-to-image"), inputs, {}, prefix="p")


def test_renders_with_the_same_models_have_the_same_key() -> None:
    key = workflows.model_key
    assert key(version(), settled({})) == key(version(), settled({"prompt": "another", "steps": 3}))
    assert key(version(), settled({})) != key(version(), settled({"model": "slate-sim-photo.safetensors"}))
    assert key(version("text-to-image-lora"), settled({}, "text-to-image-lora")) == (
        "checkpoints/slate-sim-base.safetensors|loras/slate-sim-ink.safetensors"
    )


def test_an_input_tells_only_what_is_unusual() -> None:
    assert InputSpec("seed", "seed", "3", "seed").to_json() == {"name": "seed", "kind": "seed", "node": "3", "field": "seed"}


def test_a_teams_own_default_models_make_a_version_of_their_own_and_going_back_finds_the_first_again(
    database: Database,
) -> None:
    def latest() -> WorkflowVersion:
        with database.reading() as session:
            return workflows.find(session, "text-to-image")[1]

    def seed(**models: str) -> WorkflowVersion:
        with database.writing() as session:
            workflows.seed_library(session, models)
        return latest()

    shipped, ours, again = seed(), seed(checkpoints="house.safetensors"), seed()
    assert workflows.settle(ours, {"prompt": "a boat"}, max_prompt=100)["model"] == "house.safetensors"
    assert (shipped.number, ours.number, again.id) == (1, 2, shipped.id)
