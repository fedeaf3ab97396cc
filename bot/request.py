"""What comes in from a person, before it is understood: ChatRequest, ChatPlace, Attachment; and Completion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from storage.tables import Member, Project


@dataclass(frozen=True)
class ChatPlace:
    """Where something was said, and so where the answer belongs."""

    platform: str
    """`room`, `slack`, `discord` or `cli`."""
    channel_id: str = ""
    """The platform's own id of the channel; empty where there is none, as on the command line."""
    thread_ref: str = ""
    """The platform's own id of the thread's first message, or empty."""
    project: Project | None = None
    """The project of the channel; None where no channel decides."""
    tenant: str = ""
    """Which workspace of the platform the channel is in; empty where a platform has none."""
    held_seconds: float = 0.0
    """For how long the front end shows a new render here itself, as the answer to the asking, before the outbox does."""
    reply: Mapping[str, str] = field(default_factory=dict, hash=False, compare=False, repr=False)
    """How the platform can give an answer that comes later: to whom, and by which address that came with the request."""


@dataclass(frozen=True)
class Attachment:
    """A file that came along. Its bytes are in the blob store already, under their digest."""

    filename: str
    mime: str
    sha256: str
    size: int


@dataclass(frozen=True)
class ChatRequest:
    """One message or slash command of one Member."""

    member: Member
    place: ChatPlace
    text: str
    attachments: tuple[Attachment, ...] = ()
    key: str | None = None
    """The platform's id of this event: said twice under one key, it is done once."""
    user_id: str = ""
    """The account it was said from, by the platform's own id; empty where an account is not what makes the Member."""
    now: bool = False
    """Whether it is carried out here and now, however long it takes: a job does it, and has no one waiting."""
    operator: str = ""
    """The operating system's user, where it was said at the command line by nobody else (`--as`): may change any role."""


@dataclass(frozen=True)
class Completion:
    """Something that may stand where the cursor is. `value` replaces the word the cursor is in."""

    value: str
    label: str
    help: str = ""
