"""What each field:value means: `by:mia`, `status:approved,rejected`, `before:march`, `is:video`, `shot:sh0*`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Protocol

from core.errors import BadQuery
from core.search import dates
from core.search.conditions import Condition, NameChoice, Unknown, choices_between, label
from core.search.entities import STATUSES, KnownName, Match, Vocabulary
from core.search.tokens import Piece
from storage.search import Facet, FacetField, Order, Phrase
from storage.search.picture_sizes import SHAPES, STEPS
from storage.search.tokenizer import fold, words_of

UNDECIDED = Condition("undecided", Facet(FacetField.STATUS, STATUSES, negated=True))
_AT_LEAST = tuple(f"{step}+" for step in STEPS)
INFERRED = ("by", "client", "project", "shot")
KINDS = ("image", "animation", "video", "audio", "3d", "text", "file")
ORIGINS = ("render", "upload", "ingest")
_SYNONYMS = {"ok": "approved", "accepted": "approved", "no": "rejected", "needs-work": "needs work", "pending": "undecided"}
_PICKED_BY_ONE = (FacetField.BY, FacetField.JUDGE, FacetField.CLIENT, FacetField.PROJECT)
"""Fields where two names are two different things, so that one has to ask; elsewhere any of them will do."""
_SPAN = ("before", "after", "on")


class Forms(Protocol):
    """Knows the other forms of a word."""

    def forms(self, token: str) -> tuple[tuple[str, ...], ...]: ...


def facets_of(names: Sequence[KnownName]) -> tuple[Facet, ...]:
    """Any of these names, a Facet a field."""
    values: dict[FacetField, list[str]] = {}
    for name in names:
        values.setdefault(name.field, []).append(name.value)
    return tuple(Facet(field, tuple(dict.fromkeys(every))) for field, every in values.items())


@dataclass
class ParsedFilters:
    """What has been understood so far."""

    text: str
    vocabulary: Vocabulary
    now: datetime
    zone: tzinfo
    me: KnownName | None = None
    here: KnownName | None = None
    conditions: list[Condition] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)
    ask: str = ""
    choices: tuple[NameChoice, ...] = ()
    order: Order | None = None

    def add(
        self, found: Match, said: str, place: tuple[int, int], *, negated: bool = False, field: FacetField | None = None
    ) -> None:
        """Take `found` as a condition; where it is several people or places, ask which."""
        kind = field or found.names[0].field
        if len(found.names) > 1 and kind in _PICKED_BY_ONE:
            if not self.choices:
                self.ask = f"Which “{said}”"
                renamed = tuple(KnownName(field or name.field, name.value, name.label, name.keys) for name in found.names)
                self.choices = choices_between(renamed, self.text, *place)
            return
        values = tuple(dict.fromkeys(name.value for name in found.names))
        shown = tuple(dict.fromkeys(name.label for name in found.names))
        guessed = said if found.how == "near" else ""
        facet = Facet(kind, values, negated=negated)
        self.conditions.append(Condition(label(kind, shown, negated=negated), facet, guessed_from=guessed, names=found.names))

    def add_facet(self, kind: FacetField, values: Sequence[str], *, negated: bool = False) -> None:
        self.conditions.append(
            Condition(label(kind, tuple(values), negated=negated), Facet(kind, tuple(values), negated=negated))
        )

    def add_words(
        self, text: str, *, negated: bool = False, corpus: Forms | None = None, guessed: str = "", named: bool = False
    ) -> None:
        """A word, a phrase, or the start of one (`sun*`); with `named`, names that hold it will do as well. Raises BadQuery."""
        tokens, prefix = tuple(words_of(text)), text.endswith("*")
        if prefix and len("".join(tokens)) < 2:
            raise BadQuery(f"`{text[:20]}` would be nearly everything.", hint="Give at least two letters before the `*`.")
        if tokens:
            said = f"“{text}”"
            forms = corpus.forms(tokens[0]) if corpus is not None and len(tokens) == 1 and not prefix else ()
            names = facets_of(self.vocabulary.holding(tokens, prefix=prefix)) if named else ()
            words = Phrase(tokens, prefix=prefix, negated=negated, forms=forms, names=names)
            self.conditions.append(Condition(f"not {said}" if negated else said, words=words, guessed_from=guessed))

    def add_any(self, texts: Sequence[str], corpus: Forms | None) -> None:
        """Any of these words or phrases."""
        tokens = [tuple(words_of(text)) for text in texts]
        forms = [form for one in tokens if corpus is not None and len(one) == 1 for form in corpus.forms(one[0])]
        words = Phrase(tokens[0], forms=tuple(dict.fromkeys((*tokens[1:], *forms))))
        self.conditions.append(Condition(" or ".join(f"“{text}”" for text in texts), words=words))


def apply(reading: ParsedFilters, piece: Piece) -> None:
    """Take one field:values. Raises BadQuery."""
    special = _SPECIAL.get(piece.field)
    if special is not None:
        special(reading, piece)
    else:
        _named(reading, piece, FacetField(piece.field))


def _named(reading: ParsedFilters, piece: Piece, kind: FacetField) -> None:
    names, how = list[KnownName](), "exact"
    for value in piece.values:
        match = _match(reading, kind, value)
        if match is None:
            near = tuple(name.label for name in reading.vocabulary.nearest(value, [_source(kind)]))
            reading.unknown.append(Unknown(str(kind), value, near))
        elif len(match.names) > 1 and kind in _PICKED_BY_ONE:
            reading.add(match, value, (piece.start, piece.end), negated=piece.negated, field=kind)
        else:
            names += match.names
            how = "near" if match.how == "near" else how
    if names:
        values = tuple(dict.fromkeys(name.value for name in names))
        shown = label(kind, tuple(dict.fromkeys(name.label for name in names)), negated=piece.negated)
        said = ", ".join(piece.values) if how == "near" else ""
        facet = Facet(kind, values, negated=piece.negated)
        reading.conditions.append(Condition(shown, facet, guessed_from=said, names=tuple(names)))


def _match(reading: ParsedFilters, kind: FacetField, value: str) -> Match | None:
    source = [_source(kind)]
    if kind in (FacetField.BY, FacetField.JUDGE) and fold(value) in ("me", "myself", "i") and reading.me:
        return Match("exact", (reading.me,))
    if kind is FacetField.PROJECT and fold(value) in ("here", "this") and reading.here:
        return Match("exact", (reading.here,))
    if value.endswith("*") and len(value) > 2:
        found = [name for name in reading.vocabulary.of(source) if any(key.startswith(fold(value[:-1])) for key in name.keys)]
        return Match("partial", tuple(found)) if found else None
    if kind is FacetField.MODEL and re.fullmatch(r"[0-9a-fA-F]{10,64}", value):
        return Match("exact", (KnownName(kind, value[:10].lower(), value[:10].lower(), ()),))
    plain, at, number = value.rpartition("@")
    if kind is FacetField.WORKFLOW and at and number.isdigit() and (match := reading.vocabulary.match(plain, source)):
        versions = [KnownName(kind, f"{name.value}@{number}", f"{name.label}@{number}", ()) for name in match.names]
        return Match(match.how, tuple(versions))
    return reading.vocabulary.match(value, source)


def _source(kind: FacetField) -> FacetField:
    return FacetField.BY if kind is FacetField.JUDGE else kind


def _status(reading: ParsedFilters, piece: Piece) -> None:
    values = [_SYNONYMS.get(fold(value), fold(value)) for value in piece.values]
    if values == ["undecided"]:
        reading.conditions.append(UNDECIDED)
        return
    _one_of(values, STATUSES, "status")
    reading.add_facet(FacetField.STATUS, values, negated=piece.negated)


def _is(reading: ParsedFilters, piece: Piece) -> None:
    for value in (_SYNONYMS.get(fold(one), fold(one)) for one in piece.values):
        _one_of([value], (*STATUSES, "undecided", "mine", "inferred", *KINDS, *ORIGINS), "is")
        if value == "undecided":
            reading.conditions.append(UNDECIDED)
        elif value == "mine":
            mine(reading, negated=piece.negated)
        elif value == "inferred":
            shown = "not inferred" if piece.negated else "inferred, not confirmed"
            reading.conditions.append(Condition(shown, Facet(FacetField.INFERRED, INFERRED, negated=piece.negated)))
        else:
            kind = FacetField.STATUS if value in STATUSES else FacetField.KIND if value in KINDS else FacetField.ORIGIN
            reading.add_facet(kind, [value], negated=piece.negated)


def mine(reading: ParsedFilters, *, negated: bool = False) -> None:
    """Only what the asker made; nothing where nobody is known to ask."""
    if reading.me is not None:
        reading.add(Match("exact", (reading.me,)), "me", (0, 0), negated=negated)


def _kind(reading: ParsedFilters, piece: Piece) -> None:
    values = [fold(value) for value in piece.values]
    _one_of(values, KINDS, "kind")
    reading.add_facet(FacetField.KIND, values, negated=piece.negated)


def _seed(reading: ParsedFilters, piece: Piece) -> None:
    if not all(re.fullmatch(r"\d{1,20}", value) for value in piece.values):
        raise BadQuery(f"`{piece}` is not a seed.", hint="A seed is a whole number: `seed:1234`.")
    reading.add_facet(FacetField.SEED, [str(int(value)) for value in piece.values], negated=piece.negated)


def _size(reading: ParsedFilters, piece: Piece) -> None:
    values = [re.sub(r"[×*]", "x", fold(value)) for value in piece.values]
    for value in values:
        if not (value in SHAPES or re.fullmatch(r"[1-9]\d{0,5}x[1-9]\d{0,5}", value) or value in _AT_LEAST):
            hint = f"It can be 1024x768, {', '.join(SHAPES)}, or the longer edge at least: {', '.join(_AT_LEAST)}."
            raise BadQuery(f"`{piece}` is not a size.", hint=hint)
    reading.add_facet(FacetField.SIZE, values, negated=piece.negated)


def _negative(reading: ParsedFilters, piece: Piece) -> None:
    for value in piece.values:
        if tokens := tuple(words_of(value)):
            words = Phrase(tokens, prefix=value.endswith("*"), negated=piece.negated, part="unwanted")
            reading.conditions.append(Condition(f"{'no ' if piece.negated else ''}negative prompt “{value}”", words=words))


def _date(reading: ParsedFilters, piece: Piece) -> None:
    span = dates.read(" ".join(piece.values), reading.now, reading.zone)
    shown = f"{piece.field} {' '.join(piece.values)}"
    match piece.field:
        case "before":
            reading.conditions.append(Condition(shown, until=span.start))
        case "after":
            reading.conditions.append(Condition(shown, since=span.start))
        case _:
            reading.conditions.append(Condition(shown, since=span.start, until=span.end))


def _sort(reading: ParsedFilters, piece: Piece) -> None:
    _one_of([fold(piece.values[0])], [str(order) for order in Order], "sort")
    reading.order = Order(fold(piece.values[0]))


def _one_of(values: Sequence[str], allowed: Sequence[str], name: str) -> None:
    for value in values:
        if value not in allowed:
            raise BadQuery(f"`{name}:{value[:30]}` is not known.", hint=f"It can be {', '.join(allowed)}.")


_SPECIAL: dict[str, Callable[[ParsedFilters, Piece], None]] = {
    "status": _status,
    "is": _is,
    "kind": _kind,
    "seed": _seed,
    "size": _size,
    "negative": _negative,
    "sort": _sort,
    **dict.fromkeys(_SPAN, _date),
}
