"""What people typed in Slack -> plain words: Slack's own marks for people, channels, links and emoji are read back.

>>> heard("by:<@U1|mia> &lt;b&gt; <https://a.example/?x=1&amp;y=2|here> in <#C1|general>, <!here>", {"U1": "Mia Chen"}.get)
'by:"Mia Chen" <b> https://a.example/?x=1&y=2 in #general, @here'
>>> heard("a :rocket: for (red:1.3) and [cat:dog:0.5] :no-such-emoji:", {}.get)
'a 🚀 for (red:1.3) and [cat:dog:0.5] :no-such-emoji:'
>>> sign("white_check_mark"), sign("+1::skin-tone-4"), sign("studio-pick")
('✅', '👍', ':studio-pick:')
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bot import command_text

_MARK = re.compile(r"<(?P<kind>[@#!]?)(?P<what>[^<>|\s]+)(?:\|(?P<label>[^<>]*))?>")
_SHORT_NAME = re.compile(r"(?<![\w:]):[a-z0-9_+'-]+:(?![\w:])")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def heard(text: str, name_of: Callable[[str], str | None]) -> str:
    """The text as the person meant it; `name_of` gives the name behind a user id."""
    plain = _MARK.sub(lambda mark: _meant(mark, name_of), text)
    for entity, letter in _ENTITIES:
        plain = plain.replace(entity, letter)
    return _SHORT_NAME.sub(lambda short: _known_sign(short.group()[1:-1]) or short.group(), plain)


def sign(name: str) -> str:
    """The emoji behind Slack's name for it; one of the workspace's own stays `:name:`."""
    bare = name.partition("::")[0]
    return _known_sign(bare) or f":{bare}:"


def _known_sign(name: str) -> str:
    import emoji

    shown = emoji.emojize(f":{name}:", language="alias")
    return "" if shown == f":{name}:" else shown


def _meant(mark: re.Match[str], name_of: Callable[[str], str | None]) -> str:
    kind, what, label = mark["kind"], mark["what"], mark["label"] or ""
    if kind == "@":
        return command_text.quote(name_of(what) or label or what)
    if kind == "#":
        return f"#{label or what}"
    if kind == "!":
        return label or f"@{what.partition('^')[0]}"
    return label if what.startswith("mailto:") and label else what
