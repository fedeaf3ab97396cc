"""Parses what people type to search: field:values and words, or a plain question, by a dictionary and a grammar.

A text is a question when it begins like one, or uses a name or a picture word as one does ("Mia's depth shots for Acme");
then its little words are dropped. Anything else is words to look for.
"""

from __future__ import annotations

import re
from datetime import datetime, tzinfo

from rapidfuzz import process

from core.errors import BadQuery
from core.search import grammar, line, spelling, tokens
from core.search.conditions import Condition, NameChoice, Question
from core.search.entities import KnownName, Vocabulary
from core.search.filters import ParsedFilters, apply
from core.search.lexicon import Want
from core.search.line import Corpus
from core.search.tokens import Piece
from storage.search import Facet, FacetField

_SPELLED = 40
"""Longer questions are not looked through for mistyped words."""


def understand(
    text: str,
    vocabulary: Vocabulary,
    now: datetime,
    time_zone: tzinfo,
    *,
    me: KnownName | None = None,
    here: KnownName | None = None,
    corpus: Corpus | None = None,
    asked: bool = False,
) -> Question:
    """What `text` asks. `me` is who asks, `here` the project of the place, `corpus` what pictures say; `asked`: it is a question.

    Raises BadQuery.
    """
    plain = _PER_SLASH.sub(" per ", _DAYS_OF_MONTH.sub(r"from \1 to \2 \3", tokens.clean(text)))
    plain = _quotes(_VERDICT_QUOTED.sub(r" \1 ", plain))
    reading = ParsedFilters(plain, vocabulary, now, time_zone, me, here)
    cut = tokens.cut(plain)
    for piece in cut:
        _explicit(reading, piece)
    words = [word for piece in cut if not (piece.field or piece.quoted or piece.negated) and (word := line.word(piece))]
    words = line.short(words)
    spelled = list[tuple[str, str]]()
    if corpus is not None and len(words) <= _SPELLED:
        words, spelled = spelling.put_right(words, vocabulary, corpus)
    found = line.Line(reading, words, corpus)
    grammar.read(found, asked=asked)
    _settle_shots(reading, found.want)
    return Question(
        text,
        found.want,
        tuple(dict.fromkeys(reading.conditions)),
        subject=found.subject,
        order=reading.order,
        ask=reading.ask,
        choices=reading.choices,
        unknown=tuple(reading.unknown),
        frame=found.frame,
        ignored=tuple(dict.fromkeys(found.ignored)),
        missed=tuple(dict.fromkeys(found.missed)),
        strangers=tuple(dict.fromkeys(found.strangers)),
        others=tuple(found.others),
        against=tuple(found.against),
        spelled=tuple(spelled),
        asking=found.asking,
        unplaced=tuple(dict.fromkeys(found.unplaced)),
        instead=tuple(found.instead),
    )


_DAYS_OF_MONTH = re.compile(
    r"\b(?:from )?(\d{1,2})(?:st|nd|rd|th)?\s?[-–]\s?(\d{1,2})(?:st|nd|rd|th)? "
    r"((?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*)\b",
    re.IGNORECASE,
)
_PER_SLASH = re.compile(
    r"\s+/\s*(?=(?:server|artist|person|client|project|model|checkpoint|sampler|technique|tag|workflow|lora|sampler|month|week|day|year|status|shot)s?\b)",
    re.IGNORECASE,
)
_VERDICT_QUOTED = re.compile(
    r"""(?<![\w:,-])["'](approved|rejected|needs[ -]work|undecided|pending|delivered)["']""", re.IGNORECASE
)


def _quotes(text: str) -> str:
    """Single quotes around words made double: prompts with 'rose petals'."""
    return re.sub(r"(?<![\w'])'([^'\n]{2,80}?)'(?![\w'])", r'"\1"', text)


def _explicit(reading: ParsedFilters, piece: Piece) -> None:
    if piece.field and not tokens.is_field(piece.field):
        near = [name for name, _score, _at in process.extract(piece.field, tokens.fields(), limit=2, score_cutoff=70)]
        hint = (
            f"Did you mean {' or '.join(f'`{one}:`' for one in near)}?" if near else f"There are: {', '.join(tokens.fields())}."
        )
        raise BadQuery(f"There is no field `{piece.field[:30]}:`.", hint=f"{hint} To look for the text itself, quote it.")
    if piece.field:
        apply(reading, piece)
    elif piece.quoted or piece.negated:
        reading.add_words(piece.text, negated=piece.negated)


def _settle_shots(reading: ParsedFilters, want: Want) -> None:
    """A shot's code that several projects use: the one of this place, else ask; but to show pictures, all will do."""
    fields = {condition.facet.field for condition in reading.conditions if condition.facet}
    shots = [one for one in reading.conditions if one.facet and one.facet.field is FacetField.SHOT and len(one.facet.values) == 1]
    if not shots or FacetField.PROJECT in fields or reading.choices:
        return
    projects = frozenset[int]().union(*(name.projects for name in shots[0].names))
    clients = [one for one in reading.conditions if one.facet and one.facet.field is FacetField.CLIENT and not one.facet.negated]
    if clients:
        projects &= frozenset[int]().union(*(name.projects for one in clients for name in one.names))
    if len(projects) < 2:
        return
    if reading.here and int(reading.here.value) in projects:
        facet = Facet(FacetField.PROJECT, (reading.here.value,))
        reading.conditions.append(Condition(f"project {reading.here.label}, as here", facet, names=(reading.here,)))
    elif want not in (Want.PICTURES, Want.HOW_MANY):
        owners = [name for name in reading.vocabulary.of([FacetField.PROJECT]) if int(name.value) in projects]
        reading.ask = f"Which {shots[0].label}"
        reading.choices = tuple(
            NameChoice(name.label, f"{reading.text.strip()} project:{tokens.quote(name.label)}") for name in owners[:5]
        )
