"""What an older reader read is read again from the words that were kept, without the file, while searches go on."""

from __future__ import annotations

import pytest

from core.comfyui.facts import PARSER
from core.files import reparse
from core.search import ask
from storage import search
from storage.tables import Asset
from tests.core.importing.conftest import Studio, studio

__all__ = ["studio"]


def _forget(studio: Studio, name: str) -> None:
    """As if an older reader had found nothing in this file."""
    with studio.desk.writing() as session:
        asset = session.get_one(Asset, studio.asset(name).id)
        asset.facts, asset.prompt, asset.seed, asset.techniques, asset.models, asset.parser = {}, "", "", [], [], 1
        session.add(asset)
        search.index(session, asset.id)


def _found(studio: Studio, question: str) -> int:
    with studio.desk.reading() as session:
        return len(ask.answer(session, question, by=studio.ana).results)


def test_better_reading_reaches_old_files_even_when_they_are_gone(studio: Studio) -> None:
    studio.render("a.png", 1)
    studio.ingest()
    before = studio.asset("a.png")
    _forget(studio, "a.png")
    (studio.folder / "a.png").unlink()
    assert _found(studio, f"seed:{before.seed}") == 0

    assert reparse.read_again(studio.desk) == 1
    after = studio.asset("a.png")
    assert (after.prompt, after.seed, after.models, after.parser) == (before.prompt, before.seed, before.models, PARSER)
    assert _found(studio, f"seed:{before.seed}") == 1
    assert reparse.read_again(studio.desk) == 0
    assert reparse.read_again(studio.desk, everything=True) == 0


def test_what_was_confirmed_and_known_of_models_stays(studio: Studio) -> None:
    studio.render("a.png", 1)
    studio.ingest(by=studio.mia)
    with studio.desk.writing() as session:
        asset = session.get_one(Asset, studio.asset("a.png").id)
        asset.models = [asset.models[0] | {"sha256": "ab" * 32, "licence": "MIT"}]
        asset.parser, asset.prompt, asset.facts = 1, "", {}
        session.add(asset)
    reparse.read_again(studio.desk)

    after = studio.asset("a.png")
    assert (after.member_id, after.models[0]["sha256"], after.models[0]["licence"]) == (studio.mia.id, "ab" * 32, "MIT")


@pytest.mark.parametrize("finished", [True, False])
def test_the_index_is_made_anew_while_searches_go_on(studio: Studio, finished: bool) -> None:
    for number in range(3):
        studio.render(f"{number}.png", number)
    studio.ingest()
    if finished:
        studio.finish()
    assert search.reindex(studio.desk.database) == 3
    assert _found(studio, "is:inferred") == 3
