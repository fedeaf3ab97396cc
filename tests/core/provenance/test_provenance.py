"""The record goes into a file and comes out again, the statement is canonical, and A1111's text is written and read."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from core.comfyui import facts
from core.comfyui.facts import Facts, ModelUse
from core.errors import BadPicture
from core.formats import png
from core.generators import a1111
from core.provenance import embed, parameters, statement
from core.provenance.statement import FileFacts, Made
from storage.blobs import digest_of
from tests.core.graphs import flux, text_to_image
from tests.pictures import SAMPLES, comfy_png, encoded, scene, with_chunk

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MADE = Made(
    render_code="R-PF3D", member="Mia", client="Acme", project="acme-spring", workflow="text-to-image", version=2,
    content_hash="ab" * 32, started_at=NOON, finished_at=NOON + timedelta(seconds=9), graph=text_to_image(),
)  # fmt: skip
FILE = FileFacts(filename="a.png", ordinal=0, mime="image/png", source_sha256="cd" * 32)
RECORD = embed.record_of({"by": "Mia ☃", "seed": "18446744073709551615"})


# The record in the file


@pytest.mark.parametrize("name", ["comfyui_diffusion.png", "comfyui_16bit.png", "comfyui_animated.png"])
def test_stripping_gives_the_source_back_byte_for_byte(name: str) -> None:
    source = (SAMPLES / name).read_bytes()

    marked = embed.embed(source, "image/png", RECORD, "a lighthouse\nSteps: 2, Seed: 42")

    assert digest_of(marked) != digest_of(source)
    assert digest_of(embed.strip(marked)) == digest_of(source)
    read = embed.read(marked, "image/png")
    assert read is not None
    assert read["statement"] == {"by": "Mia ☃", "seed": "18446744073709551615"}


def test_comfyuis_chunks_stay_byte_for_byte() -> None:
    source = (SAMPLES / "comfyui_diffusion.png").read_bytes()
    marked = embed.embed(source, "image/png", RECORD, "naïve ☃ prompt")

    before = [source[part.start : part.end] for part in png.chunks(source)]
    after = [marked[part.start : part.end] for part in png.chunks(marked)]

    assert [part for part in after if part in before] == before
    assert len(after) == len(before) + 2


def test_a_files_own_parameters_are_neither_doubled_nor_taken_away() -> None:
    source = with_chunk(encoded(scene(1)), b"tEXt", b"parameters\0theirs")

    marked = embed.embed(source, "image/png", RECORD, "ours")

    assert png.texts(marked, png.chunks(marked), max_text=9999).found["parameters"] == "theirs"
    assert embed.strip(marked) == source


def test_embedding_again_replaces_the_record() -> None:
    source = encoded(scene(1))
    once = embed.embed(source, "image/png", RECORD, "text")

    twice = embed.embed(once, "image/png", embed.record_of({"by": "Ada"}), "text")

    assert embed.strip(twice) == source
    assert (embed.read(twice, "image/png") or {})["statement"] == {"by": "Ada"}


def test_what_follows_the_end_of_the_picture_stays_too() -> None:
    source = encoded(scene(1)) + b"a tail"

    assert embed.strip(embed.embed(source, "image/png", RECORD, "x")) == source


def test_kinds_that_carry_no_words_are_returned_unchanged() -> None:
    deep = (SAMPLES / "comfyui_deep.exr").read_bytes()

    assert embed.embed(deep, "image/x-exr", RECORD, "x", "<x/>") == deep
    assert embed.read(deep, "image/x-exr") is None
    assert embed.strip(deep) == deep
    assert embed.left_out(deep, "image/x-exr", "record", "xmp") == ["record", "xmp"]


def test_a_file_without_a_record_has_none_and_a_broken_one_is_refused() -> None:
    plain = encoded(scene(1))

    assert embed.read(plain, "image/png") is None
    assert embed.strip(plain) == plain
    assert embed.read(with_chunk(plain, b"iTXt", b"slate.record\0\0\0\0\0[1]"), "image/png") is None
    with pytest.raises(BadPicture):
        embed.embed(plain[:50], "image/png", RECORD)


def test_a_record_forged_to_swallow_other_chunks_takes_only_parameters_with_it() -> None:
    forged = json.dumps({"schema": "slate.record/1", "statement": {}, "parameters": True}).encode()
    source = with_chunk(comfy_png(scene(1), text_to_image()), b"iTXt", b"slate.record\0\0\0\0\0" + forged)

    stripped = embed.strip(source)

    assert stripped == comfy_png(scene(1), text_to_image())


# The statement


def test_a_statement_says_who_for_whom_with_what_and_when() -> None:
    made = replace(
        MADE, parents=[{"asset": "A-7Q0D", "sha256": "ef" * 32, "input": "image"}], verb="vary", parent_render="R-5DGY"
    )

    stated = statement.make(made, FILE, facts.read(text_to_image()))

    assert (stated["by"], stated["client"], stated["project"]) == ("Mia", "Acme", "acme-spring")
    assert stated["workflow"] == {"name": "text-to-image", "number": 2, "content_hash": "ab" * 32}
    assert stated["settings"]["steps"] == 20
    assert stated["seed"] == "42"
    assert (stated["started_at"], stated["finished_at"]) == ("2026-11-23T12:00:00.000Z", "2026-11-23T12:00:09.000Z")
    assert stated["parents"][0]["asset"] == "A-7Q0D"
    assert (stated["verb"], stated["parent_render"]) == ("vary", "R-5DGY")
    assert "graph" not in stated


def test_the_graph_is_in_the_statement_when_the_file_does_not_carry_it() -> None:
    assert statement.make(MADE, replace(FILE, carries_graph=False), Facts())["graph"] == text_to_image()


def test_a_statement_has_one_spelling() -> None:
    elsewhere = replace(MADE, started_at=NOON.astimezone(timezone(timedelta(hours=9))))
    one, other = (statement.make(made, FILE, Facts()) for made in (MADE, elsewhere))

    assert statement.canonical(one) == statement.canonical(dict(reversed(other.items())))
    assert statement.digest(one) == statement.digest(json.loads(statement.canonical(one)))


# A1111's text


def test_parameters_are_written_with_the_hashes_that_are_known() -> None:
    told = replace(facts.read(text_to_image()), models=(
        ModelUse("checkpoint", "checkpoints", "sub/base.safetensors"),
        ModelUse("lora", "loras", "ink.safetensors", 0.8),
        ModelUse("lora", "loras", "unknown.safetensors", 1.0),
    ))  # fmt: skip
    models = [
        {"name": "sub/base.safetensors", "sha256": "0123456789abcdef"},
        {"name": "ink.safetensors", "sha256": "fedcba9876543210"},
    ]

    text = parameters.write(told, models, size=(1024, 1536))

    assert text.splitlines() == [
        "a lighthouse at dusk",
        "Negative prompt: blurry",
        "Steps: 20, Sampler: Euler, Schedule type: Normal, CFG scale: 7, Seed: 42, Size: 1024x1536, Model hash: 0123456789, "
        'Model: base, Lora hashes: "ink: fedcba9876", '
        'Hashes: "{\\"model\\": \\"0123456789\\", \\"lora:ink\\": \\"fedcba9876\\"}", Version: Slate',
    ]


@pytest.mark.parametrize("graph", [text_to_image(sampler_name="dpmpp_2m", scheduler="karras", denoise=0.5), flux()])
def test_what_is_written_is_read_back(graph: dict[str, dict[str, object]]) -> None:
    told = facts.read(graph)

    back = a1111.parse(parameters.write(told))

    assert back is not None
    for name in ("prompt", "negative", "seed", "sampler", "scheduler", "steps", "cfg", "width", "height"):
        assert getattr(back, name) == getattr(told, name), name


def test_the_texts_of_the_wild_are_read() -> None:
    text = (
        "portrait, <lora:film:0.6>, soft light\nsecond line\nNegative prompt: lowres,\nbad hands\n"
        "Steps: 30, Sampler: Euler a, CFG scale: 6.5, Seed: 3141592653, Size: 832x1216, Model hash: abcdef, Model: my_model, "
        'Denoising strength: 0.4, Hires upscale: 1.5, TI hashes: "easy: c74b, other: 1"'
    )

    found = a1111.parse(text)

    assert found is not None
    assert found.prompt == "portrait, <lora:film:0.6>, soft light\nsecond line"
    assert found.negative == "lowres,\nbad hands"
    assert (found.sampler, found.steps, found.cfg, found.seed, found.height) == ("euler_ancestral", 30, 6.5, "3141592653", 1216)
    assert [(use.kind, use.name, use.strength) for use in found.models] == [
        ("checkpoint", "my_model", None),
        ("lora", "film", 0.6),
    ]
    assert found.techniques == ("hires", "lora")


@pytest.mark.parametrize("text", ["", "just words", '{"sui_image_params": {}}', "a\nSteps: many", "Negative prompt: x"])
def test_other_texts_are_no_parameters(text: str) -> None:
    assert a1111.parse(text) is None


def test_a_hostile_settings_line_ends() -> None:
    found = a1111.parse("x\nSteps: 1, " + "a: " * 30_000 + '"' * 5000)

    assert found is not None
    assert found.steps == 1
