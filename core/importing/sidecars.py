"""Finds the texts that programs lay beside a picture: `a.txt`, `a.png.json`, `a.swarm.json`, `a.xmp`, `a.civitai.info`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace

from core.formats.decoding import UTF8
from core.formats.raw_text import RawText
from core.importing.sources import SourceFile, Trouble, Unreadable

ENDINGS = (".txt", ".json", ".xmp", ".info")
_BEHIND = ("_api", "_ui", "_workflow", "_prompt", "_metadata")
"""What some savers write behind a picture's name for its graph and its settings."""
_LARGEST = 4 << 20
"""Bytes of a text beside a picture that is read."""
_MOST = 8
_TOGETHER = 20_000
"""Files of one folder that are looked at together."""


def paired(walk: Iterable[SourceFile | Trouble]) -> Iterator[SourceFile | Trouble]:
    """The same files in the same order, each with the texts beside it; those stay in it as files of their own."""
    folder, group = "", list[SourceFile | Trouble]()
    for one in walk:
        here = one.name.rpartition("/")[0] if isinstance(one, SourceFile) else folder
        if (here != folder or len(group) >= _TOGETHER) and group:
            yield from _joined(group)
            group = []
        folder = here
        group.append(one)
    yield from _joined(group)


def read(entry: SourceFile) -> list[RawText]:
    """The texts beside a file; one that cannot be read is left out."""
    found = []
    for one in entry.sidecars:
        if one.size > _LARGEST:
            continue
        try:
            with closing(one.pieces()) as pieces:
                body = b"".join(pieces)[:_LARGEST]
        except Unreadable:
            continue
        name = one.name.rpartition("/")[2]
        xmp = name.lower().endswith(".xmp")
        found.append(RawText(f"XMP of {name}" if xmp else f"sidecar {name}", "xmp" if xmp else "sidecar", UTF8, body))
    return found


def stood_beside(text: RawText) -> bool:
    """Whether a text came from a file beside a picture, as `read` names it."""
    return text.place.startswith(("sidecar ", "XMP of "))


def _joined(group: list[SourceFile | Trouble]) -> Iterator[SourceFile | Trouble]:
    files = [one for one in group if isinstance(one, SourceFile)]
    texts = [one for one in files if _name(one).lower().endswith(ENDINGS)]
    if not texts or len(texts) == len(files):
        yield from group
        return
    called: dict[str, list[SourceFile]] = {}
    for one in files:
        if one not in texts:
            for name in _names(_name(one)):
                called.setdefault(name, []).append(one)
    beside: dict[str, list[SourceFile]] = {}
    for text in texts:
        owner = next((called[name] for name in _stems(_name(text)) if name in called), [])
        for one in owner[:4]:
            beside.setdefault(one.place, []).append(text)
    for every in group:
        known = beside.get(every.place) if isinstance(every, SourceFile) else None
        yield replace(every, sidecars=tuple(known[:_MOST])) if known and isinstance(every, SourceFile) else every


def _name(entry: SourceFile) -> str:
    return entry.name.rpartition("/")[2]


def _names(name: str) -> list[str]:
    """What the texts of a file may begin with: `a.preview.png` has those of `a` too.

    >>> _names("a.preview.png")
    ['a.preview.png', 'a.preview', 'a']
    """
    stem = name.rpartition(".")[0]
    return [name, stem, *([stem[: -len(".preview")]] if stem.endswith(".preview") else [])]


def _stems(name: str) -> list[str]:
    """What a text is called without its endings, longest first.

    >>> _stems("a.png.json"), _stems("b.swarm.json")
    (['a.png', 'a'], ['b.swarm', 'b'])
    >>> _stems("c_api.json")
    ['c_api', 'c']
    """
    found = []
    for _ in range(3):
        name, dot, _ending = name.rpartition(".")
        if not dot:
            break
        found.append(name)
    return found + [one.removesuffix(end) for one in found for end in _BEHIND if one.endswith(end) and one != end]
