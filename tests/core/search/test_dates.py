"""Dates as people say them, seen from a Wednesday."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadQuery
from core.search import dates

NOW = datetime(2026, 3, 25, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("today", "2026-03-25", "2026-03-26"),
        ("Yesterday", "2026-03-24", "2026-03-25"),
        ("the day before yesterday", "2026-03-23", "2026-03-24"),
        ("yesterday afternoon", "2026-03-24 12", "2026-03-24 18"),
        ("this morning", "2026-03-25 05", "2026-03-25 12"),
        ("last night", "2026-03-24 20", "2026-03-25"),
        ("this week", "2026-03-23", "2026-03-30"),
        ("last week", "2026-03-16", "2026-03-23"),
        ("last weekend", "2026-03-21", "2026-03-23"),
        ("last month", "2026-02-01", "2026-03-01"),
        ("this quarter", "2026-01-01", "2026-04-01"),
        ("last quarter", "2025-10-01", "2026-01-01"),
        ("last year", "2025-01-01", "2026-01-01"),
        ("last 7 days", "2026-03-19", "2026-03-26"),
        ("past two weeks", "2026-03-11", "2026-03-26"),
        ("past week", "2026-03-18", "2026-03-26"),
        ("3 days ago", "2026-03-22", "2026-03-23"),
        ("a week ago", "2026-03-18", "2026-03-19"),
        ("two months ago", "2026-01-01", "2026-02-01"),
        ("monday", "2026-03-23", "2026-03-24"),
        ("Wednesday", "2026-03-25", "2026-03-26"),
        ("last wednesday", "2026-03-18", "2026-03-19"),
        ("friday morning", "2026-03-20 05", "2026-03-20 12"),
        ("march", "2026-03-01", "2026-04-01"),
        ("April", "2025-04-01", "2025-05-01"),
        ("last march", "2025-03-01", "2025-04-01"),
        ("March 2024", "2024-03-01", "2024-04-01"),
        ("march last year", "2025-03-01", "2025-04-01"),
        ("12 March", "2026-03-12", "2026-03-13"),
        ("March 12th, 2025", "2025-03-12", "2025-03-13"),
        ("the 12th of March", "2026-03-12", "2026-03-13"),
        ("26 march", "2025-03-26", "2025-03-27"),
        ("29 february", "2024-02-29", "2024-03-01"),
        ("2026-03-12", "2026-03-12", "2026-03-13"),
        ("2026/3/2", "2026-03-02", "2026-03-03"),
        ("12.3.2026", "2026-03-12", "2026-03-13"),
        ("2026-03", "2026-03-01", "2026-04-01"),
        ("2026-W11", "2026-03-09", "2026-03-16"),
        ("2025", "2025-01-01", "2026-01-01"),
        ("december 2025", "2025-12-01", "2026-01-01"),
    ],
)
def test_a_phrase_is_a_span(text: str, start: str, end: str) -> None:
    span = dates.read(text, NOW, ZoneInfo("UTC"))
    assert (span.start, span.end) == (_moment(start), _moment(end))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00" if " " in text else text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "we", "someday", "31 february", "2026-13", "2026-02-30", "99999", "0 days", "next", "1000000 days ago", "1066"],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(BadQuery) as caught:
        dates.read(text, NOW, UTC)
    assert "2026-03-12" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "claimed", "since", "until"),
    [
        ("what did mia make in march", "in march", "2026-03-01", "2026-04-01"),
        ("since monday for acme", "since monday", "2026-03-23", None),
        ("after last week", "after last week", "2026-03-23", None),
        ("made before 12 march", "before 12 march", None, "2026-03-12"),
        ("until yesterday", "until yesterday", None, "2026-03-25"),
        ("between 1 march and 12 march", "between 1 march and 12 march", "2026-03-01", "2026-03-13"),
        ("from monday to tuesday", "from monday to tuesday", "2026-03-23", "2026-03-25"),
        ("from friday to monday", "from friday to monday", "2026-03-20", "2026-03-24"),
        ("in the last 3 days", "in the last 3 days", "2026-03-23", "2026-03-26"),
        ("on the 12th of march 2026 for acme", "on the 12th of march 2026", "2026-03-12", "2026-03-13"),
    ],
)
def test_a_date_is_found_in_a_question(text: str, claimed: str, since: str | None, until: str | None) -> None:
    words = text.split()
    (found,) = dates.scan(words, NOW, UTC)
    assert " ".join(words[found.first : found.last]) == claimed
    assert found.since == (_moment(since) if since else None)
    assert found.until == (_moment(until) if until else None)


@pytest.mark.parametrize(
    "text",
    [
        "who are we",
        "the march of penguins",
        "may we see it",
        "this may be it",
        "in the sun",
        "the second one",
        "a day at sea",
        "1080",
    ],
)
def test_words_that_only_look_like_dates_are_left_alone(text: str) -> None:
    assert dates.scan(text.split(), NOW, UTC) == []


def test_a_day_begins_at_the_askers_midnight() -> None:
    span = dates.read("yesterday", NOW, ZoneInfo("Pacific/Auckland"))
    assert span.start == datetime(2026, 3, 24, 11, 0, tzinfo=UTC)  # it is already the 26th there


def test_the_day_the_clocks_change_is_an_hour_short() -> None:
    span = dates.read("2026-03-29", NOW, ZoneInfo("Europe/Berlin"))
    assert (span.end - span.start).total_seconds() == 23 * 3600


@given(
    st.lists(
        st.sampled_from(
            [
                "last",
                "this",
                "past",
                "3",
                "12",
                "march",
                "2026",
                "monday",
                "ago",
                "days",
                "of",
                "the",
                "in",
                "from",
                "to",
                "week",
                "29",
                "february",
                "until",
            ]
        ),
        max_size=8,
    )
)
def test_any_heap_of_date_words_is_read_without_a_fall(words: list[str]) -> None:
    for found in dates.scan(words, NOW, UTC):
        assert found.first < found.last <= len(words)
