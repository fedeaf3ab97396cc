"""Stretches of whole days: weeks, quarters, seasons, feasts, and the beginning or the end of one."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

EARLIEST_YEAR, LATEST_YEAR = 1990, 2057
_NUMBER = {
    "a": 1,
    "an": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "few": 5,
    "couple": 2,
    "twelve": 12,
}


class Days(NamedTuple):
    """Whole days, `last` not included; `hours` picks a part of a single day. `sure`: it can be nothing but a date."""

    first: date
    last: date
    sure: bool = True
    hours: tuple[int, int] = (0, 24)


def before_last(text: str, today: date) -> Days | None:
    """`week before last`, `month before last`, `weekend before last`."""
    match = re.fullmatch(r"(day|week|month|quarter|year|weekend) before last", text)
    return unit(match[1], today, -2) if match else None


def quarter(text: str, today: date) -> Days | None:
    """`q4`: the latest one that has begun; `q4 2025`, `first quarter 2025`, `q1 last year`."""
    match = re.fullmatch(r"(?:q([1-4])|(first|second|third|fourth) quarter)(?: (\d{4}|this year|last year))?", text)
    if match is None:
        return None
    number = int(match[1]) if match[1] else ("first", "second", "third", "fourth").index(match[2]) + 1
    first = 3 * number - 2
    year = _year(match[3], today) if match[3] else today.year if first <= today.month else today.year - 1
    return checked(lambda: Days(date(year, first, 1), whole_month(year, first + 2).last))


def half_year(text: str, today: date) -> Days | None:
    """`h1`: the latest one that has begun; `h2 2025`, `first half year`, `2025 h1`."""
    match = re.fullmatch(r"(?:h([12])|(first|second) half(?: year)?)(?: (\d{4}|this year|last year))?", text)
    turned = re.fullmatch(r"(\d{4}) (h[12]|q[1-4])", text)
    if turned is not None:
        return half_year(f"{turned[2]} {turned[1]}", today) or quarter(f"{turned[2]} {turned[1]}", today)
    if match is None or (match[2] and not match[3]):
        return None
    first = 1 if match[1] == "1" or match[2] == "first" else 7
    year = _year(match[3], today) if match[3] else today.year if first <= today.month else today.year - 1
    return checked(lambda: Days(date(year, first, 1), whole_month(year, first + 5).last))


_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}


def season(text: str, today: date) -> Days | None:
    """`last summer`, `this winter`, `summer 2025`: whole months, of the year it began in."""
    match = re.fullmatch(r"(?:(last|this) )?(spring|summer|autumn|fall|winter)(?: (\d{4}|this year|last year))?", text)
    if match is None:
        return None
    first = _SEASONS[match[2]]
    year = _year(match[3], today) if match[3] else today.year if first <= today.month else today.year - 1
    if match[1] == "last" and not match[3] and year == today.year and today.month <= first + 2:
        year -= 1
    found = checked(lambda: Days(date(year, first, 1), whole_month(year + (first == 12), 2 if first == 12 else first + 2).last))
    return found._replace(sure=bool(match[1] or match[3])) if found else None


def _year(text: str, today: date) -> int:
    return int(text) if text.isdigit() else today.year - (text == "last year")


def part_of(text: str, today: date, days: Callable[[str, date], Days | None]) -> Days | None:
    """`early march`, `mid january 2025`, `end of last month`, `first week of march`, `first half of 2025`."""
    match = re.fullmatch(r"(early|mid|middle|late|start|beginning|end|first week|last week|first half|second half)-? ?(.+)", text)
    whole = days(match[2], today) if match else None
    if match is None and (year := re.fullmatch(r"(start|beginning) (month|year|week|quarter)", text)):
        return one_day(unit(year[2], today, 0).first)
    if match is not None and match[2] in ("month", "year", "quarter", "week"):
        whole = unit(match[2], today, 0)
    if match is None or whole is None:
        return None
    length = (whole.last - whole.first).days
    if length < 7:
        return None
    third, half, week = timedelta(days=length // 3), timedelta(days=length // 2), timedelta(days=7)
    first, last = whole.first, whole.last
    return {
        "early": Days(first, first + third), "start": Days(first, first + third), "beginning": Days(first, first + third),
        "mid": Days(first + third, last - third), "middle": Days(first + third, last - third), "late": Days(last - third, last),
        "end": Days(last - third, last), "first week": Days(first, first + week), "last week": Days(last - week, last),
        "first half": Days(first, first + half), "second half": Days(first + half, last),
    }[match[1]]  # fmt: skip


_FEASTS = {
    "christmas": (12, 25), "christmas day": (12, 25), "christmas eve": (12, 24), "boxing day": (12, 26), "new year": (1, 1),
    "new years": (1, 1), "new year's": (1, 1), "new years day": (1, 1), "new years eve": (12, 31), "halloween": (10, 31),
    "valentines": (2, 14), "valentines day": (2, 14), "valentine's day": (2, 14),
}  # fmt: skip


def feast(text: str, today: date) -> Days | None:
    """`christmas`: the latest one; it counts as a date only after since, before and their like."""
    name = re.sub(r"^(?:last|this) ", "", text)
    if name not in _FEASTS:
        return None
    month, day = _FEASTS[name]
    found = date(today.year, month, day)
    return one_day(found if found <= today else date(today.year - 1, month, day))._replace(sure=False)


def unit(unit: str, today: date, back: int) -> Days:
    match unit:
        case "day":
            return one_day(today + timedelta(days=back))
        case "week":
            return one_week(today - timedelta(days=today.weekday() - 7 * back))
        case "weekend":
            saturday = today - timedelta(days=(today.weekday() - 5) % 7 - 7 * back)
            if today.weekday() < 5:
                saturday += timedelta(days=7)
            return Days(saturday, saturday + timedelta(days=2))
        case "year":
            return Days(date(today.year + back, 1, 1), date(today.year + back + 1, 1, 1))
    size = 3 if unit == "quarter" else 1
    first = (today.year * 12 + today.month - 1) // size * size + back * size
    return Days(date(first // 12, first % 12 + 1, 1), date((first + size) // 12, (first + size) % 12 + 1, 1))


def one_day(day: date) -> Days:
    return Days(day, day + timedelta(days=1))


def one_week(monday: date) -> Days:
    return Days(monday, monday + timedelta(days=7))


def whole_month(year: int, month: int) -> Days:
    first = date(year, month, 1)
    return Days(first, date(year + month // 12, month % 12 + 1, 1))


def number(text: str) -> int | None:
    if text.isascii() and text.isdigit() and len(text) < 4:
        return int(text)
    return _NUMBER.get(text)


def checked(make: Callable[[], Days]) -> Days | None:
    """What `make` gives, or None for a day the calendar does not have."""
    try:
        days = make()
    except ValueError:
        return None
    return days if EARLIEST_YEAR <= days.first.year <= LATEST_YEAR else None
