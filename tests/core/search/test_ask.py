"""The memory's manners: its documented examples hold, any text gets an answer or a declared error, and roles are respected."""

from __future__ import annotations

import doctest
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import BadQuery, Refused
from core.search import ask as core_ask
from core.search import conditions, entities, tokens
from core.search.results import Result
from storage.database import Database
from storage.search import document, facets, postgres, rank, tokenizer
from storage.tables import Member
from tests.corpus import NOW, Corpus, opened


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def kept(request: pytest.FixtureRequest) -> Iterator[tuple[Database, Corpus]]:
    with opened(request) as corpus:
        yield corpus


def ask(kept: tuple[Database, Corpus], text: str, **more: object) -> core_ask.SearchAnswer:
    with kept[0].reading() as session:
        return core_ask.answer(session, text, by=kept[1].people["Mia Chen"], now=NOW, **more)  # type: ignore[arg-type]


def test_every_example_in_the_guide_is_true(kept: tuple[Database, Corpus]) -> None:
    def keys(text: str) -> list[str]:
        return [kept[1].key_of(result.asset.code) for result in ask(kept, text).results]

    def show(text: str) -> None:
        print(" ".join(sorted(keys(text))) or "nothing")

    def explain(text: str) -> None:
        with kept[0].reading() as session:
            for part in core_ask.explain(session, text, by=kept[1].people["Mia Chen"], now=NOW):
                for name, told in part.items():
                    print(f"{name}: {', '.join(told) if isinstance(told, list) else 'yes' if told is True else told}")

    names = {
        "find": show,
        "explain": explain,
        "first": lambda text: print(keys(text)[0]),
        "sentence": lambda text: print(ask(kept, text).sentence),
        "understood": lambda text: print(" · ".join(ask(kept, text).understood)),
        "shape": lambda text: print(json.dumps(ask(kept, text).schema().as_json(), indent=2, ensure_ascii=False)),
    }
    guide = Path(__file__).parents[3] / "docs" / "search.md"
    test = doctest.DocTestParser().get_doctest(guide.read_text(encoding="utf-8"), names, guide.name, str(guide), 0)
    assert len(test.examples) > 35
    told: list[str] = []
    result = doctest.DocTestRunner(verbose=False).run(test, out=told.append)
    assert result.failed == 0, "".join(told)


@pytest.mark.parametrize("module", [conditions, rank, tokens, entities, tokenizer, document, facets, postgres])
def test_the_examples_in_the_code_are_true(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


_SCRAPS = """
    who made the depth shot for acme mia 's of and by: client: -tag: "low sun" * -shoe last week march since until between
    approved rejected by judge: R-MBYF A-ZZZZ latest first without how many which lora seed 4242 shot sh010 10 here my is:
    sort:best , @3 東京
""".split()  # noqa: SIM905


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(_SCRAPS), max_size=9).map(" ".join) | st.text(max_size=60))
def test_any_text_gets_an_answer_or_a_declared_error(kept: tuple[Database, Corpus], text: str) -> None:
    try:
        found = ask(kept, text)
    except BadQuery as refused:
        found = core_ask.SearchAnswer(refused.hint)
    assert found.sentence
    assert "\n" not in found.sentence
    assert json.loads(json.dumps(found.schema().as_json()))
    assert not (found.results and found.choices)


def test_names_in_a_sentence_cannot_dress_it_up(kept: tuple[Database, Corpus]) -> None:
    found = ask(kept, "who made the **unicorn** `rm` [link](http://example.com)")
    assert "**" not in found.sentence
    assert "`" not in found.sentence


def test_who_left_the_team_may_not_search(kept: tuple[Database, Corpus]) -> None:
    kit = kept[1].people["Kit"]
    with kept[0].writing() as session:
        stored = session.get_one(Member, kit.id)
        stored.active = False
        session.flush()
        with pytest.raises(Refused):
            core_ask.answer(session, "hero", by=kit, now=NOW)
        stored.active = True


def test_an_empty_memory_says_so(database: Database) -> None:
    corpus_member = Member(id=1, name="Mia", name_key="mia")
    with database.reading() as session:
        found = core_ask.answer(session, "who made the depth shot", by=corpus_member, now=NOW)
    assert found.sentence == "There is nothing in the memory yet that you can see."


def test_a_short_page_still_counts_what_is_similar(kept: tuple[Database, Corpus]) -> None:
    found = ask(kept, "who made the depth shot for Acme", limit=1)
    assert [Result.code_of(result.asset) for result in found.results] == ["R-MBYF"]
    assert found.sentence.endswith("2 similar.")
    assert found.after


def test_dates_that_exclude_each_other_are_named(kept: tuple[Database, Corpus]) -> None:
    assert ask(kept, "after:2026-03-12 before:2026-03-01").sentence.startswith("Nothing can be both after")
