"""Links that are drawn nowhere: what "Anything Everywhere" nodes send to all inputs of a type, written out as common links."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Raw = dict[str, Any]
_SENDER = re.compile(r"^(anything|seed|prompts) everywhere\b", re.IGNORECASE)
_MOST = 20_000


def is_sender(kind: object) -> bool:
    """Whether a node of this type sends what it gets to inputs that nothing is linked to.

    >>> is_sender("Anything Everywhere?"), is_sender("KSampler")
    (True, False)
    """
    return isinstance(kind, str) and len(kind) < 60 and _SENDER.match(kind) is not None


def with_links(drawn: Mapping[str, Any]) -> Raw:
    """The workflow with a link for each that the nodes stand for, and without these nodes; itself where it has none.

    Newer files list the links (`extra.ue_links`). For older ones it is the rule of the nodes: an input that nothing is linked to
    gets what is sent in its type; of two senders of prompts, the one whose input is called as it is.
    """
    nodes = drawn.get("nodes")
    senders = [one for one in nodes if isinstance(one, dict) and is_sender(one.get("type"))] if isinstance(nodes, list) else []
    links = drawn.get("links")
    if not senders or not isinstance(nodes, list) or not isinstance(links, list) or len(nodes) > _MOST:
        return dict(drawn)
    left = [_copied(one) for one in nodes if isinstance(one, dict) and not is_sender(one.get("type"))]
    drawing = _Drawing(left, list(links))
    extra = drawn.get("extra")
    told = extra.get("ue_links") if isinstance(extra, dict) else None
    if isinstance(told, list) and told:
        drawing.as_told(told[:_MOST])
    else:
        drawing.by_type([one for one in senders if one.get("mode", 0) == 0])
    return {**drawn, "nodes": left, "links": drawing.links}


def _copied(node: Raw) -> Raw:
    entries = node.get("inputs")
    return (
        {**node, "inputs": [dict(one) for one in entries if isinstance(one, dict)]} if isinstance(entries, list) else dict(node)
    )


class _Drawing:
    """The nodes and links of a workflow while links are added."""

    def __init__(self, nodes: list[Raw], links: list[Any]) -> None:
        self.nodes, self.links = nodes, links
        self.sources = {one[0]: (one[1], one[2]) for one in links if isinstance(one, list) and len(one) >= 5 and _plain(one[:5])}

    def link(self, node: Raw, at: int, source: tuple[Any, Any], kind: object) -> None:
        name = f"sent{len(self.links)}"
        node["inputs"][at]["link"] = name
        self.links.append([name, source[0], source[1], node.get("id"), at, kind])

    def as_told(self, told: list[Any]) -> None:
        named = {str(node.get("id")): node for node in self.nodes}
        for one in told:
            if not isinstance(one, dict) or not _plain(
                [one.get("upstream"), one.get("upstream_slot"), one.get("downstream_slot")]
            ):
                continue
            node, at = named.get(str(one.get("downstream"))), one["downstream_slot"]
            entries = node.get("inputs") if node is not None else None
            if node is None or not isinstance(entries, list) or not isinstance(at, int) or not 0 <= at < len(entries):
                continue
            if entries[at].get("link") is None:
                self.link(node, at, (one["upstream"], one["upstream_slot"]), one.get("type"))

    def by_type(self, senders: list[Raw]) -> None:
        sent: dict[str, list[tuple[str, tuple[Any, Any]]]] = {}
        for sender in senders:
            for entry in sender.get("inputs") or []:
                if isinstance(entry, dict) and _plain([entry.get("link")]) and entry.get("link") in self.sources:
                    kind, name = str(entry.get("type")), str(entry.get("label") or entry.get("name") or "").lower()
                    sent.setdefault(kind, []).append((name, self.sources[entry["link"]]))
        for node in self.nodes:
            for at, entry in enumerate(node.get("inputs") or []):
                if isinstance(entry, dict) and entry.get("link") is None and not entry.get("widget"):
                    fitting = sent.get(str(entry.get("type")), [])
                    chosen = _chosen(str(entry.get("name")).lower(), fitting)
                    if chosen is not None and str(chosen[0]) != str(node.get("id")):
                        self.link(node, at, chosen, entry.get("type"))


def _chosen(name: str, fitting: list[tuple[str, tuple[Any, Any]]]) -> tuple[Any, Any] | None:
    if len(fitting) > 1:
        side = "neg" if "neg" in name else "pos"
        fitting = [one for one in fitting if ("neg" if "neg" in one[0] else "pos") == side]
    return fitting[0][1] if len(fitting) == 1 else None


def _plain(parts: list[Any]) -> bool:
    return all(isinstance(one, str | int) and not isinstance(one, bool) for one in parts)
