"""Names in a question: people, clients, projects, shots, workflows, models, LoRAs and tags, wherever and however they are said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from core.search import events
from core.search.conditions import UNDECIDED_SAID
from core.search.entities import Match, Name
from core.search.line import ORDERS, TAKEN, Line, english, known, ordinary, picture_nouns
from storage.search import Field
from storage.search.tokenizer import words_of

_PLACES = (Field.CLIENT, Field.PROJECT)
_THINGS = (Field.WORKFLOW, Field.LORA, Field.MODEL)
_ANY = (Field.BY, Field.CLIENT, Field.PROJECT, Field.SHOT, Field.WORKFLOW, Field.MODEL, Field.LORA, Field.TAG)
_LEADS = ("for", "by", "from", "in", "on", "client", "project", "of", "with", "at", "about", "to")
_SHOT_CODE = re.compile(r"(?=.*\d)[\w-]{2,20}")
_MONTHS = frozenset(
    [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "jan",
        "feb",
        "mar",
        "apr",
        "jun",
        "jul",
        "aug",
        "sep",
        "sept",
        "oct",
        "nov",
        "dec",
    ]
)
_MAKES = frozenset(
    [
        "made",
        "rendered",
        "did",
        "created",
        "generated",
        "make",
        "render",
        "do",
        "makes",
        "renders",
        "upload",
        "uploaded",
        "approve",
        "approved",
        "reject",
        "rejected",
        "export",
        "exported",
        "judge",
        "use",
        "used",
        "start",
        "started",
        "send",
    ]
)


class Context(NamedTuple):
    """After (or before) which words which names are meant, and how loosely they may be spelled."""

    lead: str
    fields: Sequence[Field]
    loose: bool = True
    follows: bool = True
    role: Field | None = None
    """What the name stands for, if not for its own field."""

    def leads(self, key: str) -> bool:
        return _lead(self.lead).fullmatch(key) is not None


@cache
def _lead(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


_CONTEXTS = (
    Context(r"clients?|customer", (Field.CLIENT,)),
    Context(r"projects?", (Field.PROJECT,)),
    Context(r"shots?", (Field.SHOT,)),
    Context(r"workflows?", (Field.WORKFLOW,)),
    Context(r"models?|checkpoint", (Field.MODEL,)),
    Context(r"loras?", (Field.LORA,)),
    Context(r"tagged|tags?", (Field.TAG,)),
    Context(r"by|did|has|have|does|is|was|had", (Field.BY,)),
    Context(r"for", (Field.CLIENT, Field.PROJECT, Field.SHOT)),
    Context(r"from", (Field.BY, Field.CLIENT, Field.PROJECT)),
    Context(r"to", (Field.CLIENT,), loose=False),
    Context(r"in|on|under|of|at", (Field.PROJECT, Field.SHOT, Field.CLIENT), loose=False),
    Context(r"with|using|use|used|uses|via|through", (*_THINGS, Field.TAG), loose=False),
    Context("|".join(sorted(_MAKES)), (Field.BY,), follows=False, loose=False),
    Context(r"workflows?", (Field.WORKFLOW,), follows=False, loose=False),
    Context(r"loras?", (Field.LORA,), follows=False, loose=False),
    Context(r"models?", (Field.MODEL,), follows=False, loose=False),
    Context(r"projects?|campaign|job|account", (Field.PROJECT, Field.CLIENT), follows=False, loose=False),
    Context(r"shots?", (Field.SHOT,), follows=False, loose=False),
)
_SKIPPED = ("the", "our", "a", "an", "client", "project", "workflow", "model", "lora", "my")


def full_names(line: Line) -> None:
    """Names of two words and more, spelled just so or with another plural; the longest first."""
    for size in (5, 4, 3, 2):
        for first in range(len(line.keys) - size + 1):
            text = line.text(first, first + size)
            judge = first > 1 and line.keys[first - 1] == "by" and line.keys[first - 2] in ("approved", "rejected")
            if TAKEN in text or judge:
                continue
            match = (
                line.reading.vocabulary.exact(text, _ANY)
                or line.reading.vocabulary.plural(text, _ANY)
                or _nearly(line, first, size)
            )
            if match is None:
                continue
            kind = match.names[0].field
            led = bool(first) and line.keys[first - 1] in _LEADS
            sure = kind is Field.BY or line.words[first].raw[:1].isupper() or size > 2 or not line.in_corpus(text)
            if line.asking or led or sure:
                line.asking = True
                line.add(match, first, first + size)
    _joined(line)


def _nearly(line: Line, first: int, size: int) -> Match | None:
    """A name of several words with a letter or two wrong; one that is known by its initial: `tom h`."""
    keys, known_names = line.keys[first : first + size], line.reading.vocabulary
    if size == 2 and len(keys[1]) == 1 and keys[1].isalpha() and keys[1] not in ("a", "i"):
        return known_names.initialled(keys[0], keys[1])
    if size > 3 or any(len(one) < 3 for one in keys) or known(keys[0]) or known(keys[-1]):
        return None
    if line.in_corpus(" ".join(keys)) or all(line.in_prompts(one) for one in keys):
        return None
    return known_names.almost(" ".join(keys), (Field.BY, Field.CLIENT, Field.PROJECT, Field.SHOT))


def _joined(line: Line) -> None:
    """Names written in one word: nightrun."""
    for at, key in enumerate(line.keys):
        if len(key) > 5 and key.isalpha() and (match := line.reading.vocabulary.squeezed(key)) and not line.in_corpus(key):
            line.asking = True
            line.add(match, at, at + 1)


def shots(line: Line) -> None:
    """A known shot's code, wherever it stands."""
    for at, key in enumerate(line.keys):
        known, field = line.reading.vocabulary, (Field.SHOT,)
        match = known.exact(key, field) if _SHOT_CODE.fullmatch(key) else None
        if match is None and re.fullmatch(r"[^\W\d_]+-?\d+", key):
            match = known.same_number(key)
        if match:
            line.add(match, at, at + 1)
            if at and line.keys[at - 1] in ("shot", "shots"):
                line.take(at - 1, at)


def strong_people(line: Line) -> None:
    """People in places where nothing but a person stands, even where the name is an ordinary word: "did Will make", "May's"."""
    people = (Field.BY,)
    known_names = line.reading.vocabulary
    for at, key in enumerate(line.keys):
        if key == TAKEN:
            continue
        one = line.words[at]
        after = line.keys[at + 1] if at + 1 < len(line.keys) else ""
        before = line.keys[at - 1] if at else ""
        led = before in ("did", "has", "have", "does", "had", "was", "by") and after in _MAKES | {
            "last",
            "first",
            "ever",
            "start",
            "work",
        }
        led = led or (before == "by" and (not after or after in ordinary("function") or after == TAKEN or line.words[at].stop))
        led = led or (before in ("did", "does", "has") and key not in ("we", "i", "you", "anyone"))
        led = led or (key in _MONTHS and not _dated(line, at) and after in picture_nouns())
        if not led and not one.owner and len(key) > 3 and key.endswith("s") and not known(key) and not line.in_prompts(key):
            if owned := known_names.exact(key[:-1], people) or known_names.word_of_person(key[:-1]):
                line.asking = True
                line.add(owned, at, at + 1)
                continue
        capital = one.raw[:1].isupper() and key in (*_MONTHS, "will") and not _dated(line, at) and (at or key != "will")
        if (led or one.owner or capital) and (match := known_names.exact(key, people) or known_names.word_of_person(key)):
            if key in _MONTHS and _dated(line, at) and not (led or one.owner):
                continue
            line.asking = True
            line.add(match, at, at + 1)


def _dated(line: Line, at: int) -> bool:
    """Whether a month's name stands as one: in May, May 2025, 3 May, last May."""
    before = line.keys[at - 1] if at else ""
    after = line.keys[at + 1] if at + 1 < len(line.keys) else ""
    leads = (
        "in",
        "since",
        "until",
        "before",
        "after",
        "during",
        "last",
        "this",
        "of",
        "from",
        "and",
        "to",
        "between",
        "till",
        "early",
        "late",
    )
    return before in leads or bool(
        re.fullmatch(r"\d{1,4}(st|nd|rd|th)?", before) or re.fullmatch(r"\d{1,4}(st|nd|rd|th)?", after)
    )


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
    return not (line.words[first].raw[:1].isupper() and last)


def _fields(line: Line, context: Context, text: str, *, exact: bool) -> Sequence[Field]:
    """Where shots may be meant beside other things, only what looks like a shot or is one in full."""
    if Field.SHOT in context.fields and len(context.fields) > 1 and not exact and not _SHOT_CODE.fullmatch(text):
        return tuple(one for one in context.fields if one is not Field.SHOT)
    return context.fields


def _may_be_part(line: Line, context: Context, first: int, last: int) -> bool:
    """Whether part of a name may stand for it here: not where it is a word of pictures and more words follow."""
    if not (context.loose or ends(line, last)):
        return False
    if context.fields == (Field.BY,) or len(context.fields) == 1:
        return True
    return ends(line, last) or not line.in_corpus(line.text(first, last))


def _dull(text: str) -> bool:
    return text in ordinary("function") | picture_nouns() | _UNITS() | ORDERS | frozenset(["client", "clients", "us", "me"])


@cache
def _UNITS() -> frozenset[str]:
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
            if context.fields[0] is not Field.BY:
                line.take(lead, lead + 1)
            return


def _owner(line: Line, at: int) -> None:
    fields = (Field.BY, *_PLACES)
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


def bare_names(line: Line) -> None:
    """Single words that are a name in full, or part of just one, where pictures do not use the word."""
    if not line.asking:
        return
    for at, one in enumerate(line.words):
        key = line.keys[at]
        if key == TAKEN or key in _never() or (key in ordinary("verbs") and not one.raw[:1].isupper()):
            continue
        if match := _bare(line, at):
            line.add(match, at, at + 1)
    _two_word_parts(line)


@cache
def _never() -> frozenset[str]:
    """Words that are no part of a name unless something else says so."""
    events_said = frozenset([*events.APPROVE, *events.REJECT, *events.EXPORT, "unapproved", *UNDECIDED_SAID])
    return ordinary("function") | picture_nouns() | ordinary("chat") | _UNITS() | events_said | ORDERS


def _bare(line: Line, at: int) -> Match | None:
    names, one, key = line.reading.vocabulary, line.words[at], line.keys[at]
    capital, alone = one.raw[:1].isupper(), stops(line, at + 1)
    # "rose petals" is no client Rose; "Rose petals" and "the rose pictures" are
    places = (Field.CLIENT, Field.PROJECT, Field.WORKFLOW)
    if (capital or alone) and (match := names.exact(key, places)):
        return match
    if match := names.exact(key, (Field.TAG,)):
        return match if not line.in_prompts(key) else None
    if alone and (match := names.exact(key, (Field.SHOT,))):
        return match
    if capital and at and (match := names.exact(key, (Field.BY,)) or names.partial(key, (Field.BY,))):
        return match
    if line.in_prompts(key):
        return None
    person = names.exact(key, (Field.BY,)) or names.word_of_person(key)
    if person and key not in _MONTHS:
        return person
    return names.partial(key, places) or names.exact(key, (Field.SHOT,)) or names.beginning(key)


def _two_word_parts(line: Line) -> None:
    """Two words that are part of just one name."""
    for first in range(len(line.keys) - 1):
        text = line.text(first, first + 2)
        if TAKEN in text or any(one in _never() for one in line.keys[first : first + 2]):
            continue
        match = line.reading.vocabulary.partial(text, (Field.BY, *_PLACES))
        if match and len(match.names) == 1:
            line.add(match, first, first + 2)


def names_in(text: str, names: Sequence[Name]) -> list[Name]:
    """Those of the names that the text holds in full."""
    held = words_of(text)
    return [one for one in names if any(_within(words_of(key), held) for key in one.keys)]


def _within(wanted: list[str], words: list[str]) -> bool:
    return bool(wanted) and any(words[at : at + len(wanted)] == wanted for at in range(len(words) - len(wanted) + 1))
