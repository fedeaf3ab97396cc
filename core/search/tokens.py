"""Cuts what is typed to search into words, "phrases", -negations and field:values, each with its place in the text.

>>> [str(piece) for piece in cut('hero -sketch "low sun" by:"Mia Chen",Ana tag:pick')]
['hero', '-sketch', '"low sun"', 'by:Mia Chen,Ana', 'tag:pick']
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from core.errors import BadQuery

LONGEST = 2_000
MOST = 64
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»″＂", '"') | dict.fromkeys("’‘‛＇`", "'") | {"：": ":"})
_FIELD = re.compile(r"([^\W\d_][\w-]*):(?!//)[ \t]*", re.UNICODE)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_PROSE = re.compile(
    r"(?:who|whose|what|when|which|how|where|is|are|was|were|did|has|have|any|show|renders?|pictures?|images?)(?:'?s)?\b",
    re.IGNORECASE,
)
_BARE = re.compile(r'[^\s,"]+')
_WORD = re.compile(r'[^\s"]+')


@dataclass(frozen=True)
class Piece:
    """One stretch of the text. `field` is set for field:values, else `text` is the word or phrase."""

    start: int
    end: int
    text: str = ""
    quoted: bool = False
    negated: bool = False
    field: str = ""
    values: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = f"{self.field}:{','.join(self.values)}" if self.field else f'"{self.text}"' if self.quoted else self.text
        return f"-{said}" if self.negated else said


def clean(text: str) -> str:
    """The text with typographic quotes made plain and control characters made spaces, the same length. Raises BadQuery."""
    if len(text) > LONGEST:
        raise BadQuery(
            f"That is {len(text):,} characters; {LONGEST:,} are the most.", hint="Ask with a few words.", limit=LONGEST
        )
    plain = text.translate(_QUOTES)
    return "".join(" " if unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") else letter for letter in plain)


def cut(text: str) -> list[Piece]:
    """The pieces of a clean text, in order. Raises BadQuery for a quote that is not closed and a field without a value."""
    pieces, at = list[Piece](), 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        piece = _next(text, at)
        pieces.append(piece)
        at = piece.end
    if len(pieces) > MOST:
        raise BadQuery(f"That is {len(pieces)} words; {MOST} are the most.", hint="Ask with a few words.", limit=MOST)
    return pieces


def quote(value: str) -> str:
    """`value` in quotes, so that it is read back as one.

    >>> quote('the "big" one')
    '"the \\\\"big\\\\" one"'
    """
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _next(text: str, at: int) -> Piece:
    negated = text[at] == "-" and at + 1 < len(text) and (text[at + 1].isalnum() or text[at + 1] == '"')
    start = at + negated
    if text[start] == '"':
        match = _quoted(text, start)
        return Piece(at, match.end(), _unescaped(match[1]), quoted=True, negated=negated)
    field = _FIELD.match(text, start)
    if field and field.end() > field.end(1) + 1 and _PROSE.match(text, field.end()):
        field = None  # per artist: who is ahead?
    if field and (is_field(field[1]) or field.end() == field.end(1) + 1):
        return _field(text, at, field, negated=negated)
    word = _WORD.match(text, start)
    assert word is not None, "neither a space nor a quote"
    return Piece(at, word.end(), word.group(), negated=negated)


def _field(text: str, at: int, field: re.Match[str], *, negated: bool) -> Piece:
    values, end = list[str](), field.end()
    while True:
        match = _quoted(text, end) if text[end : end + 1] == '"' else _BARE.match(text, end)
        if match is None:
            break
        is_quoted = match.group().startswith('"')
        values.append(_unescaped(match[1]) if is_quoted else match.group().rstrip("?!;)") or match.group())
        end = match.end()
        if text[end : end + 1] != "," or text[end + 1 : end + 2].strip() == "":
            break
        end += 1
    if not [value for value in values if value.strip()]:
        if not is_field(field[1]):
            return Piece(at, field.end(), field[1], negated=negated)
        raise BadQuery(f"`{field[1]}:` has no value.", hint=f"Say what it should be, such as `{_EXAMPLES[_known(field[1])]}`.")
    end += text[end : end + 1] == ","
    return Piece(at, end, field=_known(field[1]), values=tuple(values), negated=negated)


def is_field(word: str) -> bool:
    return _known(word) in _EXAMPLES


def fields() -> tuple[str, ...]:
    """The names of all fields."""
    return tuple(_EXAMPLES)


def _known(word: str) -> str:
    return _ALIASES.get(word.casefold(), word.casefold())


def _quoted(text: str, at: int) -> re.Match[str]:
    match = _QUOTED.match(text, at)
    if match is None:
        raise BadQuery('A quote (") is opened but not closed.', hint='Close it: `"low sun"`.', at=at)
    return match


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


_EXAMPLES = {
    "by": 'by:"Mia Chen"',
    "client": "client:acme",
    "project": "project:acme-spring",
    "shot": "shot:sh010",
    "status": "status:approved",
    "tag": "tag:pick",
    "model": "model:slate-sim-base",
    "lora": "lora:slate-sim-ink",
    "workflow": "workflow:product-depth",
    "technique": "technique:depth",
    "seed": "seed:1234",
    "size": "size:1024x768",
    "kind": "kind:video",
    "judge": "judge:ana",
    "negative": "negative:blurry",
    "before": "before:2026-03-12",
    "after": 'after:"last week"',
    "on": "on:yesterday",
    "is": "is:approved",
    "sort": "sort:oldest",
}
_ALIASES = {
    "who": "by", "member": "by", "person": "by", "artist": "by", "maker": "by", "customer": "client", "checkpoint": "model",
    "models": "model", "loras": "lora", "tags": "tag", "techniques": "technique", "since": "after", "until": "before",
    "date": "on",
    "when": "on", "during": "on", "order": "sort", "type": "kind", "state": "status", "approver": "judge",
}  # fmt: skip
