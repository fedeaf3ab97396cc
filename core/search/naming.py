"""Names in a question: people, clients, projects, shots, workflows, models, LoRAs and tags, wherever they stand."""

from __future__ import annotations

import re
from functools import cache

from core.search import events
from core.search.conditions import UNDECIDED_SAID
from core.search.contexts import MAKES, SHOT_CODE, stops, units_said
from core.search.entities import Match
from core.search.lexicon import word_set
from core.search.line import ORDERS, TAKEN, Line, known, ordinary, picture_nouns
from core.search.spelling import real
from storage.search import FacetField

_PLACES = (FacetField.CLIENT, FacetField.PROJECT)
_THINGS = (FacetField.WORKFLOW, FacetField.LORA, FacetField.MODEL)
_ANY = (
    FacetField.BY,
    FacetField.CLIENT,
    FacetField.PROJECT,
    FacetField.SHOT,
    FacetField.WORKFLOW,
    FacetField.MODEL,
    FacetField.LORA,
    FacetField.TAG,
)
_LEADS = ("for", "by", "from", "in", "on", "client", "project", "of", "with", "at", "about", "to")
_MONTHS = word_set(
    """
    january february march april may june july august september october november december jan feb mar apr jun
    jul aug sep sept oct nov dec
    """
)


def full_names(line: Line) -> None:
    """Names of two words and more, spelled just so or with another plural; the longest first."""
    for size, near in (*((size, False) for size in (5, 4, 3, 2)), (3, True), (2, True)):
        for first in range(len(line.keys) - size + 1):
            text = line.text(first, first + size)
            judge = first > 1 and line.keys[first - 1] == "by" and line.keys[first - 2] in ("approved", "rejected")
            if TAKEN in text or judge:
                continue
            vocabulary = line.reading.vocabulary
            match = _nearly(line, first, size) if near else vocabulary.exact(text, _ANY) or vocabulary.plural(text, _ANY)
            if match is None:
                continue
            kind = match.names[0].field
            led = bool(first) and line.keys[first - 1] in _LEADS
            sure = kind is FacetField.BY or line.words[first].raw[:1].isupper() or size > 2 or not line.in_corpus(text)
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
    return known_names.almost(" ".join(keys), (FacetField.BY, FacetField.CLIENT, FacetField.PROJECT, FacetField.SHOT))


def _joined(line: Line) -> None:
    """Names written in one word: nightrun."""
    for at, key in enumerate(line.keys):
        if len(key) > 5 and key.isalpha() and (match := line.reading.vocabulary.squeezed(key)):
            line.asking = True
            line.add(match, at, at + 1)


_DATE_WORDS = _MONTHS | word_set(
    """
    monday tuesday wednesday thursday friday saturday sunday spring summer autumn fall winter today tomorrow yesterday tonight
    christmas halloween easter morning night midnight noon weekend
    """
)


def with_dates(line: Line) -> None:
    """Two words that begin just one name, where one of them would be a date: `blue monday` of Blue Monday Records."""
    places = (FacetField.CLIENT, FacetField.PROJECT, FacetField.SHOT, FacetField.BY)
    _seasons(line)
    for first in range(len(line.keys) - 1):
        pair = line.keys[first : first + 2]
        if TAKEN in pair or not any(key in _DATE_WORDS for key in pair) or pair[0] in ("last", "this", "next", "the", "on", "in"):
            continue
        match = line.reading.vocabulary.partial(" ".join(pair), places)
        if match and len(match.names) == 1:
            line.asking = True
            line.add(match, first, first + 2)


_SEASONS = ("spring", "summer", "autumn", "fall", "winter")


def _seasons(line: Line) -> None:
    """A project called Spring, where a season could not stand: `for Spring`, but not `in spring` or `spring 2025`."""
    for at, key in enumerate(line.keys):
        if key not in _SEASONS:
            continue
        before, after = line.original(at - 1), line.original(at + 1)
        dated = re.fullmatch(r"\d{4}", after) or before in (
            "last",
            "this",
            "in",
            "since",
            "during",
            "until",
            "before",
            "after",
            "next",
        )
        match = line.reading.vocabulary.exact(key, _PLACES)
        if match and not dated and (before in ("for", "on", "of", "project") or line.words[at].raw[:1].isupper()):
            line.asking = True
            line.add(match, at, at + 1)


_GRAMMAR = word_set(
    "daily weekly monthly yearly public latest last first second next final most top each every single average rate share open"
)


def capitals(line: Line) -> None:
    """A client, project or shot called by a word of questions, written with a capital where a sentence has none: `in Daily`."""
    for at, one in enumerate(line.words):
        if line.keys[at] not in _GRAMMAR or not one.raw[:1].isupper() or one.raw.isupper():
            continue
        begins = at == 0 or line.words[at - 1].stop
        match = line.reading.vocabulary.exact(line.keys[at], (*_PLACES, FacetField.SHOT))
        if match and (not begins or line.original(at + 1) in ("", "for", "by")):
            line.asking = True
            line.add(match, at, at + 1)


def last_resort(line: Line) -> None:
    """Where nothing else says what it is about, an ordinary word that is a name in full: `has the single been approved`."""
    said = [one for one in line.reading.conditions if not one.implied and (one.facet is None or one.facet.field in _NAMED)]
    if not line.asking or line.subject or any(not one.dated for one in said) or line.reading.choices:
        return
    fields = (FacetField.SHOT, FacetField.PROJECT, FacetField.CLIENT, FacetField.TAG)
    for at in line.free():
        key = line.keys[at]
        plain = key in ordinary("function") or key in _SURE_UNITS or key in ORDERS
        if not plain and known(key) and (match := line.reading.vocabulary.exact(key, fields)):
            line.add(match, at, at + 1)


_NAMED = (
    FacetField.BY,
    FacetField.CLIENT,
    FacetField.PROJECT,
    FacetField.SHOT,
    FacetField.TAG,
    FacetField.MODEL,
    FacetField.LORA,
    FacetField.WORKFLOW,
)


def _numbered(line: Line) -> None:
    """`spread 12` where there are spreads 3 and 7: no such shot."""
    names = line.reading.vocabulary
    for at in range(len(line.keys) - 1):
        word, number = line.keys[at], line.keys[at + 1]
        if not number.isdigit() or not word.isalpha() or known(word) or not line.asking:
            continue
        others = names.partial(word, (FacetField.SHOT,))
        series = others and all(re.fullmatch(rf"{re.escape(word)}[ _-]?\d+", key) for one in others.names for key in one.keys[:1])
        there = names.exact(f"{word} {number}", (FacetField.SHOT,)) or names.same_number(f"{word}{number}")
        if series and not there:
            line.strangers.append(line.said(at, at + 2))
            line.take(at, at + 2)


def shots(line: Line) -> None:
    """A known shot's code, wherever it stands."""
    _numbered(line)
    for at, key in enumerate(line.keys):
        known, field = line.reading.vocabulary, (FacetField.SHOT,)
        match = known.exact(key, field) if SHOT_CODE.fullmatch(key) else None
        if match is None and re.fullmatch(r"[^\W\d_]+-?\d+", key):
            match = known.same_number(key)
        if match:
            line.add(match, at, at + 1)
            if at and line.keys[at - 1] in ("shot", "shots"):
                line.take(at - 1, at)


def strong_people(line: Line) -> None:
    """People in places where nothing but a person stands, even where the name is an ordinary word: "did Will make", "May's"."""
    people = (FacetField.BY,)
    known_names = line.reading.vocabulary
    for at, key in enumerate(line.keys):
        if key == TAKEN:
            continue
        one = line.words[at]
        after = line.keys[at + 1] if at + 1 < len(line.keys) else ""
        before = line.keys[at - 1] if at else ""
        led = before in ("did", "has", "have", "does", "had", "was", "by") and after in MAKES | {
            "last",
            "first",
            "ever",
            "start",
            "work",
        }
        led = led or (before == "by" and (not after or after in ordinary("function") or after == TAKEN or line.words[at].stop))
        led = led or (before in ("did", "does", "has") and key not in ("we", "i", "you", "anyone"))
        led = led or (key in _MONTHS and not _dated(line, at) and after in picture_nouns())
        loose = not led and not one.owner and len(key) > 3 and key.endswith("s") and not known(key) and not line.in_prompts(key)
        loose = loose and before not in _DETERMINERS
        owned = (known_names.exact(key[:-1], people) or known_names.word_of_person(key[:-1])) if loose else None
        if owned:
            line.asking = True
            line.add(owned, at, at + 1)
            continue
        plain = key in (*_MONTHS, "will") or (at > 0 and key in ordinary("chat") and not line.words[at - 1].stop)
        led = led or (before == "what" and line.words[at - 1].raw.endswith("s") and key in ordinary("chat"))
        capital = one.raw[:1].isupper() and plain and not _dated(line, at) and (at or key != "will")
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


def bare_names(line: Line) -> None:
    """Single words that are a name in full, or part of just one, where pictures do not use the word."""
    if not line.asking:
        return
    for at, one in enumerate(line.words):
        key = line.keys[at]
        if key == TAKEN or (key in ordinary("verbs") and not one.raw[:1].isupper()):
            continue
        if key in _never() and not _called_like_a_unit(line, at):
            continue
        if match := _bare(line, at):
            line.add(match, at, at + 1)
    _two_word_parts(line)


_SURE_UNITS = word_set(
    """
    person people artist artists client clients project projects shot shots workflow workflows model models checkpoint lora loras
    technique tag tags render renders day week month quarter year server servers seed status
    """
)


def _called_like_a_unit(line: Line, at: int) -> bool:
    """A shot called `card`: a name that is also a loose word for something that can be counted."""
    key = line.keys[at]
    if key not in units_said() or key in _SURE_UNITS or line.original(at - 1) in ("which", "what", "per", "each", "every", "by"):
        return False
    return (
        line.reading.vocabulary.exact(key, (FacetField.SHOT, FacetField.PROJECT, FacetField.CLIENT, FacetField.TAG)) is not None
    )


@cache
def _never() -> frozenset[str]:
    """Words that are no part of a name unless something else says so."""
    events_said = frozenset(
        [*events.APPROVE, *events.REJECT, *events.EXPORT, "unapproved", "public", "internal", *UNDECIDED_SAID]
    )
    return ordinary("function") | picture_nouns() | ordinary("chat") | units_said() | events_said | ORDERS


def _bare(line: Line, at: int) -> Match | None:
    names, one, key = line.reading.vocabulary, line.words[at], line.keys[at]
    capital = one.raw[:1].isupper()
    following = line.original(at + 1)
    alone = stops(line, at + 1) or following in events.MADE or not line.in_corpus(f"{key} {following}")
    plain_place = names.exact(key, (FacetField.CLIENT, FacetField.PROJECT)) if not real(key) else None
    if plain_place is not None:
        return plain_place
    # "rose petals" is no client Rose; "Rose petals" and "the rose pictures" are
    places = (FacetField.CLIENT, FacetField.PROJECT, FacetField.WORKFLOW)
    judged = following in (*events.APPROVE, *events.REJECT, *events.EXPORT, *UNDECIDED_SAID) or one.stop
    if (capital or judged or stops(line, at + 1)) and (match := names.exact(key, places)):
        said_already = any(match.names[0] in one.names for one in line.reading.conditions)
        return (names.beginning(key) if said_already else None) or match
    if match := names.exact(key, (FacetField.TAG,)):
        return match if not line.in_prompts(key) else None
    if alone and (match := names.exact(key, (FacetField.SHOT,))):
        return match
    if capital and at and (match := names.exact(key, (FacetField.BY,)) or names.partial(key, (FacetField.BY,))):
        return match
    if line.in_prompts(key):
        return None
    thing = not capital and real(key) and line.original(at - 1) in _DETERMINERS and len(key) > 3
    person = None if thing else names.exact(key, (FacetField.BY,)) or names.word_of_person(key)
    if person and key not in _MONTHS:
        return person
    part = names.partial(key, places)
    if part and any(part.names[0] in one.names for one in line.reading.conditions):
        part = names.beginning(key) or part
    return part or names.exact(key, (FacetField.SHOT,)) or names.beginning(key)


_DETERMINERS = word_set("the a an per each our this that these those which every any some of all")


def _two_word_parts(line: Line) -> None:
    """Two words that are part of just one name."""
    for first in range(len(line.keys) - 1):
        text = line.text(first, first + 2)
        if TAKEN in text or any(one in _never() for one in line.keys[first : first + 2]):
            continue
        match = line.reading.vocabulary.partial(text, (FacetField.BY, *_PLACES))
        if match and len(match.names) == 1:
            line.add(match, first, first + 2)
