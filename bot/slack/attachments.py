"""Files people bring along in Slack -> Attachments: fetched with Slate's token, from Slack alone, within the limit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import httpx2

from bot.request import Attachment
from bot.slack.api import TIMEOUT, Api
from bot.slack.limits import FILES
from core.desk import Desk
from core.errors import BadInput, ChatBusy, ChatRefused, DiskFull, StoreError, TooLong
from core.formats import kinds
from storage.blobs import BlobError, BlobStoreFull

_MIB = 1024 * 1024
_LONGEST_NAME = 120
_SLACKS = (".slack.com", ".slack-edge.com", ".slack-files.com")


def attachments(api: Api, desk: Desk, files: Iterable[dict[str, Any]]) -> tuple[Attachment, ...]:
    """The files, fetched and stored. Raises TooLong, BadInput, ChatBusy, ChatRefused, DiskFull, StoreError."""
    brought = list(files)
    if len(brought) > FILES:
        raise BadInput(f"{len(brought)} files came along, at most {FILES} are taken.", hint="Send fewer at a time.")
    return tuple(_attachment(api, desk, one) for one in brought)


def _attachment(api: Api, desk: Desk, file: dict[str, Any]) -> Attachment:
    name = _tame(str(file.get("name") or file.get("title") or "file"))
    most = desk.settings.max_upload_mb * _MIB
    if int(file.get("size") or 0) > most:
        raise TooLong(f"{name} is more than {desk.settings.max_upload_mb} MiB.", hint="Send something smaller.", limit=most)
    url = str(file.get("url_private_download") or file.get("url_private") or "")
    if not url and file.get("id"):
        shown = api.do("files_info", file=file["id"])["file"]
        url = str(shown.get("url_private_download") or shown.get("url_private") or "")
    if not _is_slacks(url, api.workspaces.url):
        raise BadInput(f"{name} is not kept in Slack.", hint="Upload the file itself, not a link to it.")
    data = fetched(api, url, name, most)
    try:
        digest = desk.blobs.put(data)
    except BlobStoreFull as problem:
        raise DiskFull(hint="Nothing was kept. Free some room and send it again.") from problem
    except BlobError as problem:
        raise StoreError("The file could not be stored.", hint="Send it again in a moment.") from problem
    return Attachment(name, kinds.mime_of(data, name) or "application/octet-stream", digest, len(data))


def fetched(api: Api, url: str, name: str, most: int) -> bytes:
    """The bytes; never more than `most`. A page instead of a file is how Slack says that Slate may not have it."""
    headers = {"Authorization": f"Bearer {api.installed.token}"}
    received = bytearray()
    try:
        with httpx2.stream("GET", url, headers=headers, timeout=TIMEOUT, follow_redirects=False) as answer:
            if answer.status_code >= 500 or answer.status_code == 429:
                raise ChatBusy("Slack does not hand over the file just now.", hint="Send it again in a moment.")
            if answer.status_code != 200 or answer.headers.get("content-type", "").startswith("text/html"):
                raise ChatRefused(
                    f"Slack does not let me see {name}.", hint="Write /invite @slate where it is, or send it to me."
                )
            for chunk in answer.iter_bytes():
                received += chunk
                if len(received) > most:
                    raise TooLong(f"{name} is more than {most // _MIB} MiB.", hint="Send something smaller.", limit=most)
    except httpx2.HTTPError as problem:
        raise ChatBusy("Slack does not hand over the file just now.", hint="Send it again in a moment.") from problem
    if not received:
        raise BadInput(f"{name} is empty.", hint="Choose another one.")
    return bytes(received)


def _is_slacks(url: str, api_url: str) -> bool:
    """Whether our token may be shown at that address: Slack's own, or the one that stands in for Slack."""
    asked, stands_in = urlsplit(url), urlsplit(api_url)
    if (asked.scheme, asked.netloc) == (stands_in.scheme, stands_in.netloc):
        return True
    host = (asked.hostname or "").lower()
    return asked.scheme == "https" and (host.endswith(_SLACKS) or f".{host}" in _SLACKS)


def _tame(name: str) -> str:
    """A file name without a path and without what cannot be shown."""
    shown = "".join(letter for letter in name.replace("\\", "/").rpartition("/")[2] if letter.isprintable())
    return shown[-_LONGEST_NAME:].strip(". ") or "file"
