"""The small, real, valid model files every simulated server offers, and reading such files' metadata."""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path

MODELS: dict[str, dict[str, str]] = {
    "checkpoints/slate-sim-base.safetensors": {
        "modelspec.title": "Slate Sim Base", "modelspec.license": "CC0-1.0", "modelspec.architecture": "simulated-diffusion"},
    "checkpoints/slate-sim-photo.safetensors": {
        "modelspec.title": "Slate Sim Photo", "modelspec.license": "CC0-1.0", "modelspec.architecture": "simulated-diffusion"},
    "loras/slate-sim-ink.safetensors": {
        "modelspec.title": "Slate Sim Ink", "modelspec.license": "CC0-1.0", "modelspec.trigger_phrase": "ink wash",
        "ss_base_model_version": "simulated"},
    "loras/slate-sim-film.safetensors": {
        "modelspec.title": "Slate Sim Film", "modelspec.license": "CC-BY-NC-4.0", "modelspec.trigger_phrase": "35mm film",
        "ss_base_model_version": "simulated"},
    "controlnet/slate-sim-depth.safetensors": {"modelspec.title": "Slate Sim Depth", "modelspec.license": "CC0-1.0"},
    "upscale_models/slate-sim-4x.safetensors": {"modelspec.title": "Slate Sim 4x", "modelspec.license": "CC0-1.0"},
    "vae/slate-sim-vae.safetensors": {"modelspec.title": "Slate Sim VAE", "modelspec.license": "CC0-1.0"},
}  # fmt: skip
HEADER_LIMIT = 2**20


def stock(models: Path) -> None:
    """Writes the inventory's missing files into a models folder."""
    for name, metadata in MODELS.items():
        path = models / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, metadata)


def write(path: Path, metadata: dict[str, str]) -> None:
    """Writes a safetensors file of one tensor of 64 numbers drawn from its name, so that no two files are equal.

    The format: 8 bytes little-endian header length, the header as JSON, then the tensors' bytes.
    """
    body = hashlib.shake_128(path.name.encode()).digest(64)
    header = {
        "__metadata__": {"format": "pt", **metadata},
        "simulated.weight": {"dtype": "U8", "shape": [64], "data_offsets": [0, 64]},
    }
    text = json.dumps(header, sort_keys=True).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)


def metadata(path: Path) -> dict[str, str] | None:
    """The `__metadata__` of a safetensors file; None when it is none, has none, or its header is too large to trust."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            found = json.loads(file.read(length)).get("__metadata__") if length <= HEADER_LIMIT else None
    except (OSError, struct.error, ValueError, AttributeError):
        return None
    return found if isinstance(found, dict) else None
