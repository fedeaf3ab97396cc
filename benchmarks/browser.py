"""Workflows in the browser's format as the API graphs that ComfyUI's page would send: subgraphs opened, muted nodes left out.

ComfyUI's own page does this in JavaScript, and a value there has a place, not a name. `data/widgets.json` says, for the node
types of ComfyUI 0.33 that the official templates use, which names those places have: a name; `name*` with the page's
"control after generate" behind it; or `{name: {option: [names]}}` where more follow an option. Only benchmarks
and tests need this.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from core.comfyui.browser_format import taken

Raw = dict[str, Any]
_INLET = "-10"
"""How a subgraph's links name where its own inputs come from."""
_MUTED, _BYPASSED = 2, 4
_NEVER_SENT = ("Note", "MarkdownNote", "PrimitiveNode", "GetNode", "SetNode", "Reroute", "LoadImageOutput")
_CONTROLS = ("fixed", "increment", "decrement", "randomize")
_BUTTONS = ("upload3dmodel", "uploadExtraResources", "clear")
_DEEPEST = 20


def api_graph(workflow: Raw) -> dict[str, Raw]:
    """The API graph of a workflow in the browser's format."""
    return dict(_scope(workflow).sent())


def is_told(workflow: Raw) -> bool:
    """Whether the name of every typed value is known: no node or option in it is newer than `data/widgets.json`."""
    return all(_is_told(node) for node in _scope(workflow).used())


def _scope(workflow: Raw) -> _Scope:
    inside = (workflow.get("definitions") or {}).get("subgraphs") or []
    return _Scope(workflow, {one["id"]: one for one in inside})


@cache
def _widgets() -> dict[str, list[Any]]:
    known: dict[str, list[Any]] = json.loads((Path(__file__).parent / "data" / "widgets.json").read_text())
    return known


class _Scope:
    """A workflow, or one use of a subgraph in it."""

    def __init__(
        self, drawn: Raw, inside: dict[str, Raw], *, prefix: str = "", above: _Scope | None = None, host: Raw | None = None
    ):
        self.drawn, self.inside, self.prefix, self.above, self.host = drawn, inside, prefix, above, host
        self.nodes = {str(node["id"]): node for node in drawn["nodes"]}
        self.links = dict(_link(raw) for raw in drawn.get("links") or [])
        self.scopes = {
            key: _Scope(inside[node["type"]], inside, prefix=f"{prefix}{key}:", above=self, host=node)
            for key, node in self.nodes.items()
            if node["type"] in inside and prefix.count(":") < _DEEPEST
        }

    def sent(self) -> Iterator[tuple[str, Raw]]:
        for key, node in self._awake():
            if key in self.scopes:
                yield from self.scopes[key].sent()
                continue
            title = node.get("title") or node["type"]
            yield self.prefix + key, {"class_type": node["type"], "inputs": self._inputs(node), "_meta": {"title": title}}

    def used(self) -> Iterator[Raw]:
        """The nodes that are sent, as they are drawn."""
        for key, node in self._awake():
            yield from self.scopes[key].used() if key in self.scopes else (node,)

    def _awake(self) -> Iterator[tuple[str, Raw]]:
        for key, node in self.nodes.items():
            if node.get("mode", 0) not in (_MUTED, _BYPASSED) and node["type"] not in _NEVER_SENT:
                yield key, node

    def _inputs(self, node: Raw) -> Raw:
        inputs = {name: {"__value__": value} if isinstance(value, list) else value for name, value in _named(node)}
        for entry in node.get("inputs") or ():
            found = self._source(entry.get("link"))
            if found is not None:
                inputs[entry["name"]] = found
        return inputs

    def _source(self, link: Any, hops: int = 0) -> Any:
        """What a link brings: `[node id, slot]`, a value, or None."""
        if link not in self.links or hops > 200:
            return None
        source, slot = self.links[link][:2]
        if source == _INLET:
            return self._from_outside(slot, hops)
        node = self.nodes.get(source)
        if node is None or node.get("mode", 0) == _MUTED:
            return None
        if node["type"] == "PrimitiveNode":
            return (node.get("widgets_values") or [None])[0]
        if node["type"] == "GetNode":
            return self._published(node, hops)
        if node["type"] == "Reroute" or node.get("mode", 0) == _BYPASSED:
            return self._source(_passed(node, slot), hops + 1)
        if source in self.scopes:
            within = self.scopes[source]
            ends = [one for one in within.drawn["outputs"][slot].get("linkIds") or () if one in within.links]
            return within._source(ends[0], hops + 1) if ends else None
        return [self.prefix + source, slot]

    def _from_outside(self, slot: int, hops: int) -> Any:
        """What is fed into the subgraph where it is used, or the value typed there."""
        if self.above is None or self.host is None:
            return None
        declared = self.drawn["inputs"]
        name = declared[slot]["name"]
        entry = next((one for one in self.host.get("inputs") or () if one["name"] == name), None)
        if entry is not None and entry.get("link") in self.above.links:
            return self.above._source(entry["link"], hops + 1)
        values = self.host.get("widgets_values")
        typed = [at for at, one in enumerate(declared) if self._is_typed(one)]
        place = typed.index(slot) if slot in typed else None
        if place is None or not isinstance(values, list) or place >= len(values):
            return None
        return {"__value__": values[place]} if isinstance(values[place], list) else values[place]

    def _is_typed(self, declared: Raw) -> bool:
        """Whether an input of the subgraph may be typed in: the first node that it feeds takes it as a value."""
        for link in declared.get("linkIds") or ():
            _, _, target, at = self.links.get(link, ("", 0, "", 0))
            node = self.nodes.get(target)
            entries = node.get("inputs") or [] if node else []
            if at >= len(entries):
                continue
            if target in self.scopes:
                within = self.scopes[target]
                named = next((one for one in within.drawn["inputs"] if one["name"] == entries[at]["name"]), None)
                if named is not None and within._is_typed(named):
                    return True
            elif entries[at].get("widget"):
                return True
        return False

    def _published(self, getter: Raw, hops: int) -> Any:
        name = (getter.get("widgets_values") or [None])[0]
        for node in self.nodes.values():
            if node["type"] == "SetNode" and (node.get("widgets_values") or [None])[0] == name:
                return self._source(node["inputs"][0].get("link"), hops + 1)
        return None


def _link(raw: Any) -> tuple[Any, tuple[str, int, str, int]]:
    if isinstance(raw, dict):
        return raw["id"], (str(raw["origin_id"]), raw["origin_slot"], str(raw["target_id"]), raw["target_slot"])
    return raw[0], (str(raw[1]), raw[2], str(raw[3]), raw[4])


def _passed(node: Raw, slot: int) -> Any:
    """The link whose value a bypassed node hands on at one of its outputs: the same place first, then the same type."""
    entries, outputs = node.get("inputs") or [], node.get("outputs") or []
    wanted = outputs[slot].get("type") if slot < len(outputs) else None
    linked = [one for one in entries if one.get("link") is not None]
    same = entries[slot : slot + 1] + linked
    return next(
        (
            one["link"]
            for one in same
            if one.get("link") is not None and (one.get("type") == wanted or "*" in (one.get("type"), wanted))
        ),
        linked[0]["link"] if node["type"] == "Reroute" and linked else None,
    )


def _named(node: Raw) -> Iterator[tuple[str, Any]]:
    """The values typed into a node, with the names of the inputs they are for."""
    values = node.get("widgets_values")
    if isinstance(values, dict):
        yield from values.items()
        return
    left = [one for one in values or () if not (isinstance(one, str) and one in _BUTTONS)]
    names = _widgets().get(node["type"])
    if names is None:
        yield from _by_marks(node, left)
        return
    yield from taken(names, left, "")


def _is_told(node: Raw) -> bool:
    values = node.get("widgets_values")
    if not isinstance(values, list) or not values:
        return True
    names = _widgets().get(node["type"])
    if names is None:
        marked = [entry for entry in node.get("inputs") or () if entry.get("widget")]
        return len(marked) == len([one for one in values if not (isinstance(one, str) and one in _CONTROLS)])
    placed = dict(_named(node))
    return all(at not in placed or str(placed[at]) in options for at, options in _choices(names, placed, ""))


def _choices(names: list[Any], placed: Raw, before: str) -> Iterator[tuple[str, Raw]]:
    """The options of every choice that was made, by the full name of its input."""
    for name in names:
        if isinstance(name, dict):
            ((stem, options),) = name.items()
            yield before + stem, options
            yield from _choices(options.get(str(placed.get(before + stem)), ()), placed, f"{before}{stem}.")


def _by_marks(node: Raw, left: list[Any]) -> Iterator[tuple[str, Any]]:
    """For node types nobody has told: the inputs that are marked as typed, in their order."""
    for entry in node.get("inputs") or ():
        if entry.get("widget") and left:
            yield entry["widget"]["name"], left.pop(0)
            if "seed" in entry["name"].lower() and left and left[0] in _CONTROLS:
                left.pop(0)
