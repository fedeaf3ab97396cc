"""Bytes in and out of the room: uploads with a limit while they stream, and blobs for those who may see what they belong to."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import Request
from sqlmodel import Session
from starlette.responses import FileResponse, Response

from bot.request import Attachment
from bot.web.app_state import House
from bot.web.blob_response import BlobResponse
from core.desk import Desk
from core.errors import BadInput, NotFound, TooLong, UnknownAsset
from core.files import stored, waiting
from core.people.roles import Permission, allow
from storage.blobs import FolderBlobs
from storage.chat import room
from storage.files import assets
from storage.people import projects
from storage.tables import Asset, Member

_MIB = 1024 * 1024
_LONGEST_NAME = 120
_TELLING = 32
"""Bytes by which the kind of a file is told."""
_FOREVER = "private, max-age=31536000, immutable"
_SHOWN = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "video/mp4", "video/webm"}
    | {"audio/mpeg", "audio/wav", "audio/ogg", "audio/flac", "audio/mp4"}
)
"""What a browser may show by itself; everything else, SVG and HTML above all, is only ever saved."""

_STARTS = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"\x1aE\xdf\xa3": "video/webm",
    b"fLaC": "audio/flac",
    b"OggS": "audio/ogg",
    b"ID3": "audio/mpeg",
    b"%PDF": "application/pdf",
}


async def read(request: Request, limit: int) -> bytes:
    """The request's body; stops reading at `limit` bytes. Raises TooLong."""
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > limit:
            most = f"{limit // _MIB} MiB" if limit >= _MIB else f"{limit // 1024} KiB"
            raise TooLong(f"That is more than {most}.", hint="Send something smaller.", limit=limit)
    return bytes(received)


async def read_upload(request: Request, desk: Desk) -> bytes:
    """An uploaded file's bytes. Raises TooLong, BadInput when there are none."""
    data = await read(request, desk.settings.max_upload_mb * _MIB)
    if not data:
        raise BadInput("The file is empty.", hint="Choose another one.")
    return data


def keep(house: House, member: Member, filename: str, data: bytes) -> tuple[Attachment, str, str]:
    """Store an upload: what it is, the receipt its owner can send it with, and a warning when much waits to be sent.

    Raises Refused, Conflict when too much waits, DiskFull, StoreError.
    """
    digest, held = waiting.keep(house.desk, data, by=member)
    kept = Attachment(_tame(filename), kind_of(data), digest, len(data))
    return kept, house.signer.receipt(kept, member.id or 0), held.warning


def kind_of(data: bytes) -> str:
    """The media type, told by the first bytes and never by the name; `application/octet-stream` for what is not known."""
    for start, mime in _STARTS.items():
        if data.startswith(start):
            return mime
    if data[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(data[8:12], "application/octet-stream")
    if data[4:8] == b"ftyp":
        return {b"avif": "image/avif", b"M4A ": "audio/mp4"}.get(data[8:12], "video/mp4")
    return "application/octet-stream"


def blob_of_asset(session: Session, member: Member, code: str, digest: str) -> tuple[Asset, str]:
    """The Asset, for a member who may see it, and the media type of its blob `digest` (empty: to be told by its bytes).

    Raises UnknownAsset, Refused.
    """
    asset = seen_asset(session, member, code)
    if digest not in (asset.sha256, asset.preview, asset.thumbnail):
        raise UnknownAsset(f"{asset.code} has no such file.", hint="Open its page again.")
    return asset, asset.mime if digest == asset.sha256 else ""


def seen_asset(session: Session, member: Member, code: str) -> Asset:
    """The Asset people call `code`, for a member who may see it. Raises UnknownAsset, Refused."""
    asset = assets.by_code(session, code)
    if asset is None:
        raise UnknownAsset(f"There is no asset {code[:20]}.", hint="Check the id, or search with `/find`.")
    allow(session, member, Permission.SEE, projects.by_id(session, asset.project_id))
    return asset


def attachment_of(session: Session, member: Member, row: int, digest: str) -> Attachment:
    """A file that came with a message, for a member who sees the message. Raises NotFound, Refused."""
    message = room.message(session, row)
    if message is not None and message.only_for in (None, member.id):
        channel = room.channel_of(session, message)
        allow(session, member, Permission.SEE, projects.by_id(session, channel.project_id) if channel else None)
        for one in message.attachments:
            if one.get("sha256") == digest:
                return Attachment(**one)
    raise NotFound("There is no such file in this message.", hint="Reload the page.")


def send(desk: Desk, digest: str, mime: str, filename: str, *, download: bool = False) -> Response:
    """The blob as a response: shown when it is a picture, film or sound, saved otherwise; kept by the browser for good.

    Whoever asks may have it, and it is written down where it has to be: only how its bytes go out is decided here. They are
    never held whole: the proxy sends them itself (SLATE_ACCEL_PREFIX), or they are passed on in pieces. Raises BlobMissing,
    BlobDamaged, StoreError.
    """
    size = stored.prove(desk, digest)
    mime = mime or kind_of(stored.beginning(desk, digest, _TELLING))
    shown = mime in _SHOWN and not download
    disposition = f"{'inline' if shown else 'attachment'}; filename*=UTF-8''{quote(filename, safe='')}"
    headers = {"Content-Disposition": disposition, "Cache-Control": _FOREVER, "X-Content-Type-Options": "nosniff"}
    kind = mime if mime in _SHOWN else "application/octet-stream"
    if not isinstance(desk.blobs, FolderBlobs):
        return BlobResponse(lambda start, end: stored.pieces(desk, digest, start, end), size, digest, kind, headers)
    path = desk.blobs.path(digest)
    if prefix := desk.settings.accel_prefix:
        there = path.relative_to(desk.blobs.root).as_posix()
        return Response(media_type=kind, headers={**headers, "X-Accel-Redirect": f"{prefix.rstrip('/')}/{there}"})
    return FileResponse(path, media_type=kind, headers=headers)


def from_the_start(request: Request) -> bool:
    """Whether a request begins with a file's first byte: players ask for one film in many pieces."""
    asked = request.headers.get("range", "").replace(" ", "").casefold()
    return not asked.startswith("bytes=") or any(one.startswith(("0-", "-")) for one in asked[len("bytes=") :].split(","))


def _tame(filename: str) -> str:
    """A file name without folders, control characters and excess."""
    bare = "".join(letter for letter in filename.replace("\\", "/").rsplit("/", 1)[-1] if letter.isprintable()).strip(". ")
    return bare[-_LONGEST_NAME:] or "file"
