"""Workflows of ComfyUI's page become graphs that run; nodes that do more than make pictures are told of."""

from __future__ import annotations

from typing import Any

import pytest

from core.comfyui.convert import Conversion, runnable
from core.comfyui.graph import Graph
from core.comfyui.node_info import NodeInfo, node_info
from core.comfyui.risks import CODE, FILES, NETWORK, partners_in, risks_in
from core.security.sandbox import process
from tests.core.graphs import node

_TOLD: dict[str, dict[str, Any]] = {
    "Load": {"input": {"required": {"name": [["a.png", "b.png"], {}]}}},
    "Blur": {"input": {"required": {"image": ["IMAGE"], "radius": ["INT", {"default": 4}], "seed": ["INT", {"min": 0}]}}},
    "SaveImage": {"input": {"required": {"images": ["IMAGE"], "filename_prefix": ["STRING", {"default": "x"}]}}},
}
KNOWN = {name: node_info(name, told) for name, told in _TOLD.items()}


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "inside", True)


def _node(number: int, kind: str, *values: Any, image: Any = None, name: str = "image", **more: Any) -> dict[str, Any]:
    inputs = [{"name": name, "type": "IMAGE", "link": image}] if image is not False else []
    outputs = [{"name": "IMAGE", "type": "IMAGE", "links": []}]
    return {"id": number, "type": kind, "inputs": inputs, "outputs": outputs, "widgets_values": list(values), **more}


def _made(nodes: list[dict[str, Any]], *links: tuple[int, int, int], **more: Any) -> Conversion:
    """The workflow of these nodes; a link is (its number, from, to)."""
    drawn = [[number, source, 0, target, 0, "IMAGE"] for number, source, target in links]
    return runnable({"nodes": nodes, "links": drawn, "version": 0.4, **more}, KNOWN)


def _load() -> dict[str, Any]:
    return _node(1, "Load", "b.png", image=False)


def _save(link: int | None = 2) -> dict[str, Any]:
    return _node(9, "SaveImage", "out", image=link, name="images")


def _source(made: Conversion) -> str:
    """The type of the node that the saved picture comes from."""
    assert not made.problems, made
    link = made.graph["9"]["inputs"]["images"]
    return str(made.graph[link[0]]["class_type"])


def test_values_go_to_the_inputs_of_their_place_and_controls_to_none() -> None:
    made = _made([_load(), _node(2, "Blur", 7, 99, "randomize", image=1), _save()], (1, 1, 2), (2, 2, 9))
    assert made.graph["2"]["inputs"] == {"image": ["1", 0], "radius": 7, "seed": 99}
    assert (made.graph["1"]["inputs"]["name"], _source(made)) == ("b.png", "Blur")


def test_a_value_that_fits_nowhere_names_its_node_and_input() -> None:
    made = _made([_load(), _node(2, "Blur", "soft", 99, image=1), _save()], (1, 1, 2), (2, 2, 9))
    assert [str(one) for one in made.problems] == ["node 2 (Blur), `radius`: `soft` is not a whole number"]


def test_muted_and_bypassed_nodes_and_links_that_are_not_drawn() -> None:
    bypassed = _node(2, "Blur", 7, 99, image=1, mode=4)
    assert _source(_made([_load(), bypassed, _save()], (1, 1, 2), (2, 2, 9))) == "Load"
    assert "2" not in _made([_load(), _node(2, "Blur", 7, 99, image=1, mode=2), _save(None)], (1, 1, 2)).graph
    carried = [_load(), _node(3, "SetNode", "pic", image=1, name="IMAGE"), _node(4, "GetNode", "pic", image=False), _save()]
    assert _source(_made(carried, (1, 1, 3), (2, 4, 9))) == "Load"
    sent = [_load(), _node(5, "Anything Everywhere", image=1, name="anything"), _save(None)]
    assert _source(_made(sent, (1, 1, 5))) == "Load"


@pytest.mark.parametrize(
    ("one", "what"),
    [
        (node("ExecutePythonCode", code="1"), CODE),
        (node("Eval Python", text="1"), CODE),
        (node("VHS_LoadVideoPath", video="a.mp4"), FILES),
        (node("Keep", output_path="x"), FILES),
        (node("LoadImage", image="../../etc/passwd"), FILES),
        (node("LoadImage", image="C:\\Users\\mia\\a.png"), FILES),
        (node("LoadImageFromUrl", image="a"), NETWORK),
        (node("Post", target="https://example.com/x"), NETWORK),
        (node("LoadImage", image="folder/a.png"), ""),
        (node("CLIPTextEncode", text="a path to the shore, seen from above"), ""),
    ],
)
def test_nodes_that_do_more_than_make_pictures(one: dict[str, Any], what: str) -> None:
    graph: Graph = {"1": one}
    assert [risk.what for risk in risks_in(graph, {})] == ([what] if what else [])


def test_nodes_that_call_a_paid_service_are_named() -> None:
    known: dict[str, NodeInfo] = {"Paid": node_info("Paid", {"python_module": "comfy_api_nodes.nodes_x"})}
    assert partners_in({"1": node("Paid"), "2": node("Load")}, known | KNOWN) == ("Paid",)
