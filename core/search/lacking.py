"""Questions about what is missing (`which clients have no video`), and counts by who judged or sent."""

from __future__ import annotations

import re
from dataclasses import replace

from core.search.events import MADE
from core.search.lexicon import Want
from core.search.line import TAKEN, Line
from core.search.mentioned import MentionedEvent
from storage.search import FacetField, Relation
from storage.search.tally import Group

_LACKING = re.compile(
    rf"\b(?:have|has|had|did|do|does|with|got|are|is)?(?: {TAKEN})? ?(?:not|never|no|without)(?: (?:yet|ever|any|a|"
    rf"an|had|been|got|have|even|single))*\b(?! (?:approved|rejected|delivered|exported|needs|by|for|decided))"
)


def of_pictures(line: Line) -> None:
    """`which projects have no video`, `who has not rendered anything this week`: those of whom there is nothing."""
    if line.want not in (Want.LIST, Want.WHO):
        return
    found = line.find(_LACKING)
    after_events = re.compile(r"\b(?:have|has|had|did) (?:not|never)(?: (?:yet|ever|had|been|any|anything))*\b")
    found = found or line.find(after_events)
    if found and not any(one in found[0].group().split() for one in ("without",)) and found[1].first <= 4:
        line.take(*found[1])
        line.set(without=True)


def of_events(line: Line, spoken: list[MentionedEvent]) -> None:
    """`which clients have we never sent a video`, `who has never approved anything`: those of whom there is no such event."""
    turned = [one for one in spoken if one.negated]
    asks = line.want in (Want.LIST, Want.WHO, Want.JUDGE, Want.EXPORTER)
    if not asks or len(turned) != 1:
        return
    before = [line.original(at) for at in range(turned[0].at)]
    relative = {"that", "with", "having", "pictures", "images", "renders", "shots", "takes", "stuff"} & set(before)
    if (relative and line.want is not Want.LIST) or (line.want is Want.LIST and {"that", "with", "having"} & set(before[2:])):
        return
    for at, one in enumerate(line.reading.conditions):
        if one.link is not None and one.link.negated and one.link.relation is turned[0].relation:
            line.reading.conditions[at] = replace(
                one, label=one.label.removeprefix("not "), link=replace(one.link, negated=False)
            )
        elif one.facet is not None and one.facet.negated and one.facet.field is FacetField.STATUS:
            line.reading.conditions[at] = replace(
                one, label=one.label.removeprefix("not "), facet=replace(one.facet, negated=False)
            )
    line.set(without=True)


def by_doers(line: Line, spoken: list[MentionedEvent]) -> None:
    """`rejections per person`, `how many has each of us sent`: by who gave the verdicts or sent it."""
    if line.frame.per is not Group.BY or line.want is not Want.HOW_MANY or line.frame.most or line.frame.compare:
        return
    done = [one for one in spoken if not one.negated]
    nouns = [line.original(one.at) in _EVENT_NOUNS or one.verbal for one in done]
    made = any(line.original(at) in MADE for at in range(len(line.words)))
    if len(done) == 1 and nouns[0] and not made:
        line.set(per=Group.EXPORTER if done[0].relation is Relation.EXPORTED else Group.JUDGE)


_EVENT_NOUNS = frozenset(
    ["approval", "approvals", "rejection", "rejections", "verdict", "verdicts", "decisions", "delivered", "exported"]
)
