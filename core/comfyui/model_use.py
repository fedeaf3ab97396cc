"""A model file as a picture used it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelUse:
    """A model file as it is used. `folder` is ComfyUI's word for where it lies; `strength` is None where there is none.

    `strength_clip` is told only where it differs from `strength`, or where a program tells it apart. `hash` is the SHA-256 or its
    beginning, as the file's words say it.
    """

    kind: str
    folder: str
    name: str
    strength: float | None = None
    strength_clip: float | None = None
    hash: str = ""
