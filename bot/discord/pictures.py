"""Which file of a picture goes into a message: the original where Discord shows and takes it, else its preview, else a link."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bot.cards import Picture
from bot.discord import limits
from bot.discord.markdown import bare
from storage.blobs import digest_of

_SHOWN = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "video/quicktime": "mov",
}
"""What Discord shows inside a message, and the name's ending that makes it do so."""
_PREVIEW = "jpg"
"""As nearly all previews are; one of a transparent picture is a PNG, which Discord tells by its bytes."""
_MOST_LIVE = 512 * 1024
"""Of a picture of a running render, which is sent again with each edit."""


@dataclass(frozen=True)
class Upload:
    """A file that goes with a message: a blob by its digest, a text of ours, or bytes that are kept nowhere."""

    name: str
    alt: str = ""
    sha256: str = ""
    text: str = ""
    data: bytes = field(default=b"", repr=False)

    @property
    def address(self) -> str:
        return f"attachment://{self.name}"


@dataclass(frozen=True)
class MessagePictures:
    """The pictures of one card as they go into a message."""

    gallery: tuple[Upload, ...] = ()
    files: tuple[Upload, ...] = ()
    """What cannot be looked at inside a message: sound, meshes."""
    notes: tuple[str, ...] = ()
    """What is not there as it was made, in words."""

    @property
    def uploads(self) -> tuple[Upload, ...]:
        return (*self.gallery, *self.files)


def shown(pictures: Sequence[Picture], *, most: int = limits.GALLERY, file_bytes: int = limits.FILE_BYTES) -> MessagePictures:
    """At most `most` of the pictures, each file at most `file_bytes` long and all of them within one request."""
    gallery: list[Upload] = []
    files: list[Upload] = []
    large: list[str] = []
    left = limits.ALL_BYTES
    once = list({one.asset: one for one in pictures}.values())
    for picture in once[:most]:
        fits = 0 < picture.size <= min(file_bytes, left)
        upload = _original(picture) if fits else None
        if upload is None and not fits:
            large.append(f"{picture.asset} ({_megabytes(picture.size)})" if picture.size else picture.asset)
        if upload is None and picture.preview:
            gallery.append(Upload(f"{_safe(picture.asset)}-preview.{_PREVIEW}", alt_of(picture), picture.preview))
        elif upload is not None:
            left -= picture.size
            (gallery if picture.mime in _SHOWN else files).append(upload)
    return MessagePictures(tuple(gallery), tuple(files), tuple(_notes(large, len(once) - most)))


def live(picture: bytes | None, code: str) -> Upload | None:
    """How a render looks so far; the name is the picture's own, so that each is a new file to Discord."""
    if not picture or len(picture) > _MOST_LIVE:
        return None
    ending = "png" if picture.startswith(b"\x89PNG") else "jpg"
    return Upload(f"{_safe(code)}-so-far-{digest_of(picture)[:8]}.{ending}", f"{code}, as it looks so far", data=picture)


def thumbnail(picture: Picture) -> Upload | None:
    """The small picture beside a line of a list."""
    if picture.preview:
        return Upload(f"{_safe(picture.asset)}-preview.{_PREVIEW}", alt_of(picture), picture.preview)
    small = 0 < picture.size <= 1024 * 1024 and picture.mime.startswith("image/")
    return _original(picture) if small and picture.mime in _SHOWN else None


def alt_of(picture: Picture) -> str:
    return bare(picture.alt, limits.ALT) or picture.asset


def _original(picture: Picture) -> Upload | None:
    """The file itself; None where a preview shows more than a name would."""
    ending = _SHOWN.get(picture.mime)
    if ending is None and picture.preview:
        return None
    return Upload(f"{_safe(picture.asset)}.{ending or _safe(picture.mime.rpartition('/')[2])}", alt_of(picture), picture.sha256)


def _notes(large: Iterable[str], more: int) -> Iterable[str]:
    if named := ", ".join(large):
        yield f"Too large for Discord, so open the page for the original: {named}"
    if more > 0:
        yield f"{more} more on the page"


def _megabytes(size: int) -> str:
    return f"{size / 1024 / 1024:.1f} MiB"


def _safe(name: str) -> str:
    """A name that Discord keeps as it is."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name)[:40] or "file"
