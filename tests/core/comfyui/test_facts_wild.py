"""No graph, however wild, hangs or breaks the reader."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.comfyui import facts
from tests.core.graphs import Graph, node, text_to_image, with_control


def _staircase(steps: int) -> Graph:
    """Sampled, enlarged and controlled over and over: every node depends on all before it."""
    graph = with_control(text_to_image(), "depth.pth")
    for at in range(steps):
        before = ["3", 0] if at == 0 else [f"k{at - 1}", 0]
        graph[f"u{at}"] = node("LatentUpscaleBy", samples=before, image=before)
        graph[f"c{at}"] = node("ControlNetApply", conditioning=["6", 0], control_net=before, image=before, strength=1.0)
        graph[f"k{at}"] = node("KSampler", **(graph["3"]["inputs"] | {"latent_image": [f"u{at}", 0], "positive": [f"c{at}", 0]}))
    return graph | {"8": node("VAEDecode", samples=[f"k{steps - 1}", 0])}


def _doubling(levels: int) -> Graph:
    graph = text_to_image()
    graph["6"] = node("CLIPTextEncode", text=["s0", 0], clip=["4", 1])
    for level in range(levels):
        graph[f"s{level}"] = node("StringConcatenate", string_a=[f"s{level + 1}", 0], string_b=[f"s{level + 1}", 0], delimiter="")
    graph[f"s{levels}"] = node("PrimitiveString", value="word " * 100)
    return graph


@pytest.mark.parametrize(
    "graph",
    [
        pytest.param({}, id="empty"),
        pytest.param({"1": None, "2": 3, "3": {"class_type": 5}, "4": {"inputs": []}}, id="not nodes"),
        pytest.param({"1": node("SaveImage", images=["1", 0])}, id="a node that feeds itself"),
        pytest.param({"1": node("Reroute", a=["2", 0]), "2": node("Reroute", a=["1", 0])}, id="a circle"),
        pytest.param(text_to_image(seed=["3", 0], steps=["3", 1], positive=["3", 0]), id="a sampler in a circle"),
        pytest.param(text_to_image(seed=math.nan, steps=math.inf, cfg="seven", denoise=[1, 2, 3]), id="nonsense values"),
        pytest.param(text_to_image(positive=["nowhere", 0], model=[4, 0], latent_image=["5"]), id="links to nowhere"),
        pytest.param(_doubling(60), id="text that doubles sixty times"),
        pytest.param(_staircase(1500), id="fifteen hundred passes"),
        pytest.param({str(at): node("Reroute", a=[str(at + 1), 0]) for at in range(5000)}, id="a chain of five thousand"),
    ],
)
def test_wild_graphs_are_read_as_far_as_they_go(graph: Any) -> None:
    found = facts.read(graph)

    assert len(found.prompt) <= 100_000
    json.dumps(found.as_dict(), allow_nan=False)


_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.tuples(st.sampled_from("123456"), st.integers(0, 3)).map(list),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=4,
)
_names = st.sampled_from(
    [
        "seed",
        "steps",
        "positive",
        "negative",
        "model",
        "text",
        "latent_image",
        "guider",
        "sigmas",
        "lora_1",
        "lora_name",
        "images",
        "switch",
    ]
)
_kinds = st.sampled_from(
    ["KSampler", "SaveImage", "ComfySwitchNode", "CLIPTextEncode", "LoraLoader", "Reroute", "ControlNetApply", "X"]
)
_nodes = st.builds(
    lambda kind, inputs: {"class_type": kind, "inputs": inputs}, _kinds, st.dictionaries(_names, _values, max_size=6)
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from("123456"), _nodes | _values, max_size=6))
def test_no_graph_breaks_the_reader(graph: dict[str, Any]) -> None:
    json.dumps(facts.read(graph).as_dict(), allow_nan=False)
