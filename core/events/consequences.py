"""What follows from each event: the one table of actions and their consequences."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from core.events.actions import Action


class Follow(StrEnum):
    """A consequence of an event, carried out in the event's own transaction."""

    AUDIT = "audit"
    """A row in the audit log."""
    HISTORY = "history"
    """A row in the render's history."""
    INDEX = "index"
    """The asset's entry in the search index is made anew, once, under the asset's lock."""
    POSTS = "posts"
    """Messages that show the render or the asset are marked as outdated, and a job edits them after the commit."""
    TICKET = "ticket"
    """A worker is called after the commit, where the render waits and may start now."""
    DELIVERIES = "deliveries"
    """Other programs are told (webhooks, DAMs): the event as they get it, and a delivery to each that wants it."""


AUDIT, HISTORY, INDEX, POSTS, TICKET = Follow.AUDIT, Follow.HISTORY, Follow.INDEX, Follow.POSTS, Follow.TICKET
DELIVERIES = Follow.DELIVERIES

FOLLOWS: Mapping[Action, frozenset[Follow]] = {
    Action.RENDER_ASKED: frozenset({AUDIT, HISTORY, POSTS, TICKET, DELIVERIES}),
    Action.RENDER_CLAIMED: frozenset({HISTORY, POSTS}),
    Action.RENDER_SUBMITTED: frozenset({HISTORY}),
    Action.RENDER_PROGRESSED: frozenset({POSTS}),
    Action.RENDER_MOVED_UP: frozenset({POSTS}),
    Action.RENDER_REQUEUED: frozenset({HISTORY, POSTS, TICKET}),
    Action.RENDER_UNBOUND: frozenset({HISTORY, POSTS}),
    Action.RENDER_CANCEL_ASKED: frozenset({HISTORY, POSTS}),
    Action.RENDER_DONE: frozenset({AUDIT, HISTORY, POSTS, DELIVERIES}),
    Action.RENDER_FAILED: frozenset({AUDIT, HISTORY, POSTS, DELIVERIES}),
    Action.RENDER_CANCELLED: frozenset({AUDIT, HISTORY, POSTS, DELIVERIES}),
    Action.ASSET_MADE: frozenset({AUDIT, DELIVERIES}),
    Action.ASSET_UPLOADED: frozenset({AUDIT, DELIVERIES}),
    Action.ASSET_SEALED: frozenset({AUDIT, POSTS}),
    Action.ASSET_EXPORTED: frozenset({AUDIT, DELIVERIES}),
    Action.ASSET_DECLARED: frozenset({AUDIT, POSTS}),
    Action.ASSET_RESTORED: frozenset({AUDIT, DELIVERIES}),
    Action.ASSET_VERDICT: frozenset({AUDIT, INDEX, POSTS, DELIVERIES}),
    Action.ASSET_VOTE: frozenset({AUDIT, INDEX, POSTS}),
    Action.ASSET_VERDICT_WITHDRAWN: frozenset({AUDIT, INDEX, POSTS, DELIVERIES}),
    Action.ASSET_TAGGED: frozenset({AUDIT, INDEX, POSTS, DELIVERIES}),
    Action.ASSET_UNTAGGED: frozenset({AUDIT, INDEX, POSTS, DELIVERIES}),
    Action.ASSET_ATTRIBUTED: frozenset({AUDIT, INDEX, POSTS}),
    Action.ASSET_CONFIRMED: frozenset({AUDIT, INDEX, POSTS, DELIVERIES}),
    Action.ASSET_EXAMINED: frozenset({INDEX, POSTS}),
    Action.ASSET_REPARSED: frozenset({INDEX, POSTS}),
    Action.ASSET_DOWNLOADED: frozenset({AUDIT}),
    Action.ASSET_VIEWED: frozenset({AUDIT}),
    Action.LINK_MADE: frozenset({AUDIT}),
    Action.LINK_USED: frozenset({AUDIT}),
    Action.LINK_REVOKED: frozenset({AUDIT}),
    Action.INTAKE_BEGUN: frozenset({AUDIT}),
    Action.MEMBER_JOINED: frozenset({AUDIT}),
    Action.MEMBER_HANDLE_ADDED: frozenset({AUDIT}),
    Action.MEMBER_HANDLE_MOVED: frozenset({AUDIT}),
    Action.MEMBER_HANDLE_CLOSED: frozenset({AUDIT}),
    Action.MEMBER_HANDLE_REOPENED: frozenset({AUDIT}),
    Action.MEMBER_ROLE_CHANGED: frozenset({AUDIT}),
    Action.MEMBER_PROJECT_ROLE_CHANGED: frozenset({AUDIT}),
    Action.MEMBER_DEACTIVATED: frozenset({AUDIT}),
    Action.MEMBER_REACTIVATED: frozenset({AUDIT}),
    Action.SIGN_IN_LINK_MADE: frozenset({AUDIT}),
    Action.SIGN_IN_REFUSED: frozenset({AUDIT}),
    Action.SESSION_BEGUN: frozenset({AUDIT}),
    Action.SESSION_ENDED: frozenset({AUDIT}),
    Action.KEY_MADE: frozenset({AUDIT}),
    Action.KEY_ROTATED: frozenset({AUDIT}),
    Action.KEY_REVOKED: frozenset({AUDIT}),
    Action.AGENT_CALLED: frozenset({AUDIT}),
    Action.AUDIT_EXPORTED: frozenset({AUDIT}),
    Action.CLIENT_ADDED: frozenset({AUDIT}),
    Action.PROJECT_ADDED: frozenset({AUDIT}),
    Action.PROJECT_CHANGED: frozenset({AUDIT}),
    Action.PROFILE_CHANGED: frozenset({AUDIT}),
    Action.CHANNEL_BOUND: frozenset({AUDIT}),
    Action.WORKSPACE_INSTALLED: frozenset({AUDIT}),
    Action.WORKSPACE_REVOKED: frozenset({AUDIT}),
    Action.WORKSPACE_CHANGED: frozenset({AUDIT}),
    Action.WORKFLOW_SAVED: frozenset({AUDIT}),
    Action.WORKFLOW_CHANGED: frozenset({AUDIT}),
    Action.DESTINATION_ADDED: frozenset({AUDIT}),
    Action.DESTINATION_CHANGED: frozenset({AUDIT}),
    Action.DESTINATION_SECRET_CHANGED: frozenset({AUDIT}),
    Action.DESTINATION_SWITCHED_OFF: frozenset({AUDIT}),
    Action.DESTINATION_SWITCHED_ON: frozenset({AUDIT}),
    Action.DESTINATION_REMOVED: frozenset({AUDIT}),
    Action.DESTINATION_REPLAYED: frozenset({AUDIT}),
}
"""Every action of the closed list stands here; a test holds the two together."""

ENDS = frozenset({Action.RENDER_DONE, Action.RENDER_FAILED, Action.RENDER_CANCELLED})
"""The ends of a render: messages that show one are edited before those about what goes on."""
