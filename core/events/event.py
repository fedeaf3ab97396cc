"""An event: what changed, by whom, as a frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.events.actions import Action
from storage.tables import Member


@dataclass(frozen=True)
class Event:
    """One change. What follows from it is decided by its action alone (core/events/consequences.py)."""

    action: Action
    subject: str
    """The public id of what changed, such as `R-4F2K`, or a name such as `project/acme-spring` where there is none."""
    by: Member | None = None
    """Who did it; None: Slate itself."""
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    """What changed, JSON-ready."""
    asset_id: int | None = None
    render_id: int | None = None
    backend_id: int | None = None
    """The server that a step of a render happened on."""
    note: str = ""
    """One sentence for a render's history, such as why it went back in line."""
