"""Files that came along, copied into the store at once as Discord's links to them run out; and ours, as discord.py sends them."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterable, Sequence

import discord

from bot.discord.chat import bytes_of
from bot.discord.message_packing import Message
from bot.request import Attachment
from core.desk import Desk
from core.errors import BadInput, ChatBusy, DiskFull, StoreError, TooLong
from core.formats.kinds import mime_of
from storage.blobs import BlobError, BlobStoreFull

_MIB = 1024 * 1024
_MOST = 10


async def copied(desk: Desk, attachments: Iterable[discord.Attachment]) -> tuple[Attachment, ...]:
    """The files, in order, as they are in the store now. Raises TooLong, ChatBusy, DiskFull, StoreError."""
    wanted = list(attachments)[:_MOST]
    for one in wanted:
        if not one.size:
            raise BadInput(f"{one.filename} is empty.", hint="Choose another file.")
        if one.size > desk.settings.max_upload_mb * _MIB:
            most = f"at most {desk.settings.max_upload_mb} MiB"
            raise TooLong(f"{one.filename} has {one.size / _MIB:.1f} MiB, {most} are taken.", hint="Send something smaller.")
    return tuple([await _copied(desk, one) for one in wanted])


async def _copied(desk: Desk, one: discord.Attachment) -> Attachment:
    try:
        data = await one.read()
    except (discord.HTTPException, OSError) as problem:
        raise ChatBusy(f"Discord did not hand over {one.filename}.", hint="Send it again.") from problem
    return await asyncio.to_thread(_kept, desk, data, one.filename)


def _kept(desk: Desk, data: bytes, filename: str) -> Attachment:
    try:
        digest = desk.blobs.put(data)
    except BlobStoreFull as problem:
        raise DiskFull(hint="Nothing was kept. Free some room and send it again.") from problem
    except BlobError as problem:
        raise StoreError("The file could not be stored.", hint="Send it again in a moment.") from problem
    return Attachment(filename, mime_of(data, filename), digest, len(data))


def opened(desk: Desk, message: Message) -> list[discord.File]:
    """The files of a message of ours. Raises BlobMissing."""
    return [
        discord.File(io.BytesIO(bytes_of(desk, one)), filename=one.name, description=one.alt or None)
        for one in message.uploads.values()
    ]


def pictures(message: discord.Message) -> Sequence[discord.Attachment]:
    """The attachments of somebody's message that may be asked about."""
    return [one for one in message.attachments if (one.content_type or "image/").startswith(("image/", "video/"))]
