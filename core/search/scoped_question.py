"""A question in somebody's scope: what it finds, and what an answer to it is made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from sqlmodel import Session

from core.search import answers
from core.search.conditions import Condition, Question, combine
from core.search.corpus import ScopeCorpus
from core.search.entities import Vocabulary
from core.search.lexicon import Want
from core.search.results import Result
from storage import ids, search
from storage.search import Facet, FacetField, Order, Page, Phrase, Query, Scope, hydrate, tally
from storage.search.tokenizer import words_of
from storage.tables import Judgement

_COUNTED = 100_000
_TESTED = 12
"""Conditions of an empty result that are looked into one by one."""


@dataclass(frozen=True)
class Told:
    """A sentence, the pictures it is about, and the groups it counts; `certain` where nothing found is an answer."""

    sentence: str
    results: tuple[Result, ...] = ()
    after: str = ""
    rows: tuple[tuple[str, int], ...] = ()
    certain: bool = False
    doubts: str = ""
    """What is to be said before the sentence."""


@dataclass(frozen=True)
class ScopedQuestion:
    """One question, in somebody's scope."""

    session: Session
    question: Question
    scope: Scope
    known: Vocabulary
    tell: answers.Teller
    corpus: ScopeCorpus
    limit: int
    after: str = ""

    def _with(self, question: Question) -> Self:
        return replace(self, question=question, tell=replace(self.tell, question=question))

    def page(self) -> Page:
        """The hits of the question: a subject's, the largest, or those of the query."""
        question = self.question
        if question.subject:
            return Page(tuple(self._of_subject()))
        if question.frame.measure is not None:
            limit = (question.frame.limit or self.limit) + question.frame.skip
            found = tally.measure(
                self.session, question.query, self.scope, question.frame.measure, limit, least=question.frame.least
            )
            return Page(tuple(asset for asset, _amount in found[question.frame.skip :]))
        skip = question.frame.skip
        page = search.find(self.session, question.query, self.scope, self._wanted() + skip, self.after)
        return replace(page, asset_ids=page.asset_ids[skip:]) if skip else page

    def _wanted(self) -> int:
        return min(self.limit, self.question.frame.limit) if self.question.frame.limit else self.limit

    def _of_subject(self) -> list[int]:
        """The Assets of an id; those that meet the question's other conditions where there are any."""
        code = self.question.subject
        render, asset = ids.number("R", code), ids.number("A", code)
        if render is not None:
            found = hydrate.of_render(self.session, render, self.scope)
        else:
            found = hydrate.of_asset(self.session, asset, self.scope) if asset is not None else []
        conditions = self._said()
        if not conditions or not found:
            return found
        named = Phrase(tuple(words_of(code)))
        query = combine(tuple(conditions), None)
        met = search.find(self.session, replace(query, words=(*query.words, named)), self.scope, 100).asset_ids
        return [one for one in found if one in met]

    def _said(self) -> list[Condition]:
        return [one for one in self.question.conditions if not one.implied]

    def prefers_approved(self) -> bool:
        """Whether "the depth shot" should be the approved one: nothing in the question says which, and one is asked about."""
        fields = {one.facet.field for one in self.question.conditions if one.facet}
        plain = self.question.want not in (Want.PICTURES, Want.HOW_MANY, Want.RESULTS) and self.question.frame.measure is None
        return plain and self.question.order is None and FacetField.STATUS not in fields

    def approved_first(self, page: Page) -> Page:
        """The page, led by the best approved hit if there is one; no longer than it was."""
        approved = Facet(FacetField.STATUS, (Judgement.APPROVED.value,))
        query = replace(self.question.query, facets=(*self.question.query.facets, approved))
        best, length = search.find(self.session, query, self.scope, 1).asset_ids, len(page.asset_ids)
        if not best or best[0] in page.asset_ids or length == 1:
            return replace(page, asset_ids=(*best, *(one for one in page.asset_ids if one not in best))[:length])
        shorter = search.find(self.session, self.question.query, self.scope, length - 1)
        return Page((*best, *shorter.asset_ids), shorter.after)

    def nothing(self) -> Told:
        """Why nothing was found: the one condition nothing meets, or the one to leave out, and what would be nearest then."""
        query, tell = self.question.query, self.tell
        if self.question.subject:
            return Told(tell.no_subject() if not self._said() or not self._exists() else tell.no(), certain=True)
        if query.since and query.until and query.since >= query.until:
            return Told(tell.no_time(), certain=True)
        conditions = tuple(self._said())[:_TESTED]
        if not conditions or not search.count(self.session, Query(), self.scope, 1):
            return Told(tell.nothing_at_all(), certain=True)
        barren = [one for one in conditions if not search.count(self.session, combine((one,), None), self.scope, 1)]
        if self.question.frame.yes:
            return Told(tell.no(), certain=not any(one.words for one in barren))
        if barren:
            return Told(tell.barren(barren))
        for one in reversed(conditions):
            rest = combine(tuple(other for other in conditions if other != one), None)
            newest = search.find(self.session, replace(rest, order=Order.NEWEST), self.scope, 1).asset_ids
            nearest = hydrate.shown(self.session, newest)
            if nearest:
                number = search.count(self.session, rest, self.scope, _COUNTED)
                return Told(tell.without(one, number, Result.of(nearest[0])), certain=True)
        return Told(tell.together(), certain=True)

    def _exists(self) -> bool:
        plain = replace(self.question, conditions=())
        return bool(self._with(plain)._of_subject())
