"""Whatever program made a file, and whatever kind of file it is, what it says ends up in one record."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from core import files, generators
from core.comfyui.facts import Facts
from core.errors import SlateError
from core.files import Limits
from core.formats import films
from tests.core.graphs import text_to_image
from tests.pictures import SAMPLES, encoded, scene

INVOKE = {
    "generation_mode": "sdxl_img2img", "positive_prompt": "a barn", "negative_prompt": "fog", "width": 1024, "height": 768,
    "seed": 7, "cfg_scale": 5.5, "steps": 30, "scheduler": "euler", "strength": 0.6, "model": {"name": "juggernaut", "hash": "x"},
    "loras": [{"model": {"name": "ink"}, "weight": 0.7}],
    "controlnets": [{"control_model": {"name": "sdxl-depth"}, "control_weight": 1}], "init_image": "ref.png",
}  # fmt: skip
NOVEL = {"prompt": "a cat", "steps": 28, "height": 1216, "width": 832, "scale": 5.0, "seed": 99, "sampler": "k_euler",
         "noise_schedule": "karras", "uc": "lowres", "request_type": "Img2ImgRequest", "strength": 0.5,
         "v4_prompt": {"caption": {"char_captions": [{"char_caption": "a second cat"}]}}}  # fmt: skip
SWARM = {"sui_image_params": {"prompt": "a kite", "negativeprompt": "rain", "model": "sdxl/base.safetensors",
         "seed": 18446744073709551615, "steps": 20, "cfgscale": 7.0, "width": 1024, "height": 1024, "sampler": "euler",
         "loras": ["ink", "film"], "loraweights": ["0.8", "1"], "controlnetmodel": "canny-sdxl"}}  # fmt: skip
FOOOCUS = {"prompt": "a fox", "negative_prompt": "", "base_model": "juggernautXL", "refiner_model": "None", "seed": "5",
           "steps": 30, "guidance_scale": 4, "sampler": "dpmpp_2m_sde_gpu", "scheduler": "karras", "resolution": "(896, 1152)",
           "loras": [["offset.safetensors", 0.1, "abc"]], "version": "Fooocus v2.5.5"}  # fmt: skip
CIVITAI = {"extra": {"airs": ["urn:air:sdxl:checkpoint:civitai:101055@128078", "urn:air:sdxl:lora:civitai:5@6"]},
           "extraMetadata": '{"prompt": "an owl", "negativePrompt": "blur", "steps": 25, "cfgScale": 4, "seed": 12}'}  # fmt: skip
OLD_INVOKE = {"model_weights": "sd-1.5", "image": {"prompt": [{"prompt": "a dam [dry]", "weight": 1}], "steps": 50, "seed": 3,
              "cfg_scale": 7.5, "sampler": "k_lms", "type": "img2img", "width": 512, "height": 512}}  # fmt: skip
MIDJOURNEY = "a tin robot --ar 3:2 --no rust --seed 8 --v 6.1 Job ID: 0f3c2a90-1111-4222-8333-444455556666"


def _read(words: dict[str, str]) -> Facts | None:
    return generators.read((f"PNG text `{key}`", key, text) for key, text in words.items()).facts


@pytest.mark.parametrize(
    ("words", "generator", "prompt", "negative", "seed", "model", "techniques"),
    [
        ({"invokeai_metadata": json.dumps(INVOKE)}, "InvokeAI", "a barn", "fog", "7", "juggernaut",
         ("depth", "img2img", "lora", "controlnet")),
        ({"sd-metadata": json.dumps(OLD_INVOKE)}, "InvokeAI", "a dam", "dry", "3", "sd-1.5", ("img2img",)),
        ({"Dream": '"a dam [dry]" -s 50 -S 12345 -W 512 -H 448 -C 7.5 -A k_lms'}, "InvokeAI", "a dam", "dry", "12345", "", ()),
        ({"Software": "NovelAI", "Source": "NovelAI Diffusion V4 37442FCA", "Comment": json.dumps(NOVEL)},
         "NovelAI", "a cat\na second cat", "lowres", "99", "NovelAI Diffusion V4 37442FCA", ("img2img",)),
        ({"parameters": json.dumps(SWARM)}, "SwarmUI", "a kite", "rain", "18446744073709551615", "sdxl/base.safetensors",
         ("canny", "lora", "controlnet")),
        ({"parameters": json.dumps(FOOOCUS), "fooocus_scheme": "fooocus"}, "Fooocus", "a fox", "", "5", "juggernautXL",
         ("lora",)),
        ({"parameters": json.dumps(CIVITAI)}, "Civitai", "an owl", "blur", "12", "civitai:101055@128078",
         ("lora",)),
        ({"Description": MIDJOURNEY, "Author": "x"}, "Midjourney", "a tin robot", "rust", "8", "midjourney 6.1", ()),
        ({"parameters": "a bay\nNegative prompt: haze\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 4, Model: sd15"},
         "A1111", "a bay", "haze", "4", "sd15", ()),
    ],
    ids=["invoke", "invoke 2", "dream", "novelai", "swarm", "fooocus", "civitai", "midjourney", "a1111"],
)  # fmt: skip
def test_each_programs_words_become_the_same_record(
    words: dict[str, str], generator: str, prompt: str, negative: str, seed: str, model: str, techniques: tuple[str, ...]
) -> None:
    found = _read(words)

    assert found is not None
    assert (found.generator, found.prompt, found.negative, found.seed) == (generator, prompt, negative, seed)
    assert (found.models[0].name if found.models else "") == model
    assert found.techniques == techniques


def test_a_graph_comes_before_other_words_which_fill_in_what_it_hides() -> None:
    beside = {"parameters": "a bay\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 4, Model: sd15"}
    hidden = text_to_image(positive=["nowhere", 0])
    told = _read({"prompt": json.dumps(text_to_image()), **beside})
    found = _read({"prompt": json.dumps(hidden), **beside})

    assert told is not None
    assert (told.generator, told.seed != "4", told.prompt != "a bay") == ("ComfyUI", True, True)
    assert found is not None
    assert (found.generator, found.prompt) == ("ComfyUI", "a bay")


@pytest.mark.parametrize("packed", [True, False], ids=["packed", "plain"])
@pytest.mark.parametrize("mode", ["RGBA", "RGB"])
def test_text_hidden_in_the_lowest_bits_is_found_when_all_else_is_gone(mode: str, packed: bool) -> None:
    text = json.dumps({"Software": "NovelAI", "Description": "a cat", "Comment": json.dumps(NOVEL)}).encode()
    picture = _hide(scene(3, 200, 200), text, mode=mode, packed=packed)
    found = files.examine(encoded(picture), "x.png")

    assert found.facts is not None
    assert (found.facts.generator, found.facts.seed) == ("NovelAI", "99")


@pytest.mark.parametrize(
    ("name", "mime", "size", "seconds", "technique"),
    [
        ("comfyui_video.webm", "video/webm", (64, 64), 1.0, "video"),
        ("comfyui_video.mp4", "video/mp4", (64, 64), 1.0, "video"),
        ("comfyui_audio.flac", "audio/flac", (None, None), 1.0, "audio"),
        ("comfyui_audio.mp3", "audio/mpeg", (None, None), None, "audio"),
        ("comfyui_audio.opus", "audio/ogg", (None, None), 1.006, "audio"),
        ("comfyui_deep.exr", "image/x-exr", (64, 64), None, None),
        ("comfyui_cube.glb", "model/gltf-binary", (None, None), None, "3d"),
    ],
)
def test_every_kind_that_comfyui_writes_tells_its_graph(
    name: str, mime: str, size: tuple[int | None, int | None], seconds: float | None, technique: str | None
) -> None:
    found = files.examine((SAMPLES / name).read_bytes(), name)

    assert (found.mime, (found.width, found.height), found.seconds) == (mime, size, seconds)
    assert found.graph is not None
    assert found.workflow is not None
    assert found.facts is not None
    assert found.facts.generator == "ComfyUI"
    assert technique is None or technique in found.facts.techniques


@pytest.mark.parametrize("name", sorted(one.name for one in SAMPLES.iterdir() if one.name.startswith("comfyui_")))
def test_a_glance_reads_the_same_words_as_a_close_look(name: str) -> None:
    data = (SAMPLES / name).read_bytes()
    glance, close = files.glance(data, name), files.examine(data, name)

    assert glance.facts == close.facts
    assert dict(glance.words) == dict(close.words)
    assert (glance.width, glance.height, glance.frames) == (close.width, close.height, close.frames)
    assert glance.pixel_sha256 == ""


_broken = st.sampled_from(sorted(one for one in SAMPLES.iterdir() if one.name.startswith("comfyui_")))


@given(_broken, st.data())
@settings(max_examples=150, deadline=None)
def test_broken_files_of_every_kind_are_read_as_far_as_they_go_or_refused(path: Path, data: st.DataObject) -> None:
    file = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(file) - 1))
        file[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=6))
    cut = data.draw(st.integers(1, len(file)))
    for broken in (bytes(file), bytes(file[:cut])):
        try:
            found = files.glance(broken, path.name, limits=Limits(max_text=100_000))
        except SlateError:
            continue
        assert sum(map(len, found.words.values())) <= 400_000
        json.dumps(found.facts.as_dict() if found.facts else {}, allow_nan=False)


@given(st.sampled_from(["video/webm", "audio/flac", "audio/ogg", "audio/mpeg", "image/x-exr", "model/gltf-binary", "video/mp4"]),
       st.binary(max_size=400))  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_no_bytes_break_a_reader(mime: str, body: bytes) -> None:
    heads = {"video/webm": b"\x1a\x45\xdf\xa3", "audio/flac": b"fLaC", "audio/ogg": b"OggS", "audio/mpeg": b"ID3\x04\0\0",
             "image/x-exr": b"\x76\x2f\x31\x01\x02\0\0\0", "model/gltf-binary": b"glTF\x02\0\0\0", "video/mp4": b""}  # fmt: skip
    film = films.read(heads[mime] + body, mime, max_text=200)

    assert sum(map(len, film.texts.values())) <= 400


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(
        [*INVOKE, *NOVEL, *FOOOCUS, "image", "extra", "airs",
         "extraMetadata", "sui_image_params", *SWARM["sui_image_params"], "type", "name"]), inner, max_size=8),
    max_leaves=30,
)  # fmt: skip


@given(st.sampled_from(["invokeai_metadata", "sd-metadata", "parameters", "Comment", "stealth", "Dream", "Description"]), _json)
@settings(max_examples=300, deadline=None)
def test_no_words_break_a_reader(key: str, value: Any) -> None:
    for more in ({}, {"Software": "NovelAI"}, {"fooocus_scheme": "fooocus"}):
        found = _read({key: json.dumps(value), **more})
        json.dumps(found.as_dict() if found else {}, allow_nan=False)


def test_what_is_read_is_never_longer_than_what_may_be_kept() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("prompt", "x" * 300_000, zip=True)
    found = files.glance(encoded(scene(1), pnginfo=info), "x.png", limits=Limits(max_text=100_000))

    assert found.words == {}
    assert "too much text" in found.problems[0]


def _hide(picture: Image.Image, text: bytes, *, mode: str, packed: bool) -> Image.Image:
    body = gzip.compress(text) if packed else text
    mark = {"RGBA": "stealth_png", "RGB": "stealth_rgb"}[mode] + ("comp" if packed else "info")
    bits = np.unpackbits(np.frombuffer(mark.encode() + (8 * len(body)).to_bytes(4, "big") + body, dtype=np.uint8))
    pixels = np.array(picture.convert(mode))
    if mode == "RGBA":
        pixels[..., 3] = 255
        columns = pixels[..., 3].T.reshape(-1)
        columns[: len(bits)] = (columns[: len(bits)] & 0xFE) | bits
        pixels[..., 3] = columns.reshape(picture.width, picture.height).T
        return Image.fromarray(pixels)
    columns = pixels.transpose(1, 0, 2).reshape(-1).copy()
    columns[: len(bits)] = (columns[: len(bits)] & 0xFE) | bits
    return Image.fromarray(columns.reshape(picture.width, picture.height, 3).transpose(1, 0, 2).copy())
