"""Adobe's TrustMark as a mark, where its package and its weights are on this machine; nothing is ever fetched for it.

The package gets its weights from the network when they are missing or do not match. Here they are looked for first, and the part
of it that would fetch them is cut off, so that what is missing stays missing and is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from PIL import Image

from core.provenance.watermark.interface import BITS, MarkError

_MODEL = "Q"
_CAPACITY = 68
"""Bits that its BCH_4 code carries beside the correction; an id takes 64 of them and the rest are zero."""
_WEIGHTS = (f"trustmark_{_MODEL}.yaml", f"encoder_{_MODEL}.ckpt", f"decoder_{_MODEL}.ckpt")
_FOREIGN = (ImportError, OSError, RuntimeError, ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError)
"""What torch and the package raise for what they cannot do."""


@dataclass(frozen=True)
class TrustMark:
    """Embeds and reads by the package's model Q."""

    alg: str = f"com.adobe.trustmark.{_MODEL}"

    def embed(self, image: Image.Image, mark: str) -> Image.Image:
        """The picture with the mark in it. Raises MarkError where the package is not there or fails."""
        bits = f"{int(mark, 16):0{BITS}b}".ljust(_CAPACITY, "0")
        try:
            made: Image.Image = _model().encode(image.convert("RGB"), bits, MODE="binary")
        except _FOREIGN as problem:
            raise MarkError(f"TrustMark failed ({type(problem).__name__})") from problem
        return made.convert("RGB")

    def decode(self, image: Image.Image) -> str:
        """The id, or empty where its error correction finds none. Raises MarkError as `embed` does."""
        try:
            bits, there, _ = _model().decode(image.convert("RGB"), MODE="binary")
        except _FOREIGN as problem:
            raise MarkError(f"TrustMark failed ({type(problem).__name__})") from problem
        read = str(bits)[:BITS]
        return f"{int(read, 2):0{BITS // 4}x}" if there and len(read) == BITS and not set(read) - {"0", "1"} else ""


def missing() -> str:
    """What is not here for it, in words; empty where all is."""
    folder = _folder()
    if folder is None:
        return "the Python package `trustmark` is not installed"
    gone = [name for name in _WEIGHTS if not (folder / name).is_file() or not (folder / name).stat().st_size]
    return f"its weights are not in {folder}: {', '.join(gone)}" if gone else ""


def _folder() -> Path | None:
    """Where the package looks for its weights; it is not imported for that, for it brings all of torch."""
    spec = find_spec("trustmark")
    return Path(spec.origin).parent / "models" if spec is not None and spec.origin else None


@lru_cache(maxsize=1)
def _model() -> Any:
    """The model, loaded once a process. Raises MarkError where it is not here."""
    if problem := missing():
        raise MarkError(problem)
    base: Any = import_module("trustmark").TrustMark

    class Offline(base):  # type: ignore[misc]
        """Takes what is on the disk, whatever the package thinks of it."""

        def check_and_download(self, filename: str) -> None: ...

    options = {"verbose": False, "model_type": _MODEL, "encoding_type": base.Encoding.BCH_4, "use_ECC": True}
    try:
        return Offline(**options, loadRemover=False)
    except TypeError:  # before 0.6 it loaded the remover always, and had no such option
        return Offline(**options)
