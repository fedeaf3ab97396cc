"""Gives a recognised copy its credentials back.

Where the very pixels are known, the original is the answer. Where the copy was encoded again, it gets a manifest of its own, with
the original as its parent, which says how the two were found to belong together, and that what happened between is not known.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel import Session

from core import files
from core.desk import Desk
from core.errors import Conflict, NotFound, SealUnavailable, StoreError
from core.events import Event, record
from core.exports import profiles, redact, strip, transcode
from core.files import previews, stored
from core.formats import kinds
from core.people import audit
from core.people.roles import Action, allow
from core.provenance import embed, policies, xmp
from core.provenance.seal import manifest, names, read, sign
from core.provenance.seal.manifest import Ingredient
from core.recognition import identify
from core.recognition.identify import Certainty, Recognition
from storage.clock import now
from storage.files import assets
from storage.files import exports as rows
from storage.people import projects
from storage.tables import Asset, Export, Member, Origin

RESTORED = "app.slatedesk.restored"


@dataclass(frozen=True)
class Restored:
    """`asset` has the credentials: the original itself (`same`), or a copy that now says what it is a copy of."""

    asset: Asset
    original: Asset
    same: bool
    how: str


def restore(
    desk: Desk, data: bytes, filename: str, *, by: Member, seen_in: Collection[int] | None = None, original: Asset | None = None
) -> Restored:
    """The file with its credentials. With `original` a person says which one it is, where looks alone cannot tell.

    Raises NotFound for a picture nobody knows, Conflict for one that only looks alike or needs nothing, Refused, BadPicture.
    """
    seen = identify.recognise(desk, data, filename, projects=seen_in)
    found = _meant(seen, original)
    with desk.reading() as session:
        project = projects.by_id(session, found.asset.project_id) if found.asset else None
        allow(session, by, Action.EXPORT, project)
    assert found.asset is not None
    source = _source(desk, found.asset)
    if found.certainty is Certainty.CERTAIN:
        return Restored(source, source, True, found.how)
    return _as_a_copy(desk, data, filename, found, source, by)


def _meant(seen: Recognition, said: Asset | None) -> Recognition:
    if said is None:
        if seen.asset is None:
            raise NotFound("Nothing here looks like this picture.", hint="`find` searches by words.")
        if seen.certainty is Certainty.SIMILAR:
            hint = f"If it is one of them, say which: /restore {seen.asset.code}, with the picture."
            raise Conflict(f"It only looks like {seen.asset.code}: {seen.how}.", hint=hint)
        return seen
    if seen.asset is not None and seen.asset.id == said.id:
        return seen
    near = next((one for one in seen.others if one.asset.id == said.id), None)
    if near is None:
        raise Conflict(f"It does not look like {said.code}.", hint="Drop it in without a word to see what it looks like.")
    return Recognition(
        Certainty.PROBABLE, f"chosen by a person; looks differ in {near.distance} of 256 bits", said, near.distance
    )


def _source(desk: Desk, asset: Asset) -> Asset:
    """The original behind an export."""
    if asset.copy_of is None:
        return asset
    with desk.reading() as session:
        return assets.by_id(session, asset.copy_of) or asset


def _as_a_copy(desk: Desk, data: bytes, filename: str, found: Recognition, original: Asset, by: Member) -> Restored:
    settings, mime = desk.settings, kinds.mime_of(data, filename)
    client = profiles.named("client")
    view: dict[str, Any] = redact.told(original.statement, client)
    rules = redact.policy(client, policies.of(settings))
    fields = xmp.fields(view, rules)
    plain = strip.bare(data, mime) if mime in strip.LOSSLESS and not read.carries(data) else data
    worded = embed.embed(plain, mime, None, "", xmp.packet(fields))
    told = {
        "original": original.code,
        "original_sha256": original.sha256,
        "certainty": found.certainty.value,
        "distance": found.distance,
        "of": 256,
        "how": found.how,
    } | ({"watermark_bits": found.mark_bits, "watermark_of": 64} if found.mark_bits is not None else {})
    parent, redactions = _parent(desk, original)
    assertions = [*manifest.metadata(fields), *manifest.training(rules), {"label": RESTORED, "kind": "Json", "data": told}]
    plan = manifest.of_copy(
        parent,
        [{"action": "c2pa.unknown"}],
        assertions,
        redactions=redactions,
        title=f"copy of {original.code}",
        thumbnail=previews.small_for_manifest(data, settings.max_pixels),
    )
    sealed = sign.seal(settings, worded, mime, plan)
    if not sealed.manifest:
        raise SealUnavailable(f"The copy cannot be sealed: {sealed.why}.", hint="`slate doctor` tells more.")
    digest, beside = files.put_sealed(desk, sealed)
    try:
        draft = files.keep(
            desk,
            sealed.data,
            filename,
            member_id=by.id or 0,
            project_id=original.project_id,
            shot=original.shot,
            origin=Origin.EXPORT,
        )
    except StoreError:
        files.take_back(desk, sealed, digest)
        raise
    draft = replace(draft, asset=_told(draft.asset, original, view, sealed, beside))
    with desk.writing() as session:
        return _kept(session, draft, original, found, sealed, by)


def _told(asset: Asset, original: Asset, view: dict[str, Any], sealed: sign.Sealed, kept: str) -> Asset:
    asset.copy_of, asset.phash, asset.statement = original.id, "", view
    asset.seal_state, asset.seal = sealed.state, {**sealed.facts, "manifest": kept}
    return asset


def _kept(
    session: Session, draft: files.AssetDraft, original: Asset, found: Recognition, sealed: sign.Sealed, by: Member
) -> Restored:
    asset = assets.add(session, draft)
    row = Export(
        asset_id=original.id or 0,
        copy_id=asset.id or 0,
        project_id=original.project_id,
        member_id=by.id or 0,
        profile="restored",
        reason=found.how,
        source_sha256=original.sha256,
        sha256=asset.sha256,
        filename=asset.filename,
        created_at=now(),
    )
    rows.add(session, row)
    after = {"copy": asset.code, "sha256": asset.sha256, "certainty": found.certainty.value, "distance": found.distance}
    record(session, Event(audit.Action.ASSET_RESTORED, original.code, by=by, after=after))
    return Restored(asset, original, False, found.how)


def _parent(desk: Desk, original: Asset) -> tuple[Ingredient, list[str]]:
    data = stored.read(desk, original.sha256, name=original.code)
    found = read.read(desk.settings, data, original.mime) if read.carries(data) else None
    if found is not None:
        return Ingredient("original", original.code, original.mime, data, "parentOf"), transcode.redactions_of(
            found, names.PRIVATE
        )
    plain = strip.bare(data, original.mime) if original.mime in strip.LOSSLESS else data
    small = previews.small_for_manifest(plain, desk.settings.max_pixels)
    return Ingredient("original", original.code, original.mime, plain, "parentOf", small), []
