"""Answers a question out of the memory: one sentence with the fact asked for, then the pictures, then how it was understood.

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

from core.lineage import family as lineage
from core.people import roles
from core.search import answers, entities, parser, refine
from core.search.conditions import Choice, Question, combine
from core.search.lexicon import Want
from core.search.results import Result
from core.search.tokens import quote
from storage import clock, ids, search
from storage.search import Field, Page, Scope, hydrate
from storage.tables import Judgement, Member, Project

LIMIT = 20
_COUNTED = 100_000
_TESTED = 12
"""Conditions of an empty result that are looked into one by one."""


@dataclass(frozen=True)
class Found:
    """An answer. With `choices` the sentence is a question back, and each choice the text to ask instead."""

    sentence: str
    results: tuple[Result, ...] = ()
    understood: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    without: tuple[Choice, ...] = ()
    """The question without each of its conditions, to take one away."""
    after: str = ""
    """Asks for the next page; empty when this is the last."""
    want: Want = Want.PICTURES

    def as_json(self) -> dict[str, Any]:
        """The documented shape, in docs/search.md."""
        return {
            "answer": self.sentence,
            "understood": list(self.understood),
            "results": [result.as_json() for result in self.results],
            "choices": [{"label": choice.label, "text": choice.text} for choice in self.choices],
            "without": [{"label": choice.label, "text": choice.text} for choice in self.without],
            "after": self.after,
        }


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
) -> Found:
    """What the memory knows of `text`, as far as `by` may see it (or `scope`, when given).

    `project` is the one of the place it is asked in; `after` is a former Found's. Raises BadQuery for what cannot be read,
    Refused for who may not search.
    """
    roles.allow(session, by, roles.Action.FIND, project)
    scope = scope or Scope(roles.visible_projects(session, by))
    zone, moment = zone_of(by), now or clock.now()
    known = entities.read(session, scope)
    question = _understood(text, known, moment, zone, by, project)
    if question.choices or question.unknown:
        choices = question.choices or _nearest(question, known)
        return Found(answers.ask_back(question), (), question.understood, choices, want=question.want)
    tell = answers.Teller(question, moment, zone)
    if _about_nothing(question):
        return Found(tell.which(), (), question.understood, want=question.want)
    if question.subject:
        page = Page(tuple(_subject(session, question.subject, scope)))
    else:
        page = search.find(session, question.query, scope, limit, after)
    rest = refine.without_each(question)
    if not page.asset_ids and not after and (plainer := _in_plain_words(question)):
        found = answer(session, plainer, by=by, project=project, limit=limit, scope=scope, now=now)
        if found.results:
            return found
    if not page.asset_ids:
        choices = _nearest(question, known)
        empty = _empty(session, question, scope, tell, choices)
        return Found(empty, (), question.understood, choices, rest, want=question.want)
    return replace(_told(session, question, scope, tell, page, first=not after), without=rest)


def matching(
    session: Session, text: str, *, by: Member, project: Project | None = None, most: int = 100_000
) -> tuple[Found, list[int]]:
    """How `text` is understood and the row numbers of everything it finds, at most `most`; none where it has to be asked back.

    Raises what `answer` raises.
    """
    roles.allow(session, by, roles.Action.FIND, project)
    scope = Scope(roles.visible_projects(session, by))
    known = entities.read(session, scope)
    question = _understood(text, known, clock.now(), zone_of(by), by, project)
    if question.choices or question.unknown:
        return Found(answers.ask_back(question), (), question.understood, question.choices), []
    found, after = list[int](), ""
    query = replace(question.query, order=search.Order.NEWEST)
    while len(found) < most:
        page = search.find(session, query, scope, 500, after)
        found += page.asset_ids
        after = page.after
        if not after:
            break
    return Found("", (), question.understood), found[:most]


def _understood(
    text: str, known: entities.Vocabulary, moment: datetime, zone: ZoneInfo, by: Member, project: Project | None
) -> Question:
    me = next((name for name in known.of([Field.BY]) if name.value == str(by.id)), None)
    here = next((name for name in known.of([Field.PROJECT]) if project and name.value == str(project.id)), None)
    return parser.understand(text, known, moment, zone, me=me, here=here)


def _told(session: Session, question: Question, scope: Scope, tell: answers.Teller, page: Page, *, first: bool) -> Found:
    if first and not question.subject and _prefers_approved(question):
        page = _approved_first(session, question, scope, page)
    results = tuple(Result.of(row) for row in hydrate.shown(session, page.asset_ids))
    told, more = _looked_over(session, question, scope, results, page)
    match question.want:
        case Want.HOW_MANY:
            sentence = tell.how_many(search.count(session, question.query, scope, _COUNTED), _COUNTED)
        case Want.RESULTS | Want.SOURCES:
            return _family(session, question, scope, tell, results[0])
        case Want.JUDGE | Want.STATUS:
            top = results[0].asset
            verdict = hydrate.judge(session, top.id or 0, Judgement(top.status)) if top.status else None
            sentence = tell.verdict(told, verdict[1].name if verdict else "", verdict[0].created_at if verdict else None)
        case _:
            sentence = tell.fact(told, more=more)
    return Found(sentence, results, question.understood, after=page.after, want=question.want)


def _family(session: Session, question: Question, scope: Scope, tell: answers.Teller, top: Result) -> Found:
    """What the first result came from, or what came from it, as far as the asker may see."""
    family = lineage.of(session, top.asset)
    steps = family.results if question.want is Want.RESULTS else family.sources
    seen = [one for one in steps if scope.project_ids is None or one.asset.project_id in scope.project_ids]
    rows = tuple(Result.of(row) for row in hydrate.shown(session, list(dict.fromkeys(one.asset.id for one in seen))))
    sentence = tell.family(top, rows, [(one.asset.code, one.name) for one in seen if one.steps == 1])
    return Found(sentence, rows or (top,), question.understood, want=question.want)


def _looked_over(
    session: Session, question: Question, scope: Scope, results: tuple[Result, ...], page: Page
) -> tuple[tuple[Result, ...], bool]:
    """What the sentence speaks about, and whether there is still more: at least LIMIT of them, however few are shown."""
    if not page.after or len(results) >= LIMIT:
        return results, bool(page.after)
    wide = search.find(session, question.query, scope, LIMIT)
    shown_already = {result.asset.id for result in results}
    others = [Result.of(row) for row in hydrate.shown(session, [one for one in wide.asset_ids if one not in shown_already])]
    return (*results, *others), bool(wide.after)


def _in_plain_words(question: Question) -> str:
    """The text with the first place that is written like any word quoted ("the rose petals"); empty where there is none."""
    for one in question.conditions:
        if one.facet and one.facet.field in (Field.CLIENT, Field.PROJECT) and len(one.names) == 1 and not one.guessed_from:
            said = re.search(rf'(?<![\w:"]){re.escape(one.names[0].label.casefold())}(?![\w"])', question.text)
            if said is not None:
                return f'{question.text[: said.start()]}"{said.group()}"{question.text[said.end() :]}'
    return ""


def _about_nothing(question: Question) -> bool:
    """Whether a fact is asked for and nothing says of what: "who made it"."""
    said = question.conditions or question.subject or question.order
    return not said and question.want not in (Want.PICTURES, Want.HOW_MANY)


def _prefers_approved(question: Question) -> bool:
    """Whether "the depth shot" should be the approved one: nothing in the question says which, and one is asked about."""
    fields = {condition.facet.field for condition in question.conditions if condition.facet}
    return question.want not in (Want.PICTURES, Want.HOW_MANY) and question.order is None and Field.STATUS not in fields


def _approved_first(session: Session, question: Question, scope: Scope, page: Page) -> Page:
    """The page, led by the best approved hit if there is one; no longer than it was."""
    approved = search.Facet(Field.STATUS, (Judgement.APPROVED.value,))
    query = replace(question.query, facets=(*question.query.facets, approved))
    best, length = search.find(session, query, scope, 1).asset_ids, len(page.asset_ids)
    if not best or best[0] in page.asset_ids or length == 1:
        return replace(page, asset_ids=(*best, *(one for one in page.asset_ids if one not in best))[:length])
    shorter = search.find(session, question.query, scope, length - 1)
    return Page((*best, *shorter.asset_ids), shorter.after)


def _subject(session: Session, code: str, scope: Scope) -> list[int]:
    render, asset = ids.number("R", code), ids.number("A", code)
    if render is not None:
        return hydrate.of_render(session, render, scope)
    return hydrate.of_asset(session, asset, scope) if asset is not None else []


def _empty(session: Session, question: Question, scope: Scope, tell: answers.Teller, near: Sequence[Choice]) -> str:
    """Why nothing was found: the one condition nothing meets, or the one to leave out, and what would be nearest then."""
    query = question.query
    if question.subject:
        return tell.no_subject()
    if query.since and query.until and query.since >= query.until:
        return tell.no_time()
    conditions = question.conditions[:_TESTED]
    if not conditions or not search.count(session, search.Query(), scope, 1):
        return tell.nothing_at_all()
    barren = [one for one in conditions if not search.count(session, combine((one,), None), scope, 1)]
    if barren:
        return tell.barren(barren, [choice.label for choice in near])
    for one in reversed(conditions):
        rest = combine(tuple(other for other in question.conditions if other != one), None)
        nearest = hydrate.shown(session, search.find(session, replace(rest, order=search.Order.NEWEST), scope, 1).asset_ids)
        if nearest:
            return tell.without(one, search.count(session, rest, scope, _COUNTED), Result.of(nearest[0]))
    return tell.together()


def _nearest(question: Question, known: entities.Vocabulary) -> tuple[Choice, ...]:
    """The text asked again with known names in place of words and values that are none, where some are much alike."""
    made = [
        Choice(label, question.text.replace(one.said, quote(label)))
        for one in question.unknown
        for label in one.nearest
        if one.said in question.text
    ]
    for said in (one.label.strip("“”") for one in question.conditions if one.words and not one.words.negated):
        match = known.near(said, tuple(Field))
        made += [Choice(name.label, question.text.replace(said, name.label)) for name in (match.names[:2] if match else ())]
    return tuple(one for one in dict.fromkeys(made) if one.text != question.text)


def zone_of(member: Member) -> ZoneInfo:
    """The asker's time zone; UTC where the name is not one."""
    try:
        return ZoneInfo(member.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
