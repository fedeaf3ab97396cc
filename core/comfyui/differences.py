"""What differs between two graphs, in words: node by node and value by value, whatever their nodes are numbered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from core.comfyui.graph import Graph, canonical_json, links
from core.comfyui.identity import asked_in, coloured, effective, settled
from core.security.sandbox import sandboxed

Names = Mapping[tuple[str, str], str]
"""(node, field) -> what people call this input."""
_LONGEST, _MOST_COMPARED = 60, 20


@dataclass(frozen=True)
class GraphDifference:
    """One thing that differs. `asked` is whether it is only the value of an input that is asked for anew each time."""

    what: Literal["added", "removed", "value", "link"]
    node: str
    """The type of the node."""
    field: str = ""
    name: str = ""
    """What people call the input, where it is declared."""
    before: str = ""
    after: str = ""
    asked: bool = False

    def __str__(self) -> str:
        called = f"{self.name} ({self.node})" if self.name else f"{self.field} of {self.node}"
        match self.what:
            case "added":
                return f"{self.node} was added"
            case "removed":
                return f"{self.node} was taken out"
            case "link":
                return f"{self.field} of {self.node} comes from {self.after} instead of {self.before}"
            case "value":
                return f"{called}: {self.after} instead of {self.before}"


@sandboxed
def differences(before: Graph, after: Graph, names: Names | None = None) -> list[GraphDifference]:
    """What was changed from one graph to the other, those of structure first. `names` are those of the inputs of `before`."""
    old, new = effective(before), effective(after)
    pairs = _pairs(old, new)
    asked = asked_in(old)
    taken = set(pairs.values())
    found = [GraphDifference("removed", old[one]["class_type"]) for one in old if one not in pairs]
    found += [GraphDifference("added", new[one]["class_type"]) for one in new if one not in taken]
    changed = [one for mine, theirs in pairs.items() for one in _in_node(old, new, mine, theirs, pairs, asked, names or {})]
    return found + sorted(changed, key=lambda one: (one.asked, one.what != "link"))


def _pairs(old: Graph, new: Graph) -> dict[str, str]:
    """Node of the old graph -> the one of the new graph that stands in its place."""
    pairs: dict[str, str] = {}
    ways = _ways_on(old), _ways_on(new)

    def likeness(mine: str, theirs: str) -> tuple[int, bool]:
        one, other = old[mine], new[theirs]
        sources = {(link.field, pairs.get(link.source), link.slot) for link in links(one)}
        linked = len(sources & {(link.field, link.source, link.slot) for link in links(other)})
        same = sum(_text(value) == _text(other["inputs"].get(key)) for key, value in one["inputs"].items())
        onward = len(ways[0][mine] & ways[1][theirs])
        return 2 * linked + 2 * same + 3 * onward + (one.get("_meta") == other.get("_meta")), mine == theirs

    for values in (True, False):
        _pair(pairs, coloured(old, (), values=values), coloured(new, (), values=values), likeness)
    _pair(pairs, _kinds(old), _kinds(new), likeness)
    return pairs


def _kinds(graph: Graph) -> dict[str, str]:
    return {node_id: str(node["class_type"]) for node_id, node in graph.items()}


def _ways_on(graph: Graph) -> dict[str, set[tuple[str, str]]]:
    """Node -> (type, field) of what reads from it."""
    found: dict[str, set[tuple[str, str]]] = {node_id: set() for node_id in graph}
    for node in graph.values():
        for link in links(node):
            found[link.source].add((node["class_type"], link.field))
    return found


def _pair(
    pairs: dict[str, str],
    mine: Mapping[str, str],
    theirs: Mapping[str, str],
    likeness: Callable[[str, str], tuple[int, bool]],
) -> None:
    """Pair the nodes that are left and of one kind, those first that have most in common."""
    taken = set(pairs.values())
    kinds: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for node_id, kind in mine.items():
        if node_id not in pairs:
            kinds[kind][0].append(node_id)
    for node_id, kind in theirs.items():
        if node_id not in taken:
            kinds[kind][1].append(node_id)
    for left, right in kinds.values():
        some = [(one, other) for one in left[:_MOST_COMPARED] for other in right[:_MOST_COMPARED]]
        some.sort(key=lambda both: likeness(*both), reverse=True)
        for one, other in [*some, *zip(left[_MOST_COMPARED:], right[_MOST_COMPARED:], strict=False)]:
            if one not in pairs and other not in taken:
                pairs[one] = other
                taken.add(other)


def _in_node(
    old: Graph, new: Graph, mine: str, theirs: str, pairs: Mapping[str, str], asked: Collection[tuple[str, str]], names: Names
) -> Iterator[GraphDifference]:
    one, other = old[mine], new[theirs]
    kind = one["class_type"]
    mine_linked, theirs_linked = ({link.field: link for link in links(node)} for node in (one, other))
    values, now = settled(mine, one, ()), settled(theirs, other, ())
    for field in dict.fromkeys([*one["inputs"], *other["inputs"]]):
        link, its = mine_linked.get(field), theirs_linked.get(field)
        if link and its:
            if (pairs.get(link.source), link.slot) != (its.source, its.slot):
                yield GraphDifference("link", kind, field, before=_from(old, link.source), after=_from(new, its.source))
        elif link or its:
            before = _from(old, link.source) if link else _text(values.get(field))
            after = _from(new, its.source) if its else _text(now.get(field))
            yield GraphDifference("link", kind, field, before=before, after=after)
        elif _plain(values.get(field)) != _plain(now.get(field)):
            name = names.get((mine, field), "")
            before, after = _text(values.get(field)), _text(now.get(field))
            yield GraphDifference("value", kind, field, name, before, after, asked=(mine, field) in asked)


def _from(graph: Graph, node_id: str) -> str:
    return str(graph[node_id]["class_type"]) if node_id in graph else "a node without effect"


def _plain(value: Any) -> str:
    return canonical_json(value)


def _text(value: Any) -> str:
    if value is None:
        return "nothing"
    said = value if isinstance(value, str) else canonical_json(value)
    said = " ".join(said.split())
    return (said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1]}…") or "an empty text"
