"""Finds the pictures that others were made from, where a question says which: `made from Mia's robot pictures`."""

from __future__ import annotations

from dataclasses import replace

from sqlmodel import Session

from core.search.conditions import Condition, Question, combine
from storage import search
from storage.search import Order, Scope

_PAGE = 500
_MOST = 20_000
"""Of more pictures than that, only the newest are looked at."""


def resolved(session: Session, question: Question, scope: Scope) -> Question:
    """The question with the pictures of inner conditions put in."""
    if not any(one.inner for one in question.conditions):
        return question
    return replace(question, conditions=tuple(_filled(session, one, scope) for one in question.conditions))


def _filled(session: Session, one: Condition, scope: Scope) -> Condition:
    if not one.inner or one.link is None:
        return one
    query, found, after = replace(combine(one.inner, None), order=Order.NEWEST), list[int](), ""
    while len(found) < _MOST:
        page = search.find(session, query, scope, _PAGE, after)
        found += page.asset_ids
        after = page.after
        if not after:
            break
    return replace(one, link=replace(one.link, assets=tuple(found)))
