"""Carries out an understood question: finds the pictures, and the sentence about them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime

from core.lineage import family
from core.search import answers, counting, kinship, summaries, totals
from core.search.conditions import Condition, Frame, Question, combine
from core.search.lexicon import Want, word_set
from core.search.results import Result
from core.search.scoped_question import ScopedQuestion, Told
from storage import search
from storage.search import FacetField, Order, Page, Phrase, Relation, happenings, hydrate, tally
from storage.search.tokenizer import words_of
from storage.tables import Judgement, Origin

LIMIT = 20
_COUNTED = 100_000


@dataclass(frozen=True)
class Search(ScopedQuestion):
    """Carries out one question."""

    def carried_out(self) -> Told:
        return self._with(self._in_hours())._with_kin()._carried_out()

    def _with_kin(self) -> Search:
        return self._with(kinship.resolved(self.session, self.question, self.scope))

    def _in_hours(self) -> Question:
        """The question with hours of the day made into the hours since 1970 in which anything was found."""
        said = [one for one in self.question.conditions if one.link and one.link.relation is Relation.HOURS]
        if not said:
            return self.question
        rest = tuple(one for one in self.question.conditions if one not in said)
        hours = [one.key for one in tally.tally(self.session, combine(rest, None), self.scope, tally.Group.HOUR)]
        made = []
        for one in said:
            assert one.link is not None, "picked by it"
            kept = tuple(key for key in hours if _within(tally.hour(key).astimezone(self.tell.zone), one.link.values[0]))
            made.append(replace(one, link=replace(one.link, values=kept)))
        return replace(self.question, conditions=(*rest, *made))

    def _carried_out(self) -> Told:
        question = self.question
        if self._asks_nothing():
            return Told(self.tell.help() if not question.missed else answers.strangers(question, []), certain=not question.missed)
        if question.missed and not self._stands_alone():
            return Told(answers.strangers(question, []))
        if self._about_nothing():
            return Told(self.tell.which(), certain=True)
        whole = totals.told(self)
        told = self._with_others(whole) if whole else self._pictures()
        return replace(told, doubts=self.tell.doubts())

    def _with_others(self, told: Told) -> Told:
        """The makers of all hits, and what else is asked of them."""
        said = [told.sentence]
        if self.question.want is Want.WHO and told.results:
            for other in self.question.others:
                listed = self._all_of(_LISTED[other]) if other in _LISTED else ""
                said.append(listed.strip() or self._also(other, told.results))
        return replace(told, sentence=" ".join(said))

    # What is asked

    def _asks_nothing(self) -> bool:
        """Whether no word of the text means anything here: "????", "what can you do"."""
        question, frame = self.question, self.question.frame
        framed = frame.unit or frame.per or frame.measure or frame.limit or question.want is not Want.PICTURES
        if self._said() or question.subject or question.order or framed:
            return False
        words = set(words_of(question.text))
        return not words & _EVERYTHING or bool(question.missed)

    def _stands_alone(self) -> bool:
        """Whether a question with a word that nothing has still asks something without it."""
        frame = self.question.frame
        return bool(self._said() or self.question.subject or frame.per or frame.unit)

    def _about_nothing(self) -> bool:
        """Whether a fact is asked for and nothing says of what: "who made it"."""
        question, frame = self.question, self.question.frame
        said = (
            self._said()
            or question.subject
            or question.order
            or frame.per
            or frame.measure
            or frame.unit
            or frame.detail.startswith(("total", "average"))
        )
        events = (Want.JUDGED, Want.EXPORTED, Want.EXPORTER, Want.JUDGE)
        return not said and question.want not in (Want.PICTURES, Want.HOW_MANY, Want.LIST, *events)

    # Pictures

    def _pictures(self) -> Told:
        page = self.page()
        if not page.asset_ids and not self.after and any(one.implied for one in self.question.conditions):
            return self._with(counting.without_implied(self.question)).carried_out_again()
        if not page.asset_ids and not self.after and (plainer := self._in_plain_words()) is not None:
            found = self._with(plainer)._pictures()
            if found.results and self._prompts_say(found.results, plainer):
                return found
        if not page.asset_ids:
            return self.nothing()
        if not self.after and not self.question.subject and self.prefers_approved():
            page = self.approved_first(page)
        page = self._by_event(page)
        results = tuple(Result.of(row) for row in hydrate.shown(self.session, page.asset_ids))
        return self._told(results, page)

    def carried_out_again(self) -> Told:
        return totals.told(self) or self._pictures()

    def _told(self, results: tuple[Result, ...], page: Page) -> Told:
        question, tell = self.question, self.tell
        told, more = self._looked_over(results, page)
        match question.want:
            case Want.RESULTS | Want.SOURCES:
                return self._family(results)
            case Want.STATUS:
                top = results[0].asset
                verdict = hydrate.judge(self.session, top.id or 0, Judgement(top.status)) if top.status else None
                sentence = tell.verdict(told, verdict[1].name if verdict else "", verdict[0].created_at if verdict else None)
            case Want.SERVER | Want.TOOK | Want.TAGS:
                sentence = self._looked_up(question.want, results, len(told) - 1)
            case _ if question.frame.yes and question.want is Want.PICTURES:
                sentence = tell.yes(
                    told, search.count(self.session, question.query, self.scope, _COUNTED), subject=bool(question.subject)
                )
            case _:
                sentence = tell.fact(told, more=more)
        if question.want in _LISTED and question.order is None and not question.subject and len(told) > 1:
            sentence += self._all_of(_LISTED[question.want])
        for other in question.others:
            sentence += " " + self._also(other, told)
        return Told(sentence, results, page.after if not question.frame.limit else "")

    def _all_of(self, by: tally.Group) -> str:
        """How often each was used, where the hits differ."""
        rows = counting.grouped(self.session, replace(self.question, frame=Frame()), self.scope, by, self.tell.zone).rows
        return f" In all: {self.tell.list_of(rows)}" if len(rows) > 1 else ""

    def _also(self, want: Want, results: tuple[Result, ...]) -> str:
        if want in (Want.SERVER, Want.TOOK, Want.TAGS):
            return self._looked_up(want, results[:1], 0)
        return replace(self.tell, question=replace(self.question, want=want, others=())).fact(results[:1], more=False)

    def _looked_up(self, want: Want, results: tuple[Result, ...], others: int) -> str:
        """Facts of the first result that stand in other rows."""
        asset = results[0].asset.id or 0
        server, seconds = hydrate.ran(self.session, asset)
        if want is Want.TAGS:
            words = hydrate.tags(self.session, asset)
            said = f"Tagged {summaries.listed([f'**{summaries.bare(word)}**' for word in words])}" if words else "**No tags**"
        elif want is Want.SERVER:
            said = f"It ran on **{summaries.bare(server)}**" if server else "**No server is on record**"
        else:
            said = f"It took **{summaries.lasting(seconds)}**" if seconds is not None else "**No render time is on record**"
        return self.tell.measured(results[0], said, others)

    def _looked_over(self, results: tuple[Result, ...], page: Page) -> tuple[tuple[Result, ...], bool]:
        """What the sentence speaks about, and whether there is still more: at least LIMIT of them, however few are shown."""
        if not page.after or len(results) >= LIMIT or self.question.frame.limit:
            return results, bool(page.after) and not self.question.frame.limit
        wide = search.find(self.session, self.question.query, self.scope, LIMIT)
        shown_already = {result.asset.id for result in results}
        others = [
            Result.of(row) for row in hydrate.shown(self.session, [one for one in wide.asset_ids if one not in shown_already])
        ]
        return (*results, *others), bool(wide.after)

    def _family(self, results: tuple[Result, ...]) -> Told:
        """What the results came from, or what came from them, as far as the asker may see."""
        many = _MANY & set(re.findall(r"\w+", self.question.text.casefold())) and not self.question.order
        tops = results if many and len(results) <= 50 else results[:1]
        after = self.question.want is Want.RESULTS
        near, rows = list[tuple[str, str]](), list[int]()
        for top in tops:
            found = family.of(self.session, top.asset)
            steps = found.results if after else found.sources
            steps = tuple(one for one in steps if one.asset.origin is not Origin.EXPORT)
            seen = [one for one in steps if self.scope.project_ids is None or one.asset.project_id in self.scope.project_ids]
            rows += [one.asset.id for one in seen]
            near += [(one.asset.code, one.name) for one in seen if one.steps == 1]
        kin = tuple(Result.of(row) for row in hydrate.shown(self.session, list(dict.fromkeys(rows))))
        sentence = self.tell.family(results[0], kin, list(dict.fromkeys(near)), of=len(tops))
        return Told(sentence, kin or results[:1], certain=not kin)

    # Which first

    def _by_event(self, page: Page) -> Page:
        """`the last thing Drew approved`, `the first one sent`: by when that was done, and not by when it was made."""
        question = self.question
        links = [one.link for one in question.conditions if one.link and not one.link.negated]
        done = next((one for one in links if one.relation in (Relation.EVER, Relation.EXPORTED)), None)
        plain = question.want is Want.PICTURES and not question.frame.yes and not question.frame.skip and not question.subject
        if done is None or not plain or question.order not in (Order.NEWEST, Order.OLDEST) or self.after:
            return page
        found = happenings.happenings(self.session, question.query, self.scope, done, oldest=question.order is Order.OLDEST)
        ordered = list(dict.fromkeys(one.asset_id for one in found))
        return replace(page, asset_ids=tuple(ordered[: len(page.asset_ids)]) or page.asset_ids)

    # Nothing

    def _in_plain_words(self) -> Question | None:
        """The question with the first name that is written like any word taken as that word ("the rose petals")."""
        for one in self.question.conditions:
            named = (
                one.facet
                and one.facet.field in (FacetField.CLIENT, FacetField.PROJECT, FacetField.SHOT, FacetField.TAG)
                and not one.facet.negated
            )
            if named and len(one.names) == 1 and not one.guessed_from and one.typed == "":
                words = Condition(f"“{one.names[0].label.casefold()}”", words=Phrase(tuple(words_of(one.names[0].label))))
                rest = tuple(words if other == one else other for other in self.question.conditions)
                return replace(self.question, conditions=rest)
        return None

    def _prompts_say(self, results: tuple[Result, ...], question: Question) -> bool:
        """Whether the prompts, and not only names, hold the words."""
        wanted = [one.words for one in question.conditions if one.words and not one.words.negated]
        texts = [" ".join(words_of(one.asset.prompt)) for one in results]
        return all(any(f" {' '.join(words.tokens)} " in f" {text} " for text in texts) for words in wanted)


def _within(at: datetime, hours: str) -> bool:
    if hours.startswith("day "):
        return at.weekday() == int(hours[4:])
    if hours == "weekend":
        return at.weekday() >= 5
    first, _, last = hours.partition("-")
    return int(first) <= at.hour < int(last) or int(first) <= at.hour + 24 < int(last)


_LISTED = {Want.MODEL: tally.Group.MODEL, Want.LORA: tally.Group.LORA, Want.WORKFLOW: tally.Group.WORKFLOW}
_MANY = word_set(
    """
    uploads photos pictures images shots renders ones references refs files takes those pics upscales
    """
)
_EVERYTHING = word_set(
    """
    everything anything all every made make rendered render picture image shot asset file video clip take
    stuff upload uploaded there have latest newest
    """
)
