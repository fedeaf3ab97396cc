"""Dates as people say them: "last week", "12 March", "yesterday afternoon", "3 days ago", in the zone of who asks.

Nothing here searches a sentence for anything that might be a date: a phrase is one only if all of its words are in this
grammar, and words that mean other things too (march, may, sun) count only next to a word that makes them a date.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple

from core.errors import BadQuery
from core.search.periods import (
    EARLIEST_YEAR,
    LATEST_YEAR,
    Days,
    before_last,
    checked,
    feast,
    half_year,
    number,
    one_day,
    one_week,
    part_of,
    quarter,
    season,
    unit,
    whole_month,
)

MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"
)  # fmt: skip
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH = {name[:size]: at for at, name in enumerate(MONTHS, 1) for size in (3, len(name))} | {"sept": 9}
_DAY = {name: at for at, name in enumerate(DAYS)}
_PARTS = {"morning": (5, 12), "afternoon": (12, 18), "evening": (17, 23), "night": (20, 24)}
_UNITS = ("day", "week", "month", "quarter", "year", "weekend")
_LONGEST = 7


@dataclass(frozen=True)
class TimeSpan:
    """From `start` on and up to, not including, `end`; aware, UTC."""

    start: datetime
    end: datetime


class DateMatch(NamedTuple):
    """Words `first` to `last` (not included) speak of a time; either bound may be open."""

    first: int
    last: int
    since: datetime | None
    until: datetime | None


def read(text: str, now: datetime, zone: tzinfo) -> TimeSpan:
    """The time a date phrase stands for. Raises BadQuery."""
    days = _days(_plain(text.casefold().replace(",", " ").split()), now.astimezone(zone).date())
    if days is None:
        raise BadQuery(
            f"“{text[:40]}” is not a date I know.",
            hint="Try 2026-03-12, 12 March, March 2026, yesterday, last week or 3 days ago.",
            value=text[:40],
        )
    return _span(days, zone)


def scan(words: Sequence[str], now: datetime, zone: tzinfo) -> list[DateMatch]:
    """Every stretch of casefolded `words` that speaks of a time, with the little words that belong to it."""
    found, at = list[DateMatch](), 0
    while at < len(words):
        one = _between(words, at, now, zone) or _one(words, at, now, zone)
        if one:
            found.append(one)
        at = one.last if one else at + 1
    return found


_WITHIN = ("in", "on", "during", "from", "of", "at", "dated", "over", "within", "for", "around")
_BOUND = ("since", "after", "before", "until", "till")


def _one(words: Sequence[str], at: int, now: datetime, zone: tzinfo) -> DateMatch | None:
    lead = words[at] if words[at] in (*_WITHIN, *_BOUND) else ""
    start = at + bool(lead) + (bool(lead) and words[at + 1 : at + 2] == ["the"])
    taken = _longest(words, start, now.astimezone(zone).date())
    if (taken is None or not (lead or taken[1].sure)) and lead:
        lead, start = "", at
        taken = _longest(words, at, now.astimezone(zone).date())
    if taken is None or not (lead or taken[1].sure):
        return None
    span, last = _span(taken[1], zone), taken[0]
    match lead:
        case "since":
            return DateMatch(at, last, span.start, None)
        case "after":
            return DateMatch(at, last, span.end, None)
        case "before":
            return DateMatch(at, last, None, span.start)
        case "until" | "till":
            return DateMatch(at, last, None, span.end)
    return DateMatch(at, last, span.start, span.end)


def _between(words: Sequence[str], at: int, now: datetime, zone: tzinfo) -> DateMatch | None:
    """`between X and Y` and `from X to Y`, both ends included."""
    if re.fullmatch(r"\d{1,2}(?:st|nd|rd|th)?", words[at]):  # 12th to 23rd Jan
        return _days_of_one_month(words, at - 1, now, zone, ("to", "until", "till", "through", "-", "and"))
    joint = {"between": ("and", "to"), "from": ("to", "until", "till", "through")}.get(words[at])
    if joint and (short := _days_of_one_month(words, at, now, zone, joint)):
        return short
    first = _longest(words, at + 1, now.astimezone(zone).date()) if joint else None
    if joint is None or first is None or tuple(words[first[0] : first[0] + 1]) not in [(one,) for one in joint]:
        return None
    second = _longest(words, first[0] + 1, now.astimezone(zone).date())
    if second is None:
        return None
    start, end = _span(first[1], zone).start, _span(second[1], zone).end
    if start >= end and (year := re.search(r"\d{4}", words[second[0] - 1])):  # between June and August 2025
        dated = _days(_plain([*words[at + 1 : first[0]], year.group()]), now.astimezone(zone).date())
        start = _span(dated, zone).start if dated else start
    if start >= end and not any(re.search(r"\d{4}", one) for one in words[at : second[0]]):  # from November to February
        start = start.replace(year=start.year - 1)
    if start >= end and words[at + 1] in _DAY:  # from Monday to Wednesday, asked on a Monday
        start -= timedelta(days=7)
    return DateMatch(at, second[0], start, end)


def _days_of_one_month(words: Sequence[str], at: int, now: datetime, zone: tzinfo, joint: tuple[str, ...]) -> DateMatch | None:
    """`between 1 and 15 Feb`, `from the 3rd to the 9th of March`: the month is said once."""
    kept = [place for place in range(at + 1, len(words)) if words[place] != "the"]
    if len(kept) < 3 or words[kept[1]] not in joint or not re.fullmatch(r"\d{1,2}(?:st|nd|rd|th)?", words[kept[0]]):
        return None
    second = _longest(words, kept[2], now.astimezone(zone).date())
    if second is None:
        return None
    tail = [one for one in words[kept[2] + 1 : second[0]] if one not in ("the", "of")]
    first = _days(_plain([words[kept[0]], *tail]), now.astimezone(zone).date())
    if first is None or first.first >= second[1].last:
        return None
    return DateMatch(at, second[0], _span(first, zone).start, _span(second[1], zone).end)


def _longest(words: Sequence[str], start: int, today: date) -> tuple[int, Days] | None:
    for size in range(min(_LONGEST, len(words) - start), 0, -1):
        days = _days(_plain(words[start : start + size]), today) if words[start + size - 1] not in ("the", "of") else None
        if days is not None:
            return start + size, days
    return None


_ORDINAL = re.compile(r"^(\d+)(?:st|nd|rd|th)$")


def _plain(words: Sequence[str]) -> str:
    """`12th of March` and `the 12 march` made equal: ordinals without their letters, no `the` and `of`."""
    kept = [_ORDINAL.sub(r"\1", word) if word[:1].isdigit() else word for word in words if word not in ("the", "of")]
    return kept[0] if len(kept) == 1 else " ".join(kept).replace("!", "")


def _span(days: Days, zone: tzinfo) -> TimeSpan:
    start = _midnight(days.first, zone) if days.hours[0] == 0 else _at(days.first, days.hours[0], zone)
    end = _midnight(days.last, zone) if days.hours[1] == 24 else _at(days.first, days.hours[1], zone)
    return TimeSpan(start, end)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _at(day: date, hour: int, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(hour), zone).astimezone(UTC)


@lru_cache(8192)
def _days(text: str, today: date) -> Days | None:
    for rule in _RULES:
        days = rule(text, today)
        if days is not None:
            return days
    return None


def _part(text: str, today: date) -> Days | None:
    return part_of(text, today, _days)


def _named(text: str, today: date) -> Days | None:
    name, _, part = text.partition(" ")
    if text == "day before yesterday":
        return one_day(today - timedelta(days=2))
    if text in ("tonight", "this evening", "this morning", "this afternoon"):
        return one_day(today)._replace(hours=_PARTS["evening" if text == "tonight" else text[5:]])
    if text == "weekend":
        back = 0 if today.weekday() >= 5 else -1
        return unit("weekend", today, back)._replace(sure=False)
    if text == "last night":
        return one_day(today - timedelta(days=1))._replace(hours=_PARTS["night"])
    if name not in ("today", "yesterday", "tomorrow") or part not in ("", *_PARTS):
        return None
    day = today + timedelta(days={"today": 0, "yesterday": -1, "tomorrow": 1}[name])
    return one_day(day)._replace(hours=_PARTS.get(part, (0, 24)))


def _ago(text: str, today: date) -> Days | None:
    """`3 days ago`, `a week ago`: that day; for months and years, that month or year."""
    match = re.fullmatch(r"(\w+) (day|week|month|year)s? ago", text)
    amount = number(match[1]) if match else None
    if match is None or amount is None:
        return None
    if match[2] in ("month", "year"):
        return unit(match[2], today, -amount)
    return one_day(today - timedelta(days=amount * (7 if match[2] == "week" else 1)))


def _running(text: str, today: date) -> Days | None:
    """`last 7 days`, `past two weeks`: up to and including today."""
    match = re.fullmatch(r"(?:last|past|previous|recent) (few|couple|\w+) (hour|day|week|month|year)s?", text) or re.fullmatch(
        r"(?:past) ()(day|week|month|year)", text
    )
    amount = (number(match[1]) if match[1] else 1) if match else None
    if match is None or amount is None:
        return None
    if match[2] == "hour":
        amount = -(-amount // 24)
    length = {"hour": 1, "day": 1, "week": 7, "month": 30, "year": 365}[match[2]] * amount
    return Days(today - timedelta(days=length - (match[2] == "day")), today + timedelta(days=1))


def _relative(text: str, today: date) -> Days | None:
    """`this week`, `last month`, `last year`, `last weekend`, `last March`, `last Friday`."""
    which, _, what = text.partition(" ")
    if which not in ("this", "last", "previous") or not what:
        return None
    back = 0 if which == "this" else -1
    if what in _UNITS:
        return unit(what, today, back)
    if what in _MONTH and text != "this may":  # "this may be the one"
        year = today.year if _MONTH[what] < today.month or which == "this" else today.year - 1
        return whole_month(year, _MONTH[what])
    if what in _DAY:
        behind = (today.weekday() - _DAY[what]) % 7
        return one_day(today - timedelta(days=behind or (0 if which == "this" else 7)))
    return None


def _weekday(text: str, today: date) -> Days | None:
    """`Monday`: the latest one, today included; `Monday morning`."""
    name, _, part = text.partition(" ")
    if name not in _DAY or part not in ("", *_PARTS):
        return None
    day = today - timedelta(days=(today.weekday() - _DAY[name]) % 7)
    return Days(day, day + timedelta(days=1), sure=True, hours=_PARTS.get(part, (0, 24)))


def _iso(text: str, today: date) -> Days | None:
    """`2026-03-12`, `2026-03`, `2026`, `2026-W11`, and `12.3.2026` as Europe writes it."""
    numbers = [int(one) for one in re.findall(r"\d+", text)] if len(text) < 12 else []
    if re.fullmatch(r"\d{4}-w\d{1,2}", text):
        return checked(lambda: one_week(date.fromisocalendar(numbers[0], numbers[1], 1)))
    if re.fullmatch(r"\d{4}([-/])\d{1,2}\1\d{1,2}", text):
        return checked(lambda: one_day(date(*numbers)))
    if re.fullmatch(r"\d{1,2}\.\d{1,2}\.\d{4}", text):
        return checked(lambda: one_day(date(*reversed(numbers))))
    if re.fullmatch(r"\d{4}-\d{1,2}", text):
        return checked(lambda: whole_month(numbers[0], numbers[1]))
    if re.fullmatch(r"\d{4}", text) and EARLIEST_YEAR <= numbers[0] <= LATEST_YEAR:
        return Days(date(numbers[0], 1, 1), date(numbers[0] + 1, 1, 1), sure=False)
    return None


def _month_day(text: str, today: date) -> Days | None:
    """`12 March`, `March 12`, `12 March 2026`; without a year, the latest one that is not in the future."""
    match = re.fullmatch(r"(?P<day>\d{1,2}) (?P<month>[a-z]+)(?: (?P<year>\d{4}))?", text) or re.fullmatch(
        r"(?P<month>[a-z]+) (?P<day>\d{1,2})(?: (?P<year>\d{4}))?", text
    )
    if match is None or match["month"] not in _MONTH:
        return None
    month, day = _MONTH[match["month"]], int(match["day"])
    if match["year"]:
        return checked(lambda: one_day(date(int(match["year"]), month, day)))
    for year in range(today.year, today.year - 5, -1):  # 29 February comes only now and then
        found = checked(lambda year=year: one_day(date(year, month, day)))  # type: ignore[misc]
        if found is not None and found.first <= today:
            return found
    return None


def _month(text: str, today: date) -> Days | None:
    """`March`: the latest one that has begun; `March 2026`, `March last year`."""
    name, _, year = text.partition(" ")
    sure = name.endswith("!")
    name = name.removesuffix("!")
    if name not in _MONTH:
        return None
    month = _MONTH[name]
    if not year:
        clear = sure or name not in ("march", "mar", "may", "april", "june", "august", "jan", "sep", "dec", "jun", "apr", "aug")
        return whole_month(today.year if month <= today.month else today.year - 1, month)._replace(sure=clear)
    if year in ("this year", "last year"):
        return whole_month(today.year - (year == "last year"), month)
    return checked(lambda: whole_month(int(year), month)) if re.fullmatch(r"\d{4}", year) else None


_RULES = (
    _named,
    _ago,
    _running,
    _relative,
    before_last,
    _weekday,
    _iso,
    _month_day,
    _month,
    quarter,
    half_year,
    season,
    _part,
    feast,
)
