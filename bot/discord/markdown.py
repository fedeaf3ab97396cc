"""Plain text -> Discord's markup, in which it means nothing but itself: it pings nobody, formats nothing, hides no link.

>>> plain("**bold** _x_ `y` ||z|| ~~w~~"), plain("# no title"), plain("a #7, - b")
('\\\\*\\\\*bold\\\\*\\\\* \\\\_x\\\\_ \\\\`y\\\\` \\\\|\\\\|z\\\\|\\\\| \\\\~\\\\~w\\\\~\\\\~', '\\\\# no title', 'a #7, - b')
>>> plain("<@123> [free](http://x.example)"), plain("@everyone, v@2") == "@\\u200beveryone, v@2"
('\\\\<@123> \\\\[free\\\\](http\\\\://x.example)', True)
>>> fitted("one *two* three", 9), fitted("short", 9)
('one \\\\*tw…', 'short')
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bot import formatting

_MARKS = re.compile(r"[\\*_~`|<\[\]]|:(?=//)|(?m:^)(?:(\s*)(#{1,3}|>{1,3}|-#|[-+])(?=\s)|(\s*\d+)\.(?=\s))")
_MENTION = re.compile(r"@(?=everyone\b|here\b|[!&]?\d{15,})")
_OURS = re.compile(r"`([^`\n]+)`|\*\*([^*\n]+)\*\*")
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """The text as markup that shows exactly this text, its times in the reader's own zone.

    Control characters and direction overrides are dropped.

    >>> plain("Queued · 2026-03-12 14:03 UTC")
    'Queued · <t:1773324180:f>'
    """
    parts = formatting.pieces(_UNSEEN.sub("", text.replace("\r\n", "\n").replace("\t", " ")))
    return "".join(_plain(one) if isinstance(one, str) else f"<t:{int(one.timestamp())}:f>" for one in parts)


def _plain(text: str) -> str:
    return _MENTION.sub("@\u200b", _MARKS.sub(_escaped, text))


def linked(text: str, address: str) -> str:
    """A text of ours that leads to an address; the text alone where the address could break out of it."""
    usable = address.startswith(("http://", "https://")) and not set(address) & set(" ()<>\n")
    return f"[{plain(text)}]({address})" if usable else plain(text)


def marked(text: str) -> str:
    """A sentence of Slate's own, in which `code` and **bold** are meant; everything else is `plain`.

    >>> marked("**Mia** has no `sd_xl.safetensors` *now*")
    '**Mia** has no `sd_xl.safetensors` \\\\*now\\\\*'
    """
    made, at = "", 0
    for found in _OURS.finditer(text):
        inner = f"`{found[1]}`" if found[1] else f"**{plain(found[2])}**"
        made, at = made + plain(text[at : found.start()]) + inner, found.end()
    return made + plain(text[at:])


def size(text: str) -> int:
    """Characters as the strictest counter counts them: one beyond the basic plane, such as an emoji, is two.

    >>> size("ab"), size("👟")
    (2, 2)
    """
    return len(text) + sum(letter > "\uffff" for letter in text)


def fitted(text: str, most: int, dressed: Callable[[str], str] = plain) -> str:
    """`plain` of the text, cut so that it has at most `most` characters, with an ellipsis when something is cut."""
    return _cut(text, most, dressed)


def bare(text: str, most: int) -> str:
    """The text for where no markup is read (labels, alt texts), on one line and cut.

    >>> bare("a *long*\\nlabel", 8)
    'a *long…'
    """
    return _cut(" ".join(_UNSEEN.sub("", text).split()), most, str)


def _cut(text: str, most: int, dressed: Callable[[str], str]) -> str:
    whole = dressed(text)
    if size(whole) <= most:
        return whole
    low, high = 0, min(len(text), most)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if size(dressed(text[:middle])) < most else (low, middle - 1)
    return dressed(text[:low].rstrip()) + "…" if most > 0 else ""


def block(text: str) -> str:
    """A code block that can be copied as it stands; empty when the text would break out of one."""
    return "" if "```" in text or text.endswith("`") else f"```\n{text}\n```"


def _escaped(found: re.Match[str]) -> str:
    if found[2]:
        return f"{found[1]}\\{found[2]}"
    return f"{found[3]}\\." if found[3] else "\\" + found[0]
