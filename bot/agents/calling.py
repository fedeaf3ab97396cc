"""An agent's call is carried out as a command of the Member for whom it acts, and is put on record."""

from __future__ import annotations

from dataclasses import dataclass

from bot import commands
from bot.cards import Answer
from bot.request import Attachment, ChatPlace, ChatRequest
from core.desk import Desk
from core.errors import SlateError
from core.events import Event, record
from core.events.actions import Action
from core.people import projects
from core.people.api_keys import KeyScope, KeyUse
from storage import ids
from storage.tables import Member


@dataclass(frozen=True)
class AgentCaller:
    """For whom an agent acts, how much it may, and by what: `key/K-4F2K`, or `terminal/ada` without a key."""

    member: Member
    scope: KeyScope
    subject: str

    @property
    def writes(self) -> bool:
        return self.scope is KeyScope.WRITE


@dataclass(frozen=True)
class AgentRequest:
    """The command that a tool stands for."""

    tool: str
    line: str
    project: str = ""
    once: str = ""
    """An id of the agent's own: the same request said twice is done once."""
    attachments: tuple[Attachment, ...] = ()
    about: str = ""
    """The ids that it is about, for the audit log."""


def by_key(key: KeyUse) -> AgentCaller:
    return AgentCaller(key.member, key.scope, f"key/{ids.code('K', key.row)}")


def carry_out(desk: Desk, caller: AgentCaller, wanted: AgentRequest) -> Answer:
    """What the command answers. Never raises: an error is an Answer with its code. What cannot be put on record is not done."""
    try:
        note_call(desk, caller, wanted.tool, wanted.about)
        project = None
        if wanted.project:
            with desk.reading() as session:
                project = projects.find(session, wanted.project)
    except SlateError as problem:
        return commands.sorry(problem)
    once = f"{caller.subject}:{wanted.once}" if wanted.once else None
    place = ChatPlace("api", project=project)
    return commands.answer(desk, ChatRequest(caller.member, place, wanted.line, wanted.attachments, key=once))


def note_call(desk: Desk, caller: AgentCaller, tool: str, about: str = "") -> None:
    """Put a call on record. Raises StoreError."""
    after = {"tool": tool, "about": about[:200]} if about else {"tool": tool}
    with desk.writing() as session:
        record(session, Event(Action.AGENT_CALLED, caller.subject, by=caller.member, after=after))
