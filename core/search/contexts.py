"""Names after and before the words that lead to them: for Acme, by Mia, the shot sh010, tagged pick."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from core.search import events
from core.search.conditions import UNDECIDED_SAID
from core.search.entities import Match
from core.search.lexicon import word_set
from core.search.line import ORDERS, TAKEN, Line, english, ordinary, picture_nouns
from storage.search import FacetField

_PLACES = (FacetField.CLIENT, FacetField.PROJECT)
_THINGS = (FacetField.WORKFLOW, FacetField.LORA, FacetField.MODEL)
SHOT_CODE = re.compile(r"(?=.*\d)[\w-]{2,20}")
MAKES = word_set(
    """
    made rendered did created generated make render do makes renders upload uploaded approve approved reject
    rejected export exported judge use used start started send
    """
)


class Context(NamedTuple):
    """After (or before) which words which names are meant, and how loosely they may be spelled."""

    lead: str
    fields: Sequence[FacetField]
    loose: bool = True
    follows: bool = True
    role: FacetField | None = None
    """What the name stands for, if not for its own field."""

    def leads(self, key: str) -> bool:
        return _lead(self.lead).fullmatch(key) is not None


@cache
def _lead(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


_CONTEXTS = (
    Context(r"clients?|customer", (FacetField.CLIENT,)),
    Context(r"projects?", (FacetField.PROJECT,)),
    Context(r"shots?", (FacetField.SHOT,)),
    Context(r"workflows?", (FacetField.WORKFLOW,)),
    Context(r"models?|checkpoint", (FacetField.MODEL,)),
    Context(r"loras?", (FacetField.LORA,)),
    Context(r"tagged|tags?", (FacetField.TAG,)),
    Context(r"by|did|has|have|does|is|was|had", (FacetField.BY,)),
    Context(r"for", (FacetField.CLIENT, FacetField.PROJECT, FacetField.SHOT)),
    Context(r"from", (FacetField.BY, FacetField.CLIENT, FacetField.PROJECT)),
    Context(r"to", (FacetField.CLIENT,), loose=False),
    Context(r"in|on|under|of|at", (FacetField.PROJECT, FacetField.SHOT, FacetField.CLIENT), loose=False),
    Context(r"with|using|use|used|uses|via|through", (*_THINGS, FacetField.TAG), loose=False),
    Context("|".join(sorted(MAKES)), (FacetField.BY,), follows=False, loose=False),
    Context(r"workflows?", (FacetField.WORKFLOW,), follows=False, loose=False),
    Context(r"loras?", (FacetField.LORA,), follows=False, loose=False),
    Context(r"models?", (FacetField.MODEL,), follows=False, loose=False),
    Context(r"projects?|campaign|job|account", (FacetField.PROJECT, FacetField.CLIENT), follows=False, loose=False),
    Context(r"shots?", (FacetField.SHOT,), follows=False, loose=False),
)
_SKIPPED = ("the", "our", "a", "an", "client", "project", "workflow", "model", "lora", "my")


def in_context(line: Line) -> None:
    for context in _CONTEXTS:
        for at in range(len(line.keys)):
            if line.keys[at] is not TAKEN and context.leads(line.keys[at]):
                _after(line, at, context) if context.follows else _before(line, at, context)
    for at, one in enumerate(line.words):
        if one.owner and line.keys[at] != TAKEN:
            _owner(line, at)


def _after(line: Line, lead: int, context: Context) -> None:
    first = lead + 1
    while first < len(line.keys) and line.keys[first] in _SKIPPED:
        first += 1
    longest = next((size for size in range(4) if stops(line, first + size)), 4)
    found = _longest(line, first, longest, context)
    if found is None:
        return
    match, last = found
    line.asking = True
    taken_to = lead + 1 if context.lead.startswith(("by|did", "with", "to")) else first
    line.add(match, first, last, field=context.role)
    if line.keys[lead] != TAKEN and line.keys[lead] not in (
        "did",
        "has",
        "have",
        "does",
        "is",
        "was",
        "had",
        "use",
        "used",
        "uses",
    ):
        line.take(lead, taken_to)


def _longest(line: Line, first: int, longest: int, context: Context) -> tuple[Match, int] | None:
    vocabulary = line.reading.vocabulary
    readers = [vocabulary.exact, vocabulary.partial, *([vocabulary.near] if context.loose else [])]
    for reader in readers:
        for size in range(longest, 0, -1):
            text = line.text(first, first + size)
            fields = _fields(line, context, text, exact=reader == vocabulary.exact)
            if reader == vocabulary.partial and not _may_be_part(line, context, first, first + size):
                continue
            if reader == vocabulary.near and (
                line.in_corpus(text) or text in ordinary("verbs") | ordinary("chat") | picture_nouns()
            ):
                continue
            if _judged(line, text, first, size):
                continue
            if not _dull(text) and (match := reader(text, fields)):
                return match, first + size
    return None


def _judged(line: Line, text: str, first: int, size: int) -> bool:
    """Whether a word is a verdict rather than part of a name: `for approved shots`, but not `for Approved`."""
    if size > 1 or text not in (*events.APPROVE, *events.REJECT, *events.EXPORT, *UNDECIDED_SAID):
        return False
    last = first + size >= len(line.keys) or line.words[first].stop
    return not (last and (line.words[first].raw[:1].isupper() or line.original(first - 1) == "for"))


def _fields(line: Line, context: Context, text: str, *, exact: bool) -> Sequence[FacetField]:
    """Where shots may be meant beside other things, only what looks like a shot or is one in full."""
    if FacetField.SHOT in context.fields and len(context.fields) > 1 and not exact and not SHOT_CODE.fullmatch(text):
        return tuple(one for one in context.fields if one is not FacetField.SHOT)
    return context.fields


def _may_be_part(line: Line, context: Context, first: int, last: int) -> bool:
    """Whether part of a name may stand for it here: not where it is a word of pictures and more words follow."""
    if not (context.loose or ends(line, last)):
        return False
    if context.fields == (FacetField.BY,) or len(context.fields) == 1:
        return True
    return ends(line, last) or not line.in_corpus(line.text(first, last))


def _dull(text: str) -> bool:
    return text in ordinary("function") | picture_nouns() | units_said() | ORDERS | frozenset(
        ["client", "clients", "us", "me", "public", "team"]
    )


@cache
def units_said() -> frozenset[str]:
    """Nouns of what can be counted."""
    return frozenset(english()["units"])


def stops(line: Line, at: int) -> bool:
    """Whether a name cannot go on at this word."""
    if at >= len(line.keys):
        return True
    key = line.keys[at]
    if at and line.words[at - 1].stop and line.words[at - 1].start != line.words[at].start:
        return True
    return (
        key == TAKEN or key in ordinary("function") or key in picture_nouns() or key in ordinary("chat") or key in UNDECIDED_SAID
    )


def ends(line: Line, at: int) -> bool:
    """Whether a name that ends here is all there is: `with film`, but not `with film grain` or `with depth of field`."""
    return stops(line, at) and line.keys[at : at + 1] != ["of"]


def _before(line: Line, lead: int, context: Context) -> None:
    for size in (3, 2, 1):
        first = lead - size
        text = line.text(first, lead) if first >= 0 else TAKEN
        if TAKEN in text or any(_dull(one) for one in text.split()) or _judged(line, text, first, size):
            continue
        vocabulary = line.reading.vocabulary
        if match := vocabulary.exact(text, context.fields) or vocabulary.partial(text, context.fields):
            line.asking = True
            line.add(match, first, lead)
            if context.fields[0] is not FacetField.BY:
                line.take(lead, lead + 1)
            return


def _owner(line: Line, at: int) -> None:
    fields = (FacetField.BY, *_PLACES)
    vocabulary = line.reading.vocabulary
    for first in (at - 2, at - 1, at):
        text = line.text(first, at + 1) if first >= 0 else TAKEN
        if TAKEN in text:
            continue
        match = (
            vocabulary.exact(text, fields)
            or vocabulary.partial(text, fields)
            or (vocabulary.near(text, fields) if first == at else None)
        )
        if match:
            line.asking = True
            line.add(match, first, at + 1)
            return
