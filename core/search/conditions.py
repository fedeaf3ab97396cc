"""The parsed question: conditions that people can read, a Query that the index can answer, and what Slate must ask back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.search.entities import KnownName
from core.search.lexicon import Want
from core.search.tokens import quote
from storage.search import Bound, Facet, FacetField, Measure, Order, Phrase, Query, RelatedRows
from storage.search.tally import Group

MOST_CHOICES = 5


@dataclass(frozen=True)
class Condition:
    """One thing that must hold. `label` is the chip people see: `client Acme`, `by Mia Chen`, `“low sun”`."""

    label: str
    facet: Facet | None = None
    words: Phrase | None = None
    since: datetime | None = None
    until: datetime | None = None
    guessed_from: str = ""
    """What was typed, when the name is only like it."""
    names: tuple[KnownName, ...] = ()
    link: RelatedRows | None = None
    bound: Bound | None = None
    implied: bool = False
    """Whether nobody said so: it is not shown, and dropped where nothing is found with it."""
    inner: tuple[Condition, ...] = ()
    """With a link to sources or results: which pictures those are."""
    typed: str = ""
    """How it is typed as field:value, where the label does not say."""

    @property
    def dated(self) -> bool:
        """Whether it is a span of time and nothing else."""
        return (self.since is not None or self.until is not None) and self.link is None

    @property
    def chip(self) -> str:
        return f"{self.label} (for “{self.guessed_from}”)" if self.guessed_from else self.label


@dataclass(frozen=True)
class NameChoice:
    """One way to understand it: what to show, and the text that asks it so."""

    label: str
    text: str


@dataclass(frozen=True)
class Unknown:
    """A name that nothing answers to."""

    what: str
    """Such as `client` or `shot`."""
    said: str
    nearest: tuple[str, ...]


UNDECIDED_SAID = ("undecided", "pending", "undecideds")
PERIODS = ("day", "week", "month", "quarter", "year")


@dataclass(frozen=True)
class Frame:
    """What a question asks to be made of what it finds: count it, group it, rank it, take the first few."""

    unit: Group | None = None
    """What is counted or listed; None is the pictures themselves."""
    unit_said: str = ""
    """The noun of the question: `people`, `takes`."""
    per: Group | str | None = None
    """What the hits are grouped by: a Group or one of PERIODS."""
    most: bool = False
    """Only the group that has the most of them (with `least`, the fewest), or as many as `limit`."""
    least: bool = False
    limit: int = 0
    """How many pictures or groups are asked for; 0 is as many as there are."""
    skip: int = 0
    """How many of the first are left out: 1 for the second newest."""
    measure: Measure | None = None
    """Sorted by this, the largest first; with `least` the smallest."""
    without: bool = False
    """Which of the groups have none: "which clients have no video"."""
    each: bool = False
    """The newest of each group."""
    yes: bool = False
    """Yes or no is asked."""
    compare: bool = False
    """The groups of `per`, or the two spans of time, are compared."""
    detail: str = ""
    """Which setting is asked for: `steps`, `cfg`, `sampler`."""


@dataclass(frozen=True)
class Question:
    """A text, understood. With `choices` or `unknown` it cannot be answered as it is."""

    text: str
    want: Want
    conditions: tuple[Condition, ...]
    subject: str = ""
    """The public id it is about, such as `R-4F2K`, or empty."""
    order: Order | None = None
    ask: str = ""
    """The question back, when there are choices: `Which “mia”`."""
    choices: tuple[NameChoice, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    frame: Frame = Frame()
    ignored: tuple[str, ...] = ()
    """Ordinary words that were left out."""
    missed: tuple[str, ...] = ()
    """Words with a meaning of their own that nothing has: said before anything else."""
    strangers: tuple[str, ...] = ()
    """What stands where a name does, and is none that is known: nothing is shown then."""
    unplaced: tuple[str, ...] = ()
    """Words that would change the answer, and found no place in it: said before anything else."""
    instead: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Words that no picture has, each with those that are looked for in its place."""
    spelled: tuple[tuple[str, str], ...] = ()
    """Mistyped words, as typed and as taken."""
    asking: bool = True
    others: tuple[Want, ...] = ()
    """More facts asked for of the same pictures: "seed and sampler"."""
    against: tuple[Condition, ...] = ()
    """With `frame.compare`: the conditions that the hits of `conditions` are compared with, in place of those of their kind."""

    @property
    def query(self) -> Query:
        return combine(self.conditions, self.order)

    @property
    def understood(self) -> tuple[str, ...]:
        """How the text was taken, as chips."""
        subject = (self.subject,) if self.subject else ()
        order = {Order.OLDEST: ("oldest first",), Order.BEST: ("best first",)}.get(self.order, ()) if self.order else ()
        wanted = () if self.want is Want.PICTURES else (f"asking: {self.want.value}",)
        ignored = (f"ignored: {', '.join(self.ignored)}",) if self.ignored else ()
        return (
            *wanted,
            *self._framed(),
            *subject,
            *(condition.chip for condition in self.conditions if not condition.implied),
            *order,
            *ignored,
        )

    def _framed(self) -> tuple[str, ...]:
        frame = self.frame
        said = [f"of: {frame.unit.value}"] if frame.unit and self.want in (Want.HOW_MANY, Want.LIST) else []
        said += [f"per: {frame.per}"] if frame.per else []
        said += ["the least" if frame.least else "the most"] if frame.most else []
        said += [f"{'smallest' if frame.least else 'largest'} {frame.measure.value}"] if frame.measure else []
        said += [f"only {frame.limit}"] if frame.limit else []
        return tuple(said)


def combine(conditions: tuple[Condition, ...], order: Order | None) -> Query:
    """The Query that holds all conditions; several positive ones on a field an asset has once mean any of them."""
    facets, merged = list[Facet](), dict[FacetField, list[str]]()
    for facet in (condition.facet for condition in conditions if condition.facet):
        if facet.negated or facet.field.many:
            facets.append(facet)
        else:
            merged.setdefault(facet.field, []).extend(facet.values)
    facets += [Facet(field, tuple(dict.fromkeys(values))) for field, values in merged.items()]
    since = [condition.since for condition in conditions if condition.since]
    until = [condition.until for condition in conditions if condition.until]
    return Query(
        words=tuple(condition.words for condition in conditions if condition.words),
        facets=tuple(facets),
        links=tuple(condition.link for condition in conditions if condition.link),
        bounds=tuple(condition.bound for condition in conditions if condition.bound),
        since=max(since, default=None),
        until=min(until, default=None),
        order=order,
    )


def choices_between(names: tuple[KnownName, ...], text: str, start: int, end: int) -> tuple[NameChoice, ...]:
    """The text asked again with one of `names` in place of what stands from `start` to `end`."""
    made = []
    for name in names[:MOST_CHOICES]:
        said = f"{name.field}:{quote(name.label)}"
        made.append(NameChoice(name.label, " ".join(f"{text[:start]} {said} {text[end:]}".split())))
    return tuple(made)


LABELS = {
    FacetField.BY: "by",
    FacetField.KIND: "only",
    FacetField.ORIGIN: "from",
    FacetField.STATUS: "",
    FacetField.JUDGE: "decided by",
}


def label(field: FacetField, shown: tuple[str, ...], *, negated: bool = False) -> str:
    """The chip's words.

    >>> label(FacetField.CLIENT, ("Acme",)), label(FacetField.TAG, ("pick", "hero"), negated=True)
    ('client Acme', 'not tag pick or hero')
    """
    what = LABELS.get(field, field.value)
    return " ".join(part for part in ("not" if negated else "", what, " or ".join(shown)) if part)
