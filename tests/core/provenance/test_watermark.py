"""The second layer: marks in pixels hold through what chats do, prove which take a copy comes from, and never cost a render."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import files
from core.compliance import collect
from core.compliance.rules import Status
from core.formats import png
from core.operations import doctor
from core.operations.findings import State
from core.provenance import xmp
from core.provenance.carriers import jpeg, webp
from core.provenance.seal import keys, manifest, sign
from core.provenance.watermark import choice, confirm, trustmark
from core.provenance.watermark.interface import PROVES, MarkError, agreeing
from core.provenance.watermark.spread_spectrum import OwnMark
from core.provenance.xmp import Policy
from core.recognition import identify
from core.security import sandbox
from core.settings import Settings
from core.verification import restore, verify, watermark_conflict
from core.verification.verify import Outcome
from storage.tables import Asset
from tests.core.exports.test_export import House, secretive
from tests.pictures import comfy_png, encoded, scene

IDENT = "5a0f19c3e7b2846d"
OWN = OwnMark(b"one house's key")


def take(number: int, *, of: int = 1) -> Image.Image:
    """A picture with grain, as renders have; takes share their composition."""
    grain = np.random.default_rng(number).normal(0, 9, (512, 640, 1))
    pixels = np.asarray(scene(of, 640, 512, take=number), dtype=np.float32) + grain
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def resaved(image: Image.Image, kind: str = "JPEG", **options: int) -> Image.Image:
    return Image.open(io.BytesIO(encoded(image, kind, **options))).convert("RGB")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """On SQLite alone: nothing of this is different on another database."""
    return sqlite_url


@pytest.fixture
def house(desk: object) -> House:
    return marking(House(desk), "own")  # type: ignore[arg-type]


def marking(house: House, way: str) -> House:
    house.desk = replace(house.desk, settings=house.desk.settings.model_copy(update={"watermark": way}))
    return house


def shown(house: House, asset: Asset) -> Image.Image:
    return Image.open(io.BytesIO(house.desk.blobs.get(asset.sha256))).convert("RGB")


# Slate's own mark


def test_a_mark_is_not_seen_and_is_read_after_compression_scaling_and_recolouring() -> None:
    picture = take(1)
    marked = OWN.embed(picture, IDENT)

    error = np.square(np.asarray(picture, dtype=float) - np.asarray(marked, dtype=float)).mean()
    assert 10 * np.log10(255**2 / error) > 36
    changed = {
        "as it is": marked,
        "JPEG 60": resaved(marked, quality=60),
        "half": marked.resize((320, 256), Image.Resampling.LANCZOS),
        "WebP": resaved(marked, "WEBP", quality=75),
        "brighter": marked.point([min(255, round(value * 1.15)) for value in range(256)] * 3),
    }
    read = {name: agreeing(OWN.decode(image), IDENT) for name, image in changed.items()}
    assert min(read.values()) >= PROVES, read


def test_nobody_reads_it_without_the_key_and_an_unmarked_picture_proves_nothing() -> None:
    marked = OWN.embed(take(1), IDENT)
    others = [OwnMark(bytes([number])).decode(marked) for number in range(6)]
    unmarked = [OWN.decode(take(number, of=number)) for number in range(2, 8)]
    assert max(agreeing(read, IDENT) for read in (*others, *unmarked)) < 50


def test_a_picture_made_from_a_marked_one_takes_a_mark_of_its_own_instead() -> None:
    again = OWN.embed(OWN.embed(take(1), IDENT), "00ff00ff00ff00ff")
    assert agreeing(OWN.decode(again), "00ff00ff00ff00ff") == 64


# What happens to a finished file


def test_a_marked_file_keeps_what_comfyui_wrote_and_every_record_of_it_agrees(house: House) -> None:
    source = comfy_png(take(1), secretive(), workflow={"nodes": []})
    asset = house.render(source)
    stored = house.desk.blobs.get(asset.sha256)

    alg, ident = (asset.statement["mark"][key] for key in ("alg", "id"))
    assert agreeing(choice.named(house.desk.settings, alg).decode(shown(house, asset)), ident) == 64  # type: ignore[union-attr]
    theirs = [part for part in png.chunks(source) if part.type != b"IDAT"]
    assert all(source[part.start : part.end] in stored for part in theirs)
    assert len(theirs) > 3
    before, after = files.examine(source, "a.png"), files.examine(stored, "a.png")
    assert (asset.pixel_sha256, asset.phash) == (after.pixel_sha256, after.phash)
    assert asset.source_sha256 == asset.statement["file"]["sha256"] == before.sha256
    assert before.pixel_sha256 != after.pixel_sha256
    assert after.record is not None
    assert after.record["statement"]["mark"] == {"alg": alg, "id": ident}
    credentials = house.credentials(asset)
    assert credentials.state == "Trusted"
    unit = asset.statement["file"]["iscc"]
    assert credentials.bindings == {alg: ident, "app.slatedesk.phash256.1": asset.phash, "io.iscc.v0": unit}
    told = verify.verify(house.desk, stored, "a.png").schema().as_json()["credentials"]
    assert told["bindings"] == dict(credentials.bindings)
    assert "c2pa.watermarked.bound" in credentials.step.actions
    items = {item.name: item.status for item in collect.report(house.desk, "", [asset], by=house.mia).assets[0].items}
    assert (items["watermark declared"], items["watermark decodes"]) == (Status.PASS, Status.PASS)
    assert house.render(source).statement["mark"]["id"] == ident, "done twice, the same picture comes of it"


def test_a_file_whose_mark_was_lost_fails_the_check_though_it_was_declared(house: House) -> None:
    asset = house.render(comfy_png(take(1), secretive()))
    plain = asset.model_copy(update={"sha256": house.desk.blobs.put(encoded(take(1)))})
    items = {item.name: item for item in collect.report(house.desk, "", [plain], by=house.mia).assets[0].items}
    assert items["watermark decodes"].status is Status.FAIL
    assert "of 64 bits" in items["watermark decodes"].text


@pytest.mark.parametrize(
    ("why", "make"),
    [
        ("line art", lambda: encoded(Image.new("RGB", (600, 400), "white"))),
        ("opaque", lambda: encoded(take(1).convert("RGBA"))),
        ("8-bit RGB", lambda: encoded(take(1).convert("L"))),
        ("lossy WebP", lambda: encoded(take(1), "WEBP", quality=90)),
        ("encoded once more", lambda: encoded(take(1), "AVIF")),
        ("turned", lambda: encoded(take(1), "JPEG", exif=_turned())),
        ("behind its picture", lambda: encoded(take(1), "JPEG") + b"more"),
        ("three channels", lambda: encoded(take(1).convert("CMYK"), "JPEG")),
        ("256 pixels", lambda: encoded(scene(1))),
        ("still", lambda: encoded(take(1), save_all=True, append_images=[take(2)])),
    ],
)
def test_what_takes_no_mark_is_kept_as_it_is_and_the_report_says_why(house: House, why: str, make: object) -> None:
    source = make()  # type: ignore[operator]
    asset = house.render(source)

    assert "mark" not in asset.statement
    assert why in asset.seal["unmarked"]
    assert asset.pixel_sha256 == files.examine(source, "a.png").pixel_sha256
    items = {item.name: item for item in collect.report(house.desk, "", [asset], by=house.mia).assets[0].items}
    assert items["watermark"].status is Status.FAIL
    assert why in items["watermark"].text


def _turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif.tobytes()


@pytest.mark.parametrize("kind", ["jpeg", "progressive jpeg", "lossless webp"])
def test_jpeg_and_lossless_webp_are_marked_and_keep_every_byte_that_is_not_pixels(house: House, kind: str) -> None:
    exif, profile = Image.Exif(), b"a colour profile"
    exif[0x010F] = "workflow:" + json.dumps({"nodes": []})
    options: dict[str, object] = {"exif": exif.tobytes(), "xmp": xmp.packet({"photoshop:Credit": "theirs"}).encode()}
    if kind == "lossless webp":
        mime, source = "image/webp", encoded(take(1), "WEBP", lossless=True, icc_profile=profile, **options)
        told = [source[one.start : one.end] for one in webp.chunks(source) if one.name != b"VP8L"]
    else:
        progressive = kind.startswith("progressive")
        options |= {"quality": 88, "comment": b"by hand", "icc_profile": profile, "progressive": progressive}
        mime, source = "image/jpeg", encoded(take(1), "JPEG", **options)
        told = [source[one.start : one.end] for one in jpeg.segments(source) if one.marker >= 0xE0]
    asset = house.render(source)
    stored = house.desk.blobs.get(asset.sha256)

    assert asset.mime == mime
    alg, ident = (asset.statement["mark"][key] for key in ("alg", "id"))
    assert agreeing(choice.named(house.desk.settings, alg).decode(shown(house, asset)), ident) == 64  # type: ignore[union-attr]
    assert house.credentials(asset).state == "Trusted"
    assert house.credentials(asset).bindings[alg] == ident
    assert len(told) >= 4
    assert all(part in stored for part in told)
    before, after = files.examine(source, "a"), files.examine(stored, "a")
    assert (asset.pixel_sha256, asset.source_sha256) == (after.pixel_sha256, before.sha256)
    assert before.pixel_sha256 != after.pixel_sha256
    pictures = [np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), dtype=float) for data in (source, stored)]
    error = np.square(pictures[0] - pictures[1]).mean()
    assert 10 * np.log10(255**2 / error) > 40, "the mark and its encoding together are not seen"
    with Image.open(io.BytesIO(stored)) as image:
        assert image.info["icc_profile"] == profile
        assert bool(image.info.get("progressive")) == kind.startswith("progressive")


def test_nothing_is_marked_unless_it_is_asked_for(house: House) -> None:
    asset = marking(house, "off").render(source := comfy_png(take(1), secretive()))
    assert "mark" not in asset.statement
    assert "unmarked" not in asset.seal
    assert asset.pixel_sha256 == files.examine(source, "a.png").pixel_sha256
    assert not list(doctor.watermark(house.desk))


# Coming back


def test_the_mark_proves_which_of_two_like_takes_a_stripped_copy_comes_from(house: House) -> None:
    assets = [house.render(comfy_png(take(number), secretive()), render_code=f"R-{number:04}") for number in (1, 2)]
    for asset in assets:
        copy = encoded(resaved(shown(house, asset)), "JPEG", quality=70)
        seen = identify.recognise(house.desk, copy, "copy.jpg")
        assert seen.asset is not None
        assert (seen.asset.id, seen.certainty) == (asset.id, identify.Certainty.PROBABLE)
        assert seen.mark_bits is not None
        assert seen.mark_bits >= PROVES
        told = verify.verify(house.desk, copy, "copy.jpg")
        assert told.outcome is Outcome.MARKED
        assert asset.code in told.sentence
        assert told.schema().as_json()["recognised"]["watermark_bits"] == seen.mark_bits

    back = restore.restore(house.desk, copy, "copy.jpg", by=house.mia)
    assert (back.original.id, back.same) == (assets[1].id, False)
    assert "watermark" in back.how


def test_a_crop_is_proved_after_it_was_laid_over_its_original(house: House) -> None:
    house.render(comfy_png(take(2), secretive()), render_code="R-0002")
    asset = house.render(comfy_png(take(1), secretive()), render_code="R-0001")
    cropped = shown(house, asset).crop((10, 16, 618, 502))
    seen = identify.recognise(house.desk, encoded(cropped, "JPEG", quality=80), "crop.jpg")
    assert seen.asset is not None
    assert seen.asset.id == asset.id
    assert (seen.mark_bits or 0) >= PROVES


def test_the_mark_tells_five_like_takes_apart_however_their_copies_were_changed(house: House) -> None:
    takes = {number: house.render(comfy_png(take(number), secretive()), render_code=f"R-{number:04}") for number in range(1, 6)}
    changes = {
        "JPEG 60": lambda image: encoded(image, "JPEG", quality=60),
        "half": lambda image: encoded(image.resize((320, 256), Image.Resampling.LANCZOS), "WEBP", quality=80),
        "grey": lambda image: encoded(image.convert("L"), "JPEG", quality=85),
    }
    for name, change in changes.items():
        for number, asset in takes.items():
            seen = identify.recognise(house.desk, change(shown(house, asset)), "copy")
            assert seen.asset is not None, (name, number)
            assert (seen.asset.id, seen.certainty) == (asset.id, identify.Certainty.PROBABLE), (name, number, seen.how)
            assert (seen.mark_bits or 0) >= PROVES, (name, number)
            others = [confirm.agreement(house.desk.settings, shown(house, asset), one.statement) for one in takes.values()]
            assert sum((bits or 0) >= PROVES for bits in others) == 1, "no take carries the mark of another"


def test_a_manifest_in_a_picture_that_carries_another_mark_is_found_out(house: House) -> None:
    """Signed anew with a key of their own, so that its signature holds; and moved over as it is, so that it does not."""
    one, two = (house.render(comfy_png(take(number), secretive()), render_code=f"R-{number:04}") for number in (1, 2))
    for asset in (one, two):
        assert verify.verify(house.desk, house.desk.blobs.get(asset.sha256), "a.png").contradiction == ""
        preview = verify.verify(house.desk, house.desk.blobs.get(asset.preview), "a.jpg")
        assert (preview.outcome, preview.contradiction) == (Outcome.PROVED, "")

    elsewhere = Settings(data=house.desk.settings.data / "elsewhere")
    keys.init(elsewhere.keys, "Somebody")
    pixels = encoded(shown(house, one))
    claimed = sign.seal(elsewhere, pixels, "image/png", manifest.of_output(two.statement, Policy(), [])).data
    told = verify.verify(house.desk, claimed, "claimed.png")
    assert told.outcome is Outcome.SIGNED
    assert told.contradiction == watermark_conflict.OTHER
    assert (told.asset.code if told.asset else "") == one.code
    assert told.sentence.endswith(told.contradiction)
    assert told.schema().as_json()["contradiction"] == told.contradiction

    theirs = house.desk.blobs.get(two.sha256)
    box = next(theirs[part.start : part.end] for part in png.chunks(theirs) if part.type == b"caBX")
    moved = pixels[:33] + box + pixels[33:]
    told = verify.verify(house.desk, moved, "moved.png")
    assert told.outcome is Outcome.EDITED, "its pixels are registered, its metadata is not theirs"
    assert (told.contradiction, told.asset.code if told.asset else "") == (watermark_conflict.OTHER, one.code)

    unmarked = sign.seal(elsewhere, encoded(take(4)), "image/png", manifest.of_output(two.statement, Policy(), [])).data
    assert verify.verify(house.desk, unmarked, "unmarked.png").contradiction == watermark_conflict.NONE
    seen = identify.recognise(house.desk, claimed, "claimed.png")
    assert watermark_conflict.of_file(house.desk, claimed, "claimed.png", seen) == watermark_conflict.OTHER


def test_a_take_that_was_never_marked_is_not_proved_to_be_its_marked_sibling(house: House) -> None:
    house.render(comfy_png(take(1), secretive()))
    seen = identify.recognise(house.desk, encoded(take(3), "JPEG", quality=90), "other.jpg")
    assert seen.mark_bits is None


def test_without_the_key_a_mark_is_not_read_and_that_is_said_and_not_failed(house: House) -> None:
    asset = house.render(comfy_png(take(1), secretive()))
    copy = encoded(shown(house, asset), "JPEG", quality=85)
    key = house.desk.settings.data / "room.key"
    key.unlink()
    key.mkdir()
    assert identify.recognise(house.desk, copy, "copy.jpg").mark_bits is None
    items = {item.name: item.status for item in collect.report(house.desk, "", [asset], by=house.mia).assets[0].items}
    assert (items["watermark declared"], items["watermark decodes"]) == (Status.PASS, Status.UNKNOWN)
    assert "mark" not in house.render(comfy_png(take(2), secretive()), render_code="R-0002").statement


# TrustMark


def test_without_its_package_pictures_leave_unmarked_and_the_doctor_says_so(house: House) -> None:
    asset = marking(house, "trustmark").render(comfy_png(take(1), secretive()))
    assert "not installed" in asset.seal["unmarked"]
    (finding,) = doctor.watermark(house.desk)
    assert finding.state is State.WARNING
    assert "SLATE_WATERMARK=own" in finding.fix


STAND_IN = """
from PIL import Image
class TrustMark:
    class Encoding:
        BCH_4 = 2
    def __init__(self, verbose, model_type, encoding_type, use_ECC, loadRemover):
        self.check_and_download("encoder_Q.ckpt")
        assert (model_type, encoding_type) == ("Q", 2)
    def check_and_download(self, filename):
        raise RuntimeError("it would go to the network")
    def encode(self, image, bits, MODE):
        assert len(bits) == 68 and MODE == "binary"
        for at, bit in enumerate(bits):
            image.putpixel((at, 0), (int(bit), 0, 0))
        return image
    def decode(self, image, MODE):
        bits = "".join(str(image.getpixel((at, 0))[0]) for at in range(68))
        return bits, set(bits) <= {"0", "1"}, 1
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of packages that this process looks in, and the sandbox's too, which are started afresh before and after."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    sandbox.close()
    yield folder
    sandbox.close()
    sys.modules.pop("trustmark", None)
    trustmark._model.cache_clear()


def test_with_package_and_weights_it_marks_by_them_and_never_fetches(installed: Path, house: House) -> None:
    folder = installed / "trustmark"
    (folder / "models").mkdir(parents=True)
    (folder / "__init__.py").write_text(STAND_IN)
    assert "encoder_Q.ckpt" in trustmark.missing()
    with pytest.raises(MarkError, match="weights"):
        trustmark.TrustMark().embed(take(1), IDENT)
    for name in ("trustmark_Q.yaml", "encoder_Q.ckpt", "decoder_Q.ckpt"):
        (folder / "models" / name).write_text("weights")

    asset = marking(house, "trustmark").render(comfy_png(take(1), secretive()))

    assert asset.statement["mark"]["alg"] == "com.adobe.trustmark.Q"
    assert house.credentials(asset).bindings["com.adobe.trustmark.Q"] == asset.statement["mark"]["id"]


def test_settings_take_three_ways_and_no_other() -> None:
    assert choice.wanted(Settings()) is None
    with pytest.raises(ValueError, match="watermark"):
        Settings.model_validate({"watermark": "louder"})
