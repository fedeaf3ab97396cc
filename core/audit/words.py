"""Audited events in words: `Ana Ruiz approved A-7Q0D`, with what changed."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlmodel import Session

from core.events.actions import Action
from core.text.cells import tame
from storage.people import members, projects
from storage.tables import AuditEvent

PHRASES = MappingProxyType(
    {
        Action.RENDER_ASKED: "{who} asked for {subject}",
        Action.RENDER_DONE: "{subject} of {who} is done",
        Action.RENDER_FAILED: "{subject} of {who} failed",
        Action.RENDER_CANCELLED: "{who} cancelled {subject}",
        Action.ASSET_MADE: "{who} made {subject}",
        Action.ASSET_UPLOADED: "{who} uploaded {subject}",
        Action.ASSET_SEALED: "{who} sealed {subject}",
        Action.ASSET_EXPORTED: "{who} exported {subject}",
        Action.ASSET_DECLARED: "{who} answered a compliance question on {subject}",
        Action.ASSET_RESTORED: "{who} gave a copy of {subject} its credentials back",
        Action.ASSET_VERDICT: "{who} decided on {subject}",
        Action.ASSET_VOTE: "{who} voted on {subject}",
        Action.ASSET_VERDICT_WITHDRAWN: "{who} took a verdict on {subject} back",
        Action.ASSET_TAGGED: "{who} tagged {subject}",
        Action.ASSET_UNTAGGED: "{who} took a tag off {subject}",
        Action.ASSET_ATTRIBUTED: "{who} imported again with other rules, which say whose {subject} is",
        Action.ASSET_CONFIRMED: "{who} confirmed whose {subject} is",
        Action.ASSET_DOWNLOADED: "{who} downloaded {subject}",
        Action.ASSET_VIEWED: "{who} viewed the original of {subject}",
        Action.LINK_MADE: "{who} made the link {subject}",
        Action.LINK_USED: "Somebody used the link {subject}",
        Action.LINK_REVOKED: "{who} took back the link {subject}",
        Action.INTAKE_BEGUN: "{who} began to take in files: {subject}",
        Action.MEMBER_JOINED: "{subject} joined",
        Action.MEMBER_HANDLE_ADDED: "{subject} got an account",
        Action.MEMBER_HANDLE_MOVED: "An account moved to {subject}",
        Action.MEMBER_HANDLE_CLOSED: "An account of {subject} was closed",
        Action.MEMBER_HANDLE_REOPENED: "An account of {subject} is open again",
        Action.MEMBER_ROLE_CHANGED: "{who} changed the role of {subject}",
        Action.MEMBER_PROJECT_ROLE_CHANGED: "{who} changed the role of {subject} in a project",
        Action.MEMBER_DEACTIVATED: "{who} deactivated {subject}",
        Action.MEMBER_REACTIVATED: "{who} reactivated {subject}",
        Action.SIGN_IN_LINK_MADE: "{who} got a link to sign in on the web",
        Action.SIGN_IN_REFUSED: "A sign-in was refused: {subject}",
        Action.SESSION_BEGUN: "{subject} signed in",
        Action.SESSION_ENDED: "{who} ended a session of {subject}",
        Action.KEY_MADE: "{who} made the API {subject}",
        Action.KEY_ROTATED: "{who} rotated the API {subject}",
        Action.KEY_REVOKED: "{who} revoked the API {subject}",
        Action.AGENT_CALLED: "An agent of {who} called a tool: {subject}",
        Action.AUDIT_EXPORTED: "{who} exported the audit log",
        Action.CLIENT_ADDED: "{who} added the {subject}",
        Action.PROJECT_ADDED: "{who} added the {subject}",
        Action.PROJECT_CHANGED: "{who} changed the {subject}",
        Action.PROFILE_CHANGED: "{who} changed an export profile of the {subject}",
        Action.CHANNEL_BOUND: "{who} said which project the {subject} belongs to",
        Action.WORKSPACE_INSTALLED: "Slate was installed in the {subject}",
        Action.WORKSPACE_REVOKED: "Slate was removed from the {subject}",
        Action.WORKSPACE_CHANGED: "{who} changed the {subject}",
        Action.WORKFLOW_SAVED: "{who} saved the {subject}",
        Action.WORKFLOW_CHANGED: "{who} changed the {subject}",
        Action.DESTINATION_ADDED: "{who} added the {subject}",
        Action.DESTINATION_CHANGED: "{who} changed the {subject}",
        Action.DESTINATION_SECRET_CHANGED: "{who} made a new secret for the {subject}",
        Action.DESTINATION_SWITCHED_OFF: "{who} switched the {subject} off",
        Action.DESTINATION_SWITCHED_ON: "{who} switched the {subject} on",
        Action.DESTINATION_REMOVED: "{who} removed the {subject}",
        Action.DESTINATION_REPLAYED: "{who} sent events to the {subject} again",
    }
)
"""One for every audited action; a test holds them together."""

_LONGEST = 80
_NAMED = ("name", "operator")
"""Facts that the sentence says already."""


@dataclass(frozen=True)
class AuditEntry:
    """An event as it is shown."""

    event: AuditEvent
    who: str
    project: str
    subject: str
    sentence: str
    changes: tuple[str, ...]
    """What changed: `role: artist → lead`."""


def entries(session: Session, events: Sequence[AuditEvent]) -> list[AuditEntry]:
    """The events in words, in their order."""
    rows = {one.actor_id for one in events if one.actor_id is not None}
    rows |= {row for one in events if (row := _member_of(one.subject)) is not None}
    names = {row: member.name for row, member in members.by_ids(session, rows).items()}
    found = projects.by_ids(session, {one.project_id for one in events if one.project_id is not None})
    slugs = {row: project.slug for row, project in found.items()}
    return [_entry(one, names, slugs) for one in events]


def table(shown: Sequence[AuditEntry]) -> str:
    """The entries as CSV."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("number", "at", "who", "action", "subject", "project", "in words", "before", "after", "hash"))
    for one in shown:
        event = one.event
        told = [json.dumps(facts, ensure_ascii=False, sort_keys=True) for facts in (event.before, event.after)]
        cells = (one.who, event.action, one.subject, one.project, one.sentence, *told, event.hash)
        writer.writerow([event.number, event.at.isoformat(timespec="seconds"), *map(tame, cells)])
    return out.getvalue()


def _entry(event: AuditEvent, names: Mapping[int, str], slugs: Mapping[int, str]) -> AuditEntry:
    operator = str(event.after.get("operator") or "")
    alone = f"the operating system's user {operator}" if operator else "Slate"
    who = names.get(event.actor_id or 0, alone)
    subject = _subject(event, names)
    phrase = PHRASES.get(Action(event.action), "{who}: {subject}") if event.action in list(Action) else "{who}: {subject}"
    sentence = phrase.format(who=who, subject=subject)
    project = slugs.get(event.project_id or 0, "")
    return AuditEntry(event, who, project, subject, sentence[:1].upper() + sentence[1:], tuple(_changes(event)))


def _subject(event: AuditEvent, names: Mapping[int, str]) -> str:
    row = _member_of(event.subject)
    if row is not None:
        return names.get(row, str(event.after.get("name") or event.subject))
    return event.subject.replace("/", " ", 1)


def _member_of(subject: str) -> int | None:
    kind, _, row = subject.partition("/")
    return int(row) if kind == "member" and row.isascii() and row.isdecimal() and len(row) < 10 else None


def _changes(event: AuditEvent) -> list[str]:
    told = []
    for name in dict.fromkeys((*event.before, *event.after)):
        before, after = event.before.get(name), event.after.get(name)
        if name in _NAMED or (before is None and after is None) or (before == after and name != "project"):
            continue
        told.append(f"{name}: {_shown(after)}" if before in (None, after) else f"{name}: {_shown(before)} → {_shown(after)}")
    return told


def _shown(value: Any) -> str:
    text = "none" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    line = " ".join(text.split()) or "nothing"
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
