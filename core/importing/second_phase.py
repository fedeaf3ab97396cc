"""The second phase of an Intake, in the background: each found file's bytes are kept, its looks fingerprinted, its pictures made.

Doing it twice does nothing twice, so a job may be lost or doubled; the sweeper sees to what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

from sqlmodel import Session

from core import files
from core.desk import Desk
from core.errors import SlateError, StoreError
from core.events import Event, record
from core.events.actions import Action
from core.files import Examined, derivatives, reparse
from core.formats import kinds, stealth
from core.formats.problems import HIDDEN
from core.formats.raw_text import RawText
from core.importing.sources import Unreadable, at, closed_places
from core.importing.stream import Sifted, sift
from core.recognition import films
from storage.blobs import BlobError
from storage.files import assets, fingerprints, imports, raw_metadata
from storage.tables import Asset, FoundFile, FoundState

_PAGE = 20
_TOO_LARGE = "kept and found by its words; its pixels are too many bytes to be looked at, so a copy is not recognised"


@dataclass(frozen=True)
class _Looked:
    """What a close look at one file gave."""

    examined: Examined | None = None
    thumbnail: str = ""
    preview: str = ""
    problem: str = ""
    hidden: Examined | None = None
    """What the file says with what was hidden in its pixels."""


def finish_all(desk: Desk, *, after: int = 0, until: int = 2**31 - 1, tell: Callable[[int], None] = lambda _: None) -> int:
    """Finish what waits, by Asset number; returns how many files that were. Raises DiskFull, StoreError, DatabaseUnavailable."""
    done = 0
    while True:
        with desk.reading() as session:
            page = imports.waiting(session, after, until, _PAGE)
        if not page:
            return done
        for found, bytes_of in _ahead(desk, page):
            _finish(desk, found, bytes_of)
            done += 1
            tell(done)
        after = page[-1].asset_id or 0


def _ahead(desk: Desk, page: Sequence[FoundFile]) -> Iterator[tuple[FoundFile, Future[Sifted]]]:
    """Each file with its bytes, the next one being read and kept meanwhile: looking need not wait for a disk."""
    with ThreadPoolExecutor(1) as reader:
        following: tuple[FoundFile, Future[Sifted]] | None = None
        for found in page:
            now, following = following, (found, reader.submit(_bytes, desk, found))
            if now is not None:
                yield now
        if following is not None:
            yield following


def _finish(desk: Desk, found: FoundFile, bytes_of: Future[Sifted]) -> None:
    try:
        sifted = bytes_of.result()
        looked = _looked(desk, found, sifted)
    except Unreadable as problem:
        with desk.writing() as session:
            imports.settle(session, found.id, FoundState.REFUSED, f"found, but its bytes could not be kept: {problem}")
        return
    looked = replace(looked, hidden=_with_hidden(desk, found, looked.examined))
    with desk.writing() as session:
        asset = assets.lock(session, [found.asset_id or 0]).get(found.asset_id or 0)
        if asset is not None:
            _write(session, asset, looked)
        imports.settle(session, found.id, FoundState.DONE, looked.problem or found.problem)


def _with_hidden(desk: Desk, found: FoundFile, seen: Examined | None) -> Examined | None:
    """What all texts of a file say together, where some were hidden in its pixels; None where none were."""
    hidden = [one for one in seen.raw if one.key == stealth.KEY] if seen else []
    if seen is None or not hidden:
        return None
    with desk.reading() as session:
        kept = raw_metadata.of(session, found.asset_id or 0) or []
    return files.said([*(RawText(*one) for one in kept), *hidden], seen.filename, seen.mime, seen.frames)


def _bytes(desk: Desk, found: FoundFile) -> Sifted:
    """The file's bytes, kept in the store. Raises Unreadable when they are not what was found there."""
    endpoint, closed = desk.settings.s3_endpoint, closed_places(desk.settings)
    sifted = sift(at(found.place, s3_endpoint=endpoint, closed=closed).pieces(), pictures=_largest(desk))
    if sifted.sha256 != found.sha256:
        raise Unreadable("it has changed since; take the place in again")
    if sifted.whole:
        files.put(desk, sifted.kept)
        return sifted
    try:
        desk.blobs.take(found.sha256, at(found.place, s3_endpoint=endpoint, closed=closed).pieces())
    except BlobError as problem:
        raise StoreError("The file store does not take the file.", hint="`slate doctor` tells more.") from problem
    return sifted


def _largest(desk: Desk) -> int:
    """Bytes of the largest picture that is looked at: as many as the most pixels that are opened are in RGBA."""
    return 4 * desk.settings.max_pixels


def _looked(desk: Desk, found: FoundFile, sifted: Sifted) -> _Looked:
    """A close look, for what there is whole; a picture that cannot be decoded keeps its facts and its bytes."""
    if not sifted.whole:
        return _Looked(problem=_TOO_LARGE if kinds.mime_of(sifted.kept[:64], "") in kinds.PICTURES else "")
    limits = replace(files.limits_of(desk.settings), max_bytes=max(1, len(sifted.kept)))
    try:
        seen = derivatives.of_file(sifted.kept, found.place.rpartition("/")[2], limits)
        if not seen.thumbnail:
            return _Looked()
        return _Looked(seen.examined, files.put(desk, seen.thumbnail), files.put(desk, seen.preview))
    except StoreError:
        raise
    except SlateError as problem:
        return _Looked(problem=problem.message)


def _write(session: Session, asset: Asset, looked: _Looked) -> None:
    seen = looked.examined
    if films.is_film(asset):
        asset.landmarks = 0  # there may have been no bytes when it was looked at
        session.add(asset)
    if seen is None:
        return
    fresh = not asset.phash and bool(seen.phash)
    asset.width, asset.height = seen.width, seen.height
    asset.pixel_sha256, asset.phash = seen.pixel_sha256, seen.phash
    asset.thumbnail, asset.preview = looked.thumbnail, looked.preview
    if HIDDEN in seen.problems:
        asset.facts = asset.facts | {"problems": [*asset.facts.get("problems", ()), HIDDEN]}
    if not asset.facts.get("generator") and looked.hidden is not None:
        reparse.apply(asset, looked.hidden)
        raw_metadata.replace(session, asset.id, [one.kept() for one in looked.hidden.raw])
    session.add(asset)
    record(session, Event(Action.ASSET_EXAMINED, asset.code, asset_id=asset.id))
    session.flush()
    if fresh:
        asset.landmarks = 0  # it was looked at before there was anything to see
        fingerprints.add(session, asset.id, asset.phash)
