"""What is fuzzed of the sandbox beside the first look at a file: frames of films, records, bare copies, seals, lists, answers."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from contextlib import suppress

from PIL import Image

from core.comfyui import answers, convert, differences, identity, node_info, places
from core.comfyui.graph import parse
from core.errors import SlateError
from core.exports import hidden, leak_check, strip, transcode
from core.exports.leak_check import Secret
from core.exports.profiles import Profile
from core.files import Limits, derivatives, examine, previews
from core.formats import kinds
from core.importing.sources import zip_listing
from core.models import description, headers, sidecars
from core.pictures import film_frames
from core.provenance import embed
from core.provenance.card import picture
from core.provenance.seal import read, stores
from core.provenance.seal.revocation import Withdrawn
from core.provenance.watermark.apply import MarkOrder
from core.saving import workflow_json
from core.verification import agreement, icc
from tests.core.graphs import text_to_image
from tests.films import animation, film, views
from tests.fuzz.other_readers import Target
from tests.pictures import SAMPLES, encoded, scene

_PIXELS = 250_000
_LIMITS = Limits(max_pixels=_PIXELS, max_bytes=1 << 20, max_text=20_000)
_ONE = encoded(scene(1, 24, 16))


def _frames(data: bytes) -> None:
    mime = kinds.mime_of(data, "a.mp4")
    with suppress(SlateError):
        found = film_frames.spread(data, mime, _PIXELS, most=4)
        assert all(0 <= one.second < 2e12 for one in found)
    with suppress(SlateError):
        film_frames.at(data, mime, [0.0, 0.5, 1e9], _PIXELS)
    with suppress(SlateError):
        shown, length = film_frames.evenly(data, mime, 3, _PIXELS)
        assert len(shown) <= 3
        assert 0 <= length < 2e12


def _record(data: bytes) -> None:
    """What was put into a file is read back from it, and taken out again."""
    mime = kinds.mime_of(data, "a.png")
    for ask in (embed.read, embed.xmp_in, embed.strip):
        with suppress(SlateError):
            ask(data, mime)
    with suppress(SlateError):
        embed.left_out(data, mime, "record", "parameters", "xmp")
        worded = embed.embed(data, mime, {"statement": {"render": "R-1"}}, "a lake", "<x/>")
        embed.read(worded, mime)


def _bare(data: bytes) -> None:
    mime = kinds.mime_of(data, "a.png")
    with suppress(SlateError):
        if mime in strip.LOSSLESS:
            strip.bare(data, mime)
    with suppress(SlateError):
        hidden.is_in(data, mime, _PIXELS)
    with suppress(SlateError):
        leak_check.found_in(data, [Secret("client", "Kestrel")])
    with suppress(SlateError):
        transcode._picture(_PIXELS, transcode.Original("A-1", data, mime, {}), Profile("x", format="jpeg", size=64))


def _small(data: bytes) -> None:
    with suppress(SlateError):
        found = examine(data, "a.png", limits=_LIMITS)
        previews.make_thumbnail(data, found)
        previews.make_preview(data, found)
    with suppress(SlateError):
        previews.still(data, _PIXELS)
    with suppress(SlateError):
        derivatives.of_file(data, "a.png", _LIMITS)
    with suppress(SlateError):
        derivatives.of_output(data, "a.png", _LIMITS, MarkOrder(None))
    previews.small_for_manifest(data, _PIXELS)
    picture._opened(data, (64, 64))
    picture._size_of(data)


def _compared(data: bytes) -> None:
    mime = kinds.mime_of(data, "a.png")
    with suppress(SlateError):
        assert 0 <= agreement.agreement_of(data, _ONE, max_pixels=_PIXELS) <= 1
    with suppress(SlateError):
        icc.profile(data, mime)
    icc.shows_alike(data, b"")


def _seal(data: bytes) -> None:
    mime = kinds.mime_of(data, "a.png") or "image/png"
    assert stores.count(data, mime) >= 0
    read._read("", data, mime, None, Withdrawn())
    read._resource("", data, mime, "c2pa.thumbnail.claim")


def _listed(data: bytes) -> None:
    with suppress(SlateError):
        found = zip_listing.listed(data, len(data))
        assert len(found.members) <= zip_listing.MOST


def _answer(data: bytes) -> None:
    for ask in (answers._whole, answers._keys, headers._safetensors, headers._gguf, sidecars.told):
        with suppress(SlateError, ValueError):
            ask(data)
    with suppress(SlateError, ValueError):
        answers._place_in_sandbox(data, "a")
    with suppress(SlateError, ValueError):
        told = {"ss_tag_frequency": data.decode("utf-8", "replace"), "ss_dataset_dirs": data.decode("utf-8", "replace")}
        description.joined("loras", "a.safetensors", headers.HeaderFacts(told=told), sidecars.told(data))


def _workflow(data: bytes) -> None:
    """A workflow's way from its bytes to its identity; the same bytes are what a server tells of nodes."""
    known: dict[str, node_info.NodeInfo] = {}
    with suppress(SlateError, ValueError):
        known = node_info._read(data, ["KSampler", "VAEDecode"])
    with suppress(SlateError):
        found = workflow_json.read(data) or {}
        drawn = isinstance(found.get("nodes"), list)
        convert.types_in(found if drawn else {"nodes": []})
        graph = convert.runnable(found, known).graph if drawn else found
        places.places_in(graph)
        assert len(identity.identity(graph)) == 64
        assert not differences.differences(parse(graph), parse(graph))


def _pictures() -> list[bytes]:
    return [encoded(scene(1, 24, 16), kind) for kind in ("PNG", "JPEG", "WEBP", "GIF", "TIFF")]


def _films() -> list[bytes]:
    small = [one.resize((64, 48)) for one in views(1, 1.0)]
    return [film(small), animation(small), animation(small, "GIF")]


def _records() -> list[bytes]:
    told = {"statement": {"render": "R-1", "output": 0}}
    some = [(one, kinds.mime_of(one, "")) for one in _pictures()]
    return [*(embed.embed(one, mime, told, "a lake", "<x/>") for one, mime in some), *_pictures()]


def _profiles() -> list[bytes]:
    from PIL import ImageCms

    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    out = []
    for kind in ("PNG", "JPEG", "WEBP"):
        with io.BytesIO() as file, Image.new("RGB", (8, 8)) as image:
            image.save(file, kind, icc_profile=made)
            out.append(file.getvalue())
    return [made, *out]


def _lists() -> list[bytes]:
    with io.BytesIO() as file, zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a/b.png", b"x")
        archive.close()
        return [file.getvalue()]


def _workflows() -> list[bytes]:
    sampler = {"id": 3, "type": "KSampler", "inputs": [], "widgets_values": [7, "fixed", 20, 6.5, "euler", "normal", 1]}
    reader = {"id": 4, "type": "VAEDecode", "inputs": [{"name": "samples", "type": "LATENT", "link": 1}]}
    told = {"KSampler": {"input": {"required": {"seed": ["INT", {"min": 0}], "steps": ["INT", {}], "scheduler": [["a", "b"]]}}}}
    drawn = {"nodes": [sampler, reader], "links": [[1, 3, 0, 4, 0, "LATENT"]], "version": 0.4}
    return [json.dumps(one).encode() for one in (text_to_image(), drawn, told)]


def _answers() -> list[bytes]:
    return [
        b'{"queue_running": [[1, "a", {}, {}, []]], "queue_pending": [[2, "b", {}, {}, []]]}',
        b'{"KSampler": {"input": {}}}',
        b'{"__metadata__": {"modelspec.title": "x"}}',
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1) + b"a" + struct.pack("<IQ", 8, 1) + b"b",
    ]


def _sealed() -> list[bytes]:
    wild = sorted(one for one in SAMPLES.glob("wild/*/*") if one.stat().st_size < 60_000)
    return [one.read_bytes() for one in wild if b"c2pa" in one.read_bytes()][:4] + _pictures()[:2]


BOX: dict[str, Target] = {
    "film-frames": Target(_frames, _films),
    "record": Target(_record, _records),
    "bare": Target(_bare, _records),
    "small": Target(_small, _pictures),
    "compared": Target(_compared, _profiles),
    "seal": Target(_seal, _sealed),
    "zip-list": Target(_listed, _lists),
    "answer": Target(_answer, _answers),
    "workflow": Target(_workflow, _workflows),
}
TARGETS_OF: dict[str, tuple[str, ...]] = {
    "core.comfyui.answers": ("answer",), "core.comfyui.facts": ("graph-shape",), "core.exports.hidden": ("bare",),
    "core.exports.leak_check": ("bare",), "core.exports.strip": ("bare",), "core.exports.transcode": ("bare",),
    "core.comfyui.convert": ("workflow",), "core.comfyui.identity": ("workflow",),
    "core.comfyui.differences": ("workflow",), "core.comfyui.places": ("workflow",),
    "core.comfyui.node_info": ("workflow",), "core.saving.workflow_json": ("workflow",),
    "core.files.derivatives": ("small",), "core.files.previews": ("small",),
    "core.files.inspect": ("png", "jpeg", "webp", "gif", "avif", "tiff", "any-file", "graph-text", "words"),
    "core.importing.sources.zip_listing": ("zip-list", "zip"), "core.models.headers": ("answer",),
    "core.models.sidecars": ("answer",), "core.models.description": ("answer",),
    "core.pictures.film_frames": ("film-frames",), "core.provenance.card.picture": ("small",),
    "core.provenance.embed": ("record",),
    "core.provenance.seal.read": ("seal",), "core.provenance.seal.stores": ("seal",), "core.provenance.xmp": ("xmp",),
    "core.verification.agreement": ("compared",), "core.verification.icc": ("compared",),
}  # fmt: skip
"""Module with functions that the sandbox carries out -> the targets that throw bytes at them."""
UNFUZZED: dict[str, str] = {
    "core.provenance.seal.sign": "c2pa takes the file apart as for `seal`; beyond that it only writes",
}
"""Modules without a target, and why."""
