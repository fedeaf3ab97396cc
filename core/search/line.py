"""The plain words of a question, which of them have been understood, and what the question asks so far."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from core.search.conditions import Condition, Frame
from core.search.entities import Match
from core.search.filters import ParsedFilters
from core.search.lexicon import Want, word_set
from core.search.tokens import Piece
from storage.search import FacetField
from storage.search.tokenizer import fold, words_of

TAKEN = "·"
_EDGES = "?!.,;:()[]{}<>|&+*/\\~^=#…—–-¿¡'"
_OWNED = {f"{word}'s": word for word in ("who", "what", "when", "where", "how", "it", "that", "there", "here", "let", "which")}
_LONGEST_PHRASE = 5
NEGATIONS = (
    "besides",
    "beside",
    "apart",
    "bar",
    "aside",
    "not",
    "except",
    "excluding",
    "without",
    "but",
    "minus",
    "no",
    "non",
    "never",
    "other",
)
_BETWEEN = (
    "by",
    "for",
    "from",
    "with",
    "using",
    "the",
    "client",
    "project",
    "made",
    "rendered",
    "any",
    "than",
    "for",
    "a",
    "an",
    "of",
    "on",
    "in",
    "did",
    "use",
    "used",
    "ones",
    "run",
    "ran",
    "running",
    "work",
)


ORDERS = word_set(
    """
    last first latest newest oldest earliest recent biggest largest smallest longest shortest slowest fastest
    most least top
    """
)
PROMPTED = word_set(
    """
    prompt prompts prompted prompting mention mentions mentioning mentioned say says saying contain contains
    containing word words text
    """
)


class Corpus(Protocol):
    """What the pictures the asker may see say."""

    other_words: bool  # whether other words for a thing that no picture names are looked for

    def has(self, tokens: tuple[str, ...]) -> bool:
        """Whether a picture has these tokens, one after the other."""

    def forms(self, token: str) -> tuple[tuple[str, ...], ...]:
        """Other forms of the word that pictures have."""

    def recipients(self, part: str) -> list[str]:
        """Whom something was sent to, of those whose name has this part."""

    def similar(self, token: str) -> list[str]:
        """Words of pictures that a mistyped one may be, best first."""


@dataclass(frozen=True)
class Word:
    """A plain word: as typed, folded without its punctuation and 's, and where it stands."""

    raw: str
    key: str
    owner: bool
    start: int
    end: int
    stop: bool = False
    spelled: bool = False
    """Whether it was mistyped and put right."""
    """Whether a sentence, a clause or a list item ends here."""


@cache
def english() -> dict[str, Any]:
    """The English lexicon (english.toml)."""
    return tomllib.loads((Path(__file__).parent / "english.toml").read_text("utf-8"))


@cache
def ordinary(kind: str) -> frozenset[str]:
    return frozenset(english()["ordinary"][kind].split())


@cache
def picture_nouns() -> frozenset[str]:
    return frozenset(english()["pictures"]["nouns"].split())


@cache
def phrases(*sections: str) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Phrases of these sections as words -> words."""
    found = {}
    for section in sections:
        for said, meant in english()[section].items():
            found[tuple(said.split())] = tuple(str(meant).split())
    return found


def known(key: str) -> bool:
    """Whether it is a word of questions or an ordinary word."""
    lists = (ordinary("function"), ordinary("chat"), ordinary("verbs"), picture_nouns(), english()["units"], PROMPTED, ORDERS)
    return any(key in one for one in lists)


def word(piece: Piece) -> Word | None:
    raw = piece.text.strip(_EDGES.replace("*", "").replace("#", ""))
    key = fold(raw.strip("#") or raw)
    if key == "#":
        return Word(raw, "number", owner=False, start=piece.start, end=piece.end)
    key = _OWNED.get(key, key)
    owner = key.endswith(("'s", "s'")) and len(key) > 3
    key = key.removesuffix("'s") if key.endswith("'s") else key.removesuffix("'")
    key = re.sub(r"(?<=\w{2})-(?:san|sama|kun|chan|sensei|senpai)$", "", key)
    stop = piece.text.endswith((",", ".", "?", "!", ";", ":", ")"))
    return Word(raw, key, owner, piece.start, piece.end, stop) if key.strip(_EDGES) else None


def short(words: Iterable[Word]) -> list[Word]:
    """The words with abbreviations spelled out: `pics` -> `pictures`, `didnt` -> `did not`."""
    table, found = english()["short"], list[Word]()
    for one in words:
        meant = table.get(one.key)
        found += [replace(one, key=key) for key in meant.split()] if meant else [one]
    return found


class WordSpan(NamedTuple):
    """Words `first` to `last`, not included."""

    first: int
    last: int


class Line:
    """The words of a question, and what it has been found to ask."""

    def __init__(self, reading: ParsedFilters, words: Sequence[Word], corpus: Corpus | None = None) -> None:
        self.reading = reading
        self.corpus = corpus
        self.words = list(words)
        self.keys = [one.key for one in words]
        self.want = Want.PICTURES
        self.others: list[Want] = []
        self.frame = Frame()
        self.subject = ""
        self.asking = False
        self.ignored: list[str] = []
        self.missed: list[str] = []
        self.weak: list[str] = []
        """Ordinary words that some picture has."""
        self.negations: list[int] = []
        self.strangers: list[str] = []
        """What stands where a name does, and is none that is known."""
        self.recipients: list[str] = []
        self.turned: list[tuple[int, FacetField]] = []
        """Where names that were negated end, and of which kind they are."""
        self.unplaced: list[str] = []
        """Words that would change the answer, and found no place in it."""
        self.instead: list[tuple[str, tuple[str, ...]]] = []
        """Words that no picture has, each with those that are looked for in its place."""
        self.against: list[Condition] = []
        self.rendered = False
        """Whether only what was rendered is meant: made, rendered, renders."""
        self.taken_up: list[tuple[int, int]] = []
        """Where in the text names and dates stand."""
        self.spots: dict[Condition, int] = {}
        """Where in the text a condition is named."""
        self.people: list[tuple[int, int, Condition]] = []
        """Where in the words a person was understood, and as which condition."""

    # Reading words

    def claim(self, pattern: re.Pattern[str], *, keep: bool = False) -> re.Match[str] | None:
        """The first place where the pattern fits; its words are taken, but with `keep` they are not."""
        found = self.find(pattern)
        if found is None:
            return None
        match, span = found
        if not keep:
            self.take(*span)
        return match

    def find(self, pattern: re.Pattern[str]) -> tuple[re.Match[str], WordSpan] | None:
        """The first place where the pattern fits, and which words that are."""
        line = " ".join(self.keys)
        match = pattern.search(line)
        if match is None:
            return None
        first = line[: match.start()].count(" ") + (line[match.start() : match.start() + 1] == " ")
        return match, WordSpan(first, first + len(match.group().split()))

    def take(self, first: int, last: int) -> None:
        for at in range(first, last):
            self.keys[at] = TAKEN

    def set(self, **changes: Any) -> None:
        self.frame = replace(self.frame, **changes)

    def rewrite(self, table: dict[tuple[str, ...], tuple[str, ...]], when: Callable[[int], bool] = lambda at: True) -> None:
        """Put the canonical words in place of each phrase of the table, the longest first."""
        at = 0
        while at < len(self.keys):
            for size in range(min(_LONGEST_PHRASE, len(self.keys) - at), 0, -1):
                meant = table.get(tuple(self.keys[at : at + size]))
                if meant is not None and when(at):
                    start, end = self.words[at].start, self.words[at + size - 1].end
                    raw = " ".join(one.raw for one in self.words[at : at + size])
                    stop = self.words[at + size - 1].stop
                    made = [Word(raw, key, owner=False, start=start, end=end, stop=stop) for key in meant]
                    self._put(at, at + size, made)
                    at += len(made) - 1
                    break
            at += 1

    def reword(self, pattern: re.Pattern[str], said: str) -> None:
        """Put other words in place of what the pattern finds, wherever it does; `said` may name its groups."""
        start = 0
        while match := pattern.search(" ".join(self.keys), start):
            line = " ".join(self.keys)
            first = line[: match.start()].count(" ") + (line[match.start() : match.start() + 1] == " ")
            last = first + len(match.group().split())
            meant, kept = match.expand(said).split(), {one.key: one for one in self.words[first:last]}
            whole = replace(self.words[first], end=self.words[last - 1].end, stop=self.words[last - 1].stop, owner=False)
            made = [kept.get(key) or replace(whole, key=key) for key in meant]
            self._put(first, last, made)
            start = len(" ".join(self.keys[: first + len(made)]))

    def move(self, at: int, to: int) -> None:
        """Put the word at a place before another one, further left."""
        self.words.insert(to, self.words.pop(at))
        self.keys.insert(to, self.keys.pop(at))

    def _put(self, first: int, last: int, made: list[Word]) -> None:
        """Other words in place of `first` to `last`; where people stand moves along."""
        self.words[first:last] = made
        self.keys[first:last] = [one.key for one in made]
        by = len(made) - (last - first)
        self.people = [(at + by, to + by, one) if at >= last else (at, to, one) for at, to, one in self.people]

    def text(self, first: int, last: int) -> str:
        return " ".join(self.keys[first:last])

    def original(self, at: int) -> str:
        """The word at a place, taken or not; empty before the first."""
        return self.words[at].key if 0 <= at < len(self.words) else ""

    def in_corpus(self, text: str) -> bool:
        """Whether pictures say this, or another form of it."""
        tokens = tuple(words_of(text))
        return self.corpus is not None and bool(tokens) and self.corpus.has(tokens)

    def in_prompts(self, key: str) -> bool:
        """Whether pictures say this word, or another form of it."""
        tokens = tuple(words_of(key))
        return self.in_corpus(key) or (self.corpus is not None and len(tokens) == 1 and bool(self.corpus.forms(tokens[0])))

    def said(self, first: int, last: int) -> str:
        end = self.words[last - 1]
        return " ".join(
            [*(one.raw for one in self.words[first : last - 1]), re.sub(r"'s?$", "", end.raw) if end.owner else end.raw]
        )

    def free(self) -> list[int]:
        """Where words stand that nobody has taken."""
        return [at for at, key in enumerate(self.keys) if key != TAKEN]

    # Understanding names

    def add(self, found: Match, first: int, last: int, *, field: FacetField | None = None, negated: bool | None = None) -> None:
        said = self.said(first, last)
        place = (self.words[first].start, self.words[last - 1].end)
        turned = self.negated_before(first) if negated is None else negated
        kind = found.names[0].field
        turned = turned or (negated is None and self._goes_on_from(first, kind))
        if turned:
            self.turned.append((last, kind))
        if len(found.names) > 1 and self.original(first - 1) == "by" and self.original(first - 2) in ("approved", "rejected"):
            field = FacetField.JUDGE
        before = len(self.reading.conditions)
        self.reading.add(found, said, place, negated=turned, field=field)
        if any(one.spelled for one in self.words[first:last]) and len(self.reading.conditions) > before:
            self.reading.conditions[-1] = replace(self.reading.conditions[-1], guessed_from=said)
        if len(self.reading.conditions) > before:
            self.mark(first)
        if found.names[0].field is FacetField.BY and len(self.reading.conditions) > before:
            self.people.append((first, last, self.reading.conditions[-1]))
        label = words_of(found.names[0].label) if len(found.names) == 1 else []
        while (
            last < len(self.keys)
            and not known(self.keys[last])
            and words_of(self.keys[last])[:1]
            and words_of(self.keys[last])[0] in label
        ):
            last += 1  # "Acme Winter Catalogue" where the slug is acme-winter
        self.taken_up.append((self.words[first].start, self.words[last - 1].end))
        self.take(first, last)

    def mark(self, at: int) -> None:
        """Note that the newest condition is named by the word at a place."""
        if self.reading.conditions:
            self.spots.setdefault(self.reading.conditions[-1], self.words[at].start)

    def outside_of(self, at: int) -> bool:
        """Whether the word `outside` at a place leads to a client, a project or a shot: `outside Solid`."""
        if self.words[at].raw.casefold() != "outside" or at + 1 >= len(self.words):
            return False
        places = (FacetField.CLIENT, FacetField.PROJECT, FacetField.SHOT)
        named = [spot for one, spot in self.spots.items() if one.facet and one.facet.field in places]
        return self.words[at + 1].start in named

    def inside(self, at: int) -> bool:
        """Whether the word at a place is part of a name or a date."""
        one = self.words[at]
        return any(start <= one.start and one.end <= end for start, end in self.taken_up)

    def _goes_on_from(self, first: int, kind: FacetField) -> bool:
        """Whether only `and` or `or` stand between a name that was turned round and this one of its kind: not A or B."""
        for end, field in self.turned:
            between = [self.original(at) for at in range(end, first)]
            if field is kind and end <= first and between and set(between) <= {"and", "or", "nor", "by"}:
                return True
        return False

    def negated_before(self, first: int) -> bool:
        """Whether `not by`, `except for`, `other than` and their like stand right before a word; the negation is taken."""
        at = first - 1
        while at >= 0 and self.keys[at] in _BETWEEN:
            at -= 1
        if at < 0 or self.keys[at] not in NEGATIONS or (self.keys[at] == "but" and not self._but(at)):
            return False
        if self.keys[at] == "other" and self.keys[at + 1 : at + 2] != ["than"]:
            return False
        self.take(at, first)
        self.asking = True
        return True

    def _but(self, at: int) -> bool:
        """Whether `but` means except: "everything but the videos", "all but Mia's"."""
        return at > 0 and (
            self.keys[at - 1] in ("all", "everything", "anything", "everyone", "everybody", "anyone", "nothing")
            or self.keys[at + 1 : at + 2] == ["not"]
        )


@cache
def _spelled_out() -> frozenset[str]:
    return frozenset(word for meant in english()["short"].values() for word in meant.split())


def bare(one: Word) -> str:
    """The word as typed, without its 's; spelled out where it was short or mistyped."""
    if one.spelled or one.key in _spelled_out():
        return one.key
    return re.sub(r"'s?$", "", one.raw) if one.owner else one.raw
