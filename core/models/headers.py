"""Reads the headers of model files: safetensors and GGUF in the sandbox, pickles by their first bytes only."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import BadInput
from core.formats import bounded_json
from core.models import base_models
from core.security.sandbox import sandboxed

_MOST_VALUES = 2_000_000
_MAX_HEADER = 100 * 1024 * 1024
"""The safetensors format itself allows no longer header."""
_MAX_GGUF = 16 * 1024 * 1024
_MOST_KEYS = 4096
_LONGEST = 20_000
"""Characters of one metadata text that are kept."""
_LONG_KEYS = frozenset({"ss_tag_frequency", "ss_dataset_dirs", "ss_datasets", "ss_bucket_info"})
_LONGEST_TAGS = 2_000_000


@dataclass(frozen=True)
class HeaderFacts:
    """What a model file's header says. A file that cannot be read says nothing."""

    format: str = ""
    """safetensors, gguf or pickle; empty for what is none of them."""
    told: Mapping[str, str] = field(default_factory=dict)
    """Its metadata, name -> text."""
    base_model: str = ""
    """As its tensors tell."""
    lora: bool = False
    """Whether its tensors are those of a LoRA or of what is used as one."""
    data_at: int = 0
    """Where the tensors' bytes begin in a safetensors file."""


def read(path: Path) -> HeaderFacts:
    """What the header of a file says, told by its first bytes and not by its ending. Raises OSError."""
    with path.open("rb") as file:
        start = file.read(9)
        if start[:4] == b"GGUF":
            return _boxed(_gguf, start + file.read(_MAX_GGUF))
        if start[:4] == b"PK\x03\x04" or (start[:1] == b"\x80" and start[1:2] in b"\x02\x03\x04\x05"):
            return HeaderFacts("pickle")
        length = struct.unpack("<Q", start[:8])[0] if len(start) == 9 and start[8:] == b"{" else 0
        text = start[8:] + file.read(length - 1) if 0 < length <= _MAX_HEADER else b""
    return _boxed(_safetensors, text) if text and len(text) == length else HeaderFacts()


def _boxed(reader: Any, data: bytes) -> HeaderFacts:
    try:
        found: HeaderFacts = reader(data)
    except (ValueError, BadInput):
        return HeaderFacts()
    return found


@sandboxed
def _safetensors(header: bytes) -> HeaderFacts:
    """Format: a JSON object of tensors, and `__metadata__` (https://github.com/huggingface/safetensors). Raises ValueError."""
    value = bounded_json.value(header, _MOST_VALUES)
    if not isinstance(value, dict):
        return HeaderFacts()
    said = value.pop("__metadata__", None)
    shapes = {name: shape for name, one in value.items() if (shape := _shape(one)) is not None}
    told = (
        {str(name): _cut(str(name), text) for name, text in said.items() if isinstance(text, str)}
        if isinstance(said, dict)
        else {}
    )
    return HeaderFacts("safetensors", told, base_models.by_tensors(shapes), _is_lora(shapes), 8 + len(header))


def _shape(tensor: object) -> tuple[int, ...] | None:
    shape = tensor.get("shape") if isinstance(tensor, dict) else None
    if not isinstance(shape, list) or len(shape) > 8:
        return None
    return tuple(size for size in shape if type(size) is int)


def _cut(name: str, text: str) -> str:
    return text[: _LONGEST_TAGS if name in _LONG_KEYS else _LONGEST]


def _is_lora(shapes: Mapping[str, Any]) -> bool:
    words = ("lora_down", "lora_up", "lora_a.", "lora_b.", "lora.down", "lokr_", "hada_w", "oft_blocks", "diff_b")
    return any(any(word in name.casefold() for word in words) for name in shapes)


_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_TEXT, _LIST = 8, 9


class _Cursor:
    """Reads a GGUF header from front to back. Raises ValueError where it ends too soon."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, count: int) -> bytes:
        if count > len(self._data) - self._at:
            raise ValueError("it ends too soon")
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self, letter: str) -> Any:
        return struct.unpack("<" + letter, self.take(struct.calcsize("<" + letter)))[0]

    def text(self) -> str:
        return self.take(self.number("Q")).decode("utf-8", "replace")

    def value(self, kind: int) -> Any:
        if kind in _NUMBERS:
            return self.number(_NUMBERS[kind])
        if kind == _TEXT:
            return self.text()
        if kind != _LIST:
            raise ValueError("a kind of value that is not known")
        inner, count = self.number("I"), self.number("Q")
        if inner in _NUMBERS:
            self.take(count * struct.calcsize("<" + _NUMBERS[inner]))
            return None
        if inner != _TEXT or count > len(self._data):
            raise ValueError("a list that is not read")
        return [self.text() for _ in range(count)][:32]


@sandboxed
def _gguf(data: bytes) -> HeaderFacts:
    """Format: magic, version, counts, then keys with typed values, then the tensors' names and shapes
    (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md). What a cut header holds up to the cut is told."""
    cursor, told, shapes = _Cursor(data), dict[str, str](), dict[str, tuple[int, ...]]()
    try:
        cursor.take(4)
        if cursor.number("I") not in (2, 3):
            return HeaderFacts("gguf")
        tensors, keys = cursor.number("Q"), cursor.number("Q")
        for _ in range(min(keys, _MOST_KEYS)):
            name, value = cursor.text(), cursor.value(cursor.number("I"))
            if isinstance(value, str | int | float):
                told[name[:200]] = str(value)[:_LONGEST]
            elif isinstance(value, list):
                told[name[:200]] = ", ".join(value)[:_LONGEST]
        for _ in range(tensors if keys <= _MOST_KEYS else 0):
            name = cursor.text()
            shapes[name] = tuple(reversed([cursor.number("Q") for _ in range(min(cursor.number("I"), 8))]))
            cursor.take(12)
    except ValueError:
        pass  # what was read up to here is told
    return HeaderFacts("gguf", told, base_models.by_tensors(shapes), _is_lora(shapes))
