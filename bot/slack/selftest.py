"""Slack as a place a canary can go through: uploaded to nobody, taken back as people would, and deleted."""

from __future__ import annotations

from bot.slack.api import Api
from bot.slack.attachments import fetched
from bot.slack.workspaces import PLATFORM, Workspaces
from core.desk import Desk
from core.errors import SlateError
from storage.people import workspaces as storage_workspaces

_MOST = 64 * 1024 * 1024


class SlackCanaries:
    """One workspace, spoken to as Slate does with every result."""

    def __init__(self, api: Api, name: str) -> None:
        self._api = api
        self.name = f"Slack {name}".strip()

    def post(self, data: bytes, filename: str) -> str:
        """Upload it and return Slack's id of the file. Raises ChatError."""
        answer = self._api.do("files_upload_v2", file=data, filename=filename)
        files: list[dict[str, str]] = answer["files"]
        return files[0]["id"]

    def fetch(self, ref: str) -> bytes:
        """The bytes as Slack hands them out. Raises ChatError."""
        shown = self._api.do("files_info", file=ref)["file"]
        return fetched(self._api, str(shown.get("url_private_download") or shown["url_private"]), "the canary", _MOST)

    def remove(self, ref: str) -> None:
        self._api.do("files_delete", file=ref)


def place(desk: Desk) -> SlackCanaries | None:
    """The workspace Slate is installed in, the first by name; None where there is none."""
    if not desk.settings.slack:
        return None
    workspaces = Workspaces(desk)
    with desk.reading() as session:
        known = storage_workspaces.installed(session, PLATFORM)
    try:
        if not known and workspaces.by_settings() is not None:
            with desk.reading() as session:
                known = storage_workspaces.installed(session, PLATFORM)
        return SlackCanaries(Api(workspaces, known[0].tenant), known[0].name) if known else None
    except SlateError:
        return None
