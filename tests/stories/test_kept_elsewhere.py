"""The main job with real parts instead of embedded ones: bytes in S3, rows in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.desk import open_desk
from core.files import examine
from core.recognition.identify import recognise
from core.search import ask
from core.settings import Settings
from storage.tables import RenderState
from tests.shop import Shop, open_shop


@pytest.fixture
def shop(
    tmp_path: Path, postgres_url: str, redis_url: str, s3_url: str, s3_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shop]:
    settings = Settings(
        data=tmp_path / "data", database_url=postgres_url, redis_url=redis_url, blobs_url=s3_url, s3_endpoint=s3_endpoint
    )
    for name in ("blobs_url", "s3_endpoint"):
        monkeypatch.setenv(f"SLATE_{name.upper()}", getattr(settings, name))
    desk = open_desk(settings)
    with open_shop(desk) as opened:
        yield opened
    desk.close()


def test_what_is_asked_for_is_rendered_kept_in_s3_found_and_recognised(shop: Shop, tmp_path: Path) -> None:
    render = shop.ask(prompt="a lighthouse at dusk")
    shop.drain()
    (asset,) = shop.outputs(render)
    assert shop.now(render).state is RenderState.DONE
    original = shop.desk.blobs.get(asset.sha256)
    assert examine(original, asset.filename).facts is not None
    assert shop.desk.blobs.get(asset.thumbnail)
    with shop.desk.reading() as session:
        found = ask.answer(session, "who made the lighthouse", by=shop.mia)
    assert "Mia Chen" in found.sentence
    assert recognise(shop.desk, original).certainty == "certain"
    assert not (tmp_path / "data" / "blobs").exists()


def test_a_picture_from_s3_goes_into_the_next_render(shop: Shop) -> None:
    first = shop.ask()
    shop.drain()
    (asset,) = shop.outputs(first)
    second = shop.ask("product-depth", depth=asset.code)
    shop.drain()
    (made,) = shop.outputs(second)
    assert "depth" in made.techniques
    assert made.statement["parents"][0]["asset"] == asset.code
