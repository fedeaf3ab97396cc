"""The grammar of plain questions: steps that each take the words they understand, from ids and dates to names and the rest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from core.search import dates, lexicon
from core.search.conditions import Condition, label
from core.search.entities import Match
from core.search.filters import UNDECIDED, Reading, mine
from core.search.lexicon import Want
from core.search.tokens import Piece
from storage import ids
from storage.search import Facet, Field, Order
from storage.search.tokenizer import fold, words_of

_TAKEN = "·"
_EDGES = "?!.,;:()[]{}<>|&+*/\\~^=#…—–-"
_CONTRACTIONS = {f"{word}'s": word for word in ("who", "what", "when", "where", "how", "it", "that", "there", "here", "let")}
_SHOT_CODE = re.compile(r"(?=.*\d)[\w-]{2,20}")
_BARE_NAMES = (Field.CLIENT, Field.PROJECT, Field.WORKFLOW)
_PLACES = (Field.CLIENT, Field.PROJECT)
_NEGATIONS = ("not", "except", "excluding", "without", "isn't", "aren't", "wasn't", "weren't")
_BETWEEN = ("by", "for", "from", "with", "using", "the", "client", "project", "made", "rendered")
_LEADS = ("for", "by", "from", "in", "on", "client", "project")


class Word(NamedTuple):
    """A plain word: as typed, folded without its punctuation and 's, and where it stands."""

    raw: str
    key: str
    owner: bool
    start: int
    end: int


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
    Context(r"judgedby", (Field.BY,), role=Field.JUDGE),
    Context(r"by|did|has|have", (Field.BY,)),
    Context(r"for", (Field.CLIENT, Field.PROJECT, Field.SHOT)),
    Context(r"from", (Field.BY, Field.CLIENT, Field.PROJECT)),
    Context(r"in|on|under", (Field.PROJECT, Field.SHOT, Field.CLIENT), loose=False),
    Context(r"with|using|use|used|uses|via|through", (Field.WORKFLOW, Field.LORA, Field.MODEL), loose=False),
    Context(r"made|rendered|did|created|generated|make|render", (Field.BY,), follows=False, loose=False),
    Context(r"workflows?", (Field.WORKFLOW,), follows=False, loose=False),
    Context(r"loras?", (Field.LORA,), follows=False, loose=False),
    Context(r"models?", (Field.MODEL,), follows=False, loose=False),
    Context(r"projects?|campaign", (Field.PROJECT,), follows=False, loose=False),
)


def word(piece: Piece) -> Word | None:
    raw = piece.text.strip(_EDGES.replace("*", ""))
    key = fold(raw)
    key = _CONTRACTIONS.get(key, key)
    owner = key.endswith(("'s", "s'")) and len(key) > 3
    key = key.removesuffix("'s") if key.endswith("'s") else key.removesuffix("'")
    return Word(raw, key, owner, piece.start, piece.end) if key.strip(_EDGES) else None


class Line:
    """The plain words of a question, and which of them have been understood."""

    def __init__(self, reading: Reading, words: Sequence[Word]) -> None:
        self.reading = reading
        self.words = words
        self.keys = [word.key for word in words]
        self.want = Want.PICTURES
        self.subject = ""
        self.asking = bool(words) and (
            words[0].key in lexicon.STARTERS
            or reading.text.rstrip().endswith("?")
            or lexicon.PICTURES_THAT.search(" ".join(self.keys)) is not None
            or (words[-1].key in lexicon.MANY_PICTURES and (len(words) > 1 or bool(reading.conditions)))
        )

    def read(self) -> None:
        for step in (
            self._codes, self._wants, self._full_names, self._me, self._verdicts, self._dates, self._techniques, self._shots,
            self._names_in_context, self._bare_names, self._kinds, self._orders, self._without, self._rest,
        ):  # fmt: skip
            step()

    # What the steps work with

    def claim(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """The first place where `pattern` fits words not yet taken; its words are taken."""
        line = " ".join(self.keys)
        match = pattern.search(line)
        if match is None or _TAKEN in match.group():
            return None
        first = line[: match.start()].count(" ") + (line[match.start() : match.start() + 1] == " ")
        self.take(first, first + len(match.group().split()))
        return match

    def take(self, first: int, last: int) -> None:
        for at in range(first, last):
            self.keys[at] = _TAKEN

    def add(self, found: Match, first: int, last: int, *, field: Field | None = None) -> None:
        said = self.said(first, last)
        place = (self.words[first].start, self.words[last - 1].end)
        self.reading.add(found, said, place, negated=self.negated_before(first), field=field)
        label = words_of(found.names[0].label) if len(found.names) == 1 else []
        while last < len(self.keys) and words_of(self.keys[last]) and words_of(self.keys[last])[0] in label:
            last += 1  # "Acme Winter Catalogue" where the slug is acme-winter
        self.take(first, last)

    def negated_before(self, first: int) -> bool:
        """Whether `not by`, `except for` and their like stand right before a word; the negation is taken."""
        at = first - 1
        while at >= 0 and self.keys[at] in _BETWEEN:
            at -= 1
        if at < 0 or self.keys[at] not in _NEGATIONS:
            return False
        self.take(at, at + 1)
        self.asking = True
        return True

    def said(self, first: int, last: int) -> str:
        return " ".join([*(word.raw for word in self.words[first : last - 1]), _bare(self.words[last - 1])])

    def text(self, first: int, last: int) -> str:
        return " ".join(self.keys[first:last])

    # The steps

    def _codes(self) -> None:
        for at, word in enumerate(self.words):
            for prefix in ("R", "A"):
                sure = word.raw.isupper() or any(one.isdigit() for one in word.key)  # an a-frame is no id
                if not self.subject and sure and ids.number(prefix, word.key) is not None:
                    self.subject = word.key.upper()
                    self.take(at, at + 1)
                    self.asking = True

    def _wants(self) -> None:
        for pattern, want in lexicon.WANTS:
            match = self.claim(pattern)
            if match is None:
                continue
            self.asking = True
            found = match.groupdict()
            self.want = want or lexicon.NOUNS.get(found["noun"]) or lexicon.NOUNS[found["noun"].removesuffix("s")]
            if found.get("verdict"):
                self.reading.add_facet(Field.STATUS, [found["verdict"]])
            if self.want is Want.STATUS:
                self.claim(lexicon.VERDICT)
            return

    def _full_names(self) -> None:
        """Names of two words and more, spelled just so; outside of questions a place's only where it looks like a name."""
        for size in (4, 3, 2):
            for first in range(len(self.keys) - size + 1):
                text = self.text(first, first + size)
                judge = first > 1 and self.keys[first - 1] == "by" and self.keys[first - 2] in ("approved", "rejected")
                if _TAKEN in text or judge:
                    continue
                match = self.reading.vocabulary.exact(text, (Field.BY, *_PLACES))
                led = bool(first) and self.keys[first - 1] in _LEADS
                if match and (self.asking or led or match.names[0].field is Field.BY or self.words[first].raw[:1].isupper()):
                    self.asking = True
                    self.add(match, first, first + size)

    def _me(self) -> None:
        self.claim(lexicon.ASKS_FOR_ME)
        if self.claim(lexicon.ABOUT_ME):
            self.asking = True
            mine(self.reading)
        if self.reading.here and self.claim(lexicon.HERE):
            self.asking = True
            self.reading.add(Match("exact", (self.reading.here,)), "here", (0, 0))

    def _verdicts(self) -> None:
        if match := self.claim(lexicon.JUDGED_BY):
            self.reading.add_facet(Field.STATUS, [match["verdict"]])
            at = next(at for at, word in enumerate(self.words) if word.key == "by" and self.keys[at] == _TAKEN)
            self.keys[at] = "judgedby"
        if self.claim(lexicon.UNDECIDED):
            self.reading.conditions.append(UNDECIDED)
        if match := self.claim(lexicon.NOT_VERDICT):
            self.reading.add_facet(Field.STATUS, [match["verdict"] or "approved"], negated=True)
        if match := self.claim(lexicon.VERDICT):
            self.reading.add_facet(Field.STATUS, [match["verdict"].replace("need work", "needs work")])

    def _dates(self) -> None:
        for found in dates.scan(self.keys, self.reading.now, self.reading.zone):
            said = " ".join(word.raw for word in self.words[found.first : found.last])
            self.reading.conditions.append(Condition(said.lower(), since=found.since, until=found.until))
            self.take(found.first, found.last)
        if match := self.claim(lexicon.SEED):
            self.reading.add_facet(Field.SEED, [str(int(match["seed"]))])

    def _techniques(self) -> None:
        patterns = (*lexicon.TECHNIQUE, *((lexicon.SURE_TECHNIQUE,) if self.asking else ()))
        for pattern in patterns:
            while match := self.claim(pattern):
                self.asking = True
                self.reading.add_facet(Field.TECHNIQUE, [lexicon.technique(match["technique"])])

    def _shots(self) -> None:
        """A known shot's code, wherever it stands."""
        for at, key in enumerate(self.keys):
            known, field = self.reading.vocabulary, (Field.SHOT,)
            match = known.exact(key, field) if _SHOT_CODE.fullmatch(key) else None
            if match is None and re.fullmatch(r"[^\W\d_]+-?\d+", key):
                match = known.same_number(key)
            if match:
                self.add(match, at, at + 1)
                if at and self.keys[at - 1] in ("shot", "shots"):
                    self.take(at - 1, at)

    def _names_in_context(self) -> None:
        for context in _CONTEXTS:
            for at in range(len(self.keys)):
                if self.keys[at] is not _TAKEN and context.leads(self.keys[at]):
                    self._after(at, context) if context.follows else self._before(at, context)
        for at, word in enumerate(self.words):
            if word.owner and self.keys[at] != _TAKEN:
                self._owner(at)

    def _after(self, lead: int, context: Context) -> None:
        first = lead + 1
        while first < len(self.keys) and self.keys[first] in (
            "the",
            "our",
            "a",
            "an",
            "client",
            "project",
            "workflow",
            "model",
            "lora",
        ):
            first += 1
        longest = next((size for size in range(4) if self._stops(first + size)), 4)
        found = self._longest(first, longest, context)
        if found is None:
            if context.role is not None:
                self._nobody(lead, first, longest)
            return
        match, last = found
        self.asking = True
        self.add(match, first, last, field=context.role)
        self.take(lead, first)

    def _longest(self, first: int, longest: int, context: Context) -> tuple[Match, int] | None:
        vocabulary = self.reading.vocabulary
        fields: Sequence[Field]
        readers = [vocabulary.exact, vocabulary.partial, *([vocabulary.near] if context.loose else [])]
        for reader in readers:
            for size in range(longest, 0, -1):
                text = self.text(first, first + size)
                if reader == vocabulary.partial and not (context.loose or self._ends(first + size)):
                    continue
                if text in lexicon.FILLERS or (
                    Field.SHOT in context.fields and len(context.fields) > 1 and not _SHOT_CODE.fullmatch(text)
                ):
                    fields = tuple(one for one in context.fields if one is not Field.SHOT)
                else:
                    fields = context.fields
                if text not in lexicon.FILLERS and (match := reader(text, fields)):
                    return match, first + size
        return None

    def _stops(self, at: int) -> bool:
        """Whether a name cannot go on at this word."""
        if at >= len(self.keys):
            return True
        key = self.keys[at]
        return key in (_TAKEN, "judgedby") or key in lexicon.FILLERS or bool(re.fullmatch(lexicon.PICTURES, key))

    def _ends(self, at: int) -> bool:
        """Whether a name that ends here is all there is: `with film`, but not `with film grain` or `with depth of field`."""
        return self._stops(at) and self.keys[at : at + 1] != ["of"]

    def _nobody(self, lead: int, first: int, size: int) -> None:
        """`approved by Nobody`: it must not be taken for words about the picture."""
        said = self.said(first, first + size) if size else ""
        if said:
            self.reading.add_words(said)
        self.take(lead, first + size)

    def _before(self, lead: int, context: Context) -> None:
        for size in (3, 2, 1):
            first = lead - size
            text = self.text(first, lead) if first >= 0 else _TAKEN
            if _TAKEN in text or text in lexicon.FILLERS:
                continue
            vocabulary = self.reading.vocabulary
            if match := vocabulary.exact(text, context.fields) or vocabulary.partial(text, context.fields):
                self.asking = True
                self.add(match, first, lead)
                self.take(lead, lead + 1)
                return

    def _owner(self, at: int) -> None:
        fields = (Field.BY, *_PLACES)
        vocabulary = self.reading.vocabulary
        for first in (at - 2, at - 1, at):
            text = self.text(first, at + 1) if first >= 0 else _TAKEN
            if _TAKEN in text:
                continue
            match = (
                vocabulary.exact(text, fields)
                or vocabulary.partial(text, fields)
                or (vocabulary.near(text, fields) if first == at else None)
            )
            if match:
                self.asking = True
                self.add(match, first, at + 1)
                return

    def _bare_names(self) -> None:
        """Full names of clients, projects and workflows anywhere in a question; first names where they have a capital."""
        if not self.asking:
            return
        for at, word in enumerate(self.words):
            if self._stops(at):
                continue
            known, capital = self.reading.vocabulary, word.raw[:1].isupper()
            # "rose petals" is no client Rose; "Rose petals" and "the rose pictures" are
            match = known.exact(word.key, _BARE_NAMES) if capital or self._stops(at + 1) else None
            if match is None and capital and at:
                match = known.exact(word.key, (Field.BY,)) or known.partial(word.key, (Field.BY,))
            if match:
                self.add(match, at, at + 1)

    def _kinds(self) -> None:
        if not self.asking:
            return
        for pattern, kinds in lexicon.KINDS:
            if self.claim(pattern):
                shown = label(Field.KIND, kinds[:1])
                self.reading.conditions.append(Condition(shown, Facet(Field.KIND, kinds)))
        if self.claim(lexicon.UPLOADED):
            self.reading.add_facet(Field.ORIGIN, ["upload"])

    def _orders(self) -> None:
        first = bool(self.keys) and self.keys[0] in ("latest", "newest", "oldest", "earliest", "last", "most")
        if not (self.asking or first):
            return
        for pattern, order in ((lexicon.LATEST, Order.NEWEST), (lexicon.OLDEST, Order.OLDEST)):
            if self.reading.order is None and self.claim(pattern):
                self.reading.order = order
                self.asking = True

    def _without(self) -> None:
        while self.asking and (match := self.claim(re.compile(r"\bwithout (?:a |an |any |the )?(?P<word>\w[\w-]*)"))):
            self.reading.add_words(match["word"], negated=True)

    def _rest(self) -> None:
        meant = [key for key in self.keys if key != _TAKEN and key not in lexicon.JOINTS]
        for word, key in zip(self.words, self.keys, strict=True):
            dull = self.asking and (key in lexicon.FILLERS or re.fullmatch(lexicon.PICTURES, key))
            dull = dull or (bool(meant) and key in lexicon.JOINTS)
            if key != _TAKEN and not dull:
                self.reading.add_words(_bare(word) if self.asking else word.raw)


def _bare(word: Word) -> str:
    """The word as typed, without its 's."""
    return re.sub(r"'s?$", "", word.raw) if word.owner else word.raw
