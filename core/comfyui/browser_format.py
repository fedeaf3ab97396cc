"""Turns workflows as ComfyUI's page saves them into API graphs, as far as they tell.

The page saves typed values by place, not by name. Newer versions name them beside; for older ones `data/widgets.json` tells which
names the places of the core's nodes have, `data/widgets_of_packs.json` those of much used others. A value without a name is left
out. Muted nodes are left out, bypassed ones hand on what they get, subgraphs and group nodes are opened.

That is enough to read a workflow. To run one, core/comfyui/convert.py names the values as the server's own nodes do.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from core.comfyui.broadcast import with_links

Raw = dict[str, Any]
Naming = Callable[[Raw], Iterator[tuple[str, Any]]]
"""Gives the values typed into a node with the names of the inputs they are for."""
_INLET = "-10"
"""How a subgraph's links name where its own inputs come from."""
_MUTED, _BYPASSED = 2, 4
_NEVER_SENT = ("Note", "MarkdownNote", "PrimitiveNode", "GetNode", "SetNode", "Reroute", "Fast Groups Bypasser (rgthree)",
               "Fast Groups Muter (rgthree)", "Label (rgthree)", "Bookmark (rgthree)")  # fmt: skip
CONTROLS = ("fixed", "increment", "decrement", "randomize")
BUTTONS = ("upload3dmodel", "uploadExtraResources", "clear")
_DEEPEST, _MOST_NODES, _HOPS = 20, 5_000, 200


def api_graph(workflow: Mapping[str, Any], naming: Naming | None = None) -> dict[str, Raw]:
    """The API graph of a workflow in the page's format; what is broken in it is left out. Never raises, unless `naming` does.

    >>> node = {"id": 3, "type": "KSampler", "inputs": [], "widgets_values": [7, "fixed", 20, 6.5, "euler", "normal", 1]}
    >>> api_graph({"nodes": [node], "links": []})["3"]["inputs"]["cfg"]
    6.5
    """
    scope = _Scope(with_links(workflow), insides(workflow), naming=naming or named_values)
    sent: dict[str, Raw] = {}
    for key, node in scope.sent():
        if len(sent) >= _MOST_NODES:
            break
        sent[key] = node
    return sent


def insides(workflow: Mapping[str, Any]) -> dict[str, Raw]:
    """What stands inside of the nodes of a type: the subgraphs and group nodes that a workflow brings along."""
    definitions = workflow.get("definitions")
    listed = definitions.get("subgraphs") if isinstance(definitions, dict) else None
    inside = {str(one.get("id")): with_links(one) for one in _list(listed) if isinstance(one, dict) and _drawn(one)}
    extra = workflow.get("extra")
    groups = extra.get("groupNodes") if isinstance(extra, dict) else None
    for name, group in groups.items() if isinstance(groups, dict) else ():
        if isinstance(group, dict) and _drawn(group):
            inside[f"workflow/{name}"] = inside[f"workflow>{name}"] = _as_subgraph(group)
    return inside


def _drawn(one: Raw) -> bool:
    return isinstance(one.get("nodes"), list)


def _as_subgraph(group: Raw) -> Raw:
    """A group node's inside: its nodes are numbered by `index`, its links run between these numbers."""
    nodes = [{**node, "id": node.get("index", at)} for at, node in enumerate(group["nodes"]) if isinstance(node, dict)]
    links = [[f"g{at}", one[0], one[1], one[2], one[3]] for at, one in enumerate(group.get("links") or []) if _is_link(one, 4)]
    for link in links:
        for node in nodes:
            entries = node.get("inputs")
            if (
                str(node["id"]) == str(link[3])
                and isinstance(entries, list)
                and isinstance(link[4], int)
                and link[4] < len(entries)
            ):
                entries[link[4]] = (
                    {**entries[link[4]], "link": link[0]} if isinstance(entries[link[4]], dict) else entries[link[4]]
                )
    return {"nodes": nodes, "links": links, "inputs": [], "outputs": [], "is_group": True}


def _typed_in(group: Raw, host: Raw) -> Raw:
    """A group's inside with what was typed into the group node: its nodes' values, one behind the other.

    Where there are not as many, which of them is whose cannot be told, and what the group was saved with is not what was run.
    """
    values, at, nodes = _list(host.get("widgets_values")), 0, list[Raw]()
    typed = [len(_list(node.get("widgets_values"))) for node in group["nodes"]]
    for node, count in zip(group["nodes"], typed, strict=True):
        nodes.append({**node, "widgets_values": values[at : at + count] if sum(typed) == len(values) else []})
        at += count
    return {**group, "nodes": nodes}


def _is_link(one: object, least: int) -> bool:
    return isinstance(one, list) and len(one) >= least and all(isinstance(part, str | int) for part in one[:4])


@cache
def _widgets() -> dict[str, list[Any]]:
    known: dict[str, list[Any]] = {}
    for name in ("widgets_of_packs.json", "widgets.json"):
        known |= json.loads((Path(__file__).parent / "data" / name).read_text("utf-8"))
    return known


class _Scope:
    """A workflow, or one use of a subgraph in it."""

    def __init__(
        self,
        drawn: Mapping[str, Any],
        inside: Mapping[str, Raw],
        *,
        naming: Naming,
        prefix: str = "",
        above: _Scope | None = None,
        host: Raw | None = None,
    ) -> None:
        self.drawn, self.inside, self.prefix, self.above, self.host = drawn, inside, prefix, above, host
        self.naming = naming
        listed = [node for node in drawn["nodes"][:_MOST_NODES] if _is_node(node)]
        self.nodes: dict[str, Raw] = {str(node["id"]): node for node in listed}
        self.links = dict(link for raw in _list(drawn.get("links"))[: 4 * _MOST_NODES] if (link := _link(raw)) is not None)
        self._scopes: dict[str, _Scope] = {}
        self._published = {_first(node): node for node in listed if node["type"] == "SetNode"}

    def scope(self, key: str) -> _Scope | None:
        """The inside of a node that stands for a subgraph."""
        node = self.nodes.get(key)
        if node is None or node["type"] not in self.inside or self.prefix.count(":") >= _DEEPEST:
            return None
        if key not in self._scopes:
            drawn = self.inside[node["type"]]
            drawn = _typed_in(drawn, node) if drawn.get("is_group") else drawn
            self._scopes[key] = _Scope(
                drawn, self.inside, naming=self.naming, prefix=f"{self.prefix}{key}:", above=self, host=node
            )
        return self._scopes[key]

    def sent(self) -> Iterator[tuple[str, Raw]]:
        for key, node in self.nodes.items():
            if node.get("mode", 0) in (_MUTED, _BYPASSED) or node["type"] in _NEVER_SENT:
                continue
            within = self.scope(key)
            if within is not None:
                yield from within.sent()
                continue
            title = node.get("title") if isinstance(node.get("title"), str) else node["type"]
            yield self.prefix + key, {"class_type": node["type"], "inputs": self._inputs(node), "_meta": {"title": title}}

    def _inputs(self, node: Raw) -> Raw:
        inputs = {name: {"__value__": value} if isinstance(value, list) else value for name, value in self.naming(node)}
        for entry in _entries(node):
            found = self.source(entry.get("link"))
            if found is not None:
                inputs[str(entry.get("name"))] = found
        return inputs

    def source(self, link: Any, hops: int = 0) -> Any:
        """What a link brings: `[node id, slot]`, a value, or None."""
        if not isinstance(link, str | int) or link not in self.links or hops > _HOPS:
            return None
        origin, slot = self.links[link][:2]
        if origin == _INLET:
            return self._from_outside(slot, hops)
        node = self.nodes.get(origin)
        if node is None or node.get("mode", 0) == _MUTED:
            return None
        if node["type"] == "PrimitiveNode":
            return _first(node)
        if node["type"] == "GetNode":
            setter = self._published.get(_first(node))
            return self.source(_entries(setter)[0].get("link"), hops + 1) if setter and _entries(setter) else None
        if node["type"] == "Reroute" or node.get("mode", 0) == _BYPASSED:
            return self.source(_passed(node, slot), hops + 1)
        within = self.scope(origin)
        return within.given(slot, hops + 1) if within is not None else [self.prefix + origin, slot]

    def given(self, slot: int, hops: int) -> Any:
        """What a subgraph hands out at one of its outputs."""
        outputs = _list(self.drawn.get("outputs"))
        if slot < len(outputs) and isinstance(outputs[slot], dict):
            ends = [one for one in _list(outputs[slot].get("linkIds")) if one in self.links]
            return self.source(ends[0], hops) if ends else None
        free = [key for key in self.nodes if not any(str(link[0]) == key for link in self.links.values())]
        return [self.prefix + free[-1], 0] if free else None

    def _from_outside(self, slot: int, hops: int) -> Any:
        """What is fed into the subgraph where it is used, or the value typed there."""
        declared = [one for one in _list(self.drawn.get("inputs")) if isinstance(one, dict)]
        if self.above is None or self.host is None or not 0 <= slot < len(declared):
            return None
        name = declared[slot].get("name")
        entry = next((one for one in _entries(self.host) if one.get("name") == name), None)
        if entry is not None and entry.get("link") in self.above.links:
            return self.above.source(entry["link"], hops + 1)
        values = self.host.get("widgets_values")
        typed = [at for at, one in enumerate(declared) if self._is_typed(one)]
        place = typed.index(slot) if slot in typed else None
        if place is None or not isinstance(values, list) or place >= len(values):
            return None
        return {"__value__": values[place]} if isinstance(values[place], list) else values[place]

    def _is_typed(self, declared: Raw, depth: int = 0) -> bool:
        """Whether an input of the subgraph may be typed in: the first node that it feeds takes it as a value."""
        for link in _list(declared.get("linkIds")):
            _, _, target, at = self.links.get(link, ("", 0, "", 0)) if isinstance(link, str | int) else ("", 0, "", 0)
            entries = _entries(self.nodes[target]) if target in self.nodes else []
            if not 0 <= at < len(entries):
                continue
            within = self.scope(target)
            if within is not None and depth < _DEEPEST:
                every = [one for one in _list(within.drawn.get("inputs")) if isinstance(one, dict)]
                inner = next((one for one in every if one.get("name") == entries[at].get("name")), None)
                if inner is not None and within._is_typed(inner, depth + 1):
                    return True
            elif entries[at].get("widget"):
                return True
        return False


def named_values(node: Raw) -> Iterator[tuple[str, Any]]:
    """The values typed into a node, with the names of the inputs they are for."""
    values = node.get("widgets_values")
    if isinstance(values, dict):
        yield from ((str(name), value) for name, value in list(values.items())[:500])
        return
    left = [one for one in _list(values)[:500] if not (isinstance(one, str) and one in BUTTONS)]
    marked = [entry for entry in _entries(node) if isinstance(entry.get("widget"), dict)]
    names = _widgets().get(str(node["type"]))
    if names is None or len(marked) > len(names):
        yield from _by_marks(marked, left)
    else:
        yield from taken(names, left, "")
    loras = [one for one in left if isinstance(one, dict) and "lora" in one]
    yield from ((f"lora_{number}", one) for number, one in enumerate(loras, 1))


def taken(names: list[Any], left: list[Any], before: str) -> Iterator[tuple[str, Any]]:
    """The values of a node's inputs by their names, as the browser lists them; what is taken leaves `left`."""
    for name in names:
        if not left:
            return
        if isinstance(name, dict):
            ((stem, options),) = name.items()
            chosen = left.pop(0)
            yield before + stem, chosen
            yield from taken(options.get(str(chosen), ()), left, f"{before}{stem}.")
            continue
        yield before + name.rstrip("*"), left.pop(0)
        if name.endswith("*") and left and (left[0] is None or left[0] in CONTROLS):
            left.pop(0)


def _by_marks(marked: list[Raw], left: list[Any]) -> Iterator[tuple[str, Any]]:
    """For nodes nobody has told of: the inputs that are marked as typed, in their order."""
    for entry in marked:
        if left:
            name = str(entry["widget"].get("name") or entry.get("name"))
            yield name, left.pop(0)
            if "seed" in name.lower() and left and isinstance(left[0], str) and left[0] in CONTROLS:
                left.pop(0)


def _link(raw: Any) -> tuple[Any, tuple[str, int, str, int]] | None:
    if isinstance(raw, dict):
        parts = [raw.get(name) for name in ("id", "origin_id", "origin_slot", "target_id", "target_slot")]
    else:
        parts = list(raw[:5]) if isinstance(raw, list) else []
    if len(parts) < 5 or not all(isinstance(one, str | int) for one in parts):
        return None
    number, origin, slot, target, at = parts
    if not isinstance(slot, int) or not isinstance(at, int):
        return None
    return number, (str(origin), slot, str(target), at)


def _passed(node: Raw, slot: int) -> Any:
    """The link whose value a bypassed node hands on at one of its outputs: the same place first, then the same type."""
    entries, outputs = _entries(node), [one for one in _list(node.get("outputs")) if isinstance(one, dict)]
    wanted = outputs[slot].get("type") if 0 <= slot < len(outputs) else None
    linked = [one for one in entries if one.get("link") is not None]
    same = entries[slot : slot + 1] + linked if slot >= 0 else linked
    fitting = (
        one["link"]
        for one in same
        if one.get("link") is not None and (one.get("type") == wanted or "*" in (one.get("type"), wanted))
    )
    return next(fitting, linked[0]["link"] if node["type"] == "Reroute" and linked else None)


def _entries(node: Raw) -> list[Raw]:
    return [one for one in _list(node.get("inputs"))[:500] if isinstance(one, dict)]


def _first(node: Raw) -> Any:
    values = node.get("widgets_values")
    first = values[0] if isinstance(values, list) and values else None
    return first if isinstance(first, str | int | float) else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_node(node: object) -> bool:
    return isinstance(node, dict) and isinstance(node.get("type"), str) and isinstance(node.get("id"), str | int)
