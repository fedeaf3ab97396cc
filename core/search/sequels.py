"""Verdicts that were taken back, or followed by another: `approved and later rejected`, `whose approval was withdrawn`."""

from __future__ import annotations

from core.search.conditions import Condition
from core.search.line import Line
from core.search.mentioned import MentionedEvent
from storage.search import RelatedRows, Relation

_LATER = ("later", "then", "afterwards", "subsequently", "after")
_BACK = ("withdrawn", "revoked", "retracted", "taken", "overturned", "reversed", "pulled")


def withdrawn(line: Line) -> None:
    """`has João ever withdrawn a verdict`: one that was taken back, whatever it said."""
    if not any(key in ("withdrawn", "withdraw", "withdrew", "retracted", "revoked") for key in line.keys):
        return
    if not any(key in ("verdict", "verdicts", "decision", "decisions", "judgement") for key in line.keys):
        return
    who = next((one for _first, _last, one in line.people if one in line.reading.conditions and one.facet), None)
    member = int(who.facet.values[0]) if who and who.facet else None
    if who is not None:
        line.reading.conditions.remove(who)
    shown = f"verdict withdrawn{f' by {who.names[0].label}' if who and who.names else ''}"
    line.reading.conditions.append(Condition(shown, link=RelatedRows(Relation.WITHDRAWN, member=member)))
    for at, key in enumerate(line.keys):
        if key in (
            "withdrawn",
            "withdraw",
            "withdrew",
            "retracted",
            "revoked",
            "verdict",
            "verdicts",
            "decision",
            "decisions",
            "judgement",
        ):
            line.take(at, at + 1)


def settle(line: Line, events: list[MentionedEvent]) -> list[MentionedEvent]:
    """`approved and later rejected`, `approval withdrawn`: two verdicts, one after the other, or one that was taken back."""
    judged = [one for one in events if one.relation is Relation.EVER and one.values and not one.negated]
    if len(judged) == 2 and any(key in _LATER for key in line.keys):
        first, second = judged
        between = [line.original(at) for at in range(first.at, second.at)]
        values = (*second.values, *first.values) if "after" in between else (*first.values, *second.values)
        shown = f"{values[0]} and later {values[1]}"
        line.reading.conditions.append(Condition(shown, link=RelatedRows(Relation.OVERTURNED, values)))
        for at, key in enumerate(line.keys):
            if key in _LATER:
                line.take(at, at + 1)
        return [one for one in events if one not in judged]
    if judged and any(key in _BACK[:3] for key in line.keys):
        shown = f"{judged[0].values[0]}, withdrawn"
        line.reading.conditions.append(Condition(shown, link=RelatedRows(Relation.WITHDRAWN, judged[0].values)))
        for at, key in enumerate(line.keys):
            if key in _BACK:
                line.take(at, at + 1)
        return [one for one in events if one is not judged[0]]
    return events
