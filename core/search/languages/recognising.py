"""Tells in which language a message is written.

>>> recognised("wer hat das Bild gemacht?"), recognised("qui a fait ce rendu ?"), recognised("who made it")
('de', 'fr', '')
>>> recognised("combien d'images approuvées pour 月見 ?"), recognised("月見の画像は何枚?"), recognised("最新的图")
('fr', 'ja', 'zh')
"""

from __future__ import annotations

import re
from functools import cache

from core.search.languages.files import EUROPEAN, NAMES, language
from core.search.lexicon import word_set
from core.search.line import ORDERS, english, known, ordinary, picture_nouns
from storage.search.tokenizer import fold

_KANA = re.compile(r"[\u3041-\u30ff]")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_WIDE = re.compile(r"[\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef]+")
_LONGEST = 500
"""Longer messages are no questions; their language is not looked for."""
_CERTAIN = 2
"""How many words of a language a message must have, more than of any other."""
_LATIN_AROUND = 2
"""So many little words of a language written in Latin letters make Japanese or Chinese letters in it a name."""
_LETTERS = {
    "pt": re.compile(r"[ãõ]|ês\b|\bo que\b|\bdo dia\b|\banos?\b|\w{2}ç[aou]", re.IGNORECASE),
    "es": re.compile(r"[ñ¿¡]"),
    "fr": re.compile(r"\b(?:qu|d|l|c|j|n|s|m|t)['’]\w|œ|ê(?!s\b)|\w-t-\w", re.IGNORECASE),
    "de": re.compile(r"ß"),
}
_ENGLISH = word_set(
    """
    the of who what which when where how many show me is are was were did does did have has for with made make and any
    all from by not this that we our my you please on in at it to last been used use rendered renders approved
    """
)


_ANSWER_IN = re.compile(r"(?<!\S)language:(?P<code>[a-z]{2})(?!\S)")


def answer_language(text: str) -> tuple[str, str]:
    """The text without `language:de`, and the code of the language it is to be answered in.

    >>> answer_language("who made client:Acme language:de"), answer_language("who made it")
    (('who made client:Acme', 'de'), ('who made it', ''))
    """
    found = _ANSWER_IN.search(text)
    if found is None or found["code"] not in (*NAMES, "en"):
        return text, ""
    return " ".join(f"{text[: found.start()]} {text[found.end() :]}".split()), found["code"]


def recognised(text: str) -> str:
    """The code of the language of a message; empty for English and where nothing tells."""
    if len(text) > _LONGEST:
        return ""
    wide = _WIDE.search(text) is not None
    latin = _european(_WIDE.sub(" ", text)) if wide else None
    if latin and latin[1] >= _LATIN_AROUND:
        return latin[0]
    if _KANA.search(text):
        return "ja"
    if _HAN.search(text):
        return "zh" if any(mark in text for mark in language("zh").marks) else ""
    return _european(text)[0]


def _european(text: str) -> tuple[str, int]:
    """The language of a text in Latin letters, and how many of its little words are of it."""
    words = fold(re.sub(r'"[^"]*"', " ", text)).replace("¿", " ").replace("¡", " ")
    said = set(re.findall(r"[^\W\d_]+", words))
    long = {word for word in said if len(word) > 1}
    scores = {code: len(long & _marks(code)) for code in EUROPEAN}
    plain = len(said & _english_words())
    for code, letters in _LETTERS.items():
        marked = len(long & _marks(code))
        scores[code] += 2 * bool(letters.search(text) and (marked or not plain))
    words_too = {code: scores[code] + 0.5 * len(long & _only_own_words(code)) for code in EUROPEAN}
    best = max(words_too, key=lambda code: words_too[code])
    rival = max((score for code, score in words_too.items() if code != best), default=0)
    enough = words_too[best] >= _CERTAIN or (words_too[best] >= 1 and not plain and len(said) <= 8)
    plain = len((said & _english_words()) - _marks(best))
    if words_too[best] > plain and enough and words_too[best] >= rival:
        return best, int(words_too[best])
    return "", plain


@cache
def _english_words() -> frozenset[str]:
    return _ENGLISH | ordinary("function") | ordinary("chat") | ORDERS | word_set("today yesterday pls takes finals steps")


@cache
def _marks(code: str) -> frozenset[str]:
    """The marks of the language's file, without what English counts things and pictures by: `client`, `images`."""
    return language(code).marks - picture_nouns() - frozenset(english()["units"])


@cache
def _own_words(code: str) -> frozenset[str]:
    """Words of the language's file that mean nothing in an English question."""
    found = language(code)
    words = {said[0] for said in (*found.phrases, *found.things) if len(said) == 1 and len(said[0]) > 2}
    return frozenset(word for word in words if not known(word) and word not in _ENGLISH and word not in _table_of_english())


@cache
def _only_own_words(code: str) -> frozenset[str]:
    return _own_words(code) - _marks(code)


@cache
def _table_of_english() -> frozenset[str]:
    """English words the files translate to: `video` and `rose` tell nothing."""
    meant = (word for code in EUROPEAN for one in (language(code).phrases, language(code).things) for word in one.values())
    return frozenset(part for one in meant for part in fold(one).split())
