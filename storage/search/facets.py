"""Facets as tokens: what lets SQLite's full-text index answer words and facets in one MATCH, walked newest first.

A facet is a letter and a row number (`c5`) or a letter and a hash of the folded name; pairs that are asked for together
(client and member, project and status …) get a token of their own, so that the usual questions touch one short list.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2s

from storage.search.query import Facet, FacetField
from storage.search.tokenizer import fold

EVERYTHING = "all"
"""The token every asset has: what a query without any positive condition looks for."""

_LETTER = {
    FacetField.BY: "u",
    FacetField.CLIENT: "c",
    FacetField.PROJECT: "p",
    FacetField.SHOT: "h",
    FacetField.STATUS: "s",
    FacetField.TAG: "g",
    FacetField.MODEL: "m",
    FacetField.LORA: "l",
    FacetField.WORKFLOW: "w",
    FacetField.TECHNIQUE: "t",
    FacetField.SEED: "n",
    FacetField.KIND: "k",
    FacetField.ORIGIN: "o",
    FacetField.JUDGE: "j",
    FacetField.INFERRED: "i",
    FacetField.SIZE: "z",
}
_NUMBERED = (FacetField.BY, FacetField.JUDGE, FacetField.CLIENT, FacetField.PROJECT)
_PAIRS = (
    (FacetField.CLIENT, FacetField.BY),
    (FacetField.PROJECT, FacetField.SHOT),
    (FacetField.STATUS, FacetField.TECHNIQUE),
    (FacetField.CLIENT, FacetField.TECHNIQUE),
    (FacetField.CLIENT, FacetField.STATUS),
    (FacetField.PROJECT, FacetField.BY),
    (FacetField.PROJECT, FacetField.STATUS),
    (FacetField.PROJECT, FacetField.TECHNIQUE),
    (FacetField.BY, FacetField.STATUS),
    (FacetField.BY, FacetField.TECHNIQUE),
)


def token(field: FacetField, value: str) -> str:
    """The token of one facet: ASCII letters and digits only, so no tokenizer can take it apart."""
    if field in _NUMBERED:
        return f"{_LETTER[field]}{int(value)}"
    return _LETTER[field] + blake2s(fold(value).encode("utf-8", "replace"), digest_size=8).hexdigest()


def tokens_of(facets: Iterable[tuple[FacetField, str]]) -> list[str]:
    """All tokens of one asset: EVERYTHING, its facets, its facet pairs; without repeats, in a steady order."""
    single: dict[FacetField, list[str]] = {}
    for field, value in facets:
        if value:
            single.setdefault(field, []).append(token(field, value))
    found = [EVERYTHING, *(one for tokens in single.values() for one in tokens)]
    for first, second in _PAIRS:
        found += [_pair(a, b) for a in single.get(first, ()) for b in single.get(second, ())]
    return list(dict.fromkeys(found))


def cover(facets: Iterable[Facet]) -> list[list[str]]:
    """Positive facets as alternatives that must all hold, those with one value joined into pairs where there are any."""
    alone: dict[FacetField, str] = {}
    wanted: list[list[str]] = []
    for facet in facets:
        tokens = [token(facet.field, value) for value in facet.values]
        if len(tokens) == 1 and facet.field not in alone:
            alone[facet.field] = tokens[0]
        else:
            wanted.append(tokens)
    left = dict(alone)
    for first, second in _PAIRS:
        if first in left and second in left:
            wanted.append([_pair(left.pop(first), left.pop(second))])
    return wanted + [[one] for one in left.values()]


def _pair(first: str, second: str) -> str:
    return f"x{first}{second}"
