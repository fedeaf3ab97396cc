"""What happened, who did it: a closed list of `subject:action` words and the one way to write them down."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlmodel import Session

from storage.people import audit as rows
from storage.tables import AuditEvent, Member


class Action(StrEnum):
    """Everything that is audited."""

    RENDER_ASKED = "render:asked"
    RENDER_DONE = "render:done"
    RENDER_FAILED = "render:failed"
    RENDER_CANCELLED = "render:cancelled"
    ASSET_MADE = "asset:made"
    ASSET_UPLOADED = "asset:uploaded"
    ASSET_FETCHED = "asset:fetched"
    ASSET_SEALED = "asset:sealed"
    ASSET_EXPORTED = "asset:exported"
    ASSET_DECLARED = "asset:declared"
    ASSET_RESTORED = "asset:restored"
    ASSET_VERDICT = "asset:verdict"
    ASSET_VOTE = "asset:vote"
    ASSET_VERDICT_WITHDRAWN = "asset:verdict-withdrawn"
    ASSET_TAGGED = "asset:tagged"
    ASSET_UNTAGGED = "asset:untagged"
    ASSET_CONFIRMED = "asset:confirmed"
    INTAKE_BEGUN = "intake:begun"
    MEMBER_JOINED = "member:joined"
    MEMBER_HANDLE_ADDED = "member:handle-added"
    MEMBER_HANDLE_MOVED = "member:handle-moved"
    MEMBER_HANDLE_CLOSED = "member:handle-closed"
    MEMBER_HANDLE_REOPENED = "member:handle-reopened"
    MEMBER_RENAMED = "member:renamed"
    MEMBER_ROLE_CHANGED = "member:role-changed"
    MEMBER_DEACTIVATED = "member:deactivated"
    MEMBER_REACTIVATED = "member:reactivated"
    CLIENT_ADDED = "client:added"
    PROJECT_ADDED = "project:added"
    PROJECT_CHANGED = "project:changed"
    PROFILE_CHANGED = "project:profile-changed"
    CHANNEL_BOUND = "channel:bound"
    WORKSPACE_INSTALLED = "workspace:installed"
    WORKSPACE_REVOKED = "workspace:revoked"
    WORKSPACE_CHANGED = "workspace:changed"
    WORKFLOW_ADDED = "workflow:added"
    WORKFLOW_VERSION_ADDED = "workflow:version-added"


def record(
    session: Session,
    action: Action,
    subject: str,
    *,
    actor: Member | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEvent:
    """Write down, in the caller's transaction, that `actor` (None: Slate itself) did `action` to `subject`.

    `subject` is a public id such as `R-4F2K`, or a name such as `project/acme-spring` where there is none.
    `before` and `after` hold what changed, and are JSON-ready.
    """
    event = AuditEvent(
        action=action.value, subject=subject, actor_id=actor.id if actor else None, before=before or {}, after=after or {}
    )
    return rows.add(session, event)
