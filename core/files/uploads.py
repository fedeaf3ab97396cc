"""A file somebody brought along, kept as an Asset of a Project."""

from __future__ import annotations

from sqlmodel import Session

from core import files
from core.desk import Desk
from core.errors import BlobDamaged, BlobMissing
from core.events import Event, record
from core.events.actions import Action
from core.files import stored
from core.people.roles import Permission, allow
from storage.files import assets
from storage.tables import Asset, Member, Project


def keep(desk: Desk, sha256: str, filename: str, *, by: Member, project: Project) -> Asset:
    """The Asset of bytes that are in the blob store; the same bytes again in the same Project are the Asset that is there.

    Raises Refused, BlobMissing, BadPicture, TooManyPixels, TooLong; then nothing was kept.
    """
    assert by.id is not None, "a member who is stored"
    assert project.id is not None, "a project that is stored"
    with desk.reading() as session:
        allow(session, by, Permission.UPLOAD, project)
        there = _there(session, sha256, project)
    if there is not None:
        return there
    try:
        data = stored.read(desk, sha256, name=filename[:60])
    except (BlobMissing, BlobDamaged) as problem:
        raise BlobMissing(f"The bytes of {filename[:60]} are not there any more.", hint="Send the file again.") from problem
    draft = files.keep(desk, data, filename, member_id=by.id, project_id=project.id)
    with desk.writing() as session:
        there = _there(session, sha256, project)
        if there is not None:
            return there
        asset = assets.add(session, draft)
        record(session, Event(Action.ASSET_UPLOADED, asset.code, by=by, after={"filename": asset.filename}))
    return asset


def _there(session: Session, sha256: str, project: Project) -> Asset | None:
    return next(iter(assets.with_bytes(session, sha256, {project.id or 0}, limit=1)), None)
