"""The secrets of one Asset: every name, word and path that is known of it and that strangers must not read."""

from __future__ import annotations

from sqlmodel import Session

from core.exports import leak_check
from core.exports.leak_check import Secret
from storage.files import verdicts
from storage.people import members, projects
from storage.tables import Asset

_TELLING = 5
"""Letters that the name of a workflow must have to say something about the work."""
_LONG_SEED = 8


def secrets(session: Session, asset: Asset) -> tuple[Secret, ...]:
    """All of them; a profile says which a copy may tell all the same."""
    project, maker = projects.by_id(session, asset.project_id), members.by_id(session, asset.member_id)
    client = projects.client(session, project.client_id) if project else None
    said = [(who.name, verdict.note) for verdict, who in verdicts.history(session, asset.id or 0)]
    words: dict[str, list[str]] = {
        "person": [maker.name if maker else "", *(name for name, _ in said)],
        "chat id": [one.user_id for one in members.handles(session, asset.member_id)],
        "client": [client.name if client else ""],
        "project": [project.name, project.slug] if project else [],
        "shot": [asset.shot],
        "note": [note for _, note in said],
        "prompt": [asset.prompt, asset.negative],
        "workflow": [asset.workflow] if len(asset.workflow) > _TELLING else [],
        "path": [*leak_check.paths_in(asset.statement.get("inputs")), *leak_check.paths_in(asset.facts)],
        "seed": [asset.seed] if len(asset.seed) > _LONG_SEED else [],
        "model": [str(one.get("name") or "") for one in asset.models],
    }
    return leak_check.secrets_of(asset.statement, words)
