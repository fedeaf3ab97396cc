"""Says an understood question again in conditions, so that one of them can be taken away or changed with a button."""

from __future__ import annotations

import re

from core.search.conditions import Choice, Condition, Question
from core.search.filters import INFERRED, UNDECIDED
from core.search.lexicon import Want
from core.search.tokens import quote
from storage.search import Facet, Field, Words

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
    Want.RESULTS: "what came from",
    Want.SOURCES: "what went into",
}
_PLAIN = re.compile(r"[\w.@+-]+")


def without_each(question: Question) -> tuple[Choice, ...]:
    """The question asked again without each of its conditions; empty where there is only one, or what it is about has an id."""
    if question.subject or len(question.conditions) < 2 or question.choices or question.unknown:
        return ()
    return tuple(
        Choice(one.label, said(question, tuple(other for other in question.conditions if other != one)))
        for one in question.conditions
    )


def said(question: Question, conditions: tuple[Condition, ...]) -> str:
    """What the question asks, of these conditions only."""
    dated = any(one.facet is None and one.words is None and not _is_field(one.label) for one in conditions)
    asks = _ASKED[question.want] or ("show me" if dated else "")
    order = f"sort:{question.order}" if question.order else ""
    return " ".join(part for part in (asks, *(condition_text(one) for one in conditions), order) if part)


def condition_text(one: Condition) -> str:
    """A condition as it may be typed.

    >>> condition_text(UNDECIDED)
    'is:undecided'
    """
    if one.facet is not None:
        return _facet(one, one.facet)
    if one.words is not None:
        return _words(one, one.words)
    if _is_field(one.label):
        field, _, value = one.label.partition(" ")
        return f"{field}:{quote(value)}"
    return one.label


def _facet(one: Condition, facet: Facet) -> str:
    sign = "-" if facet.negated else ""
    if facet == UNDECIDED.facet:
        return "is:undecided"
    if facet.field is Field.INFERRED and facet.values == INFERRED:
        return f"{sign}is:inferred"
    values = [name.label for name in one.names] or list(facet.values)
    field = "is" if facet.field is Field.ORIGIN else facet.field.value
    return f"{sign}{field}:{','.join(_value(value) for value in dict.fromkeys(values))}"


def _words(one: Condition, words: Words) -> str:
    typed = one.label.rpartition("“")[2].removesuffix("”")
    sign = "-" if words.negated else ""
    if words.part == "unwanted":
        return f"{sign}negative:{quote(typed)}"
    return f"{sign}{typed}" if words.prefix else f"{sign}{quote(typed)}"


def _is_field(label: str) -> bool:
    return label.partition(" ")[0] in ("before", "after", "on") and " " in label


def _value(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else quote(value)
