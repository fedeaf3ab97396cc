"""What the words in a file say of how it was made, whichever program wrote them: one canonical record, `Facts`.

ComfyUI's graph comes first, as it is the whole recipe; what it hides is filled in from words of others beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from core.comfyui import facts as comfy
from core.comfyui.facts import Facts
from core.comfyui.graph import Graph
from core.formats.sanitize import clean_text
from core.generators import civitai, fooocus, invoke, midjourney, novelai, swarm
from core.generators.fields import Words
from core.provenance import parameters

__all__ = ["Words", "read"]

_READERS: tuple[Callable[[Words], Facts | None], ...] = (
    invoke.read,
    novelai.read,
    swarm.read,
    fooocus.read,
    civitai.read,
    midjourney.read,
)


def read(words: Mapping[str, str], graph: Graph | None = None, filename: str = "") -> Facts | None:
    """The facts, or None where nothing tells any. `words` are texts by keyword, `graph` is ComfyUI's."""
    said = Words(words)
    found = next((facts for reader in _READERS if (facts := reader(said)) is not None), None) or _a1111(words)
    if graph is None:
        return found
    drawn = comfy.read(graph, node=comfy.output_named(graph, filename))
    drawn = replace(drawn, generator="ComfyUI")
    return _filled(drawn, found) if found is not None else drawn


def _a1111(words: Mapping[str, str]) -> Facts | None:
    found = parameters.parse(clean_text(words.get("parameters", "")))
    return replace(found, generator="A1111") if found is not None else None


def _filled(drawn: Facts, beside: Facts) -> Facts:
    """The graph's facts; prompt, seed and models that only the other words tell, where the graph tells none of them."""
    more = {name: getattr(beside, name) for name in ("prompt", "negative", "seed", "models") if not getattr(drawn, name)}
    return replace(drawn, **more)
