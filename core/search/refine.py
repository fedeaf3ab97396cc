"""Says an understood question again in conditions, so that one of them can be taken away or changed with a button."""

from __future__ import annotations

import re

from core.search.conditions import Condition, NameChoice, Question
from core.search.filters import INFERRED, UNDECIDED
from core.search.lexicon import Want
from core.search.tokens import quote
from storage.search import Facet, FacetField, Phrase

_ASKED = {
    Want.PICTURES: "",
    Want.WHO: "who made",
    Want.WHEN: "when did we make",
    Want.MODEL: "which model was used for",
    Want.LORA: "which lora was used for",
    Want.SEED: "which seed was used for",
    Want.PROMPT: "which prompt was used for",
    Want.NEGATIVE: "which negative prompt was used for",
    Want.SETTINGS: "which settings were used for",
    Want.WORKFLOW: "which workflow was used for",
    Want.CLIENT: "which client was it for",
    Want.PROJECT: "which project is",
    Want.SHOT: "which shots are",
    Want.STATUS: "which status has",
    Want.JUDGE: "which status has",
    Want.TECHNIQUE: "which technique was used for",
    Want.HOW_MANY: "how many",
    Want.LIST: "which",
    Want.JUDGED: "when was the verdict on",
    Want.EXPORTED: "when was the last export of",
    Want.EXPORTER: "who exported",
    Want.TAGGER: "who tagged",
    Want.PROFILE: "which profile was used for",
    Want.RECIPIENT: "which recipient had",
    Want.SIZE: "how big is",
    Want.LENGTH: "how long is",
    Want.TOOK: "how long did it take to render",
    Want.SERVER: "which server ran",
    Want.TAGS: "which tags has",
    Want.NOTE: "which notes has",
    Want.FILE: "which filename has",
    Want.FRAMES: "frame count of",
    Want.SHARE: "what percentage of",
    Want.RESULTS: "what came from",
    Want.SOURCES: "what went into",
}
_PLAIN = re.compile(r"[\w.@+-]+")


def without_each(question: Question) -> tuple[NameChoice, ...]:
    """The question asked again without each of its conditions; empty where there is only one, or what it is about has an id."""
    conditions = tuple(one for one in question.conditions if not one.implied)
    if question.subject or len(conditions) < 2 or question.choices or question.unknown or question.against:
        return ()
    return tuple(
        NameChoice(one.label, said(question, tuple(other for other in conditions if other != one))) for one in conditions
    )


def said(question: Question, conditions: tuple[Condition, ...]) -> str:
    """What the question asks, of these conditions only."""
    dated = any(one.dated and not _is_field(one.label) for one in conditions)
    asks = _asked(question) or ("show me" if dated or any(one.link or one.bound for one in conditions) else "")
    order = f"sort:{question.order}" if question.order else ""
    per = f"per {_noun(question.frame.per)}" if question.frame.per and not question.frame.most else ""
    shown = (condition_text(one) for one in conditions if not one.implied)
    return " ".join(part for part in (asks, *shown, per, order) if part)


_NOUNS = {"by": "person", "lora": "LoRA", "kind": "kind"}
_MEASURES = {
    "pixels": ("biggest", "smallest"),
    "seconds": ("longest", "shortest"),
    "took": ("slowest", "fastest"),
    "bytes": ("heaviest", "smallest"),
    "width": ("widest", "smallest"),
    "height": ("tallest", "smallest"),
}


def _noun(unit: object) -> str:
    return _NOUNS.get(str(unit), str(unit))


def _asked(question: Question) -> str:
    """How the question asks, in words the grammar reads."""
    frame = question.frame
    plural = "people" if frame.unit == "by" else f"{_noun(frame.unit)}s"
    if frame.most:
        return f"which {_noun(frame.per)} has the {'fewest' if frame.least else 'most'}"
    if frame.measure is not None and frame.measure.value in _MEASURES:
        return f"{_MEASURES[frame.measure.value][frame.least]} picture"
    if question.want is Want.LIST and frame.unit:
        return f"which {plural}"
    if question.want is Want.HOW_MANY and frame.unit and frame.per is None:
        return f"how many {plural}"
    if question.want is Want.PICTURES and frame.limit:
        return f"{'oldest' if question.order == 'oldest' else 'newest'} {frame.limit}"
    return _ASKED.get(question.want, "")


def condition_text(one: Condition) -> str:
    """A condition as it may be typed.

    >>> condition_text(UNDECIDED)
    'is:undecided'
    """
    if one.facet is not None:
        return _facet(one, one.facet)
    if one.words is not None:
        return _words(one, one.words)
    if one.link is not None or one.bound is not None:
        return one.label.replace("“", '"').replace("”", '"')
    if _is_field(one.label):
        field, _, value = one.label.partition(" ")
        return f"{field}:{quote(value)}"
    return one.label


def _facet(one: Condition, facet: Facet) -> str:
    sign = "-" if facet.negated else ""
    if facet == UNDECIDED.facet:
        return "is:undecided"
    if facet.field is FacetField.INFERRED and facet.values == INFERRED:
        return f"{sign}is:inferred"
    values = [name.label for name in one.names] or list(facet.values)
    field = "is" if facet.field is FacetField.ORIGIN else facet.field.value
    return f"{sign}{field}:{','.join(_value(value) for value in dict.fromkeys(values))}"


def _words(one: Condition, words: Phrase) -> str:
    typed = one.label.rpartition("“")[2].removesuffix("”")
    sign = "-" if words.negated else ""
    if "” or “" in one.label:
        return one.label.replace("“", "").replace("”", "")
    if words.part == "unwanted":
        return f"{sign}negative:{quote(typed)}"
    return f"{sign}{typed}" if words.prefix else f"{sign}{quote(typed)}"


def _is_field(label: str) -> bool:
    return label.partition(" ")[0] in ("before", "after", "on") and " " in label


def _value(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else quote(value)
