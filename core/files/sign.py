"""The seal of a finished file: what went into it is looked up in the store, and the manifest is signed in as the last step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import structlog

from core.desk import Desk
from core.errors import StoreError
from core.files import previews, stored
from core.files.returned import GivenBack
from core.formats import kinds
from core.provenance import embed, policies, xmp
from core.provenance.disclosure import Disclosure
from core.provenance.seal import manifest, names, read, sign
from core.provenance.seal.manifest import Ingredient
from core.provenance.seal.sign import Sealed
from storage.tables import Asset

log = structlog.get_logger(__name__)


def output(desk: Desk, data: bytes, mime: str, stated: Mapping[str, Any], thumbnail: bytes) -> Sealed:
    """An output of a Render with its seal; without one where that cannot be, and then it says why. Never raises."""
    inside = tuple(ingredients(desk, stated))
    plan = manifest.of_output(stated, policies.of(desk.settings), inside, thumbnail=thumbnail)
    sealed = sign.seal(desk.settings, data, mime, plan)
    return replace(sealed, facts={**sealed.facts, "broken": broken}) if (broken := broken_in(desk, inside)) else sealed


def renewed(desk: Desk, data: bytes, mime: str, stated: Mapping[str, Any], code: str) -> Sealed:
    """A sealed output with a second seal around the first, which goes on to be readable. Never raises."""
    thumbnail = previews.small_for_manifest(data, desk.settings.max_pixels)
    former = Ingredient("former", code, mime, data, "parentOf")
    plan = manifest.of_renewal(stated, policies.of(desk.settings), former, thumbnail=thumbnail)
    return sign.seal(desk.settings, data, mime, plan)


def given_back(desk: Desk, data: bytes, mime: str, title: str, was: GivenBack) -> Sealed:
    """A file that a server only gave back, sealed as brought here, with the input for its parent. Never raises."""
    told = {"asset": was.code, "sha256": was.sha256, "input": was.input}
    inside = ingredients(desk, {"parents": [told], "disclosure": {"base": was.input}})
    parent = next(inside, Ingredient("input-1", was.code, "", b"", "parentOf", ident=was.code))
    thumbnail = previews.small_for_manifest(data, desk.settings.max_pixels)
    plan = manifest.of_given_back(parent, was.carried, policies.of(desk.settings), title=title, thumbnail=thumbnail)
    sealed = sign.seal(desk.settings, data, mime, plan)
    broken = broken_in(desk, () if parent.ident else (parent,))
    return replace(sealed, facts={**sealed.facts, "broken": broken}) if broken else sealed


def broken_in(desk: Desk, inside: Iterable[Ingredient]) -> list[str]:
    """What does not hold in the credentials of what went in, however the file itself reads."""
    found = []
    for one in inside:
        told = read.read(desk.settings, one.data, one.mime) if read.carries(one.data) else None
        if told is not None:
            codes = [*((told.step, code) for code in told.failures if code not in names.HARMLESS), *told.broken]
            found += [f"{one.title}: {step.title or step.label}: {code}" for step, code in codes]
    return found[:20]


def ingredients(desk: Desk, stated: Mapping[str, Any]) -> Iterator[Ingredient]:
    """The files that went in, as far as they are there and can be looked into."""
    base = Disclosure.of(stated).base
    for number, parent in enumerate(stated.get("parents") or [], start=1):
        try:
            data = stored.read(desk, str(parent.get("sha256")))
        except StoreError:
            log.warning("seal.ingredient-missing", asset=parent.get("asset"))
            continue
        mime = kinds.mime_of(data, "")
        if mime in names.SEALABLE:
            relationship = "parentOf" if parent.get("input") == base else "inputTo"
            thumbnail = b"" if read.carries(data) else previews.small_for_manifest(data, desk.settings.max_pixels)
            yield Ingredient(f"input-{number}", str(parent.get("asset") or "input"), mime, data, relationship, thumbnail)


def preview(desk: Desk, picture: bytes, stated: Mapping[str, Any], original_sha256: str, edge: int) -> bytes:
    """The preview that chats get: it says that a model made it, and, where there is a key, names its original under a seal.

    `edge` is the original's longer one. No time stamp is asked for, and no prompt and no person is told. Never raises.
    """
    mime = kinds.mime_of(picture, "")
    rules = replace(policies.of(desk.settings), words=False, people=False)
    worded = embed.embed(picture, mime, None, "", xmp.write(stated, rules))
    done = ["c2pa.resized"] if edge > previews.PREVIEW_EDGE else []
    done += ["c2pa.transcoded"] if mime != (stated.get("file") or {}).get("mime") else []
    plan = manifest.of_preview(stated, rules, original_sha256, done or ["c2pa.transcoded"])
    return sign.seal(desk.settings, worded, mime, plan, stamped=False, just_written=True).data


def note(asset: Asset, sealed: Sealed, put: str) -> None:
    """Write on the Asset how it was sealed; `put` is the digest of the manifest kept beside the file."""
    asset.seal_state = sealed.state
    asset.seal = {**sealed.facts, "manifest": put} | ({"why": sealed.why} if sealed.why else {})
