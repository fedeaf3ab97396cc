"""Answers about all hits together: how many, by whom, which ones there are, who judged them, what was exported."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from core.search import counting
from core.search.conditions import Frame, combine
from core.search.lexicon import Want
from core.search.results import Result
from core.search.scoped_question import ScopedQuestion, Told
from storage import search
from storage.search import Measure, Order, Phrase, Query, RelatedRows, Relation, happenings, hydrate, tally
from storage.search.happenings import Happening
from storage.search.tally import Group
from storage.search.tokenizer import words_of

_EVENTS = {
    Want.JUDGE: Relation.EVER,
    Want.JUDGED: Relation.EVER,
    Want.NOTE: Relation.EVER,
    Want.EXPORTER: Relation.EXPORTED,
    Want.EXPORTED: Relation.EXPORTED,
    Want.PROFILE: Relation.EXPORTED,
    Want.RECIPIENT: Relation.EXPORTED,
    Want.TAGGER: Relation.TAGGED,
}
_PEOPLE = (Want.JUDGE, Want.EXPORTER, Want.TAGGER)
_RANKED = {Want.JUDGE: Group.JUDGE, Want.EXPORTER: Group.EXPORTER}


def told(asked: ScopedQuestion) -> Told | None:
    """The answer, where the question is one about all hits; else None."""
    question, frame = asked.question, asked.question.frame
    if frame.without:
        return _lacking(asked)
    if question.against:
        return _compared(asked)
    if question.want in _EVENTS and not question.subject:
        return _events(asked) if not (frame.per and frame.most) else _grouped(asked)
    if question.want in _EVENTS:
        return _events(asked)
    if frame.each and frame.per is not None:
        return _each(asked)
    if frame.per in (Group.JUDGE, Group.EXPORTER) and (frame.most or question.want is Want.HOW_MANY):
        return _busiest(asked)
    if question.want is Want.SHARE:
        return _share(asked)
    if frame.per is not None and (frame.most or question.want is Want.HOW_MANY):
        return _grouped(asked)
    if question.want is Want.LIST and frame.unit is not None:
        return _listed(asked)
    if question.want is Want.HOW_MANY:
        return _counted(asked)
    if question.want in (Want.TOOK, Want.LENGTH) and frame.detail.startswith(("total", "average")):
        return _summed(asked)
    if question.want is Want.WHO and not question.subject and question.order is None and frame.measure is None:
        return _who(asked)
    return None


def _told(
    asked: ScopedQuestion, sentence: str, assets: list[int], rows: tuple[tuple[str, int], ...] = (), *, certain: bool = False
) -> Told:
    results = tuple(Result.of(row) for row in hydrate.shown(asked.session, assets[: asked.limit]))
    return Told(sentence, results, rows=rows, certain=certain)


def _found(asked: ScopedQuestion) -> list[int]:
    return list(search.find(asked.session, asked.question.query, asked.scope, asked.limit).asset_ids)


def _empty(asked: ScopedQuestion) -> bool:
    return not search.count(asked.session, asked.question.query, asked.scope, 1)


def _counted(asked: ScopedQuestion) -> Told:
    question, frame, tell = asked.question, asked.question.frame, asked.tell
    if question.subject:
        page = asked.page()
        return _told(asked, tell.how_many(len(page.asset_ids), counting.COUNTED), list(page.asset_ids))
    link, query = _link_of(asked, Relation.EVER)
    if frame.unit_said == "times" and (link.values or link.member):
        every = happenings.happenings(asked.session, query, asked.scope, link)
        assets = list(dict.fromkeys(one.asset_id for one in every))
        return _told(asked, tell.how_many(len(every), counting.COUNTED), assets, certain=True)
    if frame.unit in (None, Group.RENDER):
        number = search.count(asked.session, question.query, asked.scope, counting.COUNTED)
        renders = len(tally.tally(asked.session, question.query, asked.scope, Group.RENDER)) if frame.unit is Group.RENDER else 0
        uploads = _uploads(asked)
        page = search.find(asked.session, question.query, asked.scope, asked.limit, asked.after)
        results = tuple(Result.of(row) for row in hydrate.shown(asked.session, page.asset_ids))
        sentence = tell.how_many(number, counting.COUNTED, renders=renders, uploads=uploads)
        return replace(_told(asked, sentence, []), results=results, after=page.after, certain=True)
    everybody = frame.unit is Group.BY and not question.conditions
    if not [one for one in question.conditions if not one.implied] and (frame.unit in (Group.CLIENT, Group.PROJECT) or everybody):
        labels = counting.everything_of(asked.known, frame.unit)
        return _told(asked, tell.how_many_of(len(labels), labels), [], tuple((one, 0) for one in labels), certain=True)
    if frame.unit in (Group.CLIENT, Group.PROJECT) and _only_places(asked):
        labels = counting.inside(asked.question, asked.known, frame.unit)
        return _told(asked, tell.how_many_of(len(labels), labels), _found(asked), certain=True)
    groups = counting.grouped(asked.session, asked.question, asked.scope, frame.unit, tell.zone)
    return _told(asked, tell.how_many_of(len(groups.rows), groups.labels), _found(asked), groups.rows, certain=True)


def _only_places(asked: ScopedQuestion) -> bool:
    fields = [one.facet.field.value if one.facet else "" for one in asked.question.conditions if not one.implied]
    return bool(fields) and set(fields) <= {"client"}


def _uploads(asked: ScopedQuestion) -> int:
    """How many of the hits are uploads, where nobody said whether they count."""
    if any(one.implied or (one.facet and one.facet.field.value == "origin") for one in asked.question.conditions):
        return 0
    uploads = search.Facet(search.FacetField.ORIGIN, ("upload",))
    query = asked.question.query
    return search.count(asked.session, replace(query, facets=(*query.facets, uploads)), asked.scope, counting.COUNTED)


def _grouped(asked: ScopedQuestion) -> Told:
    frame = asked.question.frame
    per = _RANKED.get(asked.question.want, frame.per) if frame.most else frame.per
    assert per is not None, "asked by something"
    groups = counting.grouped(asked.session, asked.question, asked.scope, per, asked.tell.zone)
    if not groups.rows:
        return replace(asked.nothing(), certain=True)
    ranked = asked.tell.most(groups.rows, frame) if frame.most else asked.tell.table(groups.rows, groups.total)
    return _told(asked, ranked, _found(asked), groups.rows, certain=True)


def _busiest(asked: ScopedQuestion) -> Told:
    """Who judged or exported the most, by how often they did."""
    frame = asked.question.frame
    relation = Relation.EVER if frame.per is Group.JUDGE else Relation.EXPORTED
    link, query = _link_of(asked, relation)
    counts = Counter(one.by for one in happenings.happenings(asked.session, query, asked.scope, link))
    if not counts:
        return _no_events(asked, None)
    rows = sorted(counts.items(), key=lambda pair: (pair[1] if frame.least else -pair[1], pair[0]))
    if not frame.most:
        return _told(asked, asked.tell.table(rows, sum(counts.values())), _found(asked), tuple(rows), certain=True)
    rows = rows[frame.skip :]
    kept = rows[: frame.limit or 1]
    kept += [one for one in rows[len(kept) :] if not frame.limit and one[1] == kept[-1][1]]
    return _told(asked, asked.tell.most(kept, frame), _found(asked), tuple(kept), certain=True)


def _link_of(asked: ScopedQuestion, relation: Relation) -> tuple[RelatedRows, Query]:
    """The question's link of this kind, or one of its verdicts; and what is looked through, without a verdict that stands."""
    question = asked.question
    link = next(
        (one.link for one in question.conditions if one.link and one.link.relation is relation and not one.link.negated), None
    )
    if link is not None or relation is not Relation.EVER:
        return link or RelatedRows(relation), _of_subject(asked)
    said = [one for one in question.conditions if one.facet and one.facet.field.value == "status" and not one.facet.negated]
    values = tuple(value for one in said if one.facet for value in one.facet.values)
    rest = tuple(one for one in question.conditions if one not in said)
    return RelatedRows(relation, values), combine(rest, None)


def _each(asked: ScopedQuestion) -> Told:
    """The newest, or the oldest, of each group."""
    frame = asked.question.frame
    assert frame.per is not None, "asked by something"
    question = replace(asked.question, frame=replace(frame, least=False, most=False))
    groups = counting.grouped(asked.session, question, asked.scope, frame.per, asked.tell.zone)
    if not groups.rows:
        return asked.nothing()
    assets = list(dict.fromkeys(groups.newest))
    results = [Result.of(row) for row in hydrate.shown(asked.session, assets[: max(asked.limit, 20)])]
    return _told(asked, asked.tell.each(results, groups.labels), assets)


def _listed(asked: ScopedQuestion) -> Told | None:
    unit = asked.question.frame.unit
    assert unit is not None, "a list of something"
    if asked.question.subject:
        return None
    said = [one for one in asked.question.conditions if not one.implied]
    if not said and unit in (Group.CLIENT, Group.PROJECT, Group.BY):
        labels = counting.everything_of(asked.known, unit)
        return _told(asked, asked.tell.list_of(tuple((one, 0) for one in labels)), [], certain=True)
    groups = counting.grouped(asked.session, asked.question, asked.scope, unit, asked.tell.zone)
    if not groups.rows:
        return asked.nothing() if _empty(asked) else _told(asked, asked.tell.none_of(), _found(asked), certain=True)
    return _told(asked, asked.tell.list_of(groups.rows), _found(asked), groups.rows, certain=True)


def _who(asked: ScopedQuestion) -> Told | None:
    """Who made the hits, from all of them; one picture that is meant is told of by itself."""
    groups = counting.grouped(asked.session, replace(asked.question, frame=Frame()), asked.scope, Group.BY, asked.tell.zone)
    if len(groups.rows) < 2:
        return None
    page = asked.page()
    if asked.prefers_approved():
        page = asked.approved_first(page)
    results = tuple(Result.of(row) for row in hydrate.shown(asked.session, page.asset_ids))
    if not results:
        return None
    told = _told(asked, asked.tell.makers(results[0], groups.rows), [])
    return replace(told, results=results, after=page.after, rows=groups.rows)


def _lacking(asked: ScopedQuestion) -> Told:
    unit = Group.BY if asked.question.want is Want.WHO else asked.question.frame.unit or Group.BY
    labels = counting.lacking(asked.session, asked.question, asked.scope, unit, asked.known)
    return _told(asked, asked.tell.lacking(labels), [], tuple((one, 0) for one in labels), certain=True)


def _compared(asked: ScopedQuestion) -> Told:
    first, second = counting.compared(asked.session, asked.question, asked.scope)
    return _told(asked, asked.tell.compared(first, second), _found(asked), (first, second), certain=True)


def _share(asked: ScopedQuestion) -> Told:
    """How many of the hits are so, out of how many: the last verdict, export or kind of the question is what is asked of."""
    said = [one for one in asked.question.conditions if not one.implied]
    part = next((one for one in reversed(said) if one.link or (one.facet and one.facet.field.value in _SHARED)), None)
    part = part or (said[-1] if said else None)
    if part is None:
        return asked.nothing()
    rest = tuple(one for one in asked.question.conditions if one != part)
    whole = search.count(asked.session, combine(rest, None), asked.scope, counting.COUNTED)
    number = search.count(asked.session, asked.question.query, asked.scope, counting.COUNTED)
    return _told(asked, asked.tell.share(part, number, whole), _found(asked), certain=True)


_SHARED = ("status", "kind", "technique", "origin", "lora", "model", "by", "tag")


def _summed(asked: ScopedQuestion) -> Told:
    measure = Measure.TOOK if asked.question.want is Want.TOOK else Measure.SECONDS
    number, amount = tally.total(asked.session, asked.question.query, asked.scope, measure)
    if asked.question.frame.detail.startswith("average") and number:
        return _told(asked, asked.tell.average(number, amount / number), _found(asked), certain=True)
    return _told(asked, asked.tell.summed(number, amount), _found(asked), certain=True)


def _events(asked: ScopedQuestion) -> Told:
    """Who judged, exported or tagged, when, and what was said."""
    question, tell = asked.question, asked.tell
    relation = _EVENTS[question.want]
    link = next(
        (one.link for one in question.conditions if one.link and one.link.relation is relation and not one.link.negated), None
    )
    verdicts = tuple(
        value
        for one in question.conditions
        if one.facet and one.facet.field.value == "status" and not one.facet.negated
        for value in one.facet.values
    )
    if link is None:
        link = RelatedRows(relation, verdicts if relation is Relation.EVER else ())
    query = _of_subject(asked)
    oldest = question.order is Order.OLDEST
    top = _picked(asked, link)
    found = happenings.happenings(asked.session, query, asked.scope, link, oldest=oldest)
    if question.want is Want.NOTE:
        found = [one for one in found if one.text]
    if top is not None:
        found = [one for one in found if one.asset_id == top]
    if not found:
        return _no_events(asked, top)
    assets = list(dict.fromkeys(one.asset_id for one in found))
    results = [Result.of(row) for row in hydrate.shown(asked.session, assets[: max(asked.limit, 1)])]
    if question.want in _PEOPLE:
        return _told(asked, tell.doers(_people(found), found[0], results[0]), assets)
    if question.want is Want.NOTE:
        return _told(asked, tell.notes(found[:5], results), assets)
    if question.want in (Want.PROFILE, Want.RECIPIENT):
        names = dict.fromkeys(one.what if question.want is Want.PROFILE else one.text for one in found)
        return _told(asked, tell.exports_as([name for name in names if name], results[0]), assets)
    return _told(asked, tell.done_when(found[0], results[0]), assets)


def _picked(asked: ScopedQuestion, link: RelatedRows) -> int | None:
    """The one picture that is meant by the newest or oldest one: whose verdict it is asked about."""
    question = asked.question
    if question.order is None or question.subject or question.want in (Want.JUDGED, Want.EXPORTED):
        return None
    page = search.find(asked.session, question.query, asked.scope, 1)
    return page.asset_ids[0] if page.asset_ids else None


def _of_subject(asked: ScopedQuestion) -> Query:
    if not asked.question.subject:
        return asked.question.query
    query = asked.question.query
    return replace(query, words=(*query.words, Phrase(tuple(words_of(asked.question.subject)))))


def _people(found: list[Happening]) -> tuple[tuple[str, int], ...]:
    assets: dict[str, set[int]] = {}
    for one in found:
        assets.setdefault(one.by, set()).add(one.asset_id)
    return tuple(sorted(((name, len(every)) for name, every in assets.items()), key=lambda pair: -pair[1]))


def _no_events(asked: ScopedQuestion, top: int | None) -> Told:
    hits = [top] if top is not None else _found(asked) if not asked.question.subject else list(asked.page().asset_ids)
    if not hits:
        return asked.nothing()
    return _told(asked, asked.tell.nothing_done(), hits, certain=True)
