"""Files full of secrets, in every place where their kind can hold a word: for what must take them out again."""

from __future__ import annotations

import json
import random
from dataclasses import replace

from PIL import Image

from core.exports import leak_check
from core.exports.transcode import Copy, Original
from core.formats import flac, gltf, id3, kinds, ogg
from core.formats.comments import Comments
from core.provenance import embed, policies, xmp
from core.provenance.carriers import matroska
from core.provenance.disclosure import SourceType
from core.provenance.seal import manifest, names, sign
from core.settings import Settings
from tests.core.provenance.test_embedding import stated
from tests.pictures import SAMPLES, comfy_png, encoded, scene

TAGGED = {
    "webm": "comfyui_video.webm",
    "mp4": "comfyui_video.mp4",
    "flac": "comfyui_audio.flac",
    "mp3": "comfyui_audio.mp3",
    "opus": "comfyui_audio.opus",
    "glb": "comfyui_cube.glb",
}
"""Kinds whose words stand in tags: samples that a real ComfyUI wrote."""


def tagged(kind: str, words: dict[str, str]) -> bytes:
    """Such a file with more tags, as other programs write them."""
    data = (SAMPLES / TAGGED[kind]).read_bytes()
    if kind == "webm":
        texts = b"".join(
            matroska.element(0x67C8, matroska.element(0x45A3, key.encode()) + matroska.element(0x4487, text.encode()))
            for key, text in words.items()
        )
        whole, more = matroska.segment(data), matroska.element(0x1254C367, matroska.element(0x7373, texts))
        size = (1 << 56 | whole.end - whole.body + len(more)).to_bytes(8, "big")
        return data[: whole.start + 4] + size + data[whole.body : whole.end] + more
    if kind == "mp4":
        told = " ".join(words.values()).encode()
        return data + (24 + len(told)).to_bytes(4, "big") + b"uuid" + bytes(range(16)) + told
    if kind == "flac":
        found = flac.parse(data)
        blocks = [flac.FlacBlock(one.kind, _more(one.body, words)) if one.kind == flac.COMMENT else one for one in found.blocks]
        return found.with_blocks([*blocks, flac.FlacBlock(2, b"test" + words["title"].encode())]).as_bytes()
    if kind == "mp3":
        tag = id3.parse(data)
        frames = [tag.frame(b"TXXX", b"\x03" + f"my {key}\0{text}".encode()) for key, text in words.items()]
        tail = b"TAG" + words["title"].encode()[:30].ljust(125, b"\0")
        return tag.with_frames(*tag.frames, *frames).as_bytes() + data[id3.length(data) :] + tail
    if kind == "opus":
        heads = ogg.headers(data)
        return ogg.with_comments(data, heads, _more(heads.comments, words))
    parts = gltf.parts(data)
    parts.described["asset"]["copyright"] = words["title"]
    parts.described["nodes"][0]["extras"] = words
    return parts.as_bytes()


def _more(body: bytes, words: dict[str, str]) -> bytes:
    return (
        Comments.of(body).with_entries({f"my {key}": text for key, text in words.items()}, ("my prompt", "my title")).as_bytes()
    )


def noted(kind: str, told: dict[str, str]) -> dict[str, object]:
    """EXIF and XMP of other programs, as AVIF keeps them among its items."""
    exif = Image.Exif()
    exif[0x010E] = told["prompt"]
    return {"exif": exif.tobytes(), "xmp": xmp.packet({"photoshop:Credit": told["client"]}).encode()} if kind == "AVIF" else {}


def disclosed(made_copy: Copy) -> bool:
    """Whether a copy still says, in itself, that a model had a part in it."""
    said = xmp.read(embed.xmp_in(made_copy.data, made_copy.mime)).get("Iptc4xmpExt:DigitalSourceType")
    return said == SourceType.COMPOSITE.value


def planted_asset(chance: random.Random, number: int, settings: Settings) -> tuple[Original, tuple[leak_check.Secret, ...]]:
    """An asset that is full of secrets, made of an asset that is full of them too."""
    letters = "abcdefghijklmnopqrstuvwxyzäß☃<&\"'é"

    def word(what: str) -> str:
        return f"{what}-" + "".join(chance.choice(letters) for _ in range(14))

    kinds_of = ["PNG", "JPEG", "WEBP", "GIF", "AVIF", *TAGGED]
    parent, kind = b"", chance.choice(kinds_of)
    secrets: list[leak_check.Secret] = []
    for generation in range(2):
        told = {
            name: word(name)
            for name in ("by", "client", "project", "shot", "session", "prompt", "negative", "path", "model", "server")
        }
        secrets += [leak_check.Secret(name, text) for name, text in told.items()]
        statement = stated(
            by=told["by"],
            client=told["client"],
            project=told["project"],
            shot=told["shot"],
            session=told["session"],
            inputs={"prompt": told["prompt"], "image": told["path"]},
            settings={"prompt": told["prompt"], "negative": told["negative"]},
            models=[{"name": told["model"], "licence": "MIT"}],
            backend={"name": told["server"]},
            disclosure={"how": "altered", "source_type": SourceType.COMPOSITE.value, "base": "image", "done": "edited"},
        )
        graph = {"1": {"class_type": "Note", "inputs": {"text": " ".join(told.values())}}}
        picture = scene(number, 64, 48, take=generation)
        data = (
            comfy_png(picture, graph, extra=list(told.values()))
            if kind == "PNG"
            else tagged(kind, {"prompt": json.dumps(graph), "title": told["by"]})
            if kind in TAGGED
            else encoded(picture, kind, comment=told["by"].encode(), **noted(kind, told))
        )
        mime = kinds.mime_of(data, "")
        rules = replace(policies.of(settings), people=True)
        text = f"{told['prompt']}\nNegative prompt: {told['negative']}\nSteps: 1, Seed: 2"
        data = embed.embed(data, mime, embed.record_of(statement), text, xmp.write(statement, rules))
        sealable = mime in names.SEALABLE
        inside = [manifest.Ingredient("input-1", "A-0001", mime, parent, "parentOf")] if parent and sealable else []
        parent = sign.seal(settings, data, mime, manifest.of_output(statement, rules, inside)).data
    facts = {"prompt": secrets[-5].word}
    return Original("A-0002", parent, mime, statement, facts), tuple(secrets)
