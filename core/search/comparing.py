"""Comparisons: more this month than last, Mia or Ana, approved or rejected."""

from __future__ import annotations

import re
from dataclasses import replace

from core.search import dates
from core.search.conditions import Condition
from core.search.lexicon import Want
from core.search.line import Line
from storage.search import FacetField, RelatedRows, Relation
from storage.search.tally import Group

_MORE = re.compile(
    r"\b(?:(?P<more>more|busier|higher|bigger|larger|heavier|stronger|ahead|most)|(?P<less>fewer|less|quieter|lower|lighter|behind))\b"
)
_THAN = re.compile(r"\b(?:than|or|vs|versus|compared (?:to|with))\b")
_FIELDS = {
    FacetField.BY: Group.BY,
    FacetField.CLIENT: Group.CLIENT,
    FacetField.PROJECT: Group.PROJECT,
    FacetField.WORKFLOW: Group.WORKFLOW,
    FacetField.MODEL: Group.MODEL,
    FacetField.LORA: Group.LORA,
    FacetField.SHOT: Group.SHOT,
    FacetField.STATUS: Group.STATUS,
    FacetField.KIND: Group.KIND,
    FacetField.TECHNIQUE: Group.TECHNIQUE,
}


def dates_against(line: Line, found: list[dates.DateMatch]) -> None:
    """`more this month than last month`: the second span is what the first is compared with; it is taken out of `found`."""
    said = " ".join(line.keys)
    if len(found) != 2 or not (_MORE.search(said) or re.search(r"\b(?:vs|versus|compared (?:to|with|against))\b", said)):
        return
    if not _THAN.search(said):
        return
    second = found.pop()
    label_ = " ".join(word.raw for word in line.words[second.first : second.last]).lower()
    line.against.append(Condition(label_, since=second.since, until=second.until))
    more = _MORE.search(said)
    line.want = Want.HOW_MANY if line.want is Want.PICTURES else line.want
    line.set(
        compare=True,
        yes=more is not None and ("than" in line.keys or "or" not in line.keys),
        least=more is not None and more["less"] is not None,
    )
    _clear(line)


def read(line: Line) -> None:
    """Two values of one kind, with `more`, are compared with each other."""
    if line.frame.compare:
        _clear(line)
        return
    said = " ".join(line.keys)
    if any(line.original(at) in ("compare", "compared", "comparison") for at in range(len(line.words))):
        _side_by_side(line)
        return
    more = _MORE.search(said)
    which = any(line.original(at) in ("which", "who", "whose") for at in range(len(line.words)))
    if more is None or not (_THAN.search(said) or which):
        return
    if _doers(line, least=more["less"] is not None) or _profiles(line, least=more["less"] is not None):
        return
    for field, group in _FIELDS.items():
        same = [one for one in line.reading.conditions if one.facet and one.facet.field is field and not one.facet.negated]
        if len(same) == 2:
            _compare(line, same, group, least=more["less"] is not None, which=which)
            return
    if _doers(line, least=more["less"] is not None) or _profiles(line, least=more["less"] is not None):
        return
    servers = [one for one in line.reading.conditions if one.link and one.link.relation.value == "server"]
    if len(servers) == 2:
        _compare(line, servers, Group.SERVER, least=more["less"] is not None, which=which)


_MADE = frozenset(["made", "make", "rendered", "render", "renders", "did", "created", "uploaded"])


def _doers(line: Line, *, least: bool) -> bool:
    """`did Faith approve more than Bill`, `more approvals from Art or Flor`: who judged or exported more, of two people."""
    events = [
        one
        for one in line.reading.conditions
        if (one.link and one.link.relation in (Relation.EVER, Relation.EXPORTED) and not one.link.negated)
        or (one.facet and one.facet.field is FacetField.STATUS and not one.facet.negated)
    ]
    people = [(at, one) for at, _to, one in line.people if one in line.reading.conditions and one.facet and not one.facet.negated]
    if not events or any(line.original(at) in _MADE for at in range(len(line.words))):
        return False
    if _counted_so(line):
        return False
    event = events[0]
    link = event.link or RelatedRows(Relation.EVER, event.facet.values if event.facet else ())
    who = [
        (int(one.facet.values[0]), one.names[0].label if one.names else "me")
        for _at, one in sorted(people, key=_place)
        if one.facet
    ]
    if link.member is not None:
        who.insert(0, (link.member, event.label.rpartition(" by ")[2]))
    if len(who) != 2 or len(events) > 2:
        return False
    for used in (*events, *(one for _at, one in people)):
        line.reading.conditions.remove(used)
    first, second = (
        Condition(f"{'/'.join(link.values) or 'judged'} by {name}", link=replace(link, member=member)) for member, name in who
    )
    _against(line, first, second, least=least, yes=line.frame.yes and line.want is not Want.WHO)
    return True


def _counted_so(line: Line) -> bool:
    """`who has more approved`: whose pictures are, and not who did it."""
    owns = {"has", "have", "had", "got", "gets"}
    return any(
        one.key in ("approved", "rejected", "exported", "delivered")
        and line.original(at - 1) in ("more", "most", "fewer", "less", "fewest")
        and line.original(at - 2) in owns
        for at, one in enumerate(line.words)
    )


def _place(one: tuple[int, Condition]) -> int:
    return one[0]


def _profiles(line: Line, *, least: bool) -> bool:
    """`more sent to clients or published`: of one kind of export against another."""
    both = next(
        (
            one
            for one in line.reading.conditions
            if one.link and one.link.relation is Relation.EXPORTED and len(one.link.values) == 2
        ),
        None,
    )
    if both is None or both.link is None:
        return False
    line.reading.conditions.remove(both)
    first, second = (Condition(f"exported to {value}", link=replace(both.link, values=(value,))) for value in both.link.values)
    _against(line, first, second, least=least, yes="than" in line.keys)
    return True


def _against(line: Line, first: Condition, second: Condition, *, least: bool, yes: bool) -> None:
    line.reading.conditions.append(first)
    line.against.append(second)
    line.want = Want.HOW_MANY
    line.set(compare=True, per=None, least=least, most=False, yes=yes and "or" not in line.keys)
    _clear(line)


def _side_by_side(line: Line) -> None:
    """`compare Jude and Grant`: how many there are of each."""
    for field, group in _FIELDS.items():
        same = [one for one in line.reading.conditions if one.facet and one.facet.field is field and not one.facet.negated]
        if len(same) == 2 and line.want in (Want.PICTURES, Want.HOW_MANY):
            line.want = Want.HOW_MANY
            line.set(per=group)
            return


def _compare(line: Line, pair: list[Condition], group: Group, *, least: bool, which: bool) -> None:
    """Both become one condition of alternatives, grouped; "more than" asks whether the first is ahead."""
    places = {id(condition): first for first, _last, condition in line.people}
    second = sorted(pair, key=lambda one: places.get(id(one), pair.index(one)))[1]
    line.reading.conditions.remove(second)
    line.against.append(second)
    asks_which = line.want in (Want.WHO, Want.LIST) or which or "or" in line.keys or line.frame.most
    if not asks_which:
        line.set(yes=True)
    else:
        line.set(yes=False)
    line.want = Want.HOW_MANY
    line.set(compare=True, per=group, least=least, most=False)
    _clear(line)


def _clear(line: Line) -> None:
    for at, key in enumerate(line.keys):
        if key in (
            "more",
            "less",
            "heavier",
            "stronger",
            "ahead",
            "lighter",
            "behind",
            "fewer",
            "busier",
            "quieter",
            "than",
            "or",
            "vs",
            "versus",
            "compared",
            "higher",
            "lower",
            "bigger",
            "larger",
            "most",
        ):
            line.take(at, at + 1)
