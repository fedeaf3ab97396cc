"""What a server only gave back is never sealed as made here, whoever sent it in and however it is written anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.show import seals
from core import files
from core.desk import Desk
from core.exports import export
from core.exports.export import Wish
from core.files import reparse, reseal
from core.provenance import embed, xmp
from core.provenance.seal import read
from core.settings import Settings
from core.verification.verify import Outcome, verify
from storage.files import assets
from storage.tables import Asset, Origin
from tests.core.exports.test_export import House
from tests.core.verification.test_laundering import CAPTURE, COMPOSITE, ai_xmp
from tests.pictures import comfy_png, encoded, scene


@pytest.fixture
def settings(tmp_path: Path, sqlite_url: str, redis_url: str) -> Settings:
    """One database is enough: what is said of a file is decided above it."""
    return Settings(data=tmp_path / "data", database_url=sqlite_url, redis_url=redis_url)


class Desks(House):
    """A house whose ComfyUI may answer with anything."""

    def upload(self, data: bytes, name: str = "photo.png") -> Asset:
        draft = files.keep(self.desk, data, name, member_id=self.mia.id or 0, project_id=self.project.id or 0)
        with self.desk.writing() as session:
            return assets.add(session, draft)

    def answers(self, data: bytes, *parents: Asset, code: str = "R-BACK", **more: Any) -> Asset:
        """What is kept of a run that got these pictures, and whose server answers with these bytes."""
        told = [
            {"asset": one.code, "sha256": one.sha256, "input": f"image{number}", "source_type": ""}
            for number, one in enumerate(parents)
        ]
        return self.render(data, parents=told, render_code=code, **more)

    def bytes(self, asset: Asset) -> bytes:
        return self.desk.blobs.get(asset.sha256)


@pytest.fixture
def house(desk: Desk) -> Desks:
    return Desks(desk)


PHOTO = scene(7, 320, 240)
WRITTEN: dict[str, Callable[[bytes], bytes]] = {
    "the very bytes": lambda data: data,
    "its pixels in a file of ComfyUI's": lambda data: comfy_png(PHOTO, {"1": {"class_type": "SaveImage", "inputs": {}}}),
    "its pixels in another kind of file": lambda data: encoded(PHOTO, "WEBP", lossless=True),
    "its pixels, with XMP that says camera": lambda data: embed.embed(
        data, "image/png", None, "", xmp.packet({"Iptc4xmpExt:DigitalSourceType": CAPTURE})
    ),
    "its pixels, with XMP that says AI": ai_xmp,
}


@pytest.mark.parametrize("how", WRITTEN)
def test_a_photograph_that_comes_back_is_sealed_as_brought_here(house: Desks, how: str) -> None:
    photo = house.upload(encoded(PHOTO))
    back = house.answers(WRITTEN[how](house.bytes(photo)), photo)
    seal = house.credentials(back)
    assert (back.origin, seal.state, seal.states.value) == (Origin.RETURNED, "Trusted", "brought-here")
    assert (seal.says_ai, back.statement, back.prompt, back.seed) == (None, {}, "", "")
    assert "claims_ai" not in back.facts, "what the server wrote into it is not heard"
    assert verify(house.desk, house.bytes(back), "a.png").outcome is Outcome.BROUGHT
    assert "made here" not in verify(house.desk, encoded(PHOTO), "a.png").sentence
    line = seals.seal_troubles([back])[0].value
    assert line == seals.seal_line(back).partition("\n")[2]
    assert line == f"The server gave the input {photo.code} back unchanged, so nothing is claimed about its making."


def test_what_came_back_leaves_as_brought_here_and_is_neither_sealed_nor_read_anew(house: Desks) -> None:
    photo = house.upload(encoded(PHOTO))
    back = house.answers(WRITTEN["its pixels in a file of ComfyUI's"](b""), photo)
    (left,) = export.leave(house.desk, [back], Wish("client"), by=house.mia)
    found = house.credentials(left.asset)
    assert (found.states.value, found.says_ai) == ("brought-here", None)
    before = back.facts
    reparse.read_again(house.desk, everything=True)
    with house.desk.reading() as session:
        assert assets.by_code(session, back.code).facts == before  # type: ignore[union-attr]
    with pytest.raises(Exception, match="was not made here"):
        reseal.seal(house.desk, back)


def test_credentials_of_what_came_back_stay_in_its_history(house: Desks, tmp_path: Path) -> None:
    ours = house.render(comfy_png(PHOTO, {}), render_code="R-OURS")
    elsewhere = house.upload(house.bytes(ours), "again.png")
    back = house.answers(encoded(PHOTO), elsewhere)
    seal = house.credentials(back)
    assert (back.origin, seal.states.value) == (Origin.RETURNED, "brought-here")
    assert [one.states.value for one in seal.steps] == ["brought-here", "made-here"]
    assert seal.says_ai
    assert verify(house.desk, house.bytes(back), "a.png").ai


def test_that_ai_had_a_part_is_still_said_of_what_came_back(house: Desks) -> None:
    said = house.upload(ai_xmp(encoded(PHOTO)))
    back = house.answers(encoded(PHOTO), said)
    seal = house.credentials(back)
    assert (seal.states.value, seal.says_ai, back.facts["claims_ai"]["source_type"]) == ("brought-here", True, COMPOSITE)
    assert read.carries(house.bytes(back))
    (left,) = export.leave(house.desk, [back], Wish("public"), by=house.mia)
    assert COMPOSITE in embed.xmp_in(house.bytes(left.asset), left.asset.mime)


def test_a_picture_made_here_that_comes_back_is_told_as_it_was_and_as_nothing_new(house: Desks) -> None:
    ours = house.render(comfy_png(PHOTO, {}), render_code="R-OURS")
    back = house.answers(comfy_png(PHOTO, {}), ours)
    seal = house.credentials(back)
    assert (back.origin, seal.state, seal.states.value) == (Origin.RENDER, "Trusted", "edited-from")
    assert (seal.step.actions, seal.says_ai) == (("c2pa.opened",), True)
    assert seals.seal_troubles([back])[0].value == f"The server gave the input {ours.code} back unchanged."


def test_what_was_no_input_may_be_made_again(house: Desks) -> None:
    """An imported picture that is rendered again with its own seed is made here, as far as anybody can know."""
    house.upload(encoded(PHOTO), "copy.png")
    other = house.upload(encoded(scene(9, 320, 240)), "other.png")
    again = [house.answers(comfy_png(PHOTO, {}), code="R-ONE1"), house.answers(comfy_png(PHOTO, {}), other, code="R-ONE2")]
    assert [one.origin for one in again] == [Origin.RENDER] * 2
    assert [house.credentials(one).states.value for one in again] == ["made-here", "made-here"]


def test_a_film_that_begins_with_its_input_is_made_here(house: Desks) -> None:
    photo = house.upload(encoded(PHOTO))
    film = encoded(PHOTO, "WEBP", lossless=True, save_all=True, append_images=[scene(8, 320, 240)], duration=100, loop=0)
    assert house.answers(film, photo).origin is Origin.RENDER
    assert house.answers(film, house.upload(film, "film.webp"), code="R-FILM").origin is Origin.RETURNED


def test_a_watermark_hides_nothing_that_came_back(house: Desks) -> None:
    settings = house.desk.settings.model_copy(update={"watermark": "own"})
    house.desk = replace(house.desk, settings=settings)
    photo = house.upload(encoded(PHOTO))
    back = house.answers(comfy_png(PHOTO, {}), photo)
    assert (back.origin, back.pixel_sha256) == (Origin.RETURNED, photo.pixel_sha256)
