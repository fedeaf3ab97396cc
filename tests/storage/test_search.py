"""The search index itself: in step with the rows, in the caller's transaction, newest first, the same on both databases."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from storage import search
from storage.database import Database
from storage.search import Facet, FacetField, Order, Phrase, Query, Scope, entity_index
from storage.search.document import asset_in, bound, key, slot
from storage.search.facets import cover, token, tokens_of
from storage.search.tokenizer import fold, words_of
from storage.tables import Asset, Client, Member, Origin, Project, Tag

EVERYONE = Scope()
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def shelf(database: Database) -> Shelf:
    return Shelf(database)


class Shelf:
    """A database with one member, and as many projects and assets as a test puts there."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.writing() as session:
            self.mia = _stored(session, Member(name="Mia Chen", name_key="mia chen"))
            client = _stored(session, Client(name="Acme", name_key="acme"))
            self.project = _stored(session, Project(client_id=client, name="Spring", slug="spring"))
            self.other = _stored(session, Project(client_id=client, name="Autumn", slug="autumn"))

    def put(self, prompt: str = "", at: datetime = START, project: int | None = None, **more: object) -> int:
        with self.database.writing() as session:
            row = Asset(
                origin=Origin.UPLOAD,
                member_id=self.mia,
                project_id=project or self.project,
                sha256="0",
                source_sha256="0",
                filename="x.png",
                mime="image/png",
                size=1,
                prompt=prompt,
                created_at=at,
                **more,
            )
            number = _stored(session, row)
            search.index(session, number)
            return number

    def find(self, query: Query, scope: Scope = EVERYONE, limit: int = 20) -> list[int]:
        with self.database.reading() as session:
            found = search.find(session, query, scope, limit)
            assert search.count(session, query, scope) >= len(found.asset_ids)
            return list(found.asset_ids)


def _stored(session: Session, row: Asset | Member | Client | Project) -> int:
    session.add(row)
    session.flush()
    assert row.id is not None
    return row.id


def said(*tokens: str, **more: bool) -> Query:
    return Query(words=(Phrase(tokens, **more),))


def test_an_asset_is_found_as_soon_as_its_transaction_holds(shelf: Shelf) -> None:
    number = shelf.put("hero shoe, low sun")
    assert shelf.find(said("low", "sun")) == [number]
    assert shelf.find(said("sun", "low")) == []
    assert shelf.find(said("sho", prefix=True)) == [number]


def test_a_transaction_that_fails_leaves_no_entry(shelf: Shelf) -> None:
    number = shelf.put("hero shoe")
    with contextlib.suppress(RuntimeError), shelf.database.writing() as session:
        asset = session.get(Asset, number)
        assert asset is not None
        asset.prompt = "quiet lake"
        search.index(session, number)
        raise RuntimeError
    assert shelf.find(said("hero")) == [number]
    assert shelf.find(said("lake")) == []


def test_a_change_replaces_the_entry(shelf: Shelf) -> None:
    number = shelf.put("hero shoe")
    with shelf.database.writing() as session:
        asset = session.get(Asset, number)
        assert asset is not None
        asset.status = "approved"
        session.add(Tag(asset_id=number, word="pick", member_id=shelf.mia))
        search.index(session, number)
        search.index(session, number)
    approved, tagged = Facet(FacetField.STATUS, ("approved",)), Facet(FacetField.TAG, ("pick",))
    assert shelf.find(Query(facets=(approved, tagged))) == [number]
    with shelf.database.writing() as session:
        asset = session.get(Asset, number)
        assert asset is not None
        asset.status = ""
        search.index(session, number)
    assert shelf.find(Query(facets=(approved,))) == []
    assert shelf.find(Query()) == [number]


def test_forgetting_takes_it_out(shelf: Shelf) -> None:
    first, second = shelf.put("hero"), shelf.put("hero")
    with shelf.database.writing() as session:
        search.forget(session, first)
        search.forget(session, 999)
    assert shelf.find(said("hero")) == [second]


def test_indexing_what_is_not_there_does_nothing(shelf: Shelf) -> None:
    with shelf.database.writing() as session:
        search.index(session, 12345)
    assert shelf.find(Query()) == []


def test_old_files_brought_in_late_stand_where_they_belong(shelf: Shelf) -> None:
    new, old, middle = (shelf.put("x", START + timedelta(days=days)) for days in (0, -4000, -1))
    ancient = shelf.put("x", datetime(1970, 1, 1, tzinfo=UTC))
    assert shelf.find(Query()) == [new, middle, old, ancient]
    assert shelf.find(Query(order=Order.OLDEST)) == [ancient, old, middle, new]


def test_time_spans_hold_their_first_moment_and_not_their_last(shelf: Shelf) -> None:
    numbers = [shelf.put("x", START + timedelta(hours=hours)) for hours in range(4)]
    span = Query(since=START + timedelta(hours=1), until=START + timedelta(hours=3))
    assert shelf.find(span) == [numbers[2], numbers[1]]
    assert shelf.find(Query(since=START + timedelta(hours=3, microseconds=1))) == []


def test_facets_hold_together_apart_and_negated(shelf: Shelf) -> None:
    a = shelf.put(
        "x", shot="SH010", techniques=["depth", "controlnet"], models=[{"folder": "loras", "name": "a/Ink.safetensors"}]
    )
    b = shelf.put("x", shot="sh020", techniques=["canny"], project=shelf.other)
    depth, shot = Facet(FacetField.TECHNIQUE, ("depth",)), Facet(FacetField.SHOT, ("sh010", "sh020"))
    assert shelf.find(Query(facets=(depth,))) == [a]
    assert shelf.find(Query(facets=(shot,))) == [b, a]
    assert shelf.find(Query(facets=(shot, Facet(FacetField.TECHNIQUE, ("depth",), negated=True)))) == [b]
    assert shelf.find(Query(facets=(Facet(FacetField.LORA, ("ink",)), Facet(FacetField.MODEL, ("ink",))))) == [a]
    assert shelf.find(
        Query(facets=(Facet(FacetField.PROJECT, (str(shelf.other),)), Facet(FacetField.BY, (str(shelf.mia),))))
    ) == [b]
    assert shelf.find(Query(facets=(Facet(FacetField.CLIENT, ("1",), negated=True),))) == []


def test_a_scope_is_a_wall(shelf: Shelf) -> None:
    mine, theirs = shelf.put("hero"), shelf.put("hero", project=shelf.other)
    assert shelf.find(said("hero"), Scope(frozenset({shelf.project}))) == [mine]
    assert shelf.find(said("hero"), Scope(frozenset({shelf.other, 77}))) == [theirs]
    assert shelf.find(said("hero"), Scope(frozenset())) == []
    assert shelf.find(said("hero"), Scope(frozenset(range(1, 3001)))) == [theirs, mine]
    with shelf.database.reading() as session:
        assert search.count(session, said("hero"), Scope(frozenset())) == 0
        assert search.count(session, said("hero"), EVERYONE) == 2
        assert search.count(session, said("hero"), EVERYONE, at_most=1) == 1


def test_negative_prompts_are_looked_into_only_when_asked(shelf: Shelf) -> None:
    number = shelf.put("hero", negative="blurry hands")
    assert shelf.find(said("blurry")) == []
    assert shelf.find(Query(words=(Phrase(("blurry",), part="unwanted"),))) == [number]


def test_the_best_fit_comes_first(shelf: Shelf) -> None:
    often = shelf.put("lake lake lake lake")
    shelf.put("lake " + "and many other things beside it " * 20)
    assert shelf.find(said("lake"))[0] == often
    assert shelf.find(Query((Phrase(("lak",), prefix=True),)))[0] == often
    assert shelf.find(Query(words=(Phrase(("lake",)),), order=Order.NEWEST))[-1] == often


def test_pages_meet_without_gap_even_when_something_new_arrives(shelf: Shelf) -> None:
    numbers = [shelf.put("lake", START + timedelta(minutes=minute)) for minute in range(7)]
    for query in (said("lake"), Query(), Query(order=Order.OLDEST)):
        seen, after = list[int](), ""
        while True:
            with shelf.database.reading() as session:
                page = search.find(session, query, EVERYONE, 3, after)
            seen += [one for one in page.asset_ids if one in numbers]
            after = page.after
            if not after:
                break
            if query.order is not Order.OLDEST:
                shelf.put("lake", START + timedelta(days=1))
        assert sorted(seen) == numbers


def test_more_hits_than_are_ranked_are_all_reached(shelf: Shelf) -> None:
    with shelf.database.writing() as session:
        same = {"origin": Origin.UPLOAD, "member_id": shelf.mia, "project_id": shelf.project, "mime": "image/png", "size": 1}
        same |= {"sha256": "0", "source_sha256": "0", "filename": "x.png", "prompt": "lake"}
        rows = [Asset(**same, created_at=START + timedelta(seconds=at)) for at in range(search.RANKED + 30)]
        session.add_all(rows)
        session.flush()
        for row in rows:
            search.index(session, row.id or 0)
    seen, after = set[int](), ""
    with shelf.database.reading() as session:
        while True:
            page = search.find(session, said("lake"), EVERYONE, 40, after)
            assert not seen & set(page.asset_ids)
            seen |= set(page.asset_ids)
            after = page.after
            if not after:
                break
    assert len(seen) == search.RANKED + 30


def test_a_reindex_mends_what_is_missing_stale_or_left_over(shelf: Shelf) -> None:
    kept, stale, gone = shelf.put("hero", shot="sh1"), shelf.put("shoe", shot="sh2"), shelf.put("lake", shot="sh3")
    with shelf.database.writing() as session:
        search.forget(session, kept)
        asset = session.get(Asset, stale)
        assert asset is not None
        asset.prompt = "boot"
        session.delete(session.get(Asset, gone))
    assert search.reindex(shelf.database) == 2
    assert shelf.find(said("hero")) == [kept]
    assert shelf.find(said("boot")) == [stale]
    assert shelf.find(said("shoe")) == []
    assert sorted(shelf.find(Query())) == [kept, stale]
    with shelf.database.reading() as session:
        assert [name.key for name in entity_index.names(session, None)] == ["sh1", "sh2"]


def test_names_are_kept_by_project(shelf: Shelf) -> None:
    shelf.put("x", shot="SH010", techniques=["depth"])
    shelf.put("x", shot="sh010", project=shelf.other)
    with shelf.database.reading() as session:
        assert [(name.field, name.label) for name in entity_index.names(session, frozenset({shelf.project}))] == [
            (FacetField.SHOT, "SH010"),
            (FacetField.TECHNIQUE, "depth"),
        ]
        assert [name.projects for name in entity_index.names(session, None)] == [{shelf.project, shelf.other}, {shelf.project}]
        assert [place.slug for place in entity_index.places(session, frozenset({shelf.other}))] == ["autumn"]
        assert entity_index.people(session) == [entity_index.Person(shelf.mia, "Mia Chen")]


@pytest.mark.parametrize(
    "prompt",
    [
        "a'b\"c",
        "\\",
        "'; --",
        "x" * 200_000,
        "\u202eevil",
        "🙂🙂",
        "wörd " * 30_000,
        "a:b|c&d!e<->f*",
        "\u0000zero" if False else "nul",
        "ß ﬁ Ⅷ",
    ],
)
def test_any_prompt_can_be_kept(shelf: Shelf, prompt: str) -> None:
    number = shelf.put(f"{prompt} needle" if len(prompt) < 1000 else f"needle {prompt}")
    assert shelf.find(said("needle")) == [number]


@given(st.text(max_size=200))
def test_words_are_letters_and_digits_only(text: str) -> None:
    for word in words_of(text):
        assert word.replace("_", "x").isalnum()
        assert 0 < len(word) <= 64
        assert fold(word) == word


@pytest.mark.parametrize(
    ("one", "other"),
    [("shoes", "Shoe"), ("LADIES", "lady"), ("glasses", "glass"), ("boxes", "box"), ("houses", "house"), ("Größe", "grosse"),
     ("Ｆｕｌｌ", "full"), ("e\u0301clair", "éclair"), ("brushes", "brush")],
)  # fmt: skip
def test_spellings_of_one_word_are_one_word(one: str, other: str) -> None:
    assert words_of(one) == words_of(other)


@pytest.mark.parametrize(("one", "other"), [("bus", "bu"), ("glass", "glas"), ("dress", "dre"), ("mp4s", "mp4"), ("is", "i")])
def test_other_words_stay_apart(one: str, other: str) -> None:
    assert words_of(one) != words_of(other)


@given(st.integers(1, 2**32 - 1), st.integers(0, 2_000_000_000))
def test_slots_are_in_time_order_and_name_their_asset(number: int, seconds: int) -> None:
    at = datetime(1990, 1, 2, tzinfo=UTC) + timedelta(seconds=seconds)
    assert asset_in(slot(at, number)) == number
    assert slot(at, number) < slot(at + timedelta(seconds=1), 1)
    assert bound(at) <= slot(at, number) < 2**63


def test_pairs_cover_what_is_asked_for() -> None:
    facets = (
        Facet(FacetField.CLIENT, ("5",)),
        Facet(FacetField.BY, ("12",)),
        Facet(FacetField.TAG, ("pick", "hero")),
        Facet(FacetField.SEED, ("1",)),
    )
    wanted = cover(facets)
    assert ["xc5u12"] in wanted
    assert [token(FacetField.SEED, "1")] in wanted
    stored = tokens_of(
        [
            (FacetField.CLIENT, "5"),
            (FacetField.BY, "12"),
            (FacetField.TAG, "hero"),
            (FacetField.SEED, "1"),
            (FacetField.STATUS, ""),
        ]
    )
    assert all(set(tokens) & set(stored) for tokens in wanted)
    assert all(one.isascii() and one.isalnum() for one in stored)
    assert key(FacetField.MODEL, "a\\b\\Model.v2.safetensors") == key(FacetField.MODEL, "model.v2")
