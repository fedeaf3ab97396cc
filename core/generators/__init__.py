"""What the texts of a file say of how it was made, whichever program wrote them and wherever they stand: one record, `Facts`.

ComfyUI's graph comes first, as it is the whole recipe; what it hides is filled in from the words of others beside it. A new
program is a module with a `read(words)` and examples, and a line in `RECOGNISERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from core.comfyui import browser_format, savers
from core.comfyui.facts import Facts
from core.comfyui.graph import MAX_NODES, Graph
from core.generators import (
    a1111,
    civitai,
    credentials,
    draw_things,
    easy_diffusion,
    fooocus,
    invoke,
    mflux,
    midjourney,
    mochi,
    novelai,
    other,
    plain,
    swarm,
)  # fmt: skip
from core.generators.texts import Text, TextFields, is_api_graph, is_browser_workflow

__all__ = ["NOT_UNDERSTOOD", "RECOGNISERS", "Reading", "TextFields", "Unread", "read"]

RECOGNISERS: tuple[Callable[[TextFields], Facts | None], ...] = (
    invoke.read,
    novelai.read,
    swarm.read,
    civitai.read,
    fooocus.read,
    easy_diffusion.read,
    draw_things.read,
    mflux.read,
    mochi.read,
    a1111.read,
    midjourney.read,
    other.read,
    credentials.read,
)
"""The first that tells anything speaks for the file; all are asked, so that what they understand is not told as unread."""

NOT_UNDERSTOOD = "were not understood:"
"""In the problem that tells of a text nothing took; its shape follows."""
_MOST_UNREAD = 20
_LONGEST_UNREAD = 4_000


@dataclass(frozen=True)
class Unread:
    """A text that nothing understood: where it stood, what it looks like, and its beginning, to be searched."""

    place: str
    shape: str
    text: str


@dataclass(frozen=True)
class Reading:
    """What was made of a file's texts. `graph` and `workflow` are ComfyUI's, claims both."""

    facts: Facts | None = None
    graph: Graph | None = field(default=None, repr=False)
    workflow: Mapping[str, Any] | None = field(default=None, repr=False)
    unread: tuple[Unread, ...] = ()
    problems: tuple[str, ...] = ()


def read(texts: Iterable[tuple[str, str, str]], filename: str = "", *, briefly: bool = False) -> Reading:
    """What texts (place, key, text) of a file say; `briefly`, without the workflow where there is a graph. Never raises.

    >>> found = read([("PNG text `parameters`", "parameters", "a bay\\nSteps: 20, Sampler: Euler a, Seed: 4")])
    >>> found.facts.generator, found.facts.prompt, found.unread
    ('A1111', 'a bay', ())
    >>> read([("EXIF UserComment", "UserComment", '{"tea": 1}')]).unread[0].shape
    'JSON with `tea`'
    """
    words = TextFields(texts, shut="workflow" if briefly else "")
    graph = _graph(words)
    if graph is None:
        words.open()
    for one in words.shut:
        one.take()
    drawn = _workflow(words)
    found: Facts | None = None
    for recognise in RECOGNISERS:
        said = recognise(words)
        found = found or said
    problems: list[str] = []
    of_graph = graph or (browser_format.api_graph(drawn) if drawn is not None else None)
    if of_graph:
        made, problem = savers.read(of_graph, filename)
        problems += [problem] if problem else []
        found = _filled(made, found)
    for one in words.named("slate"):
        one.take()  # the note that Slate itself sends along with a render
    unread = tuple(islice(_unread(words), _MOST_UNREAD))
    if not of_graph:  # beside a graph, other texts are notes that were sent along with it (`extra_pnginfo`)
        problems += [f"Words in {one.place} {NOT_UNDERSTOOD} {one.shape}." for one in unread]
    return Reading(found, graph, drawn, unread, tuple(problems))


def _graph(words: TextFields) -> Graph | None:
    """The largest of ComfyUI's graphs, the one under its own name first."""
    best: tuple[bool, int, dict[str, Any]] | None = None
    for one in words.objects():
        said = one.object or {}
        if not is_api_graph(said):
            continue
        one.take()
        nodes = {str(key): node for key, node in list(said.items())[: MAX_NODES + 100] if _is_node(node)}
        rank = (one.key.casefold() == "prompt", len(nodes), nodes)
        best = rank if best is None or rank[:2] > best[:2] else best
    return {key: {**node, "inputs": dict(node.get("inputs") or {})} for key, node in best[2].items()} if best else None


def _is_node(node: object) -> bool:
    return isinstance(node, dict) and isinstance(node.get("class_type"), str) and isinstance(node.get("inputs") or {}, dict)


def _workflow(words: TextFields) -> dict[str, Any] | None:
    best: dict[str, Any] | None = None
    for one in words.objects():
        said = one.object or {}
        if is_browser_workflow(said) and not is_api_graph(said):
            one.take()
            if not _is_inside(one):
                best = said if best is None or len(said["nodes"]) > len(best["nodes"]) else best
    return best


def _is_inside(one: Text) -> bool:
    """Whether a workflow is a part of another one: the inside of a group node or of a subgraph."""
    above = one.above
    while above is not None:
        if is_browser_workflow(above.object or {}):
            return True
        above = above.above
    return False


def _filled(drawn: Facts, beside: Facts | None) -> Facts:
    """The graph's facts; what only the other words tell, where the graph tells none of it."""
    drawn = replace(drawn, generator="ComfyUI")
    if beside is None:
        return drawn
    names: tuple[str, ...] = ("prompt", "negative", "seed", "models")
    if not drawn.passes:
        names += ("sampler", "scheduler", "steps", "cfg", "denoise", "width", "height")
    more = {name: getattr(beside, name) for name in names if not getattr(drawn, name)}
    found = replace(drawn, **more)
    if beside.generator in ("Civitai", "SwarmUI"):
        found = replace(found, generator=beside.generator, **_spoken(beside))
    if beside.generator == "SwarmUI":
        known = {use.kind for use in beside.models}
        found = replace(found, models=(*beside.models, *(use for use in found.models if use.kind not in known)))
    if "upscale" in beside.techniques and not beside.passes:
        found = replace(found, models=(*found.models, *(use for use in beside.models if use not in found.models)))
        return found.with_techniques("upscale")
    return found.with_techniques(*beside.techniques) if "models" in more else found


def _spoken(beside: Facts) -> dict[str, Any]:
    """What a program says of a picture beside the graph that it made of these settings itself: Civitai, SwarmUI."""
    names = ("prompt", "negative", "seed", "sampler", "scheduler", "steps", "cfg", "denoise", "width", "height")
    told = {name: getattr(beside, name) for name in names if getattr(beside, name) not in ("", None)}
    return told if beside.prompt else {}


def _unread(words: TextFields) -> Iterable[Unread]:
    for one in words.outer[:2_000]:
        if not one.understood:
            yield from _unread_in(one)


def _unread_in(one: Text) -> Iterable[Unread]:
    """A text that nobody took; of an XMP packet, each property of it."""
    if one.text[:1] == "<" and (one.inside or one.key == "xmp"):
        for inner in one.inside:
            if not inner.understood and not plain.is_plain(inner):
                yield _told(inner)
    elif not plain.is_plain(one):
        yield _told(one)


def _told(one: Text) -> Unread:
    return Unread(one.place, plain.shape_of(one), one.text[:_LONGEST_UNREAD])
