"""Carries out questions that count, list, group, rank and compare: the hits as groups with numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from sqlmodel import Session

from core.search.conditions import PERIODS, Condition, Question, combine
from core.search.entities import Vocabulary
from storage import search
from storage.search import FacetField, Query, Scope, tally
from storage.search.tally import Group

COUNTED = 100_000
_ONE_VALUE = {
    Group.BY: FacetField.BY, Group.CLIENT: FacetField.CLIENT, Group.PROJECT: FacetField.PROJECT, Group.STATUS: FacetField.STATUS,
}  # fmt: skip


@dataclass(frozen=True)
class Groups:
    """Groups with their numbers in order, the whole number of hits, and the asset that is newest in each."""

    rows: tuple[tuple[str, int], ...]
    total: int
    newest: tuple[int, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(label for label, _number in self.rows)


def grouped(session: Session, question: Question, scope: Scope, by: Group | str, zone: tzinfo) -> Groups:
    """The hits by what is asked: the largest group first, periods in their order; as many as asked for, ties included."""
    rows = (
        _periods(session, question.query, scope, str(by), zone)
        if by in PERIODS
        else _groups(session, question.query, scope, Group(by))
    )
    frame = question.frame
    if frame.most and by in PERIODS:
        rows = sorted(rows, key=lambda row: -row[1])
    if frame.least:
        rows = list(reversed(rows))
    if frame.most:
        rows = rows[frame.skip :]
        limit = frame.limit or 1
        kept = rows[:limit]
        rows = [*kept, *(one for one in rows[limit:] if kept and not frame.limit and one[1] == kept[-1][1])]
    total = search.count(session, question.query, scope, COUNTED)
    return Groups(
        tuple((label, number) for label, number, _newest in rows), total, tuple(newest for _label, _number, newest in rows)
    )


def _groups(session: Session, query: Query, scope: Scope, by: Group) -> list[tuple[str, int, int]]:
    return [(_shown(by, one.label), one.count, one.newest) for one in tally.tally(session, query, scope, by)]


def _shown(by: Group, label: str) -> str:
    return label.replace("\\", "/").rpartition("/")[2] if by in (Group.MODEL, Group.LORA) else label


def _periods(session: Session, query: Query, scope: Scope, period: str, zone: tzinfo) -> list[tuple[str, int, int]]:
    counts, newest = Counter[str](), dict[str, int]()
    for one in tally.tally(session, query, scope, Group.HOUR):
        name = _period(tally.hour(one.key).astimezone(zone), period)
        counts[name] += one.count
        newest[name] = max(newest.get(name, 0), one.newest)
    return [(name, counts[name], newest[name]) for name in sorted(counts)]


def _period(at: datetime, period: str) -> str:
    week = at.isocalendar()
    return {
        "day": f"{at:%Y-%m-%d}",
        "week": f"{week.year}-W{week.week:02}",
        "month": f"{at:%Y-%m}",
        "quarter": f"{at.year}-Q{(at.month + 2) // 3}",
        "year": str(at.year),
    }[period]


def lacking(session: Session, question: Question, scope: Scope, by: Group, known: Vocabulary) -> tuple[str, ...]:
    """Those people, clients or projects of which nothing is found; people only if they have ever made anything."""
    have = {one.key for one in tally.tally(session, question.query, scope, by)}
    if by is Group.BY:
        made = search.Facet(FacetField.ORIGIN, ("render",))
        rest = tally.tally(session, Query(facets=(made,)), scope, by)
        return tuple(sorted(one.label for one in rest if one.key not in have))
    field = {Group.CLIENT: FacetField.CLIENT, Group.PROJECT: FacetField.PROJECT}.get(by)
    if field is None:
        every = tally.tally(session, Query(), scope, by)
        return tuple(sorted(one.label for one in every if one.key not in have))
    clients = {
        value for one in question.conditions if one.facet and one.facet.field is FacetField.CLIENT for value in one.facet.values
    }
    inside = frozenset[int]().union(*(name.projects for name in known.of([FacetField.CLIENT]) if name.value in clients))
    names = [name for name in known.of([field]) if not clients or field is FacetField.CLIENT or name.projects <= inside]
    return tuple(sorted(name.label for name in names if name.value not in have))


def inside(question: Question, known: Vocabulary, by: Group) -> tuple[str, ...]:
    """The clients asked about, or their projects."""
    clients = {
        value for one in question.conditions if one.facet and one.facet.field is FacetField.CLIENT for value in one.facet.values
    }
    chosen = [name for name in known.of([FacetField.CLIENT]) if name.value in clients]
    if by is Group.CLIENT:
        return tuple(name.label for name in chosen)
    projects = frozenset[int]().union(*(name.projects for name in chosen))
    return tuple(name.label for name in known.of([FacetField.PROJECT]) if name.projects <= projects)


def everything_of(known: Vocabulary, by: Group) -> tuple[str, ...]:
    """All clients, projects or people there are, with or without pictures."""
    field = {Group.CLIENT: FacetField.CLIENT, Group.PROJECT: FacetField.PROJECT, Group.BY: FacetField.BY}[by]
    return tuple(name.label for name in known.of([field]))


def compared(session: Session, question: Question, scope: Scope) -> tuple[tuple[str, int], tuple[str, int]]:
    """Both sides of a comparison: what it is of, and how many there are."""
    other = question.against[0]
    swapped = _swapped(question, other)
    first = search.count(session, question.query, scope, COUNTED)
    second = search.count(session, combine(swapped, question.order), scope, COUNTED)
    return (_side(question.conditions, other), first), (_name_of(other), second)


def _swapped(question: Question, other: Condition) -> tuple[Condition, ...]:
    """The conditions with the other one in place of that of its kind."""
    dated = next((one for one in question.conditions if one.link and (one.link.since or one.link.until)), None)
    if other.dated and dated is not None and dated.link is not None and not any(one.dated for one in question.conditions):
        turned = replace(dated, link=replace(dated.link, since=other.since, until=other.until))  # approvals in April or in March
        return tuple(turned if one == dated else one for one in question.conditions)
    kept = [one for one in question.conditions if not _same_kind(one, other)]
    return (*kept, other)


def _same_kind(one: Condition, other: Condition) -> bool:
    if other.dated:
        return one.dated
    if other.link is not None:
        return one.link is not None and one.link.relation is other.link.relation
    return bool(one.facet and other.facet and one.facet.field is other.facet.field and not one.facet.negated)


def _side(conditions: tuple[Condition, ...], other: Condition) -> str:
    same = next((_name_of(one) for one in conditions if _same_kind(one, other)), "")
    return same or next((_name_of(one) for one in conditions if one.link and (one.link.since or one.link.until)), "")


def _name_of(one: Condition) -> str:
    return one.names[0].label if one.names else one.label


def without_implied(question: Question) -> Question:
    """The question without what nobody said: that it is about renders."""
    return replace(question, conditions=tuple(one for one in question.conditions if not one.implied))
