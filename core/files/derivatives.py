"""Decodes a file once and makes all that is kept of its looks; runs in the sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from PIL import Image

from core.files import previews
from core.files.inspect import Examined, Limits, decoded
from core.pictures import phash
from core.provenance.seal import iscc
from core.provenance.watermark import apply
from core.security.sandbox import sandboxed


@dataclass(frozen=True)
class Derivatives:
    """What a file is, and its small pictures; those of what is not a picture are empty.

    `data` and the facts of its looks are those after marking, where the file was marked.
    """

    examined: Examined
    thumbnail: bytes = field(default=b"", repr=False)
    preview: bytes = field(default=b"", repr=False)
    data: bytes | None = field(default=None, repr=False)
    """The file with its mark; None where it is as it came."""
    manifest_thumbnail: bytes = field(default=b"", repr=False)
    iscc: str = ""
    mark: Mapping[str, str] = field(default_factory=dict)
    unmarked: str = ""
    """Why it is not marked, where that was asked for."""
    came_pixels: str = ""
    """The digest of an output's pixels as they came, before any mark."""


@sandboxed
def of_file(data: bytes, filename: str, limits: Limits) -> Derivatives:
    """Of a file from outside, which stays as it is. Raises what `inspect.examine` raises."""
    examined, image = decoded(data, filename, limits)
    if image is None:
        return Derivatives(examined)
    return Derivatives(examined, previews.thumbnail_of(image), previews.preview_of(image))


@sandboxed
def of_output(data: bytes, filename: str, limits: Limits, order: apply.MarkOrder) -> Derivatives:
    """Of a render's output, marked as ordered. Raises what `inspect.examine` raises."""
    examined, image = decoded(data, filename, limits)
    marked = apply.carry_out(order, data, image, words=examined.words, frames=examined.frames)
    came = examined.pixel_sha256
    examined = _looks(examined, marked)
    if marked.image is None:
        return Derivatives(examined, unmarked=marked.why, came_pixels=came)
    return Derivatives(
        examined,
        previews.thumbnail_of(marked.image),
        previews.preview_of(marked.image),
        marked.data if marked.told else None,
        previews.manifest_thumbnail_of(marked.image),
        iscc.unit(marked.image) if examined.phash else "",
        marked.told,
        marked.why,
        came,
    )


def _looks(examined: Examined, marked: apply.Marked) -> Examined:
    """What a marked picture looks like; its digest as a file stays that of the file as it came."""
    image: Image.Image | None = marked.image
    if image is None or not marked.told:
        return examined
    upright, mirrored = phash.both(image)
    return replace(examined, pixel_sha256=phash.pixel_digest(image), phash=upright, phash_mirrored=mirrored)
