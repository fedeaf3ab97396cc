"""Rich text, Slack's text that is never parsed: nothing in it pings, links or formats unless it is said to.

>>> block([line(bold("By"), plain(" Mia <@U1> *Chen*"))])["elements"][0]["elements"][1]
{'type': 'text', 'text': ' Mia <@U1> *Chen*'}
>>> cut("four little words", 12), cut("short", 12)
('four little…', 'short')
>>> [(part["text"], *part.get("style", {})) for part in dressed("`R-4F2K` by **Mia**, today *2*")]
[('R-4F2K', 'code'), (' by ',), ('Mia', 'bold'), (', today *2*',)]
>>> [pieces("ab cd ef", 5), pieces("", 5)]
[['ab cd', 'ef'], []]
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot import command_text, formatting

Json = dict[str, Any]
DATE = "{date_short_pretty} at {time}"
"""How Slack writes a time: `Mar 12 at 3:03 PM`, in the reader's zone."""
_MARKED = re.compile(r"`(?P<code>[^`\n]+)`|\*\*(?P<bold>[^*\n]+)\*\*")


def length(text: str) -> int:
    """Characters as the strictest reader counts them: in UTF-16."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, most: int) -> str:
    """The text within `most` characters, with an ellipsis if anything was cut."""
    if length(text) <= most:
        return text
    return _head(text, most - 1).rstrip() + "…"


def pieces(text: str, most: int) -> list[str]:
    """The text in pieces of at most `most` characters, broken at a line or a blank where there is one."""
    made = []
    rest = text.strip("\n")
    while rest:
        head = rest if length(rest) <= most else _broken(_head(rest, most), rest)
        made.append(head)
        rest = rest[len(head) :].lstrip(" \n")
    return made


def plain(text: str) -> Json:
    return {"type": "text", "text": text}


def bold(text: str) -> Json:
    return {"type": "text", "text": text, "style": {"bold": True}}


def code(text: str) -> Json:
    return {"type": "text", "text": text, "style": {"code": True}}


def timed(text: str) -> list[Json]:
    """Plain text in which times are shown in the reader's own zone.

    >>> [part["type"] for part in timed("Queued · 2026-03-12 14:03 UTC")]
    ['text', 'date']
    """
    return [plain(one) if isinstance(one, str) else date(one) for one in formatting.pieces(text)]


def date(at: datetime) -> Json:
    return {"type": "date", "timestamp": int(at.timestamp()), "format": DATE, "fallback": formatting.when(at)}


def link(text: str, url: str) -> Json:
    return {"type": "link", "url": url, "text": text, "style": {"bold": True}}


def dressed(text: str) -> list[Json]:
    """Words of Slate's own, in which `code` and **bold** stand out; never for what people wrote."""
    made, at = [], 0
    for found in _MARKED.finditer(text):
        made += [plain(text[at : found.start()])] if found.start() > at else []
        made.append(code(found["code"]) if found["code"] else bold(found["bold"]))
        at = found.end()
    return made + ([plain(text[at:])] if at < len(text) else [])


def line(*elements: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(elements)}


def listing(text: str) -> Json:
    """Text to be copied as it stands."""
    return {"type": "rich_text_preformatted", "elements": [plain(text)]}


def block(sections: Sequence[Json], name: str = "") -> Json:
    return {"type": "rich_text", "elements": list(sections)} | ({"block_id": name} if name else {})


def shown(text: str) -> str:
    """What of a text can be seen: no control characters, half surrogates or direction overrides."""
    return command_text.clean(text).strip()


def escaped(text: str) -> str:
    """A text for places that are parsed, such as a notification: no mention, no link comes of it."""
    return shown(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _head(text: str, most: int) -> str:
    head = text[:most]
    while length(head) > most:
        head = head[: len(head) - max(1, (length(head) - most) // 2)]
    return head


def _broken(head: str, whole: str) -> str:
    if whole[len(head) : len(head) + 1] in (" ", "\n"):
        return head
    at = max(head.rfind("\n"), head.rfind(" "))
    return head[:at] if at > len(head) // 2 else head
