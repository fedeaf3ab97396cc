"""Says how a question was understood: the query form of docs/search.md, as plain data."""

from __future__ import annotations

from typing import Any

from core.search import refine
from core.search.conditions import Question


def explained(question: Question) -> dict[str, Any]:
    """Each part of a question that was understood, by name; parts that it does not have are left out.

    Strings, numbers, and lists of strings: `asks` (the fact, such as `who`), `about` (an id), `where` (conditions as they may be
    typed), `of` (what is counted or listed), `per` (what it is grouped by), `rank`, `order`, `limit`, `skip`, `ignored`,
    `respelled`, `instead`, `not found`, `not placed`, `no such name`, `which`, and `typed`: all of it as a line to type.
    """
    frame = question.frame
    extremes = ("fewest" if frame.least else "most") if frame.most else ""
    measured = f"{'smallest' if frame.least else 'largest'} {frame.measure.value}" if frame.measure else ""
    shown = [one for one in question.conditions if not one.implied]
    parts: dict[str, Any] = {
        "asks": [question.want.value, *(one.value for one in question.others)],
        "yes or no": frame.yes,
        "about": question.subject,
        "where": [refine.condition_text(one) for one in shown],
        "compared with": [refine.condition_text(one) for one in question.against],
        "of": frame.unit.value if frame.unit else frame.detail,
        "per": str(frame.per or ""),
        "rank": extremes or measured or ("newest of each" if frame.each else "none at all" if frame.without else ""),
        "order": question.order.value if question.order else "",
        "limit": frame.limit,
        "skip": frame.skip,
        "ignored": list(question.ignored),
        "respelled": [f"{typed} → {taken}" for typed, taken in question.spelled],
        "instead": [f"{word} → {', '.join(others)}" for word, others in question.instead],
        "not found": list(question.missed),
        "not placed": list(question.unplaced),
        "no such name": [*question.strangers, *(f"{one.what} {one.said}" for one in question.unknown)],
        "which": [one.label for one in question.choices],
        "typed": question.subject or refine.said(question, tuple(shown)),
    }
    return {name: value for name, value in parts.items() if value}
