"""Questions that go on from another: what is asked right after an answer, or later in one message."""

from __future__ import annotations

import re
from dataclasses import replace

from core.search.conditions import Condition, Frame, Question
from core.search.lexicon import Want
from storage.search import FacetField, RelatedRows, Relation
from storage.search.tally import Group

_GOES_ON = re.compile(
    r"^(?:and|n|but|or|only|just|what about|how about|now|then|also|same|again|make (?:it|that|them)|without|not|"
    r"minus|except|of (?:those|these|them)|which (?:one|ones|of (?:those|these|them))|"
    r"and the|how many (?:of (?:those|these|them)|was (?:that|it)|were (?:that|they)|is that|are (?:they|those|"
    r"that))|the (?:approved|rejected|newest|latest|last|first|oldest|other)s? (?:one|ones)|ok and|okay and|so)\b",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(r"\b(?:it|its|that|those|these|them|they|their|this|ones?|there|him|her|his|he|she)\b", re.IGNORECASE)
_THIS_TIME = re.compile(
    r"\b(?:this|that) (?:week|month|year|morning|afternoon|evening|project|channel|client|quarter|time)\b", re.IGNORECASE
)
_KEEPS_WANT = re.compile(
    r"^(?:ok |okay )?(?:and|what about|how about|or|now|same|make|then|only|just|but|without|not|minus|except)\b", re.IGNORECASE
)


_JOINT = re.compile(r"^(?:(?:and|n|&|but|or|also|plus|then|so|ok|okay|now)\b[ ,]*)+(?=\w+)", re.IGNORECASE)


def without_joint(text: str) -> str:
    """What goes on, without the word that joins it to what was asked: `and rejected` -> `rejected`."""
    return _JOINT.sub("", text.strip()) or text


def asks(question: Question) -> bool:
    """Whether a part of a message asks anything, or narrows what was asked: "show me" and "artists I mean" do not."""
    own = [one for one in question.conditions if not one.implied]
    return bool(own or question.want is not Want.PICTURES or question.frame != Frame() or question.subject)


_POLITE = re.compile(r"^(?:(?:please|pls|plz|ok|okay|thanks|thx)\b[ ,]*)+(?=\w)", re.IGNORECASE)


def follows(question: Question, text: str) -> bool:
    """Whether a text goes on from the question before: it says so, points back, or names nothing of its own."""
    if question.subject or question.choices:
        return False
    text = _POLITE.sub("", text.strip())
    if _GOES_ON.match(text):
        return True
    own = [one for one in question.conditions if not one.implied]
    placed = any(one.words or (one.facet and one.facet.field.value in ("client", "project", "shot", "by")) for one in own)
    if _POINTS_BACK.search(_THIS_TIME.sub("", text)) and not placed:
        return True
    return (
        not own
        and not question.frame.unit
        and not question.frame.most
        and len(text.split()) <= 6
        and (question.want is not Want.PICTURES or question.frame != Frame())
    )


def merged(before: Question, question: Question, text: str) -> Question:
    """The question with what it leaves out taken from the one before."""
    if question.subject or question.choices:
        return question
    kept = [one for one in before.conditions if not one.implied and not any(_replaces(new, one) for new in question.conditions)]
    asks = question.want is not Want.PICTURES or question.frame.per is not None or question.frame.yes
    keeps = not asks and bool(_KEEPS_WANT.match(text.strip()))
    question = _of_each(before, _same_event(before, question, text), text)
    implied = [one for one in (*before.conditions, *question.conditions) if one.implied]
    fresh = [one for one in question.conditions if not one.implied]
    lists = before.want is Want.PICTURES or not keeps
    return replace(
        question,
        text=text,
        want=question.want if not keeps else before.want,
        frame=question.frame if not keeps else before.frame,
        conditions=tuple(dict.fromkeys((*kept, *fresh, *implied[:1]))),
        subject=before.subject,
        order=question.order or (before.order if lists or keeps else None),
        missed=tuple(word for word in question.missed),
    )


_EXPORTS = (Want.EXPORTED, Want.EXPORTER, Want.RECIPIENT, Want.PROFILE)
_VERDICTS = (Want.JUDGE, Want.JUDGED, Want.STATUS, Want.NOTE)


def _same_event(before: Question, question: Question, text: str) -> Question:
    """`and by whom?`, `and when?` after a verdict or an export: of that one, unless another verb is said."""
    if question.want not in (Want.WHO, Want.WHEN) or any(not one.implied for one in question.conditions):
        return question
    if re.search(r"\b(?:made|make|render\w*|created?)\b|\bdid (?!it\b|that\b|this\b|so\b)", text, re.IGNORECASE):
        return question
    who = question.want is Want.WHO
    if before.want in _EXPORTS:
        want = Want.EXPORTER if who else Want.EXPORTED
    elif before.want in _VERDICTS:
        want = Want.JUDGE if who else Want.JUDGED
    elif who and re.search(r"\bby (?:who|which|what)", text, re.IGNORECASE) and (done := _done(before)):
        want = Want.EXPORTER if done is Relation.EXPORTED else Want.JUDGE
    else:
        return question
    said = before.frame.detail if before.want is Want.STATUS else ""
    asked = (Condition(said, link=RelatedRows(Relation.EVER, (said,))),) if said else ()
    return replace(question, want=want, conditions=(*asked, *(one for one in question.conditions if not one.implied)))


def _done(before: Question) -> Relation | None:
    """Which kind of event the question before was about, if any."""
    links = [one.link.relation for one in before.conditions if one.link and not one.link.negated]
    judged = any(one.facet and one.facet.field is FacetField.STATUS and not one.facet.negated for one in before.conditions)
    return next((one for one in links if one in (Relation.EXPORTED, Relation.EVER)), Relation.EVER if judged else None)


def _of_each(before: Question, question: Question, text: str) -> Question:
    """`how many each?` after people or things were told of: how many of each of those."""
    if question.want is not Want.HOW_MANY or not re.search(r"\b(?:each|apiece)\b", text) or question.frame.per is not None:
        return question
    per = before.frame.per or before.frame.unit or _PER.get(before.want, Group.BY)
    return replace(question, frame=replace(question.frame, per=per, unit=None), unplaced=())


_PER = {
    Want.JUDGE: Group.JUDGE, Want.EXPORTER: Group.EXPORTER, Want.MODEL: Group.MODEL, Want.LORA: Group.LORA,
    Want.CLIENT: Group.CLIENT,
    Want.PROJECT: Group.PROJECT, Want.SHOT: Group.SHOT, Want.WORKFLOW: Group.WORKFLOW, Want.SERVER: Group.SERVER,
}  # fmt: skip


def _replaces(new: Condition, old: Condition) -> bool:
    """Whether a condition stands in place of an earlier one of its kind."""
    if new.implied:
        return False
    if new.facet and old.facet:
        return new.facet.field is old.facet.field and not new.facet.negated
    if new.link and old.link:
        return new.link.relation is old.link.relation
    if new.dated and old.dated:
        return True
    return bool(new.words and old.words and not new.words.negated and not old.words.negated)
