"""Puts a question of another language into the English that the grammar reads.

>>> in_english("wie viele Videos gibt es für Acme?", "de")
'how many videos are there for Acme?'
>>> in_english("Oat Bars の最新の画像を見せて", "ja")
'Oat Bars latest picture show me'
>>> in_english("les bouteilles rouges", "fr")
'the bottle red'
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from core.search.languages.files import CHARACTERS, Language, language, words_at
from core.search.languages.foreign_dates import dates_in_english
from core.search.languages.ordering import in_order
from storage.search.tokenizer import fold

Says = Callable[[str], bool]
Named = Callable[[str], str]
_OF = ("de", "d", "du", "do", "da", "del", "des")
"""Before a person: by."""
_LONGEST = 6
_LONGEST_NAME = 12
_HAN = re.compile(r"[\u4e00-\u9fff]")
_HEADS = 4
"""The shortest end of a German compound that is looked for by itself."""


class _Piece(NamedTuple):
    said: str
    start: int
    end: int


@dataclass(frozen=True)
class Known:
    """What is known of the words of a text: which are names, who is a person, which words pictures have."""

    name: Named = lambda said: ""
    """How a name is to be written in the question; empty for what is none."""
    person: Says = lambda said: False
    has: Says = lambda word: False


NOTHING_KNOWN = Known()


def in_english(text: str, code: str, known: Known = NOTHING_KNOWN) -> str:
    """The text with what the language's file knows put into English; names and the rest stay."""
    found = language(code)
    text = dates_in_english(text.translate(_GUARDS), code, _guarded)
    for pattern, meant in found.frames:
        text = pattern.sub(_template(meant), text)
    text = _HYPHENED.sub(lambda match: _apart(match, known), text) if code == "de" else text
    reader = _Reader(found, text, known)
    return in_order(reader.by_characters() if code in CHARACTERS else reader.by_words())


_HYPHENED = re.compile(r"(?<![\w-])([^\W\d_][\w]+)-([A-ZÄÖÜ][a-zäöüß]+)(?![\w-])")


def _apart(match: re.Match[str], known: Known) -> str:
    """`lobby-Sachen`: a name and what is of it."""
    whole, name = match.group(), match[1]
    said = known.name(name) or known.person(name) or known.has(name)
    return f"{name} {match[2]}" if said and not known.name(whole) and not known.has(whole) else whole


_OPEN, _SHUT = "\ue000", "\ue001"
_GUARDS = dict.fromkeys(map(ord, _OPEN + _SHUT))


def _guarded(text: str) -> str:
    """English that is not looked up again."""
    return f"{_OPEN}{text}{_SHUT}" if text.strip() else text


@cache
def _template(meant: str) -> str:
    """A frame's English, guarded between what is taken over from the text."""
    parts = re.split(r"(\\(?:\d|g<0>))", meant)
    return "".join(part if part.startswith("\\") else _guarded(part) for part in parts)


class _Reader:
    """One text of one language."""

    def __init__(self, found: Language, text: str, known: Known) -> None:
        self.found = found
        self.text = text
        self.known = known

    def by_words(self) -> str:
        pieces = [_Piece(match.group(), match.start(), match.end()) for match in words_at(self.text)]
        folded = [fold(piece.said) or piece.said for piece in pieces]
        made, at, last, quoted = list[str](), 0, 0, False
        while at < len(pieces):
            kept, name = self._name(pieces, at)
            size, meant = (kept, name) if kept else (0, "") if quoted else self._meant(pieces, folded, at)
            if not kept and folded[at] in _OF and size == 1 and self._person_at(pieces, at + size):
                meant = "by"
            quoted ^= pieces[at].said == '"'
            said = pieces[at].said.strip(_OPEN + _SHUT)
            made.append(self.text[last : pieces[at].start] + (meant if size else said))
            last = pieces[at + max(size, 1) - 1].end
            at += max(size, 1)
        english = " ".join(("".join(made) + self.text[last:]).split())
        return english.removeprefix("of ") if english.startswith("of the ") else english

    def _person_at(self, pieces: list[_Piece], at: int) -> bool:
        """Whether a person's name begins here: `le rendu de Zoë` is by her."""
        return at < len(pieces) and len(pieces[at].said) > 2 and self.known.person(pieces[at].said)

    def _meant(self, pieces: list[_Piece], folded: list[str], at: int) -> tuple[int, str]:
        """How many words from here on are understood together, and as what."""
        for size in range(min(_LONGEST, len(folded) - at), 0, -1):
            said = tuple(folded[at : at + size])
            if size == 1 and (spelled := self.found.spelled.get(pieces[at].said.casefold())) is not None:
                return 1, spelled
            if said in self.found.phrases:
                return size, self.found.phrases[said]
            if said in self.found.things:
                return (0, "") if self._stays(said, self.found.things[said]) else (size, self.found.things[said])
        word = folded[at]
        if len(word) > _HEADS and word.isalpha() and not self.known.has(word):
            meant = self.found.stems.get(self.found.stem(word), "") or self._compound(word)
            return (1, meant) if meant else (0, "")
        return 0, ""

    def _stays(self, said: tuple[str, ...], meant: str) -> bool:
        """Whether it is a name, or pictures have the word itself and not the English one."""
        word = " ".join(said)
        return bool(self.known.name(word)) or (self.known.has(word) and not self.known.has(meant))

    def _compound(self, word: str) -> str:
        """`Kundenfreigabe`, `Teelichtbilder`: German words of two, the second of which is known."""
        if self.found.code != "de":
            return ""
        for cut in range(3, len(word) - _HEADS + 1):
            head = self._single(word[cut:])
            if not head:
                continue
            for link in ("", "s", "n", "en", "er", "es", "e"):
                modifier = word[:cut].removesuffix(link) if word[:cut].endswith(link) else ""
                first = self._single(modifier)
                if len(modifier) > 2 and (first or self.known.has(modifier)):
                    return f"{first or modifier} {head}"
        return ""

    def _single(self, word: str) -> str:
        key = (word,)
        return self.found.phrases.get(key) or self.found.things.get(key) or ""

    def _name(self, pieces: list[_Piece], at: int) -> tuple[int, str]:
        """How many words from here on are a name, and how it is written; one word only with a capital."""
        for size in range(min(_LONGEST, len(pieces) - at), 0, -1):
            said = self.text[pieces[at].start : pieces[at + size - 1].end]
            if (size > 1 or (said[:1].isupper() and len(said) > 2)) and (name := self.known.name(said)):
                return size, name
        said = pieces[at].said
        stays = self.found.code != "de" and at > 0 and said[:1].isupper() and pieces[at - 1].said not in ".?!"
        return (1, said) if stays and not self._calendar(said) else (0, "")

    def _calendar(self, word: str) -> bool:
        """Whether it is a month, a weekday or a feast, which may be written with a capital."""
        key = (fold(word),)
        return self.found.phrases.get(key, "")[:1].isupper() or self.found.things.get(key) == "christmas"

    def by_characters(self) -> str:
        """Phrases are looked for in the running text, the longest first; names and letters of other scripts stay together."""
        table, things, longest = self.found.running
        made, at, text = list[str](), 0, self.text
        while at < len(text):
            if text[at] == _OPEN:
                shut = text.find(_SHUT, at)
                made.append(f" {text[at + 1 : shut]} ")
                at = shut + 1
                continue
            size, name = self._named(at)
            if size:
                made.append(f" {name} ")
                at += size
                continue
            meant = ""
            size = next((size for size in range(min(longest, len(text) - at), 0, -1) if text[at : at + size] in table), 0)
            thing = next((one for one in range(min(longest, len(text) - at), 0, -1) if text[at : at + one] in things), 0)
            if thing > size and not self._part_of_a_word(at, thing, table, made):
                said = text[at : at + thing]
                size, meant = thing, said if self._stays((said,), things[said]) else things[said]
            elif size:
                meant = table[text[at : at + size]]
            made.append(f" {meant} " if size else text[at])
            at += size or 1
        plain = "".join(made).translate(_MARKS)
        return " ".join(re.sub(r"[「『“]([^」』”]+)[」』”]", r' "\1" ', plain).split())

    def _named(self, at: int) -> tuple[int, str]:
        """How long the name is that begins here, and how it is written; names in Latin letters are left to the grammar."""
        if not _wide(self.text[at]):
            return 0, ""
        for size in range(min(_LONGEST_NAME, len(self.text) - at), 1, -1):
            if name := self.known.name(self.text[at : at + size]):
                return size, name
        return 0, ""

    def _part_of_a_word(self, at: int, size: int, table: dict[str, str], made: list[str]) -> bool:
        """Whether a thing written in one Chinese character stands inside a longer word that nobody knows."""
        if size > 1:
            return False
        before = made[-1][-1:] if made else ""
        after = self.text[at + 1 : at + 2]
        begins = any(self.text[at + 1 : at + 1 + length] in table for length in range(1, 8))
        return bool(_HAN.match(before) or (_HAN.match(after) and not begins))


_MARKS = str.maketrans({"？": "? ", "、": ", ", "，": ", ", "。": ". ", "！": "! ", "（": " (", "）": ") ", "　": " "})


def _wide(letter: str) -> bool:
    return letter >= "\u3041"
