"""Taking in an archive: files a second in the first phase beside reading and hashing the same files, and beside exiftool.

    python -m benchmarks.archive /some/folder --files 20000
    python -m benchmarks.ingest /some/folder [--exiftool 2000] [--finish 300]

One process, one core. The baseline is the limit: the same files in the same order, read whole and hashed with SHA-256. Both are
measured in turns of a thousand files, so that neither has a warmer disk cache or a quieter machine.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from benchmarks.stage import percentile
from core.desk import Desk, open_desk
from core.importing import scan, second_phase
from core.importing.attribution import Terms, rules_of
from core.importing.sources import SourceFile, Trouble
from core.importing.sources.folders import Folder
from core.people import projects
from core.settings import Settings
from storage import search
from storage.people import members
from storage.search import Query, Scope
from storage.tables import Member, Role

TURN = 1_000


class Slice:
    """A stretch of a folder's files, as a place of its own."""

    def __init__(self, address: str, entries: list[SourceFile]) -> None:
        self.address, self.entries = address, entries

    def walk(self) -> Iterator[SourceFile | Trouble]:
        yield from self.entries


def hashed(entries: list[SourceFile]) -> float:
    """Seconds to read these files whole and hash them."""
    began = time.perf_counter()
    for one in entries:
        with open(one.place.removeprefix("file://"), "rb", buffering=0) as file:
            hashlib.sha256(file.read()).digest()
    return time.perf_counter() - began


def taken(desk: Desk, address: str, entries: list[SourceFile], ana: Member) -> float:
    """Seconds until all of these files are found."""
    terms = Terms(rules_of(["{client}/{project}/{shot}_*"]))
    began = time.perf_counter()
    scan.read(desk, Slice(address, entries), by=ana, terms=terms)
    return time.perf_counter() - began


def forgotten(entries: list[SourceFile]) -> None:
    """Drop these files from the system's cache, so that both sides read from the disk."""
    for one in entries:
        handle = os.open(one.place.removeprefix("file://"), os.O_RDONLY)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(handle)


def memory() -> float:
    """MiB that the process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def run(folder: Path, desk: Desk, *, cold: bool) -> None:
    with desk.writing() as session:
        projects.ensure_defaults(session)
        ana = members.add(session, "Ana Ruiz", "ana ruiz", Role.LEAD)
    place = Folder(folder)
    entries = [one for one in place.walk() if isinstance(one, SourceFile)]
    size = sum(one.size for one in entries)
    ours, limit, held = list[float](), list[float](), list[float]()
    for at in range(0, len(entries), TURN):
        turn = entries[at : at + TURN]
        sides = [
            lambda turn=turn: limit.append(hashed(turn)),
            lambda turn=turn: ours.append(taken(desk, place.address, turn, ana)),
        ]
        for side in sides if at // TURN % 2 else reversed(sides):
            if cold:
                forgotten(turn)
            side()
        held.append(memory())
    with desk.reading() as session:
        found = search.count(session, Query(), Scope())
    print(f"{len(entries):,} files, {size / 1e9:.1f} GB, {'cold' if cold else 'warm'}; {found:,} are found")
    for name, seconds in (("reading + SHA-256 (the limit)", sum(limit)), ("first phase", sum(ours))):
        print(f"  {name:<30} {len(entries) / seconds:8.0f} files/s   {size / seconds / 1e6:7.0f} MB/s")
    ratios = sorted(before / after for before, after in zip(limit, ours, strict=True))
    print(f"  share of the limit: {sum(limit) / sum(ours):.2f} (median turn {ratios[len(ratios) // 2]:.2f})")
    print(f"  memory after each {TURN:,}: first {held[0]:.0f} MiB, last {held[-1]:.0f} MiB, highest {max(held):.0f} MiB")


def finish(desk: Desk, most: int) -> None:
    """The second phase over the first files."""
    marks = [time.perf_counter()]
    done = second_phase.finish_all(desk, until=most, tell=lambda _: marks.append(time.perf_counter()))
    each = [after - before for before, after in pairwise(marks)]
    rate = done / (marks[-1] - marks[0])
    print(f"  second phase: {rate:.1f} assets/s on one core (each p50 {percentile(each, 0.5) * 1000:.0f} ms,"
          f" p95 {percentile(each, 0.95) * 1000:.0f} ms)")  # fmt: skip


def exiftool(folder: Path, most: int) -> None:
    names = [os.fsdecode(one) for one in sorted(map(os.fsencode, folder.rglob("*.png")))[:most]]
    listed = folder.parent / "exiftool-files.txt"
    listed.write_text("\n".join(names))
    began = time.perf_counter()
    subprocess.run(["exiftool", "-json", "-@", str(listed)], stdout=subprocess.DEVNULL, check=True)
    seconds = time.perf_counter() - began
    listed.unlink()
    print(f"  exiftool -json (reads no pixels, hashes nothing): {len(names) / seconds:.0f} files/s over {len(names):,} files")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--exiftool", type=int, default=0, metavar="FILES")
    asked.add_argument("--finish", type=int, default=300, metavar="FILES")
    asked.add_argument("--cold", action="store_true", help="drop every file from the disk cache before it is read")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as data:
        desk = open_desk(Settings(data=Path(data)))
        desk.database.migrate()
        run(given.folder, desk, cold=given.cold)
        finish(desk, given.finish)
        desk.close()
    if given.exiftool:
        exiftool(given.folder, given.exiftool)


if __name__ == "__main__":
    main()
