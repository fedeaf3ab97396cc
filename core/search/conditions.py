"""What a question comes to: conditions people can read, a Query the index can answer, and what had to be asked back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.search.entities import Name
from core.search.lexicon import Want
from core.search.tokens import quote
from storage.search import Facet, Field, Order, Query, Words

MOST_CHOICES = 5


@dataclass(frozen=True)
class Condition:
    """One thing that must hold. `label` is the chip people see: `client Acme`, `by Mia Chen`, `“low sun”`."""

    label: str
    facet: Facet | None = None
    words: Words | None = None
    since: datetime | None = None
    until: datetime | None = None
    guessed_from: str = ""
    """What was typed, when the name is only like it."""
    names: tuple[Name, ...] = ()

    @property
    def chip(self) -> str:
        return f"{self.label} (for “{self.guessed_from}”)" if self.guessed_from else self.label


@dataclass(frozen=True)
class Choice:
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
    choices: tuple[Choice, ...] = ()
    unknown: tuple[Unknown, ...] = ()

    @property
    def query(self) -> Query:
        return combine(self.conditions, self.order)

    @property
    def understood(self) -> tuple[str, ...]:
        """How the text was taken, as chips."""
        subject = (self.subject,) if self.subject else ()
        order = {Order.OLDEST: ("oldest first",), Order.BEST: ("best first",)}.get(self.order, ()) if self.order else ()
        wanted = () if self.want is Want.PICTURES else (f"asking: {self.want.value}",)
        return (*wanted, *subject, *(condition.chip for condition in self.conditions), *order)


def combine(conditions: tuple[Condition, ...], order: Order | None) -> Query:
    """The Query that holds all conditions; several positive ones on a field an asset has once mean any of them."""
    facets, merged = list[Facet](), dict[Field, list[str]]()
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
        since=max(since, default=None),
        until=min(until, default=None),
        order=order,
    )


def choices_between(names: tuple[Name, ...], text: str, start: int, end: int) -> tuple[Choice, ...]:
    """The text asked again with one of `names` in place of what stands from `start` to `end`."""
    made = []
    for name in names[:MOST_CHOICES]:
        said = f"{name.field}:{quote(name.label)}"
        made.append(Choice(name.label, " ".join(f"{text[:start]} {said} {text[end:]}".split())))
    return tuple(made)


LABELS = {
    Field.BY: "by",
    Field.KIND: "only",
    Field.ORIGIN: "from",
    Field.STATUS: "",
    Field.JUDGE: "decided by",
}


def label(field: Field, shown: tuple[str, ...], *, negated: bool = False) -> str:
    """The chip's words.

    >>> label(Field.CLIENT, ("Acme",)), label(Field.TAG, ("pick", "hero"), negated=True)
    ('client Acme', 'not tag pick or hero')
    """
    what = LABELS.get(field, field.value)
    return " ".join(part for part in ("not" if negated else "", what, " or ".join(shown)) if part)
