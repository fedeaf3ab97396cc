"""One hash for all copies of a workflow, another for every other one; and what differs, in words."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import workflows
from core.comfyui.differences import differences
from core.comfyui.identity import identify
from tests.core.graphs import Graph, flux, node, text_to_image, with_control

GRAPHS = [text_to_image(), with_control(text_to_image(), "depth.safetensors"), flux()]
GRAPHS += [one.graph for one in workflows.library()]


def rewritten(graph: Graph, seed: int) -> Graph:
    """The same graph with other node ids, in another order, with other titles, beside nodes that have no effect."""
    dice = random.Random(seed)
    order = list(graph)
    dice.shuffle(order)
    ids = {old: f"{dice.randrange(10**6)}:{at}" for at, old in enumerate(order)}

    def moved(value: Any) -> Any:
        linked = isinstance(value, list) and len(value) == 2 and value[0] in ids
        return [ids[value[0]], value[1]] if linked else float(value) if type(value) is int and value < 2**50 else value

    made: Graph = {"aside": node("Note", text="left lying around"), "loose": node("CheckpointLoaderSimple", ckpt_name="x.ckpt")}
    for old in order:
        names = list(graph[old]["inputs"])
        dice.shuffle(names)
        inputs = {name: moved(graph[old]["inputs"][name]) for name in names}
        made[ids[old]] = {"_meta": {"title": f"T{dice.random()}"}, "inputs": inputs, "class_type": graph[old]["class_type"]}
    return made


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(range(len(GRAPHS))), st.integers(0, 2**32), st.text(max_size=20), st.integers(0, 2**60))
def test_a_copy_is_known_however_it_was_written_down_and_whatever_it_was_asked(
    at: int, seed: int, words: str, number: int
) -> None:
    graph = GRAPHS[at]
    other = rewritten(graph, seed)
    for one in other.values():
        for field in one["inputs"]:
            typed = one["class_type"] == "CLIPTextEncode" and isinstance(one["inputs"][field], str)
            if field in ("seed", "noise_seed"):
                one["inputs"][field] = number
            elif field == "filename_prefix" or typed:
                one["inputs"][field] = words
    assert identify(other) == identify(graph)


def _changed(graph: Graph, at: int) -> Graph:
    """The graph with one thing changed that counts."""
    made = copy.deepcopy(graph)
    by_kind = {one["class_type"]: one for one in made.values()}
    match at:
        case 0:
            by_kind["KSampler"]["inputs"]["sampler_name"] = "heun"
        case 1:
            by_kind["CheckpointLoaderSimple"]["inputs"]["ckpt_name"] = "another.safetensors"
        case 2:
            by_kind["KSampler"]["inputs"]["negative"] = by_kind["KSampler"]["inputs"]["positive"]
        case 3:
            by_kind["VAEDecode"]["class_type"] = "VAEDecodeTiled"
        case 4:
            made["skip"] = node("CLIPSetLastLayer", stop_at_clip_layer=-2, clip=["4", 1])
            made["6"]["inputs"]["clip"] = ["skip", 0]
        case 5:
            made["second"] = copy.deepcopy(by_kind["SaveImage"])
        case 6:
            made["other"] = node("CheckpointLoaderSimple", ckpt_name="base.safetensors")
            made["8"]["inputs"]["vae"] = ["other", 2]
        case 7:
            by_kind["VAEDecode"]["inputs"]["vae"] = ["4", 1]
    return made


def test_every_change_that_counts_makes_another_workflow() -> None:
    made = [identify(text_to_image()), *(identify(_changed(text_to_image(), at)) for at in range(8))]
    assert len(set(made)) == 9
    assert len({identify(one) for one in GRAPHS}) == len(GRAPHS)


def test_two_pictures_are_not_the_same_picture_twice() -> None:
    def blended(second: str) -> Graph:
        graph = {"1": node("LoadImage", image="a.png"), "2": node("LoadImage", image="b.png")}
        return graph | {"3": node("ImageBlend", image1=["1", 0], image2=[second, 0]), "4": node("SaveImage", images=["3", 0])}

    assert identify(blended("1")) != identify(blended("2"))


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (0, ["sampler_name of KSampler: heun instead of euler"]),
        (
            4,
            [
                "CLIPSetLastLayer was added",
                "clip of CLIPTextEncode comes from CLIPSetLastLayer instead of CheckpointLoaderSimple",
            ],
        ),
        (5, ["SaveImage was added"]),
    ],
)
def test_what_differs_is_said_in_words(at: int, words: list[str]) -> None:
    found = [str(one) for one in differences(text_to_image(), rewritten(_changed(text_to_image(), at), 5))]
    assert found == words


def test_values_that_are_asked_for_are_marked_and_come_last() -> None:
    before, after = text_to_image(), text_to_image(seed=9, steps=30, sampler_name="heun")
    found = differences(before, rewritten(after, 3), {("3", "steps"): "steps"})
    assert [(str(one), one.asked) for one in found] == [
        ("sampler_name of KSampler: heun instead of euler", False),
        ("seed of KSampler: 9 instead of 42", True),
        ("steps (KSampler): 30 instead of 20", True),
    ]
    assert differences(before, rewritten(before, 4)) == []


def test_which_of_two_equal_nodes_feeds_what_counts() -> None:
    def used(flipped: str) -> Graph:
        graph = {"1": node("LoadImage", image="a.png"), "2": node("LoadImage", image="b.png")}
        graph |= {"3": node("ImageInvert", image=["1", 0]), "4": node("ImageFlip", image=[flipped, 0])}
        return graph | {
            "5": node("Blend", a=["1", 0], b=["2", 0], c=["3", 0], d=["4", 0]),
            "6": node("SaveImage", images=["5", 0]),
        }

    assert identify(used("1")) != identify(used("2"))
