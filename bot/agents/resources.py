"""What agents read by an address: `slate://asset/A-7Q0D`, `slate://render/R-4F2K`, `slate://workflow/NAME`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.agents.calling import AgentRequest
from bot.command_text import quote
from core.desk import Desk
from core.people.roles import Permission, may
from storage.rendering import workflows
from storage.tables import Member

TEMPLATES = (
    ("asset", "slate://asset/{id}", "An asset: everything on how it came to be."),
    ("render", "slate://render/{id}", "A render: its state and where its time went."),
    ("workflow", "slate://workflow/{name}", "A workflow and its inputs."),
)
"""(name, address, what it is)."""
_ADDRESS = re.compile(r"slate://(asset|render|workflow)/([\w@.-]{1,100})")
_COMMANDS = {"asset": "provenance", "render": "why", "workflow": "workflows"}
_MOST = 200


def request_for(address: str) -> AgentRequest | None:
    """The command that answers what stands at an address; None for an address that is none of ours."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        return None
    kind, name = found.groups()
    return AgentRequest(_COMMANDS[kind], f"{_COMMANDS[kind]} {quote(name)}", about=address)


def listed(desk: Desk, member: Member) -> Sequence[tuple[str, str]]:
    """(name, description) of each workflow, for a member who may see them. Assets are too many to list: they are found."""
    with desk.reading() as session:
        if not may(session, member, Permission.SEE, None):
            return ()
        return [(one.name, one.description or one.title) for one in workflows.everything(session)[:_MOST]]
