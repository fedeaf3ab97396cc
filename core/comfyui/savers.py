"""Tells which of several savers of a graph wrote a file, by the file's name; and what is known where that cannot be told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import PurePosixPath
from typing import Any

from core.comfyui import facts
from core.comfyui.facts import Facts
from core.comfyui.trace import Node, Trace

_PREFIX = ("filename_prefix", "save_prefix", "filename", "file_name", "output_name", "filename_prefix_text")
_TOKEN = re.compile(r"%[^%]{1,80}%")
_MOST = 16
"""Savers that are compared."""
_COUNTER = r"[_\-. ]?\(?\d{1,8}\)?_?(?:[_\-. ].{0,40})?"


def read(graph: Mapping[str, Any], filename: str) -> tuple[Facts, str]:
    """The facts of the file of that name, and a problem where it stays unknown which of several pictures it is."""
    trace = Trace(graph)
    savers = trace.outputs()
    if len(savers) < 2:
        return facts.read_traced(trace), ""
    named = _named(trace, savers, filename)
    if len(named) == 1:
        return facts.read_traced(trace, node=named[0].id), ""
    among = named or savers
    several = [facts.read_traced(trace, node=one.id) for one in among[:_MOST]]
    told = [one for one in several if one.prompt or one.seed or one.passes] or several
    return _common(told)


def _named(trace: Trace, savers: list[Node], filename: str) -> list[Node]:
    """The savers whose prefix fits the file's name best."""
    name = PurePosixPath(filename.replace("\\", "/")).stem
    fitting: list[tuple[int, Node]] = []
    for node in savers:
        prefix = next((text for key in _PREFIX if (text := trace.word(node, key))), "")
        stem = re.split(r"[\\/]", prefix)[-1]
        pattern, plain = _pattern(trace, node, stem)
        if stem and re.fullmatch(pattern, name):
            fitting.append((plain, node))
    best = max((plain for plain, _ in fitting), default=0)
    return [node for plain, node in fitting if plain == best]


def _pattern(trace: Trace, node: Node, stem: str) -> tuple[str, int]:
    """What names a prefix makes, and how many letters of it are no tokens. A token whose value is known stands for that value."""
    said, plain, at = "", 0, 0
    for token in _TOKEN.finditer(stem):
        literal = stem[at : token.start()]
        value = _value(trace, token[0].strip("%"))
        said += re.escape(literal) + (re.escape(value) if value else r".{0,80}")
        plain += len(literal) + len(value)
        at = token.end()
    said += re.escape(stem[at:])
    return f"{said}(?:{_COUNTER})?", plain + len(stem) - at


def _value(trace: Trace, token: str) -> str:
    """The value of `KSampler.seed` or `3.seed`, where exactly one node has it; else empty."""
    who, dot, name = token.rpartition(".")
    if not dot:
        return ""
    nodes = [node for node in trace.nodes.values() if who in (node.id, node.title, node.kind) and name in node.inputs]
    values = {str(value) for node in nodes if isinstance(value := trace.value(node, name), int | str)}
    return next(iter(values)) if len(values) == 1 else ""


def _common(several: list[Facts]) -> tuple[Facts, str]:
    """What all of them say, and which of the rest they say differently."""
    first, differing = several[0], list[str]()
    known: dict[str, Any] = {}
    for field in fields(Facts):
        values = [getattr(one, field.name) for one in several]
        if all(value == values[0] for value in values):
            continue
        if field.name in ("models", "techniques", "pictures_in"):
            known[field.name] = tuple(one for one in values[0] if all(one in value for value in values))
        else:
            known[field.name] = type(values[0])() if isinstance(values[0], str | tuple) else None
        if field.name in ("prompt", "negative", "seed"):
            told = dict.fromkeys(str(value)[:80] for value in values if value)
            differing.append(f"{field.name} is one of " + ", ".join(f"“{value}”" for value in list(told)[:4]))
    if not known:
        return first, ""
    problem = f"The graph saves {len(several)} pictures, and the file's name does not tell which this is"
    return replace(first, **known), problem + (": " + "; ".join(differing) if differing else "") + "."
