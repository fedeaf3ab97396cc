"""Turns a finished file into a draft of an Asset: facts, statement, record, digests and small pictures, all stored."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from core.comfyui import facts as comfyui_facts
from core.comfyui.facts import Facts, ModelUse
from core.desk import Desk
from core.errors import StoreError
from core.files import derivatives, returned, sign, stored
from core.files.derivatives import Derivatives
from core.files.inspect import Examined, Limits, limits_of
from core.files.returned import GivenBack
from core.formats.sanitize import clean, clean_text
from core.provenance import embed, parameters, policies, statement, xmp
from core.provenance.seal import read
from core.provenance.seal.sign import FOREIGN, Sealed
from core.provenance.statement import FileFacts, Made
from core.provenance.watermark import apply
from storage.blobs import BlobError, digest_of
from storage.files.assets import AssetDraft
from storage.tables import Asset, Origin

_OUTPUT_BYTES = 4 << 30
"""A Render's own output may be larger than an upload."""


def finish(desk: Desk, made: Made, data: bytes, filename: str, ordinal: int, *, node: str = "") -> AssetDraft:
    """The draft of one output of a Render, its bytes stored; `node` is the graph node that saved it, where known.

    It reads from the database, writes nothing there, and doing it twice stores nothing twice.
    Raises BadPicture, TooManyPixels, DiskFull, StoreError, DatabaseUnavailable.
    """
    about = f"{made.render_code}/{ordinal}/{digest_of(data)}"
    limits = replace(limits_of(desk.settings), max_bytes=_OUTPUT_BYTES)
    seen = derivatives.of_output(data, filename, limits, apply.order(desk.settings, about))
    examined = seen.examined
    was = returned.find(desk, made, examined, seen.came_pixels)
    if was is not None and not was.made_here:
        return _given_back(desk, made, data, derivatives.of_file(data, filename, limits), ordinal, was)
    facts = _facts(made, examined, node)
    stated = clean(statement.make(made, _file_facts(seen, ordinal), facts))
    stated = returned.stated(stated, was) if was is not None else stated
    size = (examined.width, examined.height) if examined.width and examined.height else None
    text = parameters.write(facts, made.models, size=size)
    packet = xmp.write(stated, policies.of(desk.settings))
    kept = embed.embed(seen.data or data, examined.mime, embed.record_of(stated), text, packet)
    sealed = sign.output(desk, kept, examined.mime, stated, seen.manifest_thumbnail)
    preview = seen.preview
    if preview:
        preview = sign.preview(desk, preview, stated, digest_of(sealed.data), max(size or (0, 0)))
    digest, beside = put_sealed(desk, sealed)
    try:
        asset = _asset(desk, sealed.data, replace(seen, preview=preview), facts)
    except StoreError:
        take_back(desk, sealed, digest)
        raise
    asset.sha256 = digest
    sign.note(asset, sealed, beside)
    asset.seal |= ({"unmarked": seen.unmarked} if seen.unmarked else {}) | ({"returned": was.words} if was else {})
    asset.origin, asset.render_id, asset.ordinal = Origin.RENDER, made.render_id, ordinal
    asset.member_id, asset.project_id, asset.shot = made.member_id, made.project_id, made.shot
    asset.workflow, asset.workflow_number = made.workflow, made.version
    asset.models = clean(models_of(facts, made))
    asset.seed = made.seed or facts.seed
    asset.statement = stated
    return AssetDraft(asset)


def _given_back(desk: Desk, made: Made, data: bytes, seen: Derivatives, ordinal: int, was: GivenBack) -> AssetDraft:
    """An output that the server only gave back: kept without a statement, for no run made it, and sealed as brought here.

    What the file itself says is not heard: the server may have written anything into it.
    """
    mime, carried = seen.examined.mime, was.carried
    packet = xmp.packet({"Iptc4xmpExt:DigitalSourceType": carried["source_type"]}) if carried else ""
    kept = embed.embed(data, mime, None, "", packet) if packet else data
    sealed = sign.given_back(desk, kept, mime, f"{made.render_code} #{ordinal + 1}", was)
    digest, beside = put_sealed(desk, sealed)
    try:
        asset = _asset(desk, sealed.data, seen, Facts())
    except StoreError:
        take_back(desk, sealed, digest)
        raise
    asset.sha256 = digest
    sign.note(asset, sealed, beside)
    asset.seal |= {"returned": was.words}
    asset.facts = {name: value for name, value in asset.facts.items() if name not in ("claims_ai", "unread")}
    asset.facts |= {"claims_ai": carried} if carried else {}
    asset.origin, asset.render_id, asset.ordinal = Origin.RETURNED, made.render_id, ordinal
    asset.member_id, asset.project_id, asset.shot = made.member_id, made.project_id, made.shot
    return AssetDraft(asset)


def keep(
    desk: Desk,
    data: bytes,
    filename: str,
    *,
    member_id: int,
    project_id: int,
    shot: str = "",
    origin: Origin = Origin.UPLOAD,
    limits: Limits | None = None,
) -> AssetDraft:
    """The draft of a file that came from outside, its bytes stored as they are. Raises what `finish` raises, and TooLong."""
    seen = derivatives.of_file(data, filename, limits or limits_of(desk.settings))
    examined = seen.examined
    facts = examined.facts or Facts()
    asset = _asset(desk, data, seen, facts)
    asset.sha256 = put(desk, data)
    asset.origin, asset.member_id, asset.project_id, asset.shot = origin, member_id, project_id, shot
    asset.models = clean(models_of(facts))
    asset.seed = facts.seed
    _credentials(desk, asset, data)
    return AssetDraft(
        asset, [one.kept() for one in examined.raw], comfyui_facts.digests_in(examined.graph) if examined.graph else {}
    )


def _credentials(desk: Desk, asset: Asset, data: bytes) -> None:
    """What a file from outside proves of itself: kept, so that what is made from it can say so."""
    found = read.read(desk.settings, data, asset.mime) if read.carries(data) else None
    if found is not None:
        asset.seal_state, asset.seal = FOREIGN, clean(found.summary())
        asset.facts = asset.facts | {"credentials": asset.seal}


def _facts(made: Made, examined: Examined, node: str) -> Facts:
    """From the graph that was submitted, which is the truth; else from what the file carries."""
    if not made.graph:
        return examined.facts or Facts()
    facts = comfyui_facts.read(made.graph, node=node or comfyui_facts.output_named(made.graph, examined.filename))
    return facts.with_techniques(*(examined.facts.techniques if examined.facts else ()))


def _file_facts(seen: Derivatives, ordinal: int) -> FileFacts:
    examined = seen.examined
    return FileFacts(
        filename=examined.filename,
        ordinal=ordinal,
        mime=examined.mime,
        source_sha256=examined.sha256,
        pixel_sha256=examined.pixel_sha256,
        phash=examined.phash,
        iscc=seen.iscc,
        width=examined.width,
        height=examined.height,
        frames=examined.frames,
        seconds=examined.seconds,
        carries_graph=examined.graph is not None,
        mark=seen.mark,
    )


def _asset(desk: Desk, kept: bytes, seen: Derivatives, facts: Facts) -> Asset:
    """An unsaved Asset with all that the file itself tells, its small pictures stored; the rest is for the caller."""
    examined = seen.examined
    return Asset(
        origin=Origin.INGEST,
        member_id=0,
        project_id=0,
        sha256="",
        source_sha256=examined.sha256,
        pixel_sha256=examined.pixel_sha256,
        phash=examined.phash,
        thumbnail=put(desk, seen.thumbnail) if seen.thumbnail else "",
        preview=put(desk, seen.preview) if seen.preview else "",
        filename=examined.filename,
        mime=examined.mime,
        size=len(kept),
        width=examined.width,
        height=examined.height,
        frames=examined.frames,
        seconds=examined.seconds,
        techniques=list(facts.techniques),
        prompt=clean_text(facts.prompt),
        negative=clean_text(facts.negative),
        facts=clean(facts.as_dict() | said_of(examined)),
        parser=comfyui_facts.PARSER,
    )


def said_of(examined: Examined) -> dict[str, Any]:
    """What is kept of a file beside its facts: its problems, the texts that nothing understood, and that it says AI."""
    unread = {"unread": [vars(one) for one in examined.unread]} if examined.unread else {}
    claims = {"claims_ai": dict(examined.claims_ai)} if examined.claims_ai else {}
    return {"problems": list(examined.problems)} | unread | claims


def models_of(facts: Facts, made: Made | None = None) -> list[dict[str, Any]]:
    """The files the graph loads, each with what is known of it: `{kind, folder, name, strength, sha256, licence, title}`."""
    known = {str(model.get("name", "")): dict(model) for model in made.models} if made else {}
    listed = [known.pop(use.name, {}) | _told(use) for use in facts.models]
    return [{"sha256": "", "licence": "", "title": ""} | one for one in [*listed, *known.values()]]


def _told(use: ModelUse) -> dict[str, Any]:
    """A model as it was used; what only some programs tell is left out where it is not told."""
    return {name: value for name, value in vars(use).items() if value or name not in ("hash", "strength_clip")}


def put(desk: Desk, data: bytes) -> str:
    """The digest of what is kept now. Raises DiskFull, StoreError."""
    with stored.keeping():
        return desk.blobs.put(data)


def put_sealed(desk: Desk, sealed: Sealed) -> tuple[str, str]:
    """(digest of the file, digest of the manifest beside it): both are kept or neither. Raises DiskFull, StoreError.

    No two seals are the same: what failed tries left behind would pile up on a disk that is full already.
    """
    digest = put(desk, sealed.data)
    try:
        return digest, put(desk, sealed.manifest) if sealed.manifest else ""
    except StoreError:
        take_back(desk, sealed, digest)
        raise


def take_back(desk: Desk, sealed: Sealed, digest: str) -> None:
    """Forget a sealed file that nothing stands for; a file without a new seal may be somebody else's, and stays."""
    if sealed.manifest:
        with suppress(BlobError):
            desk.blobs.delete(digest)
