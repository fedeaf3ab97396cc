"""Gives a recognised copy its credentials back.

Where the very pixels are known, the original is the answer. Where the copy was encoded again and all of it agrees with the
original, it gets a manifest of its own, with the original as its parent, which says that it was recognised and is not identical.
That is never a proof, and what agrees less gets nothing.
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
from core.events.actions import Action
from core.exports import profiles, redact, strip, transcode
from core.files import previews, stored
from core.formats.problems import HIDDEN
from core.people.roles import Permission, allow
from core.provenance import embed, policies, xmp
from core.provenance.seal import manifest, names, read, sign
from core.provenance.seal.manifest import Ingredient
from core.recognition import films
from core.recognition.identify import Certainty, Recognition
from core.verification import agreement, evidence
from core.verification.decision_table import Recognised, Signature
from core.verification.evidence import Found, Looked
from storage.clock import now
from storage.files import assets, exports
from storage.people import projects
from storage.tables import Asset, Export, Member, Origin

_SIGNED = frozenset({Signature.TRUSTED, Signature.BROUGHT, Signature.NOT_IDENTICAL, Signature.BROKEN_HISTORY, Signature.UNKNOWN})


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
    looked = evidence.look(desk, data, filename)
    found = _meant(evidence.find(desk, looked, projects=seen_in), original)
    assert found.asset is not None
    source = found.original or found.asset
    with desk.reading() as session:
        allow(session, by, Permission.EXPORT, projects.by_id(session, source.project_id))
    if found.recognised is Recognised.EQUAL:
        return Restored(source, source, True, found.seen.how)
    _needs_some(looked)
    return _as_a_copy(desk, looked, found, source, _agreement(desk, looked, source), by)


def _needs_some(looked: Looked) -> None:
    """Raises Conflict for a file that has credentials of its own, or that hides text in its pixels."""
    if looked.signature in _SIGNED:
        hint = "`/verify` with the picture tells what they say."
        raise Conflict("It has valid Content Credentials of its own: they are not replaced.", hint=hint)
    if HIDDEN in looked.examined.problems:
        raise Conflict("Text is hidden in the lowest bits of its pixels: such a file is not signed.", hint="Save it again first.")


def _agreement(desk: Desk, looked: Looked, original: Asset) -> float:
    """How well it agrees with its original. Raises Conflict where that is not enough, BlobMissing, StoreError."""
    if looked.image is None:
        raise Conflict(f"It is not identical to {original.code}, and only pictures are compared.", hint="Export the original.")
    if films.is_film(original):
        raise Conflict(
            f"It shows {original.code}, which is a film or animation: only pictures are compared.",
            hint=f"`/export {original.code}` gives all of it with its Content Credentials.",
        )
    if not evidence.same_colours(desk, looked, original):
        raise Conflict(
            f"It is recognised as {original.code}, but its colour profile shows it in other colours.",
            hint=f"Save it anew in sRGB, or `/export {original.code}`.",
        )
    share = agreement.agreement_of(
        looked.data, stored.read(desk, original.sha256, name=original.code), max_pixels=desk.settings.max_pixels
    )
    if share < agreement.ENOUGH:
        raise Conflict(
            f"It is recognised as {original.code}, but only {share:.0%} of it agrees with it: it was changed.",
            hint=f"What was changed gets no Content Credentials; `/export {original.code}` gives the original.",
        )
    return share


def _meant(found: Found, said: Asset | None) -> Found:
    """Raises NotFound, Conflict."""
    if said is None:
        if found.asset is None:
            raise NotFound("Nothing here looks like this picture.", hint="`find` searches by words.")
        if found.recognised is Recognised.RESEMBLES:
            hint = f"If it is one of them, say which: /restore {found.asset.code}, with the picture."
            raise Conflict(f"It only looks like {found.asset.code}: {found.seen.how}.", hint=hint)
        return found
    if found.asset is not None and said.id in (found.asset.id, found.original.id if found.original else None):
        return found
    near = next((one for one in found.seen.others if one.asset.id == said.id), None)
    if near is None:
        raise Conflict(f"It does not look like {said.code}.", hint="Drop it in without a word to see what it looks like.")
    how = f"chosen by a person; looks differ in {near.distance} of 256 bits"
    return Found(Recognised.LOOKS, said, said, Recognition(Certainty.PROBABLE, how, said, near.distance))


def _as_a_copy(desk: Desk, looked: Looked, found: Found, original: Asset, agreed: float, by: Member) -> Restored:
    settings, data, mime, seen = desk.settings, looked.data, looked.examined.mime, found.seen
    client = profiles.named("client")
    view: dict[str, Any] = redact.told(original.statement, client)
    rules = redact.policy(client, policies.of(settings))
    fields = xmp.fields(view, rules)
    plain = strip.bare(data, mime) if mime in strip.LOSSLESS else data
    worded = embed.embed(plain, mime, None, "", xmp.packet(fields))
    told = {
        "original": original.code,
        "original_sha256": original.sha256,
        "identical": False,
        "agreement": round(agreed, 3),
        "certainty": seen.certainty.value,
        "distance": seen.distance,
        "of": 256,
        "how": seen.how,
    } | ({"watermark_bits": seen.mark_bits, "watermark_of": 64} if seen.mark_bits is not None else {})
    parent, redactions = _parent(desk, original)
    assertions = [*manifest.metadata(fields), *manifest.training(rules), {"label": names.RESTORED, "kind": "Json", "data": told}]
    plan = manifest.of_copy(
        parent,
        [{"action": "c2pa.unknown"}],
        assertions,
        states=names.SealOrigin.NOT_IDENTICAL,
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
            looked.filename,
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
        return _kept(session, draft, original, seen, sealed, by)


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
        profile=exports.RESTORED,
        reason=found.how,
        source_sha256=original.sha256,
        sha256=asset.sha256,
        filename=asset.filename,
        created_at=now(),
    )
    exports.add(session, row)
    after = {"copy": asset.code, "sha256": asset.sha256, "certainty": found.certainty.value, "distance": found.distance}
    record(session, Event(Action.ASSET_RESTORED, original.code, by=by, after=after))
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
