"""Every error Slate declares, in one tree; an error's docstring is its default sentence.

    SlateError
    ├── Refused                the person may not do this
    ├── NotFound               a name or an id that nothing answers to (carries suggestions)
    │   ├── UnknownCommand · UnknownWorkflow · UnknownInput · UnknownProject · UnknownMember
    │   └── UnknownRender · UnknownAsset · UnknownModel
    ├── BadInput               a value that cannot be used (carries the input's name)
    │   ├── OutOfRange · WrongType · MissingInput · TooLong
    │   └── BadPicture · TooManyPixels · TooCostly · BadGraph · BadQuery
    ├── Conflict               right command, wrong moment (already done, already cancelled …)
    │   └── LastAdmin
    ├── BackendError           a ComfyUI server
    │   ├── BackendUnreachable · BackendBusy          try again, here or elsewhere
    │   ├── GraphRefused · ModelMissing · NodeMissing the graph cannot run there as it is
    │   ├── RenderFailed · OutOfMemory · RunInterrupted
    │   ├── RunVanished · OutputLost · NoOutputs · ResultTooLarge
    │   └── GarbledAnswer · AnswerTooLarge · AnswerTooSlow
    ├── ChatError              a chat platform
    │   └── ChatBusy · ChatGone · ChatRefused
    ├── IdentityProviderAway   nobody new can sign in by it just now
    ├── Unfinished             it was begun several times and never came to its end
    ├── CannotStart            something on this machine keeps a process from starting
    ├── SandboxBusy            as many files are being read as may be at a time
    ├── SealUnavailable        there is nothing to sign with
    ├── AuditBroken            the audit log is not as it was written
    ├── WouldLeak              a copy holds what its profile takes out
    └── StoreError             our own memory
        └── DatabaseUnavailable · QueueUnavailable · BlobMissing · BlobDamaged · DiskFull

An error carries facts (`facts`) and a stable `code`; the faces decide on the words around it. `hint` says what to do next.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar


class SlateError(Exception):
    """Something went wrong in Slate."""

    code: ClassVar[str] = "slate-error"
    transient: ClassVar[bool] = False
    """Whether the same thing may work a moment later without anybody changing anything."""

    def __init_subclass__(cls) -> None:
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    def __init__(self, message: str = "", *, hint: str = "", **facts: Any) -> None:
        self.message = message or (type(self).__doc__ or "").strip().splitlines()[0]
        self.hint = hint
        self.facts = facts
        super().__init__(self.message)


class Refused(SlateError):
    """You may not do this here."""


class NotFound(SlateError):
    """Nothing by that name."""

    def __init__(self, message: str = "", *, suggestions: Sequence[str] = (), hint: str = "", **facts: Any) -> None:
        self.suggestions = tuple(suggestions)
        if suggestions and not hint:
            hint = "Did you mean " + " or ".join(f"`{one}`" for one in suggestions) + "?"
        super().__init__(message, hint=hint, suggestions=list(suggestions), **facts)


class UnknownCommand(NotFound):
    """There is no such command."""


class UnknownWorkflow(NotFound):
    """There is no such workflow."""


class UnknownInput(NotFound):
    """The workflow has no such input."""


class UnknownProject(NotFound):
    """There is no such project."""


class UnknownMember(NotFound):
    """There is nobody by that name."""


class UnknownRender(NotFound):
    """There is no such render."""


class UnknownAsset(NotFound):
    """There is no such asset."""


class UnknownModel(NotFound):
    """There is no such model."""


class BadInput(SlateError):
    """This value cannot be used."""


class OutOfRange(BadInput):
    """The value is outside the allowed range."""


class WrongType(BadInput):
    """The value is of the wrong type."""


class MissingInput(BadInput):
    """A required input is missing."""


class TooLong(BadInput):
    """The text is too long."""


class BadPicture(BadInput):
    """This file is not a picture that can be read."""


class TooManyPixels(BadInput):
    """The picture is too large to open safely."""


class TooCostly(BadInput):
    """Reading this file takes more memory or computing than is allowed."""


class BadGraph(BadInput):
    """The workflow graph cannot be read."""


class BadQuery(BadInput):
    """The question could not be understood."""


class Conflict(SlateError):
    """That is no longer possible."""


class LastAdmin(Conflict):
    """Slate would have no admin left."""


class AuditBroken(SlateError):
    """The audit log is not as it was written."""


class WouldLeak(SlateError):
    """The copy still contains what its profile removes, so it was not made."""


class SandboxBusy(SlateError):
    """Slate is reading as many files as it can at a time; try again in a moment."""

    transient = True


class SealUnavailable(SlateError):
    """There is nothing to sign with."""


class BackendError(SlateError):
    """A ComfyUI server had a problem."""


class BackendUnreachable(BackendError):
    """The ComfyUI server does not answer."""

    transient = True


class BackendBusy(BackendError):
    """The ComfyUI server takes no more work just now."""

    transient = True


class GraphRefused(BackendError):
    """ComfyUI refused the workflow."""


class ModelMissing(GraphRefused):
    """The ComfyUI server does not have a model file that the workflow needs."""


class NodeMissing(GraphRefused):
    """The ComfyUI server does not have a node that the workflow needs."""


class RenderFailed(BackendError):
    """The render failed on the ComfyUI server."""


class OutOfMemory(RenderFailed):
    """The GPU ran out of memory."""


class RunInterrupted(BackendError):
    """The run was interrupted on the ComfyUI server."""


class RunVanished(BackendError):
    """The ComfyUI server no longer knows the run; it was restarted or its queue was cleared."""

    transient = True


class OutputLost(BackendError):
    """The ComfyUI server reported a file that it cannot deliver."""


class NoOutputs(BackendError):
    """The run ended well but made no file."""


class GarbledAnswer(BackendError):
    """The ComfyUI server answered something that is not its protocol."""

    transient = True


class AnswerTooLarge(GarbledAnswer):
    """The ComfyUI server's answer is larger than Slate accepts."""


class AnswerTooSlow(BackendUnreachable):
    """The ComfyUI server answers too slowly."""


class ResultTooLarge(BackendError):
    """The result is larger than Slate accepts."""


class ChatError(SlateError):
    """A chat platform had a problem."""


class ChatBusy(ChatError):
    """The chat platform asks for a pause or does not answer."""

    transient = True

    def __init__(self, message: str = "", *, retry_after: float = 0.0, hint: str = "", **facts: Any) -> None:
        self.retry_after = retry_after
        """Seconds the platform asks to wait; 0 when it does not say."""
        super().__init__(message, hint=hint, retry_after=retry_after, **facts)


class ChatGone(ChatError):
    """The channel or message no longer exists."""


class ChatRefused(ChatError):
    """The chat platform does not let Slate do this."""


class IdentityProviderAway(SlateError):
    """The identity provider does not answer as it should."""

    transient = True


class Unfinished(SlateError):
    """This was begun several times and never came to its end, so it is not tried again."""


class CannotStart(SlateError):
    """Slate cannot start."""


class StoreError(SlateError):
    """Slate's storage had a problem."""


class DatabaseUnavailable(StoreError):
    """The database does not answer."""

    transient = True


class QueueUnavailable(StoreError):
    """The queue does not answer. The request is saved and resumes automatically."""

    transient = True


class BlobMissing(StoreError):
    """The file's bytes are not in the store."""


class BlobDamaged(StoreError):
    """The file in the store is damaged."""


class DiskFull(StoreError):
    """There is no room left to store the file."""
