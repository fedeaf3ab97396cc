"""Decides about the words nobody has understood: looked for, dropped, or said first because nothing has them."""

from __future__ import annotations

import re
from dataclasses import replace

from core.search import events, meanings
from core.search.entities import Match
from core.search.lexicon import JOINTS, word_set
from core.search.line import NEGATIONS, PROMPTED, TAKEN, Line, bare, english, known, ordinary, picture_nouns
from core.search.spelling import real
from storage.search import FacetField, Relation
from storage.search.tokenizer import words_of

_WITHOUT = re.compile(
    r"\b(?:without|excluding|except(?: for)?|minus|not|no|but not|other than|apart from|besides)(?: with| in| of| "
    r"for| the| a| an| any| use| using| mention| mentioning| ones| show| showing| having| have| the ones with)* "
    r"(?P<word>[^\W_][\w-]*)"
)
_OR = ("or",)
_SILENT = events.MADE | frozenset(
    ["do", "done", "doing", "use", "used", "uses", "using", "make", "making", "work", "works", "start", "started"]
)
"""Verbs that every question may have; nobody misses them."""


def read(line: Line) -> None:
    if not line.asking:
        _words(line)
        return
    _negated(line)
    for at in line.free():
        if not known(line.keys[at]) and _recipient(line, line.keys[at]):
            line.take(at, at + 1)
    _joints(line)
    at = 0
    while at < len(line.keys):
        at = _one(line, at)


def _words(line: Line) -> None:
    """Plain words to look for: all of them, but for little ones beside others."""
    free = [at for at in line.free() if line.keys[at] not in JOINTS]
    for at in line.free():
        if line.keys[at] not in JOINTS or not free:
            line.reading.add_words(line.words[at].raw)


def _negated(line: Line) -> None:
    while found := line.find(_WITHOUT):
        span = found[1]
        at = span.last - 1
        key = line.keys[at]
        if key == TAKEN or key in ordinary("function") | ordinary("chat") | ordinary("verbs") | picture_nouns():
            for place in range(span.first, span.last):
                if line.keys[place] in NEGATIONS or place == span.first:
                    line.negations.append(place)
                    line.keys[place] = TAKEN
            continue
        named = line.reading.vocabulary.exact(key, (FacetField.SHOT, FacetField.TAG, FacetField.PROJECT, FacetField.CLIENT))
        if named and not line.in_prompts(key):
            line.add(named, at, at + 1, negated=True)
        else:
            line.reading.add_words(bare(line.words[at]), negated=True)
            if line.corpus is not None and not line.in_prompts(key):
                line.missed.append(bare(line.words[at]))
        line.take(*span)


def _joints(line: Line) -> None:
    """`soup or boat`: words joined by or will each do."""
    for at in range(1, len(line.keys) - 1):
        if line.keys[at] not in _OR:
            continue
        left, right = at - 1, at + 1
        while right < len(line.keys) - 1 and line.keys[right] in ("a", "an", "the"):
            right += 1
        if not all(_content(line, one) for one in (left, right)):
            continue
        line.reading.add_any([bare(line.words[left]), bare(line.words[right])], line.corpus)
        line.take(left, right + 1)


def _content(line: Line, at: int) -> bool:
    return line.keys[at] != TAKEN and not known(line.keys[at])


def _one(line: Line, at: int) -> int:
    """Deal with the word at `at`; returns where to go on."""
    key, one = line.keys[at], line.words[at]
    if key == TAKEN:
        return at + 1
    if key in ordinary("function") or key in picture_nouns() or key in PROMPTED or not words_of(key):
        return at + 1
    if _shown(line, at):
        line.reading.add_words(bare(one), corpus=line.corpus, negated=line.negated_before(at))
        return at + 1
    if key in ordinary("chat"):
        return at + 1
    if key in ordinary("verbs") or key in english()["units"]:
        if key in _SILENT:
            return at + 1
        if not line.in_corpus(key):
            line.ignored.append(one.raw)
        elif key in ordinary("verbs"):
            line.weak.append(one.raw)
        return at + 1
    tokens = tuple(words_of(key))
    if line.corpus is None or line.in_prompts(key):
        line.reading.add_words(bare(one), corpus=line.corpus)
        line.mark(at)
        return at + 1
    if not _guess(line, at, tokens):
        _missing(line, at)
    return at + 1


_ALSO_SHOWN = word_set(
    """
    phone love figures figure together ai minute studio numbers lady bloke woman man guy chap dude clue person people team set
    pair name batch box boxes node card rig character characters product products item items scene scenes setup label labels
    keyword state account brand job gig graph graphs machine machines maker author staff hands user member members recipe recipes
    node nodes backend cards gpu end side idea
    """
)
"""Words that a question may use without meaning what is shown, and that pictures show as well."""
_SHOWING = frozenset(
    ["with", "showing", "featuring", "containing", "of", "a", "an", "has", "have", "had", "holding", "without", "no", "the"]
)


def _shown(line: Line, at: int) -> bool:
    """Whether such a word stands where what is shown does: `the phone pictures`, `anything with a box`."""
    if line.keys[at] not in _ALSO_SHOWN or not line.in_prompts(line.keys[at]):
        return False
    before = line.original(at - 1)
    pictures_follow = line.original(at + 1) in picture_nouns() and before not in ("which", "what", "each", "per", "every", "by")
    return pictures_follow or (before in _SHOWING and before != "the") or (before == "the" and line.original(at - 2) in _SHOWING)


_CHANNELS = word_set("instagram insta behance linkedin youtube tiktok facebook website vimeo dribbble artstation")


def _recipient(line: Line, key: str) -> bool:
    """`did Duda get anything`, `what is on Behance`: a word of whom or where something was sent to, beside a word of sending."""
    sent = [at for at, one in enumerate(line.reading.conditions) if one.link and one.link.relation is Relation.EXPORTED]
    if not sent or line.corpus is None or len(key) < 3:
        return False
    if not line.corpus.recipients(key):
        return key in _CHANNELS
    one = line.reading.conditions[sent[0]]
    assert one.link is not None, "picked by it"
    if line.recipients and line.corpus.recipients(f"{line.recipients[-1]} {key}"):  # Mme Vachon
        label, name = one.label.removesuffix(f" to {line.recipients[-1]}"), f"{line.recipients.pop()} {key}"
        line.recipients.append(name)
        line.reading.conditions[sent[0]] = replace(one, label=f"{label} to {name}", link=replace(one.link, text=name))
        return True
    first = not line.recipients  # with two of them, to either is to anybody
    line.recipients.append(key)
    label = f"{one.label} to {key}" if first else one.label.partition(f" to {line.recipients[0]}")[0]
    line.reading.conditions[sent[0]] = replace(one, label=label, link=replace(one.link, text=key if first else ""))
    return True


def _missing(line: Line, at: int) -> None:
    """A word nothing has: where a name is expected, it is one nobody knows."""
    one, before = line.words[at], line.original(at - 1)
    named = before in ("for", "by", "to", "from", "did", "client", "project", "does", "has") or (at > 0 and one.raw[:1].isupper())
    if not named and _instead(line, bare(one)):
        return
    into = line.strangers if named else line.missed
    if named and into and line.words[at - 1].raw == into[-1].split()[-1]:
        into[-1] = f"{into[-1]} {bare(one)}"
    else:
        into.append(bare(one))


def _instead(line: Line, word: str) -> bool:
    """Whether pictures have other words for the thing: then those are looked for, and the answer says so."""
    if line.corpus is None or not line.corpus.other_words:
        return False
    there = [other for other in meanings.near(word) if line.in_prompts(other)][: meanings.MOST]
    if there:
        line.reading.add_any(there, line.corpus)
        line.instead.append((word, tuple(there)))
    return bool(there)


def _guess(line: Line, at: int, tokens: tuple[str, ...]) -> bool:
    """A name or a word of pictures that the word may be mistyped from, or names that hold it."""
    key, names_known = line.keys[at], line.reading.vocabulary
    assert line.corpus is not None, "asked with a corpus"
    two = _in_two(line, key)
    if two:
        line.reading.add_any([bare(line.words[at]), two], line.corpus)
        return True
    if holding := names_known.holding(tokens):
        fields = {name.field for name in holding}
        if len(fields) == 1:
            line.add(Match("partial", tuple(holding)), at, at + 1)
        else:
            line.reading.add_words(bare(line.words[at]), corpus=line.corpus, named=True)
        return True
    if real(key):
        return False
    names = (
        names_known.near(
            key,
            (
                FacetField.BY,
                FacetField.CLIENT,
                FacetField.PROJECT,
                FacetField.SHOT,
                FacetField.TAG,
                FacetField.MODEL,
                FacetField.LORA,
                FacetField.WORKFLOW,
            ),
        )
        if len(key) > 3
        else None
    )
    words = line.corpus.similar(tokens[-1]) if len(tokens) == 1 and len(key) > 3 else []
    if names is not None and (not words or _closer(key, names, words[0])):
        line.add(names, at, at + 1)
        return True
    if words:
        line.reading.add_words(words[0], corpus=line.corpus, guessed=bare(line.words[at]))
        return True
    return False


def _closer(key: str, names: Match, word: str) -> bool:
    from rapidfuzz import fuzz

    best = max(fuzz.ratio(key, part) for name in names.names for spelling in name.keys for part in (spelling, *spelling.split()))
    return best >= fuzz.ratio(key, word)


def _in_two(line: Line, key: str) -> str:
    """`closeup` where pictures say close-up."""
    assert line.corpus is not None, "asked with a corpus"
    for cut in range(3, len(key) - 1):
        if key.isalpha() and line.corpus.has((key[:cut], key[cut:])):
            return f"{key[:cut]} {key[cut:]}"
    return ""
