"""What provenance costs: each step of finishing a 1024 × 1024 PNG, beside bare c2pa signing and beside a plain file copy.

Also bytes added, growth over twelve generations, and leaks over a thousand client exports full of planted secrets.

    python -m benchmarks.provenance [--rounds 30] [--assets 1000]
"""

from __future__ import annotations

import argparse
import io
import json
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import c2pa
import numpy as np
from PIL import Image

from core import files
from core.comfyui import facts
from core.desk import Desk
from core.exports import leak_check, profiles, transcode
from core.files import previews
from core.files import sign as files_sign
from core.pictures import phash
from core.provenance import embed, parameters, policies, statement, xmp
from core.provenance.seal import iscc, keys, manifest
from core.provenance.seal import read as seal_read
from core.provenance.seal import sign as seal_sign
from core.provenance.seal import signer as seal_signer
from core.settings import Settings
from storage.blobs import open_blobs
from storage.database import Database
from storage.queue import Queue
from tests.core.files.test_files import made
from tests.core.graphs import text_to_image
from tests.core.planting import planted_asset
from tests.core.provenance.test_seal import chain
from tests.pictures import comfy_png, encoded, scene


def picture() -> bytes:
    """A 1024² PNG of about 1.5 MB, as a render is: soft, with some grain."""
    soft = np.asarray(scene(3, 1024, 1024), dtype=np.int16)
    grain = np.random.default_rng(1).integers(-3, 4, soft.shape)
    return comfy_png(Image.fromarray((soft + grain).clip(0, 255).astype(np.uint8)), text_to_image())


def median(act: Callable[[], object], rounds: int) -> float:
    """Milliseconds."""
    act()
    took = []
    for _ in range(rounds):
        start = time.perf_counter()
        act()
        took.append((time.perf_counter() - start) * 1000)
    return statistics.median(took)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--assets", type=int, default=1000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="slate-bench-") as folder:
        settings = Settings(data=Path(folder), team="Studio")
        keys.init(settings.keys, "Studio")
        desk = Desk(settings, Database(settings.database), open_blobs(settings.blobs), Queue("redis://nobody"))
        told = {"steps": steps(desk, asked.rounds), "growth_bytes": growth(settings), "leaks": planted(settings, asked.assets)}
        print(json.dumps(told, indent=2))


def steps(desk: Desk, rounds: int) -> dict[str, object]:
    data, settings, policy = picture(), desk.settings, policies.of(desk.settings)
    known = made()
    stated = files.finish(desk, known, data, "a.png", 0).asset.statement
    read = facts.read(text_to_image())
    with Image.open(io.BytesIO(data)) as opened:
        image = opened.convert("RGB")
    packet, text = xmp.write(stated, policy), parameters.write(read, known.models)
    worded = embed.embed(data, "image/png", embed.record_of(stated), text, packet)
    thumbnail = previews.seal_thumbnail_of(image)
    plan = manifest.of_output(stated, policy, [], thumbnail=thumbnail)
    done = seal_sign.seal(settings, worded, "image/png", plan).data
    source, target = desk.settings.data / "source.png", desk.settings.data / "copy.png"
    source.write_bytes(data)
    bare = {
        "bare c2pa, no thumbnail": bare_signing(settings, data, 0),
        "bare c2pa, 256 px thumbnail": bare_signing(settings, data, 256),
    }
    took = {name: median(act, rounds) for name, act in bare.items()}
    took |= {
        "plain file copy": median(lambda: shutil.copyfile(source, target), rounds),
        "decode": median(lambda: files.examine(data, "a.png"), rounds),
        "read the graph": median(lambda: facts.read(text_to_image()), rounds),
        "statement": median(lambda: statement.make(known, FILE, read), rounds),
        "XMP and words into the file": median(
            lambda: embed.embed(data, "image/png", embed.record_of(stated), text, xmp.write(stated, policy)), rounds
        ),
        "fingerprint and pixel digest": median(lambda: (phash.phash(image), phash.pixel_digest(image)), rounds),
        "thumbnail of the seal": median(lambda: previews.seal_thumbnail_of(image), rounds),
        "seal": median(lambda: seal_sign.seal(settings, worded, "image/png", plan), rounds),
        "read and check": median(lambda: seal_read.read(settings, done, "image/png"), rounds),
    }
    layer = ("read the graph", "statement", "XMP and words into the file", "thumbnail of the seal", "seal")
    off = replace(desk, settings=settings.model_copy(update={"seal": False}))
    took["finish, sealed"] = median(lambda: files.finish(desk, known, data, "a.png", 0), rounds)
    plain = previews.preview_of(image)
    shown = files_sign.preview(desk, plain, stated, "ab" * 32, 1024)
    took["words and seal of the preview"] = median(lambda: files_sign.preview(desk, plain, stated, "ab" * 32, 1024), rounds)
    took["ISCC for the registered soft binding"] = median(lambda: iscc.unit(image), rounds)
    marking_desk = replace(desk, settings=settings.model_copy(update={"watermark": "own"}))
    took["finish, sealed and marked"] = median(lambda: files.finish(marking_desk, known, data, "a.png", 0), rounds)
    as_jpeg = encoded(image, "JPEG", quality=90)
    took["finish a JPEG, sealed"] = median(lambda: files.finish(desk, known, as_jpeg, "a.jpg", 0), rounds)
    took["finish a JPEG, sealed and marked"] = median(lambda: files.finish(marking_desk, known, as_jpeg, "a.jpg", 0), rounds)
    took["finish, SLATE_SEAL=false"] = median(lambda: files.finish(off, known, data, "a.png", 0), rounds)
    pipeline = sum(took[name] for name in layer)
    return {
        "bytes": {
            "source": len(data),
            "words and XMP": len(worded) - len(data),
            "seal": len(done) - len(worded),
            "words and seal of the preview": len(shown) - len(plain),
        },
        "ms": {name: round(value, 2) for name, value in took.items()},
        "ratios": {
            "provenance : bare c2pa with 256 px thumbnail": round(pipeline / took["bare c2pa, 256 px thumbnail"], 2),
            "provenance : bare c2pa without": round(pipeline / took["bare c2pa, no thumbnail"], 2),
            "provenance : plain copy": round(pipeline / took["plain file copy"], 1),
            "finish sealed : finish unsealed": round(took["finish, sealed"] / took["finish, SLATE_SEAL=false"], 3),
            "finish marked : finish sealed": round(took["finish, sealed and marked"] / took["finish, sealed"], 2),
        },
        "assets a second and core": round(1000 / took["finish, sealed"], 1),
    }


FILE = statement.FileFacts(filename="a.png", ordinal=0, mime="image/png", source_sha256="cd" * 32)


def bare_signing(settings: Settings, data: bytes, edge: int) -> Callable[[], object]:
    """c2pa-python as its documentation shows it, with the smallest manifest there is."""
    thumbnail = {"enabled": bool(edge), "long_edge": edge or 256, "format": "jpeg"}
    quiet = {"remote_manifest_fetch": False, "verify_after_sign": False}
    opened = c2pa.Context.from_dict({"builder": {"thumbnail": thumbnail}, "verify": quiet})
    signer = seal_signer.hand(settings).signer
    action = {
        "action": "c2pa.created",
        "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
    }
    smallest = {
        "claim_generator_info": [{"name": "x", "version": "1"}],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}],
    }

    def sign() -> None:
        c2pa.Builder(smallest, context=opened).sign(signer, "image/png", io.BytesIO(data), io.BytesIO())

    return sign


def growth(settings: Settings) -> list[int]:
    """Bytes of the seal of each of twelve pictures made from one another."""
    sizes = [len(encoded(scene(number))) for number in range(1, 13)]
    return [len(data) - size for data, size in zip(chain(settings, 12), sizes, strict=True)]


def planted(settings: Settings, count: int) -> dict[str, object]:
    """Client and public exports of assets with secrets in every field and chunk, and how many of them still told one."""
    chance, leaked, words = random.Random(11), 0, 0
    kinds_seen: dict[str, int] = {}
    policy = policies.of(settings)
    for number in range(count):
        original, secrets = planted_asset(chance, number, settings)
        form = chance.choice(["", "png", "jpeg", "webp"])
        profile = replace(profiles.named(chance.choice(["client", "public"])), format=form)
        kinds_seen[original.mime] = kinds_seen.get(original.mime, 0) + 1
        leaked += bool(leak_check.found_in(transcode.copy(settings, original, profile, policy).data, secrets))
        words += len(secrets)
    return {"exports": count, "secrets planted": words, "exports that told one": leaked, "of": kinds_seen}


if __name__ == "__main__":
    main()
