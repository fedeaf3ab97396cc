"""Finds where a file says of itself, unsigned, that AI had a part in it: in any XMP packet, or as China's label (GB 45438-2025).

Such a claim costs nobody anything and is only ever read one way: one place that says AI is enough, whatever another says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from core.generators import xmp_texts
from core.provenance.disclosure import SourceType

_TERM = re.compile(
    r"\b(compositeWithTrainedAlgorithmicMedia|compositeSynthetic|trainedAlgorithmic(?:Media|Data))\b", re.IGNORECASE
)
"""IPTC's terms, however their address is spelt."""
_SYSTEM = ("AISystemUsed", "AIPromptInformation")
"""IPTC's fields on an AI: what has one was made with one."""
_LABEL = re.compile(r"Label(?:\\?[\"']|&quot;|&#34;|&#x22;)?\s*[:=]\s*(?:\\?[\"']|&quot;|&#34;|&#x22;)?1\b")
_AIGC = "AIGC"
_MOST = 50
_NEAR = 400


def of_texts(texts: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    """`{source_type, told_by}` by texts (place, key, text) of a file; empty where none says that AI had a part.

    >>> of_texts([("XMP", "xmp", "<a:B>http://…/TrainedAlgorithmicMedia</a:B>")])["source_type"].rpartition("/")[2]
    'trainedAlgorithmicMedia'
    >>> of_texts([("PNG text `AIGC`", "AIGC", '{"Label": "1"}')])["told_by"], of_texts([("XMP", "xmp", "<a/>")])
    ('AIGC label in the file', {})
    """
    claims = sorted((rank, kind, by) for place, key, text in texts for rank, kind, by in _in(place, key, text))
    return {"source_type": claims[0][1], "told_by": claims[0][2]} if claims else {}


def _in(place: str, key: str, text: str) -> Iterator[tuple[int, str, str]]:
    """Claims with their rank: what names the kind comes before what only says that there was an AI."""
    if key == "xmp" or place.startswith("XMP"):
        if term := _TERM.search(text):
            kind = SourceType.COMPOSITE if term[0].casefold().startswith("composite") else SourceType.TRAINED
            yield 0, kind.value, "XMP in the file"
        if any(name in text for name in _SYSTEM) and any(
            name.rpartition(":")[2] in _SYSTEM for name, _ in xmp_texts.properties(text)
        ):
            yield 1, SourceType.TRAINED.value, "XMP in the file"
    if _labelled(key, text):
        yield 2, SourceType.TRAINED.value, "AIGC label in the file"


def _labelled(key: str, text: str) -> bool:
    """Whether China's label stands here and says "1": made with AI. What is only suspected is not said to be so."""
    if key.upper().rpartition(":")[2] == _AIGC:
        return _LABEL.search(text[:_NEAR]) is not None
    found = islice(re.finditer(_AIGC, text), _MOST)
    return any(_LABEL.search(text, one.end(), one.end() + _NEAR) for one in found)
