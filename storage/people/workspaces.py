"""Named queries for Workspaces: where on a platform Slate is installed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, select

from storage.clock import now
from storage.tables import Workspace


def find(session: Session, platform: str, tenant: str) -> Workspace | None:
    return session.exec(select(Workspace).where(Workspace.platform == platform, Workspace.tenant == tenant)).first()


def first(session: Session, platform: str) -> Workspace | None:
    """The place where Slate was installed first."""
    rows = select(Workspace).where(Workspace.platform == platform).order_by(col(Workspace.installed_at), col(Workspace.id))
    return session.exec(rows).first()


def everything(session: Session, platform: str) -> Sequence[Workspace]:
    """The platform's Workspaces by name, those that were revoked too."""
    return session.exec(select(Workspace).where(Workspace.platform == platform).order_by(Workspace.name)).all()


def save(session: Session, platform: str, tenant: str, **values: Any) -> Workspace:
    """Make the Workspace known, or change what is known of it.

    With a `sealed_token` (empty: the one token that serves every place) it is installed, also where it was revoked before.
    """
    kept = find(session, platform, tenant) or Workspace(platform=platform, tenant=tenant)
    for name, value in values.items():
        if name not in ("name", "sealed_token", "bot_id", "scopes", "settings"):
            raise TypeError(f"a workspace's {name} does not change")
        setattr(kept, name, value)
    if "sealed_token" in values:
        kept.installed_at, kept.revoked_at = now(), None
    session.add(kept)
    session.flush()
    return kept


def revoke(session: Session, platform: str, tenant: str) -> bool:
    """Forget the token of a Workspace that removed Slate; whether it was still installed."""
    kept = find(session, platform, tenant)
    if kept is None or kept.revoked_at is not None:
        return False
    kept.sealed_token, kept.revoked_at = "", now()
    session.add(kept)
    session.flush()
    return True


def installed(session: Session, platform: str) -> Sequence[Workspace]:
    """Those that have not removed Slate."""
    asked = select(Workspace).where(Workspace.platform == platform, col(Workspace.revoked_at).is_(None))
    return session.exec(asked.order_by(Workspace.name)).all()
