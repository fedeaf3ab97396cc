"""Answers a question from what is kept: one sentence with the fact asked for, then the pictures, then how it was understood.

Sentences use two marks only, `**bold**` and `` `code` ``; names and prompts in them are cleared of both. It never says what is
not in a row, and never counts what the asker may not see.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlmodel import Session

from core.people import roles
from core.schemas.search import CountRow, SearchSchema, TextChoice
from core.search import answers, entities, followups, foreign, kinship, languages, messages, parser, refine, summaries, translator
from core.search import explain as search_explain
from core.search.carrying_out import Search
from core.search.conditions import Frame, NameChoice, Question
from core.search.corpus import ScopeCorpus
from core.search.lexicon import Want
from core.search.results import Result
from core.search.tokens import quote
from storage import clock, search
from storage.search import FacetField, Scope
from storage.tables import Member, Project

LIMIT = 20


@dataclass(frozen=True)
class SearchAnswer:
    """An answer. With `choices` the sentence is a question back, and each choice the text to ask instead."""

    sentence: str
    results: tuple[Result, ...] = ()
    understood: tuple[str, ...] = ()
    choices: tuple[NameChoice, ...] = ()
    without: tuple[NameChoice, ...] = ()
    """The question without each of its conditions, to take one away."""
    after: str = ""
    """Asks for the next page; empty when this is the last."""
    want: Want = Want.PICTURES
    goes_on: bool = False
    """Whether it was taken to go on from the question before."""
    rows: tuple[tuple[str, int], ...] = ()
    """Groups and their numbers, where the question counts by something."""
    doubts: str = ""
    """How the sentence begins where a word of the question has no place in the answer."""
    unsure: bool = False
    """Whether something in the text was not understood."""

    def schema(self) -> SearchSchema:
        return SearchSchema(
            answer=self.sentence,
            understood=list(self.understood),
            results=[result.schema() for result in self.results],
            choices=[TextChoice(label=choice.label, text=choice.text) for choice in self.choices],
            without=[TextChoice(label=choice.label, text=choice.text) for choice in self.without],
            after=self.after,
            rows=[CountRow(label=label, count=count) for label, count in self.rows],
        )


def answer(
    session: Session,
    text: str,
    *,
    by: Member,
    project: Project | None = None,
    limit: int = LIMIT,
    after: str = "",
    scope: Scope | None = None,
    now: datetime | None = None,
    before: str = "",
    other_words: bool = True,
    taken_from: str = "",
) -> SearchAnswer:
    """What the memory knows of `text`, as far as `by` may see it (or `scope`, when given).

    `project` is the one of the place it is asked in; `after` is an earlier SearchAnswer's; `before` what the person asked just
    before, which "and by Zoe?" goes on from. Without `other_words` nothing is looked for in place of a word that no picture has.
    `taken_from` is the question that a language model put into `text`; the answer says so, in that question's language, and
    is unsure where the text is not to be trusted. Raises BadQuery for what cannot be read, Refused for who may not search.
    """
    read = _read(session, text, by, project, scope, now, other_words)
    understood, known, parts, scope = read.understander, read.understander.known, read.parts, read.scope
    question = _yes_or_no(understood.of(parts[0], before), read.spoken, read.text, parts[0])
    goes_on = bool(before) and understood.goes_on(understood.one(parts[0]), parts[0], before)
    questions = messages.together(question, [(understood.one(part), part) for part in parts[1:]])
    found = replace(_found(session, questions[0], scope, known, understood, limit, after), goes_on=goes_on)
    for following in questions[1:]:
        if found.choices:
            break
        found = _both(found, _found(session, following, scope, known, understood, limit, ""), following)
    said, language, unsure = found.doubts + found.sentence, read.told or read.spoken, any(map(translator.is_unsure, questions))
    if taken_from:
        said, language = f"Taken as `{text.replace('`', '')}`: {said}", _language_of(taken_from)
        trusted = len(questions) == 1 and translator.says_no_more(questions[0], taken_from, understood.me)
        unsure = unsure or not trusted
    return _said_in(language, replace(found, sentence=said, unsure=unsure), questions[0], known)


@dataclass(frozen=True)
class _ReadText:
    """A text in somebody's scope, ready to be understood part by part."""

    scope: Scope
    text: str
    told: str
    """The language that the answer shall be in, where the text says so."""
    spoken: str
    """The language that the text is in; empty for English."""
    english: str
    parts: list[str]
    understander: _Understander


def _read(
    session: Session,
    text: str,
    by: Member,
    project: Project | None,
    scope: Scope | None,
    now: datetime | None,
    other_words: bool = True,
) -> _ReadText:
    """Raises Refused for who may not search."""
    roles.allow(session, by, roles.Permission.FIND, project)
    scope = scope or Scope(roles.visible_projects(session, by))
    known, corpus = entities.read(session, scope), ScopeCorpus(session, scope, other_words=other_words)
    text, told = languages.answer_language(text)
    spoken = languages.recognised(text)
    english = _english(text, known, corpus) if spoken else text
    understander = _Understander(known, corpus, now or clock.now(), zone_of(by), by, project, bool(spoken))
    return _ReadText(scope, text, told, spoken, english, messages.parts(english, known.says), understander)


def _language_of(text: str) -> str:
    """The language that an answer to the text shall be in."""
    text, told = languages.answer_language(text)
    return told or languages.recognised(text)


def _both(first: SearchAnswer, second: SearchAnswer, question: Question) -> SearchAnswer:
    """Two answers in one: all doubts first; of the newest of two things, both come first."""
    results = first.results or second.results
    if question.want is Want.PICTURES and question.order and first.results and second.results:
        newest = second.results[0]
        rest = [one for one in first.results[1:] if one.asset.id != newest.asset.id]
        results = (first.results[0], newest, *rest)
    doubts = first.doubts + (second.doubts if second.doubts not in first.doubts else "")
    return replace(first, sentence=f"{first.sentence} {second.sentence}", results=results, doubts=doubts)


def _said_in(spoken: str, found: SearchAnswer, question: Question, known: entities.Vocabulary) -> SearchAnswer:
    """The answer in the language it was asked in; what its buttons ask is answered in it, too."""
    if not spoken:
        return found
    names = foreign.names_in(found.sentence, question, found.rows, known)

    def said(text: str) -> str:
        return languages.answered(text, spoken, names)

    def button(choice: NameChoice) -> NameChoice:
        return NameChoice(said(choice.label), f"{choice.text} language:{spoken}")

    return replace(
        found,
        sentence=said(found.sentence),
        understood=tuple(said(chip) for chip in found.understood),
        choices=tuple(button(one) for one in found.choices),
        without=tuple(button(one) for one in found.without),
    )


def _yes_or_no(question: Question, spoken: str, text: str, english: str) -> Question:
    """Yes or no is asked without a verb in front in most languages: then the end, or a word for it, says so."""
    plain = spoken and question.want is Want.PICTURES and question.frame == Frame()
    if not plain or _ASKS_WHAT.search(english):
        return question
    pattern = _YES_OR_NO.get(spoken)
    asks = pattern.search(text) if pattern else text.rstrip().endswith(("?", "？")) and _VERB.search(english)
    return replace(question, frame=replace(question.frame, yes=True)) if asks else question


_ASKS_WHAT = re.compile(r"\b(?:what|which|who|whose|when|where|how|show|find|list|give|get)\b", re.IGNORECASE)
_VERB = re.compile(
    r"\b(?i:is|are|was|were|has|have|had|did|does|any|anyone|anything|something|ever)\b|"
    r"^(?:the )?[A-ZÀ-Ý]\S*(?: [A-ZÀ-ÝØ]\S*)* (?i:made|used|approved|rejected|sent|exported|uploaded|rendered)\b",
)
_YES_OR_NO = {
    "ja": re.compile(r"(?:か|の|かな|っけ|ある|いる|ない|た|てる)\s*[?？]*\s*$"),
    "zh": re.compile(r"吗|嘛|有没有|是否|是不是|没有?\s*[?？]*\s*$|能否"),
}


def _english(text: str, known: entities.Vocabulary, corpus: ScopeCorpus) -> str:
    text, _told = languages.answer_language(text)
    spoken = languages.recognised(text)
    return languages.in_english(text, spoken, foreign.known_to(known, corpus)) if spoken else text


@dataclass(frozen=True)
class _Understander:
    known: entities.Vocabulary
    corpus: ScopeCorpus
    now: datetime
    zone: ZoneInfo
    by: Member
    project: Project | None
    abroad: bool = False
    """Whether it was asked in another language: then it is a question, however few words it has."""

    @property
    def me(self) -> entities.KnownName | None:
        """The asker's name."""
        return next((name for name in self.known.of([FacetField.BY]) if name.value == str(self.by.id)), None)

    def one(self, text: str, *, asked: bool = False) -> Question:
        here = next(
            (name for name in self.known.of([FacetField.PROJECT]) if self.project and name.value == str(self.project.id)), None
        )
        return parser.understand(
            text, self.known, self.now, self.zone, me=self.me, here=here, corpus=self.corpus, asked=asked or self.abroad
        )

    def goes_on(self, question: Question, text: str, before: str) -> bool:
        return bool(before) and followups.follows(question, text)

    def of(self, text: str, before: str) -> Question:
        """The text, as it goes on from what was asked before where it does."""
        question = self.one(text)
        if not self.goes_on(question, text, before):
            return question
        question = self.one(followups.without_joint(text), asked=True)
        earlier = [
            part
            for line in before.split("\n")
            for part in messages.parts(_english(line, self.known, self.corpus), self.known.says)
        ]
        last = self.one(earlier[0])
        for part in earlier[1:]:
            last = followups.merged(last, self.one(part), part)
        return followups.merged(last, question, text)


def _found(
    session: Session, question: Question, scope: Scope, known: entities.Vocabulary, how: _Understander, limit: int, after: str
) -> SearchAnswer:
    if question.choices or question.unknown:
        choices = question.choices or _nearest(question, known)
        return SearchAnswer(answers.ask_back(question), (), question.understood, choices, want=question.want)
    if question.strangers and not question.subject:
        choices = _nearest_names(question, known)
        sentence = answers.strangers(question, [choice.label for choice in choices])
        return SearchAnswer(sentence, (), question.understood, choices, refine.without_each(question), want=question.want)
    tell = answers.Teller(question, how.now, how.zone)
    found = Search(session, question, scope, known, tell, how.corpus, limit, after).carried_out()
    choices = () if found.results or found.certain else _nearest(question, known)
    sentence = found.sentence
    if choices:
        sentence += f" Did you mean {answers.either([f'**{summaries.bare(one.label)}**' for one in choices])}?"
    rest = refine.without_each(question)
    return SearchAnswer(
        sentence,
        found.results,
        question.understood,
        choices,
        rest,
        found.after,
        question.want,
        rows=found.rows,
        doubts=found.doubts,
    )


def explain(
    session: Session, text: str, *, by: Member, project: Project | None = None, now: datetime | None = None
) -> list[dict[str, Any]]:
    """How each question in `text` is understood, without an answer; core.search.explain has the shape.

    Raises what `answer` raises.
    """
    read = _read(session, text, by, project, None, now)
    how, parts = read.understander, read.parts
    questions = [_yes_or_no(how.one(parts[0]), read.spoken, read.text, parts[0]), *(how.one(part) for part in parts[1:])]
    foreign_text = {"language": read.spoken, "read as": read.english} if read.spoken else {}
    return [foreign_text | search_explain.explained(question) for question in questions]


def matching(
    session: Session, text: str, *, by: Member, project: Project | None = None, most: int = 100_000
) -> tuple[SearchAnswer, list[int]]:
    """How `text` is understood and the row numbers of everything it finds, at most `most`; none where it has to be asked back.

    Raises what `answer` raises.
    """
    roles.allow(session, by, roles.Permission.FIND, project)
    scope = Scope(roles.visible_projects(session, by))
    known = entities.read(session, scope)
    text, _told = languages.answer_language(text)
    question = _Understander(known, ScopeCorpus(session, scope), clock.now(), zone_of(by), by, project).one(text)
    if question.choices or question.unknown:
        return SearchAnswer(answers.ask_back(question), (), question.understood, question.choices), []
    if question.strangers or question.missed:
        return SearchAnswer(answers.strangers(question, []), (), question.understood), []
    found, after = list[int](), ""
    query = replace(kinship.resolved(session, question, scope).query, order=search.Order.NEWEST)
    while len(found) < most:
        page = search.find(session, query, scope, 500, after)
        found += page.asset_ids
        after = page.after
        if not after:
            break
    return SearchAnswer("", (), question.understood), found[:most]


def _nearest(question: Question, known: entities.Vocabulary) -> tuple[NameChoice, ...]:
    """The text asked again with known names in place of words and values that are none, where some are much alike."""
    made = [
        NameChoice(label, question.text.replace(one.said, quote(label)))
        for one in question.unknown
        for label in one.nearest
        if one.said in question.text
    ]
    said = [one.label.strip("“”") for one in question.conditions if one.words and not one.words.negated]
    return tuple(one for one in dict.fromkeys([*made, *_renamed(question, said, known)]) if one.text != question.text)


def _nearest_names(question: Question, known: entities.Vocabulary) -> tuple[NameChoice, ...]:
    return tuple(one for one in dict.fromkeys(_renamed(question, question.strangers, known)) if one.text != question.text)


def _renamed(question: Question, words: Sequence[str], known: entities.Vocabulary) -> list[NameChoice]:
    made = list[NameChoice]()
    for said in words:
        match = known.near(said, tuple(FacetField))
        made += [NameChoice(name.label, question.text.replace(said, name.label)) for name in (match.names[:2] if match else ())]
    return made


_ASKS = re.compile(
    r"^(?:and |so |hey |hi |ok )*(?:who|whose|whom|when|what|which|why|where|how (?!about)|is|are|was|were|did|does|do|has|"
    r"have|had|any|"
    r"wer|wann|wie|welche[rsnm]?|warum|wurde|ist|hat|qui|quand|quel(?:le)?s?|combien|qui[eé]n|cu[aá]ndo|qu[eé]|cu[aá]ntos|"
    r"quem|quando|qual|quantos)\b",
    re.IGNORECASE,
)
_CHANGES = re.compile(r"^(?:what if|what about|how about|make|more|less|with|without)\b", re.IGNORECASE)


def is_question(text: str) -> bool:
    """Whether something said below a result asks about it, with or without a question mark, rather than wanting it changed.

    >>> [is_question(said) for said in ("who approved it", "wer hat das gemacht", "warmer, seed 7", "what if blue?")]
    [True, True, False, False]
    """
    said = text.strip()
    return not _CHANGES.match(said) and (said.endswith(("?", "？")) or _ASKS.match(said) is not None)


def zone_of(member: Member) -> ZoneInfo:
    """The asker's time zone; UTC where the name is not one."""
    try:
        return ZoneInfo(member.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
