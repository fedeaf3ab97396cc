"""Carries out an export: makes the copies, looks for what they must not hold, keeps them, writes down who got them and why."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlmodel import Session

from core import files
from core.desk import Desk
from core.errors import BadPicture, Conflict, SlateError, StoreError, WouldLeak
from core.events import Event, record
from core.events.actions import Action
from core.exports import leak_check, private_terms, profiles, redact, transcode
from core.exports.leak_check import Secret
from core.exports.profiles import Profile
from core.exports.transcode import Copy, Original
from core.files import Limits, stored
from core.people.roles import Permission, allow
from core.provenance import origins, policies
from core.provenance.seal import read as seal_read
from core.provenance.seal.read import Credentials
from storage.clock import now
from storage.files import assets, exports, verdicts
from storage.people import members, projects
from storage.tables import Asset, Export, Member, Origin, Project

_TOLD = {
    "words": ("prompt", "seed", "path"),
    "people": ("person", "chat id"),
    "models": ("model",),
    "work": ("client", "project", "shot", "workflow", "note", "server"),
}
"""Which secrets are none under a rule."""
_LARGE = Limits(max_bytes=4 << 30)


@dataclass(frozen=True)
class Wish:
    """What somebody wants to leave, and for whom. `own` are rules of this one export, over those of the profile."""

    profile: str
    recipient: str = ""
    reason: str = ""
    own: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Whole:
    """An Asset with everything around it that a copy is made of, or must not tell."""

    asset: Asset
    project: Project
    client: str
    by: str
    secrets: tuple[Secret, ...]
    stated: dict[str, Any]
    profile: Profile


@dataclass(frozen=True)
class Ready:
    """A copy that is made and not yet kept. `told` is what its recipient can read, `leaks` what should not be there and is."""

    whole: Whole
    copy: Copy
    filename: str
    view: dict[str, Any]
    credentials: Credentials | None
    leaks: tuple[Secret, ...]


@dataclass(frozen=True)
class Left:
    """A copy that left."""

    ready: Ready = field(repr=False)
    asset: Asset
    export: Export


def prepare(desk: Desk, asset: Asset, wish: Wish, *, by: Member, number: int = 1) -> Ready:
    """The copy, made and looked through but not kept: what a dry run shows. Raises Refused, NotFound, Conflict, BlobMissing."""
    with desk.reading() as session:
        whole = _whole(session, asset, wish, by)
    data = _bytes(desk, asset)
    if not origins.made_here(asset):
        whole = replace(whole, stated=_carried(desk, asset, data))
    if whole.profile.graph and not whole.stated.get("graph"):
        read = files.examine(data, asset.filename, limits=replace(_LARGE, max_pixels=desk.settings.max_pixels)).graph
        whole = replace(whole, stated=whole.stated | ({"graph": read} if read else {}))
    original = Original(asset.code, data, asset.mime, whole.stated, asset.facts, asset.models)
    made = transcode.copy(desk.settings, original, whole.profile, policies.of(desk.settings))
    view = whole.stated if whole.profile.whole else redact.told(whole.stated, whole.profile)
    suffix = profiles.SUFFIXES.get(made.mime) or "." + asset.filename.rpartition(".")[2][:8]
    named = profiles.filename(whole.profile.naming, _names(whole, number), suffix)
    allowed = f"{desk.settings.team} {desk.settings.credit} {whole.profile.credit}"
    bad = leak_check.found_in(made.data, whole.secrets, allowed=allowed) if whole.profile.reduces else ()
    return Ready(whole, made, named, view, seal_read.read(desk.settings, made.data, made.mime), bad)


def leave(desk: Desk, found: Sequence[Asset], wish: Wish, *, by: Member) -> list[Left]:
    """Copies of these Assets, kept and logged together. Raises WouldLeak and what `prepare` raises; then nothing was kept."""
    drafts = _stored(desk, found, wish, by)
    batch = secrets.token_hex(6)
    with desk.writing() as session:
        return [_kept(session, one, draft, wish, by, batch) for one, draft in drafts]


def _refuse_leaks(one: Ready) -> None:
    if one.leaks:
        kinds = sorted({secret.what for secret in one.leaks})
        hint = "`dry:yes` shows where it stands; the file it was made from may have it in its own credentials."
        raise WouldLeak(f"A copy of {one.whole.asset.code} would still tell its {', '.join(kinds)}.", hint=hint, kinds=kinds)


def _whole(session: Session, asset: Asset, wish: Wish, by: Member) -> Whole:
    project = projects.by_id(session, asset.project_id)
    assert project is not None, "an asset belongs to a project"
    allow(session, by, Permission.EXPORT, project)
    if asset.origin is Origin.EXPORT or asset.copy_of is not None:
        raise Conflict(f"{asset.code} is an export itself.", hint="Export its original.")
    client, maker = projects.client(session, project.client_id), members.by_id(session, asset.member_id)
    profile = profiles.named(wish.profile, exports.profiles(session, project.id or 0))
    profile = replace(profile, **dict(wish.own)) if wish.own else profile
    said = [
        {"by": who.name, "judgement": verdict.judgement.value, "binding": verdict.binding, "note": verdict.note}
        for verdict, who in verdicts.history(session, asset.id or 0)
        if verdict.withdrawn_at is None
    ]
    stated = {**asset.statement, "verdicts": said} if origins.made_here(asset) else {}
    kept = {what for rule, several in _TOLD.items() if getattr(profile, rule) for what in several}
    known = private_terms.secrets(session, asset)
    return Whole(
        asset,
        project,
        client.name if client else "",
        maker.name if maker else "",
        tuple(one for one in known if one.what not in kept),
        stated,
        profile,
    )


def _carried(desk: Desk, asset: Asset, data: bytes) -> dict[str, Any]:
    """What can be stated of a file that was brought here: only what it says of itself, as its own claim."""
    try:
        claims = files.glance(data, asset.filename, limits=replace(_LARGE, max_pixels=desk.settings.max_pixels)).claims_ai
    except BadPicture:
        claims = {}
    carried = origins.carried(asset, claims)
    return {"carried": carried} if carried else {}


def _names(whole: Whole, number: int) -> dict[str, object]:
    asset = whole.asset
    return {
        "asset": asset.code,
        "render": asset.statement.get("render"),
        "client": whole.client,
        "project": whole.project.slug,
        "shot": asset.shot,
        "workflow": asset.workflow,
        "number": f"{number:03}",
        "date": f"{asset.created_at:%Y%m%d}",
        "width": asset.width,
        "height": asset.height,
        "seed": asset.seed,
        "status": asset.status,
    }


def _named_apart(one: Ready, seen: dict[str, int]) -> Ready:
    """The same, under a name that none of those before has."""
    count = seen[one.filename] = seen.get(one.filename, 0) + 1
    stem, dot, ending = one.filename.rpartition(".")
    return one if count == 1 else replace(one, filename=f"{stem}-{count}{dot}{ending}")


def _stored(desk: Desk, found: Sequence[Asset], wish: Wish, by: Member) -> list[tuple[Ready, Asset]]:
    """All copies in the store, or none; one at a time is held. Raises WouldLeak, DiskFull, StoreError, what `prepare` raises."""
    made: list[tuple[Ready, Asset]] = []
    seen: dict[str, int] = {}
    with desk.reading() as session:
        for asset in found:
            _whole(session, asset, wish, by)  # nothing is made where one of them may not leave
    try:
        for number, asset in enumerate(found, start=1):
            ready = _named_apart(prepare(desk, asset, wish, by=by, number=number), seen)
            _refuse_leaks(ready)
            draft = _draft(desk, ready, by)
            made.append((replace(ready, copy=ready.copy.without_bytes()), draft))
    except SlateError:
        for one, draft in made:
            files.take_back(desk, one.copy.sealed, draft.sha256)
        raise
    return made


def _draft(desk: Desk, ready: Ready, by: Member) -> Asset:
    """The copy as an unsaved Asset, its bytes stored."""
    whole = ready.whole
    digest, beside = files.put_sealed(desk, ready.copy.sealed)
    try:
        asset = files.keep(
            desk,
            ready.copy.data,
            ready.filename,
            member_id=by.id or 0,
            project_id=whole.asset.project_id,
            shot=whole.asset.shot,
            origin=Origin.EXPORT,
            limits=replace(_LARGE, max_pixels=desk.settings.max_pixels),
        ).asset
    except StoreError:
        files.take_back(desk, ready.copy.sealed, digest)
        raise
    asset.copy_of, asset.phash = whole.asset.id, ""
    asset.statement, asset.prompt, asset.negative = ready.view, "", ""
    asset.seal_state = ready.copy.sealed.state
    asset.seal = {**ready.copy.sealed.facts, "manifest": beside}
    return asset


def _kept(session: Session, ready: Ready, asset: Asset, wish: Wish, by: Member, batch: str) -> Left:
    from storage.files.assets import AssetDraft

    copy_row = assets.add(session, AssetDraft(asset))
    source = ready.whole.asset
    export = exports.add(
        session,
        Export(
            batch=batch,
            asset_id=source.id or 0,
            copy_id=copy_row.id or 0,
            project_id=source.project_id,
            member_id=by.id or 0,
            profile=ready.whole.profile.name,
            recipient=wish.recipient,
            reason=wish.reason,
            source_sha256=source.sha256,
            sha256=copy_row.sha256,
            filename=ready.filename,
            removed=list(ready.copy.removed),
            lost=list(ready.copy.lost),
            created_at=now(),
        ),
    )
    after = {
        "export": export.code,
        "copy": copy_row.code,
        "profile": export.profile,
        "to": wish.recipient,
        "why": wish.reason,
        "source_sha256": source.sha256,
        "sha256": copy_row.sha256,
        "removed": export.removed,
    }
    record(session, Event(Action.ASSET_EXPORTED, source.code, by=by, after=after))
    return Left(ready, copy_row, export)


def set_profile(desk: Desk, project: Project, name: str, rules: dict[str, Any], *, by: Member) -> Profile:
    """Change a project's rules for a profile; no rules: as Slate ships it. Raises Refused, NotFound."""
    assert project.id is not None, "a project that is stored"
    base = profiles.named(name)
    with desk.writing() as session:
        allow(session, by, Permission.CHANGE_PROFILES, project)
        before = exports.set_profile(session, project.id, base.name, rules, by.id or 0)
        record(
            session,
            Event(
                Action.PROFILE_CHANGED,
                f"project/{project.slug}",
                by=by,
                before={base.name: before},
                after={base.name: rules},
            ),
        )
    return profiles.named(base.name, {base.name: rules})


def _bytes(desk: Desk, asset: Asset) -> bytes:
    return stored.read(desk, asset.sha256, name=asset.code)
