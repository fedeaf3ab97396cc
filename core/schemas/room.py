"""What the web room's addresses answer."""

from __future__ import annotations

from pydantic import Field

from core.schemas.base import Schema


class GoSchema(Schema):
    """Which page to show next."""

    go: str
    name: str = Field("", description="of the member, after joining")


class NextAction(Schema):
    """Something that may be pressed next."""

    action: str
    label: str


class RoomAnswer(Schema):
    """What the browser does with an answer, besides the message that shows it."""

    form: str = Field("", description="HTML of a form")
    to_copy: str = Field("", alias="copy", description="text to copy")
    secret: str = Field("", description="HTML of a secret, to be shown this once")
    error: str = Field("", description="stable code, or empty")
    render: str = Field("", description="id of the render that was asked for")
    said: str = Field("", description="words to show near the button")
    buttons: list[NextAction] = Field([], description="what may be pressed next")


class WorkingSchema(Schema):
    """An acknowledgement in chat: the answer itself comes as a message."""

    working: str = Field(description="the key of the request")


class RoomProblem(Schema):
    """An error, as every address of the web process tells it."""

    error: str = Field(description="stable code")
    message: str
    hint: str


class CompletionSchema(Schema):
    """One way to go on typing."""

    value: str
    label: str
    help: str


class UploadSchema(Schema):
    """A file that was put into the room."""

    receipt: str = Field(description="stands for the file in a message")
    filename: str
    mime: str
    size: int = Field(description="bytes")
    warning: str


class HealthSchema(Schema):
    """Whether the process can work."""

    ok: bool
    database: str
    redis: str
