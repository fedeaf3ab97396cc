"""Shapes of everyday questions, each said in several ways: what is asked comes out the same, and what has no place is told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.search import ask as core_ask
from core.search.ask import SearchAnswer
from storage.database import Database
from tests.corpus import NOW, Corpus, opened


@pytest.fixture(scope="module", params=["sqlite"])
def kept(request: pytest.FixtureRequest) -> Iterator[tuple[Database, Corpus]]:
    with opened(request) as corpus:
        yield corpus


def ask(kept: tuple[Database, Corpus], text: str, before: str = "") -> SearchAnswer:
    database, corpus = kept
    with database.reading() as session:
        return core_ask.answer(session, text, by=corpus.people["Mia Chen"], now=NOW, before=before)


@pytest.mark.parametrize(
    "text", ["what percentage of Acme is approved", "approval rate for Acme", "what share of Acme is signed off"]
)
def test_a_share_is_a_percentage_of_what_there_is(kept: tuple[Database, Corpus], text: str) -> None:
    assert "**33 %** are approved: **2** of 6" in ask(kept, text).sentence


@pytest.mark.parametrize("text", ["green lit for Acme", "what was waved through for Acme", "Acme stuff that got the go ahead"])
def test_the_verbs_of_the_trade_are_verdicts(kept: tuple[Database, Corpus], text: str) -> None:
    assert {one.asset.status for one in ask(kept, text).results} == {"approved"}


@pytest.mark.parametrize("text", ["last render for Globex, date?", "what was the day of the latest render for Globex"])
def test_a_date_at_the_end_asks_when(kept: tuple[Database, Corpus], text: str) -> None:
    assert ask(kept, text).sentence.startswith("**Today")


@pytest.mark.parametrize("text", ["who approved how many", "approvals per approver", "how many approvals by reviewer"])
def test_verdicts_are_counted_by_who_gave_them(kept: tuple[Database, Corpus], text: str) -> None:
    rows = dict(ask(kept, text).rows)
    assert rows["Kit"] == 1, rows


@pytest.mark.parametrize("text", ["projects with no render this month", "which projects have no renders this month"])
def test_those_of_whom_there_is_nothing_are_listed(kept: tuple[Database, Corpus], text: str) -> None:
    found = ask(kept, text)
    assert "Winter Catalogue" in found.sentence
    assert "Acme Spring" not in found.sentence


@pytest.mark.parametrize("text", ["who made the lake second", "did Ana never render for Acme neither"])
def test_a_word_that_changes_the_answer_and_has_no_place_is_said_first(kept: tuple[Database, Corpus], text: str) -> None:
    assert ask(kept, text).sentence.startswith("Not sure what to make of")


def test_how_many_each_goes_on_by_what_was_told(kept: tuple[Database, Corpus]) -> None:
    assert dict(ask(kept, "how many each?", before="who worked for Acme").rows)["Mia Chen"] == 4
    assert dict(ask(kept, "and how many each?", before="which clients are there").rows)["Acme"] == 6


def test_a_verdict_in_quotes_is_a_verdict(kept: tuple[Database, Corpus]) -> None:
    assert {one.asset.status for one in ask(kept, "Acme pictures marked 'approved'").results} == {"approved"}


def test_what_is_shown_is_no_verb(kept: tuple[Database, Corpus]) -> None:
    assert "exported" not in " ".join(ask(kept, "the ship renders for Acme").understood)


@pytest.mark.parametrize("text", ["shots not by Ana Ruiz or Mia Chen", "everything except by Ana Ruiz and Mia Chen"])
def test_a_negation_holds_for_all_who_are_joined(kept: tuple[Database, Corpus], text: str) -> None:
    makers = {one.by for one in ask(kept, text).results}
    assert makers
    assert not makers & {"Ana Ruiz", "Mia Chen"}


def test_the_second_newest_leaves_the_newest_out(kept: tuple[Database, Corpus]) -> None:
    newest = ask(kept, "the 2 newest for Globex").results
    assert [one.code for one in ask(kept, "the second newest for Globex").results] == [newest[1].code]
    assert "Mia Chen" not in ask(kept, "who made the second most for Acme").sentence


def test_what_is_left_after_a_negation_does_not_go_round_for_ever(kept: tuple[Database, Corpus]) -> None:
    assert ask(kept, "has anyone besides me rendered for Acme").results
    assert "Mia Chen" not in {one.by for one in ask(kept, "has anyone besides me rendered for Acme").results}


def test_the_last_thing_somebody_judged_goes_by_the_verdict(kept: tuple[Database, Corpus]) -> None:
    found = ask(kept, "what was the last thing Kit approved")
    assert "approved by Kit" in found.understood


@pytest.mark.parametrize("text", ["how many pictures for Acme in february", "february pictures for Acme, just the number"])
def test_a_month_alone_is_a_date(kept: tuple[Database, Corpus], text: str) -> None:
    assert "**2**" in ask(kept, text).sentence


def test_two_counts_in_one_question_are_both_told(kept: tuple[Database, Corpus]) -> None:
    assert ask(kept, "how many renders and approvals for Acme").sentence.count("**") == 4


@pytest.mark.parametrize(
    "text", ["Acme pictures that are neither approved nor rejected", "Acme pictures not approved and not rejected"]
)
def test_neither_nor_turns_both_round(kept: tuple[Database, Corpus], text: str) -> None:
    assert {one.asset.status for one in ask(kept, text).results} <= {"", "needs work"}


def test_the_busiest_period_is_the_one_with_the_most(kept: tuple[Database, Corpus]) -> None:
    rows = dict(ask(kept, "pictures per month").rows)
    assert max(rows, key=lambda one: rows[one]) in ask(kept, "which month had the most pictures").sentence


def test_two_months_that_follow_one_another_are_one_stretch(kept: tuple[Database, Corpus]) -> None:
    both = ask(kept, "pictures for Acme from february or march").results
    assert len(both) == len(ask(kept, "pictures for Acme in february").results) + len(
        ask(kept, "pictures for Acme in march").results
    )


def test_things_named_are_set_side_by_side(kept: tuple[Database, Corpus]) -> None:
    assert dict(ask(kept, "compare Acme and Globex").rows) == {"Acme": 6, "Globex": 4}


@pytest.mark.parametrize("text", ["pictures client-wise", "renders / client", "how many renders does each client have"])
def test_counts_by_something_are_asked_in_many_ways(kept: tuple[Database, Corpus], text: str) -> None:
    assert dict(ask(kept, text).rows)["Acme"] == 6


def test_days_of_one_month_may_be_joined_by_a_dash(kept: tuple[Database, Corpus]) -> None:
    assert ask(kept, "Acme pictures 1-15 march").results == ask(kept, "Acme pictures from 1 to 15 march").results


def test_a_verb_is_no_share(kept: tuple[Database, Corpus]) -> None:
    assert "asking: share" not in ask(kept, "please share the prompt of the latest lake").understood
