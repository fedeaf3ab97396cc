"""Questions in German, French, Spanish, Portuguese, Japanese and Chinese: read as English, answered in their language.

Each language is a file of words and phrases beside this one. Names, shots and prompts stay as they are.

>>> recognised("wer hat das Bild gemacht?"), recognised("qui a fait ce rendu ?"), recognised("who made it")
('de', 'fr', '')
>>> in_english("wie viele Videos gibt es für Acme?", "de")
'how many videos are there for Acme?'
>>> in_english("Oat Bars の最新の画像を見せて", "ja")
'Oat Bars latest picture show me'
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.search.lexicon import word_set
from storage.search.tokenizer import fold

EUROPEAN = ("de", "fr", "es", "pt")
NAMES = {"de": "german", "fr": "french", "es": "spanish", "pt": "portuguese", "ja": "japanese", "zh": "chinese"}
_KANA = re.compile(r"[\u3040-\u30ff]")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*|[^\w\s]|_+")
_LONGEST = 6
_CERTAIN = 2
"""How many words of a language a message must have, more than of any other."""


@dataclass(frozen=True)
class Language:
    """One language file: what marks it, its phrases, and how answers are said in it."""

    marks: frozenset[str]
    frames: tuple[tuple[re.Pattern[str], str], ...]
    phrases: dict[tuple[str, ...], str]
    answers: tuple[tuple[re.Pattern[str], str], ...]


@cache
def language(code: str) -> Language:
    """The language of a code such as `de`."""
    data = tomllib.loads((Path(__file__).parent / f"{NAMES[code]}.toml").read_text("utf-8"))
    characters = code in ("ja", "zh")
    phrases = {(said,) if characters else tuple(_cut(fold(said))): str(meant) for said, meant in data["words"].items()}
    frames = tuple((re.compile(pattern, re.IGNORECASE), meant) for pattern, meant in data.get("frames", {}).items())
    answers = tuple((re.compile(pattern), said) for pattern, said in data.get("answers", {}).items())
    return Language(frozenset(fold(data.get("marks", "")).split()), frames, phrases, answers)


def recognised(text: str) -> str:
    """The code of the language of a message; empty for English and where nothing tells."""
    if _KANA.search(text):
        return "ja"
    if _HAN.search(text):
        return "zh" if _asks_in_chinese(text) else ""
    words = fold(re.sub(r'"[^"]*"', " ", text)).replace("¿", " ").replace("¡", " ")
    said = set(re.findall(r"[^\W\d_]+", words))
    scores = {code: len({word for word in said if len(word) > 1} & language(code).marks) for code in EUROPEAN}
    for code, letters in _LETTERS.items():
        scores[code] += 2 * bool(letters.search(text))
    best = max(scores, key=lambda code: scores[code])
    rival = max((score for code, score in scores.items() if code != best), default=0)
    english = len(said & _ENGLISH)
    enough = scores[best] >= _CERTAIN or (scores[best] == 1 and not english and len(said) <= 8)
    return best if scores[best] > max(english, 0) and enough and scores[best] >= rival else ""


def _asks_in_chinese(text: str) -> bool:
    return any(mark in text for mark in language("zh").marks)


def in_english(text: str, code: str, is_name: Callable[[str], bool] = lambda said: False) -> str:
    """The text with the words and phrases of the language put into English; names and what it does not know stay."""
    found = language(code)
    for pattern, meant in found.frames:
        text = pattern.sub(meant, text)
    return _by_characters(text, found) if code in ("ja", "zh") else _by_words(text, found, is_name, stays=code != "de")


def answered(sentence: str, code: str) -> str:
    """An answer said in the language, as far as its file has the words."""
    for pattern, said in language(code).answers if code else ():
        sentence = pattern.sub(said, sentence)
    return sentence


def _cut(text: str) -> list[str]:
    return _WORD.findall(text)


def _by_words(text: str, found: Language, is_name: Callable[[str], bool], *, stays: bool) -> str:
    pieces = [(match.group(), match.start(), match.end()) for match in _WORD.finditer(text)]
    folded = [fold(piece[0]) or piece[0] for piece in pieces]
    made, at, last, quoted = list[str](), 0, 0, False
    while at < len(pieces):
        sizes = range(min(_LONGEST, len(pieces) - at), 0, -1)
        kept = _name(pieces, at, text, is_name, stays=stays)
        if kept:
            made.append(text[last : pieces[at + kept - 1][2]])
            last = pieces[at + kept - 1][2]
            at += kept
            continue
        size = 0 if quoted else next((size for size in sizes if tuple(folded[at : at + size]) in found.phrases), 0)
        quoted ^= pieces[at][0] == '"'
        gap = text[last : pieces[at][1]]
        if size:
            made.append(gap + found.phrases[tuple(folded[at : at + size])])
            last = pieces[at + size - 1][2]
            at += size
        else:
            made.append(gap + pieces[at][0])
            last = pieces[at][2]
            at += 1
    return " ".join(("".join(made) + text[last:]).split())


def _name(pieces: list[tuple[str, int, int]], at: int, text: str, is_name: Callable[[str], bool], *, stays: bool) -> int:
    """How many words from here on are a name; one word only with a capital."""
    for size in range(min(_LONGEST, len(pieces) - at), 0, -1):
        said = text[pieces[at][1] : pieces[at + size - 1][2]]
        if (size > 1 or (said[:1].isupper() and len(said) > 2)) and is_name(said):
            return size
    return int(stays and at > 0 and pieces[at][0][:1].isupper() and pieces[at - 1][0] not in ".?!")


def _by_characters(text: str, found: Language) -> str:
    """Phrases are looked for in the running text, the longest first; letters of other scripts stay together."""
    table = {"".join(said): meant for said, meant in found.phrases.items()}
    longest = max(len(said) for said in table)
    made, at = list[str](), 0
    while at < len(text):
        size = next((size for size in range(min(longest, len(text) - at), 0, -1) if text[at : at + size] in table), 0)
        if size:
            made.append(f" {table[text[at : at + size]]} ")
            at += size
        else:
            made.append(text[at])
            at += 1
    return " ".join("".join(made).replace("？", "? ").replace("、", ", ").replace("。", ". ").split())


_LETTERS = {
    "pt": re.compile(r"[ãõ]|\b[oO] que\b|\bdo dia\b", re.IGNORECASE),
    "es": re.compile(r"[ñ¿¡]"),
    "fr": re.compile(r"\b(?:qu|d|l|c|j|n|s|m|t)['’]\w|[œê]", re.IGNORECASE),
    "de": re.compile(r"ß"),
}
_ENGLISH = word_set(
    """
    the of who what which when where how many show me is are was were did does have has for with made make and any
    all from by not this that we our my you please on in at it to last been used use rendered renders approved
    """
)
