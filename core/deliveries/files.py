"""Brings an exported file, with what is known of it beside it, into a folder that a DAM watches: WebDAV, a local folder, S3."""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from core.deliveries import bodies, copies, reaching, retries
from core.deliveries.attempt_result import AttemptResult
from core.desk import Desk
from core.errors import BadInput
from core.exports import profiles
from core.files import stored
from core.provenance import policies, xmp
from core.security import safe_fetch
from core.security.encryption import vault
from storage.blobs import open_bucket
from storage.clock import now
from storage.tables import Asset, Delivery, Destination, OutgoingEvent, Via

SECONDS = 300.0
"""How long bringing one file may take in all."""
PATH = "{client}/{project}/{shot}/{asset}"
"""Where a file goes unless a destination says otherwise; the last part is its name without the ending."""
_READ = 4096
_FIELDS = ("client", "project", "shot", "asset", "maker", "workflow", "status", "date")


@dataclass(frozen=True)
class Parcel:
    """A file on its way: its place below the destination, and what stands beside it."""

    path: str
    data: bytes
    mime: str
    beside: Mapping[str, bytes]
    """Ending -> bytes of a file of the same name."""

    @property
    def files(self) -> list[tuple[str, bytes]]:
        """(ending, bytes) in the order they are put: what stands beside it first, so that the file is never seen without it."""
        return [*self.beside.items(), ("", self.data)]


def send(desk: Desk, destination: Destination, event: OutgoingEvent, held: Delivery) -> AttemptResult:
    """Bring the file there, over an earlier one of the same asset. Tried out, it only asks whether the folder may be written."""
    if not event.asset_id:
        parcel = Parcel("slate-test.txt", b"Slate can write here.\n", "text/plain", {})
    else:
        parcel = _parcel(desk, destination, event, copies.of(desk, destination, event, held))
    try:
        return {Via.WEBDAV: _to_webdav, Via.FOLDER: _to_folder, Via.S3: _to_s3}[destination.via](desk, destination, parcel)
    except BadInput as problem:
        return AttemptResult(problem=problem.message)


def _parcel(desk: Desk, destination: Destination, event: OutgoingEvent, copy: Asset) -> Parcel:
    data = stored.read(desk, copy.sha256, name=copy.code)
    told = event.data
    asset = told.get("asset") or {}
    facts = {
        **{name: told.get(name, "") for name in ("client", "project", "maker")},
        **{name: asset.get(name, "") for name in ("shot", "workflow", "status")},
        "asset": event.subject,
        "date": f"{event.at:%Y-%m-%d}",
    }
    suffix = profiles.SUFFIXES.get(copy.mime) or "." + copy.filename.rpartition(".")[2][:8]
    page = bodies.page_of(event, desk.settings.base_url)
    beside = {
        ".xmp": xmp.write(copy.statement, policies.of(desk.settings)).encode(),
        ".json": json.dumps({**told, "event": event.kind, "page": page}, ensure_ascii=False, indent=1).encode(),
    }
    wanted = str(destination.options.get("sidecar", "xmp"))
    chosen = {ending: text for ending, text in beside.items() if wanted in (ending[1:], "both")}
    return Parcel(placed(str(destination.options.get("path") or PATH), facts) + suffix, data, copy.mime, chosen)


def placed(pattern: str, facts: Mapping[str, object]) -> str:
    """A path below a folder, each part a name without surprises; parts with nothing to fill in are left out.

    >>> placed("{client}/{shot}/{asset}", {"client": "Acme & Söhne", "shot": "", "asset": "A-7Q0D"})
    'Acme-Söhne/A-7Q0D'
    >>> placed("{client}/{asset}", {"client": "../..", "asset": "A-7Q0D"})
    'A-7Q0D'
    """
    parts = []
    for part in pattern.split("/"):
        filled = re.sub(r"\{(\w+)\}", lambda place: str(facts.get(place[1], "")), part)
        if filled.strip(" .-_/\\"):
            parts.append(profiles.filename(filled.replace("{", "").replace("}", ""), {}, ""))
    return "/".join(parts[:12]) or "file"


def check_path(pattern: str) -> str:
    """A pattern of places that can be filled in, with the asset in it. Raises BadInput."""
    wrong = [name for name in re.findall(r"\{(\w*)\}", pattern) if name not in _FIELDS]
    if wrong or "{asset}" not in pattern or len(pattern) > 300:
        hint = f"Places are {', '.join(f'{{{name}}}' for name in _FIELDS)}; {{asset}} keeps files apart."
        raise BadInput("This is not a path that files can be put at.", hint=hint, input="path")
    return pattern.strip("/")


def _to_webdav(desk: Desk, destination: Destination, parcel: Parcel) -> AttemptResult:
    base = destination.url.rstrip("/")
    folders = parcel.path.split("/")[:-1]
    for depth in range(1, len(folders) + 1):
        made = _ask(desk, destination, "MKCOL", f"{base}/{_quoted('/'.join(folders[:depth]))}/")
        if made.problem and made.status not in (301, 302, 405):  # RFC 4918, 9.3.1: 405 says that it is there already
            return made
    for ending, data in parcel.files:
        mime = parcel.mime if not ending else "application/rdf+xml" if ending == ".xmp" else "application/json"
        put = _ask(desk, destination, "PUT", f"{base}/{_quoted(parcel.path + ending)}", data, mime)
        if put.problem:
            return put
    return AttemptResult(put.status, put.answer, there=parcel.path)


def _ask(desk: Desk, destination: Destination, method: str, url: str, body: bytes = b"", mime: str = "") -> AttemptResult:
    headers = {"User-Agent": "Slate-deliveries", "Content-Length": str(len(body))}
    headers |= {"Content-Type": mime} if mime else {}
    if destination.secret:
        password = vault(desk.settings).open(destination.secret)
        told = f"{destination.options.get('user', '')}:{password}"
        headers["Authorization"] = "Basic " + base64.b64encode(told.encode()).decode()
    allowed = reaching.reachable(desk.settings, destination.url)
    answered = safe_fetch.ask(method, url, headers=headers, body=body, reachable=allowed, most=_READ, seconds=SECONDS)
    said = answered.body.decode("utf-8", "replace")
    if 200 <= answered.status < 300:
        return AttemptResult(answered.status, said)
    what = {
        401: "it does not know this name and password",
        403: "it does not let us write there",
        404: "there is no such folder",
        409: "the folder above it is not there",
        423: "the file is locked",
        507: "it has no room left",
    }.get(answered.status, "a redirect, which is not followed" if 300 <= answered.status < 400 else "an error")
    pause = retries.asked_for(answered.headers.get("retry-after", ""), now())
    return AttemptResult(answered.status, said, f"{method} was answered {answered.status}: {what}.", pause)


def _quoted(path: str) -> str:
    return "/".join(quote(part, safe="") for part in path.split("/"))


def _to_folder(desk: Desk, destination: Destination, parcel: Parcel) -> AttemptResult:
    root = Path(destination.url)
    target = root / parcel.path
    try:
        if not root.is_dir():
            return AttemptResult(problem=f"There is no folder {root}.")
        if not target.parent.resolve().is_relative_to(root.resolve()):
            return AttemptResult(problem=f"{parcel.path} would lie outside of {root}.")
        target.parent.mkdir(parents=True, exist_ok=True)
        for ending, data in parcel.files:
            _write(target.with_name(target.name + ending), data)
    except OSError as problem:
        return AttemptResult(problem=f"{root} cannot be written: {problem.strerror}.")
    return AttemptResult(there=parcel.path)


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all, so that whoever watches the folder never sees half a file."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        fresh.write_bytes(data)
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def _to_s3(desk: Desk, destination: Destination, parcel: Parcel) -> AttemptResult:
    import obstore
    from obstore.exceptions import BaseError

    parts = urlsplit(destination.url)
    store = open_bucket(parts.netloc, parts.path.strip("/"), desk.settings.s3_endpoint)
    try:
        for ending, data in parcel.files:
            obstore.put(store, parcel.path + ending, data)
    except BaseError as problem:
        return AttemptResult(problem=f"The bucket cannot be written: {str(problem)[:300]}")
    return AttemptResult(there=parcel.path)
