"""A file is examined without trusting it, and a finished one becomes a draft of an Asset that remembers everything."""

from __future__ import annotations

import io
import json
import zlib
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core import files as core_files
from core.desk import Desk
from core.errors import BadPicture, DiskFull, SlateError, TooLong, TooManyPixels
from core.files import Limits, Made
from core.files.previews import small_for_manifest
from core.provenance import embed
from storage.blobs import BlobStoreFull, digest_of
from storage.database import Database
from storage.queue import Queue
from tests.core.graphs import image_to_image, text_to_image
from tests.pictures import SAMPLES, claiming, comfy_png, encoded, scene, with_chunk

LIMITS = Limits(max_pixels=4_000_000, max_bytes=2 << 20, max_text=200_000)


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def made(**more: Any) -> Made:
    known: dict[str, Any] = {
        "render_code": "R-PF3D",
        "member": "Mia Chen",
        "client": "Acme",
        "project": "acme-spring",
        "shot": "SH-010",
        "workflow": "text-to-image",
        "version": 3,
        "content_hash": "ab" * 32,
        "inputs": {"prompt": "a lighthouse at dusk", "seed": "42"},
        "seed": "42",
        "graph": text_to_image(),
        "models": [
            {"folder": "checkpoints", "name": "base.safetensors", "sha256": "c0ffee1234" * 6, "licence": "MIT", "title": "Base"}
        ],
        "backend": "gpu-01",
        "comfyui_version": "0.33.0",
        "started_at": datetime(2026, 11, 23, 12, tzinfo=UTC),
        "finished_at": datetime(2026, 11, 23, 12, 1, tzinfo=UTC),
    }
    return Made(**(known | more))


# What a file says


def test_a_comfyui_png_tells_its_graph_workflow_and_every_other_word() -> None:
    found = core_files.examine(sample("comfyui_diffusion.png"), "Slate_00001_.png")

    assert (found.mime, found.width, found.height, found.frames, found.has_alpha) == ("image/png", 64, 64, 1, False)
    assert found.facts is not None
    assert (found.facts.prompt, found.facts.seed) == ("a lighthouse at dusk, oil painting", "42")
    assert found.workflow is not None
    assert set(found.words) == {"prompt", "workflow", "botinfo", "note"}
    assert found.problems == ()
    assert len(found.pixel_sha256) == len(found.phash) == 64


@pytest.mark.parametrize(
    ("name", "mime", "technique"),
    [
        ("comfyui_animated.webp", "image/webp", "animation"),
        ("comfyui_animated.png", "image/png", "animation"),
        ("comfyui_video.mp4", "video/mp4", "video"),
    ],
)
def test_moving_pictures_carry_their_graph_too(name: str, mime: str, technique: str) -> None:
    found = core_files.examine(sample(name), name)

    assert (found.mime, found.width, found.height) == (mime, 64, 64)
    assert found.graph is not None
    assert found.facts is not None
    assert technique in found.facts.techniques
    assert found.words["botinfo"].startswith("{")
    assert found.frames == 6 or found.seconds == 1.0


def test_sound_and_models_are_kept_without_pixels() -> None:
    for name, mime in (("comfyui_audio.flac", "audio/flac"), ("comfyui_cube.glb", "model/gltf-binary")):
        found = core_files.examine(sample(name), name)
        assert (found.mime, found.width, found.phash, found.is_picture) == (mime, None, "", False)
        assert core_files.make_thumbnail(sample(name), found) is None


def test_sixteen_bit_grey_is_seen_as_the_picture_it_is() -> None:
    dark_to_light = Image.linear_gradient("L").resize((64, 64))
    deep = Image.fromarray(np.asarray(dark_to_light).astype(np.uint16) * 257)

    assert core_files.examine(encoded(deep), "deep.png").phash == core_files.examine(encoded(dark_to_light), "flat.png").phash
    assert core_files.examine(sample("comfyui_16bit.png"), "adv_00001.png").phash


def test_a1111_parameters_are_read_from_png_and_from_jpeg_exif() -> None:
    settings_line = "Steps: 20, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 5, Size: 512x768, Model: base"
    text = f"a fox, snow\nNegative prompt: text\n{settings_line}"
    png = with_chunk(encoded(scene(1)), b"tEXt", b"parameters\0" + text.encode())
    exif = Image.Exif()
    exif[0x8769] = {0x9286: b"UNICODE\0" + text.encode("utf-16-be")}
    jpeg = encoded(scene(1), "JPEG", exif=exif.tobytes())

    for data in (png, jpeg):
        facts = core_files.examine(data, "a.png").facts
        assert facts is not None
        assert (facts.prompt, facts.negative, facts.seed, facts.steps) == ("a fox, snow", "text", "5", 20)
        assert (facts.sampler, facts.scheduler, facts.width) == ("dpmpp_2m", "karras", 512)


def test_a_picture_is_measured_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    found = core_files.examine(encoded(scene(2, 200, 100), "JPEG", exif=exif.tobytes()), "phone.jpg")

    assert (found.width, found.height) == (100, 200)


def test_an_alpha_channel_that_hides_nothing_does_not_count() -> None:
    opaque = scene(3)
    assert (
        core_files.examine(encoded(opaque.convert("RGBA")), "a.png").pixel_sha256
        == core_files.examine(encoded(opaque), "b.png").pixel_sha256
    )

    clear = opaque.convert("RGBA")
    clear.putpixel((0, 0), (0, 0, 0, 0))
    assert core_files.examine(encoded(clear), "c.png").has_alpha


def test_nan_in_the_graph_is_null_and_the_rest_is_kept() -> None:
    graph = image_to_image()
    graph["40"]["is_changed"] = [float("nan")]

    found = core_files.examine(comfy_png(scene(4), graph), "a.png")

    assert found.graph is not None
    assert found.facts is not None
    assert found.facts.techniques == ("img2img",)
    json.dumps(found.graph, allow_nan=False)


# Hostile and broken files


@pytest.mark.parametrize(
    ("data", "error"),
    [
        pytest.param(b"", BadPicture, id="empty"),
        pytest.param(b"hello, I am a picture", BadPicture, id="not a picture"),
        pytest.param(encoded(scene(5))[:2000], BadPicture, id="cut off"),
        pytest.param(encoded(scene(5))[:-12], BadPicture, id="without an end"),
        pytest.param(encoded(scene(5), "JPEG")[:900], BadPicture, id="a JPEG cut off"),
        pytest.param(encoded(scene(5), "WEBP")[:900], BadPicture, id="a WebP cut off"),
        pytest.param(claiming(30_000, 30_000), TooManyPixels, id="thirty thousand pixels square"),
        pytest.param(claiming(2**31 - 1, 2**31 - 1), TooManyPixels, id="more pixels than there are"),
        pytest.param(claiming(0, 10), BadPicture, id="no pixels"),
        pytest.param(claiming(1500, 1500), BadPicture, id="fewer pixels than claimed"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + b"\xff" * 64, BadPicture, id="chunks of four gigabytes"),
        pytest.param(
            encoded(Image.new("1", (3000, 3000)), "TIFF", compression="group4"), TooManyPixels, id="a small file, many pixels"
        ),
        pytest.param(b"GIF89a" + b"\0" * 40, BadPicture, id="a hollow GIF"),
        pytest.param(b"\0" * (3 << 20), TooLong, id="too many bytes"),
    ],
)
def test_what_cannot_be_opened_safely_is_refused_in_clear_words(data: bytes, error: type[SlateError]) -> None:
    with pytest.raises(error) as refused:
        core_files.examine(data, "picture.png", limits=LIMITS)

    assert refused.value.message.endswith(".")


_BOMB = zlib.compress(b"A" * 20_000_000)


@pytest.mark.parametrize(
    ("kind", "body", "told"),
    [
        pytest.param(b"zTXt", b"prompt\0\0" + _BOMB, "unpacks to too much", id="a zTXt bomb"),
        pytest.param(b"iTXt", b"prompt\0\1\0\0\0" + _BOMB, "unpacks to too much", id="an iTXt bomb"),
        pytest.param(b"tEXt", b"prompt\0" + b"x" * 300_000, "too long", id="a long text"),
        pytest.param(b"zTXt", b"prompt\0\0" + _BOMB[:-9], "too much", id="a broken bomb"),
        pytest.param(b"zTXt", b"prompt\0\0" + zlib.compress(b"{}")[:-3], "cut off", id="packed text cut off"),
        pytest.param(b"zTXt", b"prompt\0\0nonsense", "left out", id="not packed at all"),
        pytest.param(b"tEXt", b"prompt\0" + b'{"a":' * 50_00 + b"1", "broken JSON", id="deep JSON"),
        pytest.param(b"tEXt", b"prompt\0{" + b'"1": {"class_type": "X"', "broken JSON", id="JSON cut off"),
        pytest.param(b"tEXt", b'prompt\0{"seed": ' + b"9" * 6000 + b"}", "broken JSON", id="a number without end"),
        pytest.param(b"tEXt", b"workflow\0nonsense", "workflow", id="a workflow that is none"),
        pytest.param(b"iTXt", b"slate.record\0\0\0\0\0nonsense", "record", id="a record that is none"),
    ],
)
def test_hostile_words_are_left_out_and_told_and_the_picture_is_kept(kind: bytes, body: bytes, told: str) -> None:
    found = core_files.examine(with_chunk(encoded(scene(6)), kind, body), "a.png", limits=LIMITS)

    assert (found.width, found.height, found.graph, found.record) == (256, 192, None, None)
    assert any(told in problem for problem in found.problems)


def test_text_no_database_takes_is_replaced() -> None:
    graph = text_to_image()
    graph["6"]["inputs"]["text"] = "half \ud800 and \x00 nothing"

    found = core_files.examine(comfy_png(scene(7), graph), "bad\x00\udcffname/../x.png")

    assert found.facts is not None
    assert found.facts.prompt == "half \ufffd and \ufffd nothing"
    assert found.filename == "x.png"


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_bytes_bring_anything_but_a_declared_error(data: st.DataObject) -> None:
    names = ["comfyui_diffusion.png", "comfyui_animated.webp", "comfyui_animated.png", "comfyui_video.mp4", "comfyui_cube.glb"]
    broken = bytearray(sample(data.draw(st.sampled_from(names))))
    for _ in range(data.draw(st.integers(1, 6))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    del broken[data.draw(st.integers(1, len(broken))) :]
    with suppress(SlateError):
        core_files.examine(bytes(broken), "fuzzed", limits=LIMITS)


# The small pictures


@pytest.mark.parametrize(
    ("size", "thumbnail", "preview"), [((2000, 1000), (320, 160), (1024, 512)), ((100, 60), (100, 60), (100, 60))]
)
def test_small_pictures_keep_their_shape_and_never_grow(
    size: tuple[int, int], thumbnail: tuple[int, int], preview: tuple[int, int]
) -> None:
    data = encoded(scene(8, *size))
    found = core_files.examine(data, "a.png")

    assert _opened(core_files.make_thumbnail(data, found)) == ("WEBP", thumbnail)
    assert _opened(core_files.make_preview(data, found)) == ("JPEG", preview)


def test_a_very_wide_picture_keeps_a_line_of_pixels() -> None:
    data = encoded(scene(9, 3000, 2))

    assert _opened(core_files.make_thumbnail(data, core_files.examine(data, "wide.png"))) == ("WEBP", (320, 1))


def test_no_word_of_a_picture_is_carried_over_into_its_small_pictures() -> None:
    source = encoded(scene(3, 400, 300), "JPEG", comment=b"for Acme only", dpi=(300, 300))
    examined = core_files.examine(source, "a.jpg")
    small = (
        core_files.make_preview(source, examined),
        core_files.make_thumbnail(source, examined),
        small_for_manifest(source, 1 << 20),
    )
    assert [b"Acme" in (one or b"Acme") for one in small] == [False, False, False]


def test_transparency_survives_in_the_preview() -> None:
    clear = Image.new("RGBA", (50, 40), (255, 0, 0, 90))
    data = encoded(clear)

    assert _opened(core_files.make_preview(data, core_files.examine(data, "a.png"))) == ("PNG", (50, 40))


def test_an_animation_is_shown_by_its_first_frame() -> None:
    data = sample("comfyui_animated.webp")

    assert _opened(core_files.make_preview(data, core_files.examine(data, "a.webp"))) == ("JPEG", (64, 64))


def _opened(data: bytes | None) -> tuple[str | None, tuple[int, int]]:
    assert data is not None
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return image.format, image.size


# Finishing


@pytest.fixture
def files(tmp_path: Path, sqlite_url: str) -> Desk:
    """A desk of which the file store is used, and an empty memory."""
    from core.settings import Settings
    from storage.blobs import open_blobs

    settings = Settings(data=tmp_path, database_url=sqlite_url)
    return Desk(settings, Database(settings.database), open_blobs(settings.blobs), Queue(settings.redis))


def test_a_finished_file_becomes_a_draft_that_remembers_everything(files: Desk) -> None:
    source = comfy_png(scene(10), text_to_image())

    asset = core_files.finish(files, made(render_id=7), source, "Slate_00001_.png", 1).asset

    assert (asset.render_id, asset.ordinal, asset.shot, asset.seed) == (7, 1, "SH-010", "42")
    assert (asset.workflow, asset.workflow_number) == ("text-to-image", 3)
    assert (asset.prompt, asset.negative) == ("a lighthouse at dusk", "blurry")
    assert asset.models[0] | {"sha256": ""} == {
        "kind": "checkpoint", "folder": "checkpoints", "name": "base.safetensors", "strength": None,
        "sha256": "", "licence": "MIT", "title": "Base",
    }  # fmt: skip
    assert asset.statement["by"] == "Mia Chen"
    assert asset.statement["file"]["sha256"] == asset.source_sha256 == digest_of(source)
    assert "graph" not in asset.statement
    for digest in (asset.sha256, asset.thumbnail, asset.preview):
        assert files.blobs.has(digest)


def test_the_stored_file_carries_the_record_and_gives_the_source_back(files: Desk) -> None:
    source = comfy_png(scene(10), text_to_image(), workflow={"nodes": []})

    asset = core_files.finish(files, made(), source, "a.png", 0).asset
    stored = files.blobs.get(asset.sha256)

    assert embed.strip(stored) == source
    record = embed.read(stored, "image/png")
    assert record is not None
    assert record["statement"] == asset.statement
    with Image.open(io.BytesIO(stored)) as image:
        assert image.text["parameters"].startswith("a lighthouse at dusk\nNegative prompt: blurry\nSteps: 20")  # type: ignore[attr-defined]
        assert json.loads(image.text["prompt"]) == text_to_image()  # type: ignore[attr-defined]


def test_a_file_without_its_graph_gets_it_in_its_statement(files: Desk) -> None:
    asset = core_files.finish(files, made(), encoded(scene(10)), "a.png", 0).asset

    assert asset.statement["graph"] == text_to_image()
    assert asset.prompt == "a lighthouse at dusk"


def test_an_output_that_carries_no_words_is_stored_as_it_came(files: Desk) -> None:
    deep = sample("comfyui_deep.exr")
    asset = core_files.finish(files, made(), deep, "deep.exr", 0).asset

    assert asset.sha256 == asset.source_sha256
    assert files.blobs.get(asset.sha256) == deep


@pytest.mark.parametrize(
    "name",
    [
        "comfyui_video.mp4",
        "comfyui_video.webm",
        "comfyui_animated.webp",
        "comfyui_audio.flac",
        "comfyui_audio.mp3",
        "comfyui_audio.opus",
        "comfyui_cube.glb",
    ],
)
def test_moving_outputs_carry_the_record_beside_what_comfyui_wrote(files: Desk, name: str) -> None:
    asset = core_files.finish(files, made(), sample(name), name, 0).asset
    kept = files.blobs.get(asset.sha256)

    assert embed.strip(kept) == sample(name)
    again = core_files.examine(kept, name)
    assert again.record is not None
    assert again.record["statement"] == asset.statement
    assert (again.graph, again.pixel_sha256) == (core_files.examine(sample(name), name).graph, asset.pixel_sha256)


def test_finishing_twice_gives_the_same_bytes(files: Desk) -> None:
    source = comfy_png(scene(10), text_to_image())

    first, second = (core_files.finish(files, made(), source, "a.png", 0).asset for _ in range(2))

    assert first.sha256 == second.sha256


def test_an_upload_is_kept_byte_for_byte_with_what_it_tells(files: Desk) -> None:
    data = sample("comfyui_diffusion.png")

    asset = core_files.keep(files, data, "from a friend.png", member_id=1, project_id=2, shot="SH-020").asset

    assert files.blobs.get(asset.sha256) == data
    assert (asset.origin, asset.seed, asset.prompt) == ("upload", "42", "a lighthouse at dusk, oil painting")


def test_a_full_store_is_said_plainly(files: Desk) -> None:
    class Full:
        def put(self, data: bytes) -> str:
            raise BlobStoreFull("no space")

        get = has = delete = put

    full = Desk(files.settings, files.database, Full(), files.queue)  # type: ignore[arg-type]
    with pytest.raises(DiskFull):
        core_files.finish(full, made(), encoded(scene(10)), "a.png", 0)
