"""The closed lists of words that rows may hold."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a Member may do, weakest first."""

    VIEWER = "viewer"
    ARTIST = "artist"
    LEAD = "lead"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        return list(Role).index(self)


class RenderState(StrEnum):
    """queued -> running -> one of done, failed, cancelled; a running render may go back to queued."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        return self in (RenderState.DONE, RenderState.FAILED, RenderState.CANCELLED)


class Origin(StrEnum):
    """Where an Asset came from."""

    RENDER = "render"
    UPLOAD = "upload"
    INGEST = "ingest"
    EXPORT = "export"
    RETURNED = "returned"
    """An output of a Render that the server only gave back: a file that was brought here, unchanged."""


class FoundState(StrEnum):
    """What became of a file that an Intake came upon."""

    WAITING = "waiting"
    """Its facts are known and found; its bytes, looks and small pictures follow."""
    DONE = "done"
    KNOWN = "known"
    """The very same bytes are an Asset already."""
    REFUSED = "refused"


class Judgement(StrEnum):
    """What a Verdict says."""

    APPROVED = "approved"
    REJECTED = "rejected"
    NEEDS_WORK = "needs work"


class BackendState(StrEnum):
    """Whether a Backend takes work."""

    UP = "up"
    DOWN = "down"
    DRAINING = "draining"
