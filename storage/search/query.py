"""What can be asked of the index, as frozen values: words, facets, a span of time, an order, and whose eyes look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal


class FacetField(StrEnum):
    """What an asset can be picked by. The value is the word people type before the colon."""

    BY = "by"
    CLIENT = "client"
    PROJECT = "project"
    SHOT = "shot"
    STATUS = "status"
    TAG = "tag"
    MODEL = "model"
    LORA = "lora"
    WORKFLOW = "workflow"
    TECHNIQUE = "technique"
    SEED = "seed"
    KIND = "kind"
    ORIGIN = "origin"
    JUDGE = "judge"
    INFERRED = "inferred"
    SIZE = "size"

    @property
    def many(self) -> bool:
        """Whether one asset can have several of it."""
        return self in (
            FacetField.TAG,
            FacetField.MODEL,
            FacetField.LORA,
            FacetField.TECHNIQUE,
            FacetField.INFERRED,
            FacetField.SIZE,
        )


class Order(StrEnum):
    """How results are sorted. BEST ranks the newest few hundred by how well their words fit."""

    NEWEST = "newest"
    OLDEST = "oldest"
    BEST = "best"


@dataclass(frozen=True)
class Facet:
    """Any one of `values`: row numbers as decimal strings for by, judge, client and project, names for the rest."""

    field: FacetField
    values: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True)
class Phrase:
    """Tokens (of storage.search.tokenizer) that follow one another; `prefix` lets the last one be the start of a word."""

    tokens: tuple[str, ...]
    prefix: bool = False
    negated: bool = False
    part: Literal["body", "unwanted"] = "body"
    """`unwanted` is the negative prompt, which plain words do not look into."""
    forms: tuple[tuple[str, ...], ...] = ()
    """Other tokens that will do as well: forms of the same word, or words for the same thing."""
    names: tuple[Facet, ...] = ()
    """Facets that will do as well: names that hold the words."""


class Relation(StrEnum):
    """What other rows say of an asset."""

    JUDGED = "judged"
    """A binding Verdict that stands; `values` are judgements, `member` who gave it, `text` part of its note."""
    EVER = "ever"
    """A Verdict of any kind, withdrawn ones too."""
    EXPORTED = "exported"
    """A copy left the house; `values` are profiles, `member` who exported it, `text` part of the recipient."""
    TAGGED = "tagged"
    """Somebody put a Tag on it; `values` are tags, none is any."""
    SOURCES = "sources"
    """It was made from other assets."""
    RESULTS = "results"
    """Others were made from it; `values` are techniques of those."""
    SERVER = "server"
    """It was rendered on one of the Backends `values`."""
    HOURS = "hours"
    """It was made in one of the hours `values`, counted since 1970."""
    WITHDRAWN = "withdrawn"
    """A Verdict was taken back; `values` are judgements."""
    OVERTURNED = "overturned"
    """A Verdict of the first of `values`, and a later one of the second."""


@dataclass(frozen=True)
class RelatedRows:
    """A condition that other rows decide. `since` and `until` are about those rows, not about when the asset was made."""

    relation: Relation
    values: tuple[str, ...] = ()
    member: int | None = None
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    negated: bool = False
    assets: tuple[int, ...] | None = None
    """With SOURCES and RESULTS: one of these, by row number."""


class Measure(StrEnum):
    """What assets can be measured and sorted by."""

    PIXELS = "pixels"
    WIDTH = "width"
    HEIGHT = "height"
    SECONDS = "seconds"
    """Playing time."""
    BYTES = "bytes"
    TOOK = "took"
    """Seconds from the start to the end of its render."""
    JUDGED = "judged"
    """When its newest Verdict was given, in seconds since 1970."""
    EXPORTED = "exported"
    """When it was exported last, in seconds since 1970."""


@dataclass(frozen=True)
class Bound:
    """A measure that is at least, or at most, so much; both are inclusive."""

    measure: Measure
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True)
class Query:
    """All words, facets, links and bounds must hold; `since` is inclusive, `until` is not. The empty query is everything."""

    words: tuple[Phrase, ...] = ()
    facets: tuple[Facet, ...] = ()
    links: tuple[RelatedRows, ...] = ()
    bounds: tuple[Bound, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    order: Order | None = None
    """None: BEST where there are words to rank by, else NEWEST."""

    @property
    def ranked(self) -> bool:
        """Whether results come best first."""
        rankable = any(words.part == "body" and not words.negated for words in self.words)
        return rankable and self.order in (None, Order.BEST)


@dataclass(frozen=True)
class Scope:
    """The projects whose assets may be seen, counts included; None is all of them."""

    project_ids: frozenset[int] | None = None


@dataclass(frozen=True)
class Page:
    """Asset row numbers in order. `after` asks for the next page; empty when this is the last."""

    asset_ids: tuple[int, ...]
    after: str = ""
