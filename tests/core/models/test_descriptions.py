"""What model files and the descriptions beside them say: real shapes of headers and sidecars, and nonsense in their place."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from pathlib import Path
from typing import Any

import pytest

from core.desk import Desk
from core.errors import BadInput, UnknownModel
from core.models import headers, lookup, registry, sidecars
from core.models.lookup import KnownModel
from storage.tables import ModelFile
from tests.core.models.test_registry import write


def tensors(**shapes: tuple[int, ...]) -> dict[str, Any]:
    return {name: {"dtype": "F16", "shape": list(shape), "data_offsets": [0, 0]} for name, shape in shapes.items()}


SDXL_LORA = tensors(lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k__lora_down__weight=(16, 2048))
SDXL_LORA = {name.replace("__", "."): value for name, value in SDXL_LORA.items()}
KOHYA = {
    "ss_base_model_version": "sdxl_base_v1-0",
    "ss_output_name": "inkwash",
    "ss_dataset_dirs": json.dumps({"10_ohwx ink": {"n_repeats": 10, "img_count": 20}}),
    "ss_tag_frequency": json.dumps({"10_ohwx ink": {"ohwx ink": 20, "paper": 20, "brush": 3}}),
}
CIVITAI = {
    "id": 22,
    "modelId": 11,
    "baseModel": "Flux.1 D",
    "trainedWords": ["neonpunk", "glow <lora:x:1>"],
    "model": {"name": "Neon Punk", "type": "LORA", "allowNoCredit": False, "allowCommercialUse": "{Image,Rent}"},
    "creator": {"username": "ada"},
}


def gguf(**told: str) -> bytes:
    """Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md"""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    pairs = b"".join(text(name.replace("__", ".")) + struct.pack("<I", 8) + text(value) for name, value in told.items())
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(told)) + pairs


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "models"


def scanned(desk: Desk, *roots: Path) -> dict[str, KnownModel]:
    registry.scan(desk, roots)
    with desk.reading() as session:
        return {one.label: one for one in lookup.everything(session)}


def test_a_file_says_what_it_is(desk: Desk, root: Path) -> None:
    write(root / "loras" / "ink.safetensors", {"__metadata__": KOHYA, **SDXL_LORA})
    write(root / "loras" / "bare.safetensors", SDXL_LORA)
    write(root / "checkpoints" / "flux1-dev-fp8.safetensors", {})
    (root / "unet").mkdir()
    (root / "unet" / "q4.gguf").write_bytes(gguf(general__name="Flux quantised", general__architecture="flux"))
    (root / "checkpoints" / "old.ckpt").write_bytes(b"PK\x03\x04evil")
    found = scanned(desk, root)
    ink = found["loras/ink.safetensors"].now
    assert (ink.title, ink.base_model, ink.about["base_from"]) == ("inkwash", "SDXL", "words")
    assert ink.trigger_words == ["ohwx ink", "paper"]
    body = hashlib.sha256(b"weights").hexdigest()[:12]
    assert (ink.autov3, found["loras/bare.safetensors"].now.autov3) == (body, body)  # the same weights with other metadata
    assert (found["loras/bare.safetensors"].now.base_model, found["loras/bare.safetensors"].now.about["base_from"]) == (
        "SDXL",
        "tensors",
    )
    guessed = found["checkpoints/flux1-dev-fp8.safetensors"].now
    assert (guessed.base_model, guessed.about["base_from"]) == ("Flux.1 [dev]", "name")
    assert (found["unet/q4.gguf"].now.title, found["unet/q4.gguf"].now.base_model) == ("Flux quantised", "Flux.1")
    assert found["checkpoints/old.ckpt"].now.about["format"] == "pickle"  # its header only: nothing in it is loaded


def test_descriptions_beside_a_file_are_read_if_they_are_about_its_bytes(desk: Desk, root: Path) -> None:
    path = write(root / "loras" / "neon.safetensors", {"__metadata__": {"modelspec.title": "from the file"}})
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_suffix(".civitai.info").write_text(json.dumps(CIVITAI))
    path.with_suffix(".metadata.json").write_text(json.dumps({"model_name": "other", "sha256": "0" * 64, "base_model": "Pony"}))
    now = scanned(desk, root)["loras/neon.safetensors"].now
    assert (now.title, now.base_model, now.source) == ("Neon Punk", "Flux.1 [dev]", "ada")
    assert now.trigger_words == ["neonpunk", "glow <lora:x:1>"]
    assert now.about["civitai"] == {"allowNoCredit": False, "allowCommercialUse": ["Image", "Rent"]}
    assert now.about["url"] == "https://civitai.com/models/11?modelVersionId=22"
    path.with_suffix(".civitai.info").write_text(json.dumps({**CIVITAI, "files": [{"hashes": {"SHA256": "F" * 64}}]}))
    os.utime(path.with_suffix(".civitai.info"), ns=(5, 5))
    told = sidecars.read([path.with_suffix(".civitai.info"), path.with_suffix(".metadata.json")], digest)
    assert told == sidecars.SidecarFacts()


NONSENSE = {
    "longer than the file": struct.pack("<Q", 1 << 40) + b"{}",
    "no JSON": struct.pack("<Q", 4) + b"{{{{" + b"x",
    "a list": struct.pack("<Q", 2) + b"[]",
    "deep": struct.pack("<Q", 200_000) + b"[" * 200_000,
    "a wrong header": struct.pack("<Q", 24) + b'{"__metadata__": ["x"] }',
    "empty": b"",
    "cut GGUF": gguf(general__name="x" * 100)[:60],
    "a GGUF that counts too many": b"GGUF" + struct.pack("<IQQ", 3, 1 << 60, 1 << 60),
}


def test_nonsense_is_hashed_and_says_nothing(desk: Desk, root: Path) -> None:
    (root / "loras").mkdir(parents=True)
    for name, data in NONSENSE.items():
        (root / "loras" / f"{name}.safetensors").write_bytes(data)
        (root / "loras" / f"{name}.civitai.info").write_bytes(data)
    found = scanned(desk, root)
    assert len(found) == len(NONSENSE)
    for name, data in NONSENSE.items():
        now = found[f"loras/{name}.safetensors"].now
        assert (now.sha256, now.title, now.licence) == (hashlib.sha256(data).hexdigest(), "", ""), name
        assert headers.read(root / "loras" / f"{name}.safetensors").told == {}


def test_a_renamed_file_is_not_hashed_again_and_the_old_name_is_gone(
    desk: Desk, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(root / "loras" / "ink.safetensors", {})
    scanned(desk, root)
    path.rename(path.with_name("ink-v2.safetensors"))
    monkeypatch.setattr(registry, "_digests", lambda *_: pytest.fail("its bytes are known"))
    found = scanned(desk, root)
    old, new = found["loras/ink.safetensors"], found["loras/ink-v2.safetensors"]
    assert (old.now.sha256, old.places_of(old.now)) == (new.now.sha256, ())
    assert len(new.places_of(new.now)) == 1


def test_two_folders_with_other_bytes_under_one_name(desk: Desk, root: Path, tmp_path: Path) -> None:
    write(root / "loras" / "ink.safetensors", {}, b"one")
    write(tmp_path / "second" / "loras" / "ink.safetensors", {}, b"two")
    model = scanned(desk, root, tmp_path / "second")["loras/ink.safetensors"]
    assert len(model.differing) == 2
    assert (
        model.now.sha256 == hashlib.sha256((root / "loras/ink.safetensors").read_bytes()).hexdigest()
    )  # the first folder counts


def test_a_file_that_shrinks_while_it_is_read_is_left_to_the_next_scan(
    desk: Desk, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(root / "loras" / "ink.safetensors", {}, b"x" * 5_000)
    real = headers.read

    def shrinking(where: Path) -> headers.HeaderFacts:
        found = real(where)
        where.write_bytes(where.read_bytes()[:100])
        return found

    with monkeypatch.context() as during:
        during.setattr(headers, "read", shrinking)
        assert scanned(desk, root) == {}
    assert scanned(desk, root)["loras/ink.safetensors"].now.size == len(path.read_bytes()) == 100


def test_links_in_a_circle_end(desk: Desk, root: Path) -> None:
    write(root / "loras" / "ink.safetensors", {})
    (root / "loras" / "again").symlink_to(root / "loras", target_is_directory=True)
    (root / "loras" / "dangling.safetensors").symlink_to(root / "nowhere")
    assert set(scanned(desk, root)) == {"loras/ink.safetensors"}


def test_a_model_is_found_by_what_people_call_it(desk: Desk, root: Path) -> None:
    write(root / "loras" / "styles" / "Ink.safetensors", {"__metadata__": {"modelspec.title": "Ink wash"}}, b"1")
    write(root / "loras" / "old" / "ink.safetensors", {}, b"2")
    write(root / "checkpoints" / "base.safetensors", {}, b"3")
    registry.scan(desk, [root])
    with desk.reading() as session:

        def label(text: str) -> str:
            return lookup.find(session, text).label

        digest = lookup.find(session, "base").now.sha256
        for text in (
            "base",
            "BASE.safetensors",
            "checkpoints/base",
            "checkpoints\\base.safetensors",
            digest[:10],
            digest.upper(),
        ):
            assert label(text) == "checkpoints/base.safetensors", text
        assert label("ink wash") == label("styles/ink") == "loras/styles/Ink.safetensors"
        with pytest.raises(BadInput, match="may be 2 models"):
            label("ink")
        with pytest.raises(UnknownModel) as problem:
            label("bass.safetensors")
        assert list(problem.value.suggestions) == ["base.safetensors"]
        every = lookup.everything(session)
        assert [one.label for one in lookup.named_in_graph(every, "loras", "styles\\ink.safetensors")] == [
            "loras/styles/Ink.safetensors"
        ]
        assert lookup.named_in_graph(every, "checkpoints", "ink") == []
        assert [one.label for one in lookup.matching(every, ["wash", "lora"])] == ["loras/styles/Ink.safetensors"]
        assert isinstance(every[0].now, ModelFile)
