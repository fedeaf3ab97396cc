"""The names a question may use: kept between questions, and still never behind what was just written."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.search import entities
from core.search.entities import KnownName, Match, Vocabulary
from storage import search
from storage.database import Database
from storage.search import FacetField, Scope
from storage.tables import Client, Tag
from tests.corpus import Corpus, opened

EVERYONE = Scope()


@pytest.fixture(params=["sqlite", "postgres"])
def kept(request: pytest.FixtureRequest) -> Iterator[tuple[Database, Corpus]]:
    with opened(request) as corpus:
        yield corpus


def labels(match: Match | None) -> list[str]:
    return [name.label for name in match.names] if match else []


def test_names_are_the_same_value_until_one_is_added_or_changed(kept: tuple[Database, Corpus]) -> None:
    database, corpus = kept
    with database.reading() as session:
        before = entities.read(session, EVERYONE)
        assert entities.read(session, EVERYONE) is before
    assert before.exact("quokka", [FacetField.TAG]) is None

    other = Database(database.url.render_as_string(hide_password=False))
    with other.writing() as session:
        asset = next(iter(corpus.assets.values()))
        session.add(Tag(asset_id=asset.id or 0, word="quokka", member_id=corpus.people["Ana Ruiz"].id or 0))
        search.index(session, asset.id or 0)
        client = session.get_one(Client, corpus.projects["globex-tv"].client_id)
        client.name, client.name_key = "Initech", "initech"
        session.add(client)
    other.close()

    with database.reading() as session:
        after = entities.read(session, EVERYONE)
    assert labels(after.exact("quokka", [FacetField.TAG])) == ["quokka"]
    assert labels(after.exact("initech", [FacetField.CLIENT])) == ["Initech"]
    assert after.exact("globex", [FacetField.CLIENT]) is None


def test_a_narrower_view_holds_no_name_of_other_projects(kept: tuple[Database, Corpus]) -> None:
    database, corpus = kept
    only = frozenset({corpus.projects["globex-tv"].id or 0})
    with database.reading() as session:
        everything, seen = entities.read(session, EVERYONE), entities.read(session, Scope(only))
    assert everything.exact("acme", [FacetField.CLIENT])
    assert seen.exact("acme", [FacetField.CLIENT]) is None
    assert seen.partial("acme", [FacetField.CLIENT, FacetField.PROJECT]) is None
    assert all(name.projects <= only for name in seen.names)


def test_parts_numbers_and_slips_of_names_are_found_in_the_order_of_the_names() -> None:
    def shot(code: str) -> KnownName:
        return KnownName(FacetField.SHOT, code, code, (code,))

    people = [KnownName(FacetField.BY, str(at), name, (name.casefold(),)) for at, name in enumerate(("Mia Chen", "Mia Okafor"))]
    known = Vocabulary((*people, shot("sh0010"), shot("pr10"), shot("sh10")))

    assert labels(known.partial("mia", [FacetField.BY])) == ["Mia Chen", "Mia Okafor"]
    assert labels(known.partial("chen mia", [FacetField.BY])) == []
    assert labels(known.partial("sh010", [FacetField.SHOT])) == ["sh0010", "sh10"]
    assert labels(known.same_number("10")) == ["sh0010", "pr10", "sh10"]
    assert labels(known.near("okafro", [FacetField.BY])) == ["Mia Okafor"]
    assert known.near("okafro chen", [FacetField.BY]) is None
    assert [name.label for name in known.nearest("mia chan", [FacetField.BY], limit=1)] == ["Mia Chen"]
    assert known.nearest("quux", [FacetField.BY, FacetField.SHOT]) == []
