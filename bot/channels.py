"""Where on a platform something is said -> ChatPlace: the channel is known or made known, and brings its Project."""

from __future__ import annotations

from bot.request import ChatPlace
from core.desk import Desk
from core.people import projects, workspaces
from storage.people import projects as storage_projects


def place_for(desk: Desk, platform: str, channel_id: str, *, name: str = "", tenant: str = "", thread_ref: str = "") -> ChatPlace:
    """The ChatPlace of a channel; one nobody knew belongs to the Project of its workspace, else to the default
    one, until `/project` says otherwise.

    `name` is how the platform calls the channel now, empty where it does not say. Raises DatabaseUnavailable.
    """
    with desk.reading() as session:
        known = storage_projects.channel(session, platform, channel_id)
        project = storage_projects.by_id(session, known.project_id) if known and name in ("", known.name) else None
    if project is None:
        with desk.writing() as session:
            projects.ensure_defaults(session)
            usual = workspaces.rules(session, platform, tenant).project
            _, project = projects.open_channel(session, platform, channel_id, name, tenant=tenant, usual=usual)
    return ChatPlace(platform, channel_id, thread_ref, project, tenant)
