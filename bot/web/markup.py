"""People's text as safe HTML: everything escaped, then `code`, ```blocks```, **bold** and http(s) links, and nothing else.

>>> str(dressed("**hi** <b> `a*b` http://x.example/?a=1&b=2."))
'<strong>hi</strong> &lt;b&gt; <code>a*b</code> <a href="http://x.example/?a=1&amp;b=2" rel="noreferrer noopener" \
target="_blank">http://x.example/?a=1&amp;b=2</a>.'
"""

from __future__ import annotations

import re
from datetime import datetime

from markupsafe import Markup, escape

from bot import formatting

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_TOKEN = re.compile(
    r"```(?P<block>.+?)```|`(?P<code>[^`\n]+)`|\*\*(?P<bold>[^*\n]+)\*\*|(?P<link>https?://[^\s<>\"'`]+)",
    re.DOTALL | re.IGNORECASE,
)
_TRAILING = ".,;:!?)]}"
_SHOWN = 4000
LONGEST = 40_000
"""Characters of one text that are shown; what is longer is shown shortened."""


def plain(text: str) -> str:
    """The text without control characters and direction overrides."""
    return _CONTROL.sub("", text.replace("\r\n", "\n"))


def dressed(text: str) -> Markup:
    """HTML for one message's text."""
    source = plain(text)
    if len(source) > LONGEST:
        source = source[:LONGEST] + " … (shortened)"
    pieces, at = list[Markup](), 0
    for found in _TOKEN.finditer(source):
        pieces.append(_words(source[at : found.start()]))
        pieces.append(_token(found))
        at = found.end()
    pieces.append(_words(source[at:]))
    return Markup().join(pieces)


def moment(at: datetime) -> Markup:
    """A time that the page's script shows in the browser's own zone."""
    return Markup('<time datetime="{}" data-local>{}</time>').format(at.isoformat(), formatting.when(at))


def _words(text: str) -> Markup:
    return Markup().join(escape(one) if isinstance(one, str) else moment(one) for one in formatting.pieces(text))


def folded(text: str) -> tuple[Markup, Markup]:
    """The text, and what of it is beyond what a message shows at once."""
    return dressed(text[:_SHOWN]), dressed(text[_SHOWN:])


def _token(found: re.Match[str]) -> Markup:
    if found["block"]:
        return Markup("<pre><code>{}</code></pre>").format(found["block"].strip("\n"))
    if found["code"]:
        return Markup("<code>{}</code>").format(found["code"])
    if found["bold"]:
        return Markup("<strong>{}</strong>").format(found["bold"])
    link = found["link"].rstrip(_TRAILING)
    rest = found["link"][len(link) :]
    return Markup('<a href="{0}" rel="noreferrer noopener" target="_blank">{0}</a>{1}').format(link, rest)
