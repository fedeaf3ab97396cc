"""Numbers, times and long texts in words, the same on every front end.

>>> duration(4.21), duration(65), duration(4000)
('4.2 s', '1 min 5 s', '1 h 7 min')
>>> about(0.4), about(44), about(400)
('a moment', 'about 45 s', 'about 7 min')
>>> short("one two three four", 12), short("short", 12)
('one two…', 'short')
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime

_TIME = re.compile(r"(?<![\w-])(\d{4}-\d\d-\d\d \d\d:\d\d) UTC\b", re.ASCII)


def duration(seconds: float) -> str:
    """A measured time."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min"


def about(seconds: float) -> str:
    """An expected time, no more exact than it is known."""
    if seconds < 1:
        return "a moment"
    if seconds < 10:
        return f"about {math.ceil(seconds)} s"
    if seconds < 90:
        return f"about {math.ceil(seconds / 5) * 5} s"
    minutes = math.ceil(seconds / 60)
    return f"about {minutes} min" if minutes < 90 else f"about {round(minutes / 60)} h"


def bytes_of(count: int) -> str:
    """How large a file is.

    >>> bytes_of(512), bytes_of(151_000_000), bytes_of(6_900_000_000)
    ('512 bytes', '151 MB', '6.9 GB')
    """
    for unit, step in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= step:
            return f"{count / step:.1f} {unit}".replace(".0 ", " ")
    return f"{count} bytes"


def when(at: datetime) -> str:
    """A point in time, in UTC; `pieces` finds it again, for front ends that show it in the reader's zone."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def pieces(text: str) -> list[str | datetime]:
    """The text, taken apart at the times `when` wrote, so that a front end can show them in the reader's own zone.

    >>> pieces("Queued · 2026-03-12 14:03 UTC")
    ['Queued · ', datetime.datetime(2026, 3, 12, 14, 3, tzinfo=datetime.timezone.utc)]
    """
    made: list[str | datetime] = []
    at = 0
    for found in _TIME.finditer(text):
        try:
            moment = datetime.strptime(found[1], "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
        except ValueError:
            continue  # looks like a time, but is none
        made += [text[at : found.start()], moment] if found.start() > at else [moment]
        at = found.end()
    return made + ([text[at:]] if at < len(text) else [])


def short(text: str, most: int) -> str:
    """The text on one line, cut at a word where that is possible, with an ellipsis if anything was cut."""
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    cut = line[: most - 1]
    at_word = cut.rsplit(" ", 1)[0]
    return (at_word if len(at_word) > most // 2 else cut).rstrip(" ,;:.") + "…"


def cut(text: str, most: int) -> str:
    """The text with its line breaks, cut to `most` characters."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
