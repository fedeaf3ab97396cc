"""API graphs: what is read, what is refused, and one address for one content."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.comfyui.graph import (
    MAX_BYTES,
    MAX_NODES,
    NodeLink,
    canonical,
    content_hash,
    links,
    outputs,
    parse,
    upstream,
    without_is_changed,
)
from core.errors import BadGraph
from tests.core.comfy import drawing


def chain(length: int) -> dict[str, Any]:
    return {str(at): {"class_type": "X", "inputs": {"a": [str(at - 1), 0]} if at else {}} for at in range(length)}


def test_text_bytes_and_values_are_read_alike() -> None:
    graph = drawing()
    assert parse(json.dumps(graph)) == parse(json.dumps(graph).encode()) == parse(graph) == graph


def test_what_the_server_takes_may_be_wrapped_as_it_is_sent() -> None:
    assert parse({"prompt": drawing(prefix="x"), "client_id": "me"}) == drawing(prefix="x")


def test_not_a_number_inside_a_file_is_read_over() -> None:
    text = '{"1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}, "is_changed": NaN}}'
    assert parse(text)["1"]["is_changed"] is None


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("", "not readable JSON"),
        ("{", "not readable JSON"),
        ("[1, 2]", "JSON object"),
        ("null", "JSON object"),
        ("{}", "no nodes"),
        (b"\xff\xfe\x00", "not readable JSON"),
        ('{"nodes": [], "links": [], "version": 0.4}', "browser's format"),
        ('{"1": {"inputs": {}}}', "no class_type"),
        ('{"1": {"class_type": ""}}', "no class_type"),
        ('{"1": {"class_type": 7}}', "no class_type"),
        ('{"1": "node"}', "no class_type"),
        ('{"1": {"class_type": "X", "inputs": []}}', "not an object"),
        ('{"1": {"class_type": "X", "inputs": {"a": ["2", 0]}}}', "output that is not there"),
        ('{"1": {"class_type": "X", "inputs": {}}, "2": {"class_type": "X", "inputs": {"a": ["1", -1]}}}', "not there"),
        ('{"1": {"class_type": "X", "inputs": {"a": ["1", 0]}}}', "in a circle through node `1`"),
        (
            '{"1": {"class_type": "X", "inputs": {"a": ["2", 0]}}, "2": {"class_type": "X", "inputs": {"a": ["1", 0]}}}',
            "in a circle",
        ),
    ],
)
def test_what_cannot_run_is_refused_with_a_reason(bad: str | bytes, words: str) -> None:
    with pytest.raises(BadGraph, match=words):
        parse(bad)


def test_bombs_are_refused_quickly() -> None:
    deep = "[" * 100_000 + "]" * 100_000
    with pytest.raises(BadGraph):
        parse('{"1": {"class_type": "X", "inputs": {"a": ' + deep + "}}}")
    nested: Any = "x"
    for _ in range(200):
        nested = [nested]
    with pytest.raises(BadGraph, match="levels deep"):
        parse({"1": {"class_type": "X", "inputs": {"a": nested}}})
    with pytest.raises(BadGraph, match="MiB"):
        parse(" " * (MAX_BYTES + 1))
    with pytest.raises(BadGraph, match="nodes"):
        parse(chain(MAX_NODES + 1))


def test_a_long_chain_is_fine() -> None:
    graph = parse(chain(MAX_NODES))
    assert len(upstream(graph, str(MAX_NODES - 1))) == MAX_NODES - 1


def test_lists_that_are_no_links_are_values() -> None:
    inputs = {"size": [512, 512], "tags": ["a", "b"], "none": [], "wrapped": {"__value__": ["1", 0]}, "flag": ["1", True]}
    graph = parse({"1": {"class_type": "X", "inputs": inputs}})
    assert list(links(graph["1"])) == []
    assert list(links({"inputs": {"a": ["29:5", 1]}})) == [NodeLink("a", "29:5", 1)]


def test_walking_upstream_tells_the_nearest_first_and_bears_loose_ends() -> None:
    assert upstream(drawing(), "9") == ["8", "3", "4", "6", "7", "5"]
    assert upstream(drawing(), "4") == []
    assert upstream({"1": {"class_type": "X", "inputs": {"a": ["1", 0], "b": ["9", 0]}}}, "1") == []


def test_outputs_are_the_savers_or_else_the_ends() -> None:
    assert outputs(drawing()) == ["9"]
    assert outputs(chain(3)) == ["2"]


def test_marks_are_taken_off_a_copy() -> None:
    graph = drawing()
    marked = copy.deepcopy(graph)
    marked["4"]["is_changed"] = ["x"]
    assert without_is_changed(marked) == graph
    assert "is_changed" in marked["4"]


def test_titles_marks_order_and_spelling_of_numbers_do_not_change_the_content() -> None:
    graph = drawing(prefix="x")
    other = dict(reversed(copy.deepcopy(graph).items()))
    other["6"]["_meta"] = {"title": "something else"}
    other["4"]["is_changed"] = ["x"]
    other["3"]["inputs"]["cfg"] = 7
    assert content_hash(other) == content_hash(graph)
    assert json.loads(canonical(graph))["3"]["inputs"]["cfg"] == 7


def test_anything_that_changes_the_picture_changes_the_content() -> None:
    graph = drawing(prefix="x")
    hashes = {content_hash(graph)}
    for node, field, value in (("3", "seed", 8), ("3", "cfg", 7.5), ("6", "text", "a blue shoe"), ("3", "positive", ["7", 0])):
        other = copy.deepcopy(graph)
        other[node]["inputs"][field] = value
        hashes.add(content_hash(other))
    assert len(hashes) == 5


def test_seeds_beyond_doubles_stay_exact() -> None:
    assert str(2**64 - 1) in canonical(drawing(seed=2**64 - 1))
    assert content_hash(drawing(seed=2**64 - 1, prefix="x")) != content_hash(drawing(seed=2**64 - 2, prefix="x"))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, object()])
def test_values_json_does_not_have_have_no_address(value: object) -> None:
    with pytest.raises(BadGraph):
        content_hash({"1": {"class_type": "X", "inputs": {"a": value}}})


@given(
    st.dictionaries(st.text(max_size=5), st.recursive(st.none() | st.integers() | st.text(max_size=5), st.lists, max_leaves=5))
)
def test_anything_is_read_or_refused(value: dict[str, Any]) -> None:
    with suppress(BadGraph):
        assert parse(json.dumps(value))
