"""Which words of a question in another language are names, and how they are to be written in English."""

from __future__ import annotations

import re
from collections.abc import Iterable

from core.search import languages
from core.search.conditions import Question
from core.search.corpus import ScopeCorpus
from core.search.dates import DAYS, MONTHS
from core.search.entities import Match, Vocabulary
from core.search.lexicon import word_set
from core.search.tokens import quote
from storage.search import FacetField
from storage.search.tokenizer import fold, words_of

_PLACES = (FacetField.CLIENT, FacetField.PROJECT, FacetField.SHOT)
_TIMES = frozenset((*MONTHS, *DAYS)) | word_set(
    """
    today yesterday tomorrow spring summer autumn fall winter christmas easter weekend week month year day last first
    """
)
_KANA = {ord("ァ") + at: ord("ぁ") + at for at in range(86)}
_KATAKANA = {hiragana: katakana for katakana, hiragana in _KANA.items()}


def known_to(vocabulary: Vocabulary, corpus: ScopeCorpus) -> languages.Known:
    """What the names and the pictures somebody may see tell of words."""

    def name(said: str) -> str:
        return _name(said, vocabulary)

    def person(said: str) -> bool:
        return said[:1].isupper() and vocabulary.partial(said, (FacetField.BY,)) is not None

    def has(word: str) -> bool:
        tokens = tuple(words_of(word))
        return bool(tokens) and (corpus.has(tokens) or (len(tokens) == 1 and bool(corpus.forms(tokens[0]))))

    return languages.Known(name, person, has)


_SAID = (
    FacetField.BY,
    *_PLACES,
    FacetField.MODEL,
    FacetField.LORA,
    FacetField.WORKFLOW,
    FacetField.TAG,
)


def names_in(sentence: str, question: Question, rows: Iterable[tuple[str, int]], vocabulary: Vocabulary) -> list[str]:
    """The names an answer may have: all that are in it, but plain words only where the question or a group is called so."""
    asked = [name.label for one in question.conditions for name in one.names]
    grouped = [label for label, _count in rows if label not in _STATUSES]
    known = [name.label for name in vocabulary.of(_SAID) if name.label in sentence and not _PLAIN.fullmatch(name.label)]
    return [*asked, *grouped, *known]


_PLAIN = re.compile("[a-z]+")
_STATUSES = ("approved", "rejected", "needs work", "undecided", "image", "video", "animation")


def _name(said: str, vocabulary: Vocabulary) -> str:
    """The name as the question may have it: one that English takes for a date is written as a condition."""
    for spelled in dict.fromkeys((said, said.translate(_KANA), said.translate(_KATAKANA))):
        match = vocabulary.exact(spelled, (FacetField.BY, *_PLACES))
        if match is None and " " in said and said.istitle():
            match = vocabulary.partial(said, (FacetField.CLIENT, FacetField.PROJECT))
        if match is not None:
            return _written(spelled, match)
    return said if " " not in said and vocabulary.partial(said, (FacetField.BY,)) is not None else ""


def _written(said: str, match: Match) -> str:
    one = match.names[0]
    if len(match.names) == 1 and one.field in _PLACES and set(fold(said).split()) & _TIMES:
        return f"{one.field.value}:{quote(one.label)}"
    return said
