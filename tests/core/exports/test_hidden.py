"""Nothing leaves hidden: text in the lowest bits, in any channel, order and format, and bytes behind the end or in the data."""

from __future__ import annotations

import io
import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bot.discord import pictures as discord_pictures
from bot.show.facts import picture_of
from bot.slack import pictures as slack_pictures
from core import files
from core.exports import export, leak_check, strip
from core.exports.export import Wish
from core.formats import low_bits, png
from core.formats.png import chunk
from core.settings import Settings
from storage.tables import Asset
from tests.core.exports.test_export import SECRETS, House, secretive
from tests.core.provenance.test_embedding import sources
from tests.pictures import SAMPLES, comfy_png, encoded, scene

TEXT = b'{"prompt": "A perfume bottle on the shore for Wintermute Industries", "seed": 31415926, "steps": 28}'
NOTE = b"written behind the end of the picture, for Wintermute Industries only"
CHANNELS = {"R": [0], "G": [1], "B": [2], "A": [3], "RGB": [0, 1, 2], "BGR": [2, 1, 0], "RGBA": [0, 1, 2, 3]}


def planted(
    image: Image.Image,
    text: bytes,
    channels: str = "RGB",
    *,
    columns: bool = False,
    bits: int = 1,
    start: int = 0,
    high: bool = True,
) -> Image.Image:
    """The picture with a text in its lowest bits, as tools for that write it."""
    values = np.array(image)
    part = values[..., CHANNELS[channels]]
    part = part.transpose(1, 0, 2) if columns else part
    flat = np.ascontiguousarray(part).reshape(-1)
    told = np.unpackbits(np.frombuffer(text, dtype=np.uint8), bitorder="big" if high else "little")
    told = told if bits == 1 else told[::2] * 2 + told[1::2]
    flat[start : start + len(told)] = (flat[start : start + len(told)] & (0xFE if bits == 1 else 0xFC)) | told
    part = flat.reshape(part.shape)
    values[..., CHANNELS[channels]] = part.transpose(1, 0, 2) if columns else part
    return Image.fromarray(values)


WAYS: list[tuple[str, dict[str, Any]]] = [
    (channels, how)
    for channels in CHANNELS
    for how in (
        {},
        {"columns": True},
        {"bits": 2},
        {"high": False},
        {"start": 1234},
        {"columns": True, "high": False, "start": 77},
    )
]


@pytest.mark.parametrize(("channels", "how"), WAYS)
def test_text_is_found_in_any_channel_and_order_and_is_gone_once_cleared(channels: str, how: dict[str, Any]) -> None:
    clean = scene(3, 200, 160).convert("RGBA")
    image = planted(clean, TEXT, channels, **how)

    assert any(b"perfume bottle on the shore" in one for one in low_bits.texts(image))
    cleared = low_bits.cleared(image)
    assert low_bits.texts(cleared) == []
    assert np.abs(np.asarray(cleared).astype(int) - np.asarray(image)).max() <= 3


@pytest.mark.parametrize("number", range(20))
def test_a_picture_without_hidden_text_is_not_taken_for_one(number: int) -> None:
    noise = np.random.default_rng(number).integers(0, 256, (120, 160, 4), dtype=np.uint8)
    assert not low_bits.holds_text(scene(number, 200, 160))
    assert not low_bits.holds_text(Image.fromarray(noise))


def test_texts_of_other_scripts_packed_ones_and_short_ones_at_the_start_are_found() -> None:
    image = scene(4, 200, 160)
    for text in ("秘密の庭の中で少女が歩いている、夕暮れの光と風".encode(), TEXT.decode().encode("utf-16-le")):
        assert low_bits.holds_text(planted(image, text, start=500))
    for text in (zlib.compress(TEXT), b"stealth_rgbcomp", b"\0\0\0\x0dsecret client"):
        assert low_bits.holds_text(planted(image, text))


def test_black_white_and_full_opacity_stay_what_they_are() -> None:
    image = Image.fromarray(np.array([[[255, 0, 128, 255], [0, 255, 127, 255]]], dtype=np.uint8))
    assert np.asarray(low_bits.cleared(image))[0, 0, [0, 1, 3]].tolist() == [255, 0, 255]


# Exports


@pytest.fixture
def settings(tmp_path: Path, sqlite_url: str, redis_url: str) -> Settings:
    """One database is enough: no copy depends on it."""
    return Settings(data=tmp_path / "data", database_url=sqlite_url, redis_url=redis_url)


@pytest.fixture
def house(desk: object) -> House:
    return House(desk)  # type: ignore[arg-type]


def left(house: House, asset: Asset, profile: str, **own: object) -> bytes:
    (one,) = export.leave(house.desk, [asset], Wish(profile, own=tuple(own.items())), by=house.mia)
    return house.desk.blobs.get(one.asset.sha256)


FORMATS: dict[str, dict[str, Any]] = {"PNG": {}, "WEBP": {"lossless": True, "exact": True}, "TIFF": {}}


@pytest.mark.parametrize("profile", ["client", "public", "archive"])
@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("channels", ["RGB", "A"])
def test_no_export_but_that_for_the_team_carries_hidden_text(house: House, kind: str, channels: str, profile: str) -> None:
    image = planted(scene(5, 200, 160).convert("RGBA"), TEXT, channels)
    asset = house.render(encoded(image, kind, **FORMATS[kind]))

    data = left(house, asset, profile)

    with Image.open(io.BytesIO(data)) as copied:
        assert low_bits.texts(copied) == []
    assert left(house, asset, "team") == house.desk.blobs.get(asset.sha256)


def test_what_hides_nothing_keeps_its_very_pixels(house: House) -> None:
    asset = house.render(comfy_png(scene(6, 200, 160), secretive()))
    assert files.examine(left(house, asset, "client"), "x").pixel_sha256 == asset.pixel_sha256
    assert left(house, asset, "archive") == house.desk.blobs.get(asset.sha256)


@pytest.mark.parametrize("name", ["b30_a1111_stealth.png", "d11_novelai_stealth_only.png", "d13_novelai_stealth.webp"])
def test_what_other_programs_hid_is_gone_from_copies_previews_and_thumbnails(house: House, name: str) -> None:
    source = (SAMPLES / "hidden" / name).read_bytes()
    with Image.open(io.BytesIO(source)) as image:
        assert low_bits.holds_text(image)
    draft = files.keep(house.desk, source, name, member_id=house.mia.id or 0, project_id=house.project.id or 0)

    for digest in (draft.asset.thumbnail, draft.asset.preview):
        with Image.open(io.BytesIO(house.desk.blobs.get(digest))) as small:
            assert low_bits.texts(small) == []


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_every_frame_of_an_animation_is_looked_at(house: House, kind: str) -> None:
    frames = [scene(7, 120, 100).convert("RGBA"), planted(scene(8, 120, 100).convert("RGBA"), TEXT)]
    extra: dict[str, Any] = {"lossless": True} if kind == "WEBP" else {}
    source = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100, loop=0, **extra)
    asset = house.render(source)

    data = left(house, asset, "client")

    with Image.open(io.BytesIO(data)) as copied:
        assert getattr(copied, "n_frames", 1) == 2
        for at in range(2):
            copied.seek(at)
            assert low_bits.texts(copied) == []


def test_the_lower_byte_of_a_deep_picture_is_looked_at(house: House) -> None:
    values = np.random.default_rng(1).integers(0, 256, (64, 64, 3, 2), dtype=np.uint8)
    flat = values[..., 1].reshape(-1)
    flat[: len(TEXT)] = np.frombuffer(TEXT, dtype=np.uint8)
    values[..., 1] = flat.reshape(64, 64, 3)
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    head = (64).to_bytes(4, "big") * 2 + b"\x10\x02\0\0\0"
    source = png.SIGNATURE + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    asset = house.render(source)

    data = left(house, asset, "client")

    assert data[24] == 8
    values[..., 1] = np.random.default_rng(2).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    clean = png.SIGNATURE + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    assert left(house, house.render(clean, render_code="R-DEEP"), "client")[24] == 16


@pytest.mark.parametrize("name", [name for name, (mime, _) in sources().items() if mime in strip.LOSSLESS])
def test_what_stands_behind_the_end_does_not_leave(name: str) -> None:
    mime, source = sources()[name]
    bare = strip.bare(source, mime)
    assert NOTE not in strip.bare(source + NOTE, mime)
    assert strip.bare(source + NOTE, mime) == bare
    if mime == "image/jpeg":
        assert NOTE not in strip.bare(source + NOTE + b"\xff\xd9", mime)


def test_what_stands_inside_the_data_of_a_picture_and_shows_nothing_does_not_leave() -> None:
    source = encoded(scene(9, 64, 48))
    parts = png.chunks(source)
    packed = b"".join(part.body(source) for part in parts if part.type == b"IDAT")
    rows = zlib.decompress(packed)
    for more in (zlib.compress(rows + NOTE * 3), packed + NOTE):
        made = source[: parts[0].end] + chunk(b"PLTE", (NOTE * 2)[:96]) + chunk(b"IDAT", more) + chunk(b"IEND", b"")
        bare = strip.bare(made, "image/png")
        held = [part.body(bare) for part in png.chunks(bare) if part.type != b"IHDR"]
        assert not any(NOTE[:60] in one for one in held)
        assert zlib.decompress(held[0]) == rows
        assert files.examine(bare, "x").pixel_sha256 == files.examine(source, "x").pixel_sha256
    photo = encoded(scene(9, 64, 48), "JPEG", progressive=True)
    scan = photo.rindex(b"\xff\xda")
    words = photo[:scan] + b"\xff\xfe" + (len(NOTE) + 2).to_bytes(2, "big") + NOTE + photo[scan:]
    assert NOTE not in strip.bare(words, "image/jpeg")
    assert files.examine(strip.bare(words, "image/jpeg"), "x").pixel_sha256 == files.examine(photo, "x").pixel_sha256


def test_the_leak_search_looks_into_the_lowest_bits() -> None:
    secret = leak_check.Secret("client", SECRETS["client"])
    image = planted(scene(3, 200, 160), json.dumps({"made for": SECRETS["client"], "seed": 1}).encode(), columns=True)
    assert leak_check.found_in(encoded(image), (secret,)) == (secret,)
    assert leak_check.found_in(encoded(scene(3, 200, 160)), (secret,)) == ()


def test_chats_are_shown_the_preview_of_a_picture_that_hides_text(house: House) -> None:
    hiding = house.render(encoded(planted(scene(5, 400, 300), TEXT)))
    plain = house.render(encoded(scene(5, 400, 300)), render_code="R-0002")

    upload = discord_pictures.shown([picture_of(hiding)]).gallery[0]
    assert (upload.sha256, slack_pictures._what_to_show(house.desk, picture_of(hiding), {})[0]) == (hiding.preview,) * 2
    assert slack_pictures._what_to_show(house.desk, picture_of(plain), {})[0] == plain.sha256
