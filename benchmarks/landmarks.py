"""The index of keypoints alone: how large it is and how long a crop takes to be looked up among so many assets, on SQLite.

    python -m benchmarks.landmarks [--assets 100000] [--asked 40]

Words are those of made-up pictures with three bits flipped, so that they are as unevenly spread as real ones. Forty pictures are
truly kept among them; a quarter of each side is cropped away and the rest looked up. Laying over is not part of it.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import insert
from sqlmodel import Session

from benchmarks.recognition import FIRST, _crop, picture
from benchmarks.stage import percentile
from core.desk import open_desk
from core.people import projects
from core.pictures.keypoints import BITS, grey_of, keypoints
from core.recognition import keypoint_match
from core.settings import Settings
from storage.people import members
from storage.tables import Asset, Keypoint, Origin, Role

_TOGETHER = 2_000


def _rows(count: int, known: list[list[tuple[int, int]]]) -> Iterator[list[tuple[int, int]]]:
    """(word, place) of one asset after the other: the known first, then others like them."""
    yield from known
    dice, pool = random.Random(2), [word for one in known for word, _ in one]
    spots = round(len(pool) / len(known))
    for _ in range(count - len(known)):
        flips = [1 << dice.randrange(BITS) | 1 << dice.randrange(BITS) | 1 << dice.randrange(BITS) for _ in range(spots)]
        yield [(dice.choice(pool) ^ flip, dice.getrandbits(34)) for flip in flips]


def _fill(session: Session, count: int, known: list[list[tuple[int, int]]]) -> int:
    where = projects.ensure_defaults(session)
    who = members.add(session, "Ana", "ana", Role.LEAD)
    whose = {"origin": Origin.UPLOAD, "member_id": who.id, "project_id": where.id, "filename": "", "mime": "image/png"}
    blank = Asset(**whose, sha256="0", source_sha256="0", size=1).model_dump(exclude={"id"})
    written, number, page = 0, 0, list[dict[str, int]]()
    for number, spots in enumerate(_rows(count, known), 1):
        page += [{"word": word, "asset_id": number, "place": place} for word, place in {*spots}]
        if number % _TOGETHER == 0 or number == count:
            first = number - (number - 1) % _TOGETHER
            session.connection().execute(insert(Asset), [blank | {"id": one} for one in range(first, number + 1)])
            session.connection().execute(insert(Keypoint), page)
            written, page = written + len(page), []
    return written


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--assets", type=int, default=100_000)
    asked.add_argument("--asked", type=int, default=40)
    given = asked.parse_args()
    pictures = [picture(FIRST + number) for number in range(given.asked)]
    known = [keypoint_match.rows_of(keypoints(grey_of(one))) for one in pictures]
    with tempfile.TemporaryDirectory() as folder:
        desk = open_desk(Settings(data=Path(folder)))
        desk.database.migrate()
        with desk.writing() as session:
            rows = _fill(session, given.assets, known)
        with desk.database.engine.connect() as connection:
            size = connection.exec_driver_sql("SELECT sum(pgsize) FROM dbstat WHERE name = 'keypoint'").scalar_one()
        taken, right = list[float](), 0
        crop = _crop(0.25)
        with desk.reading() as session:
            for number, one in enumerate(pictures, 1):
                cropped = crop(one)
                began = time.perf_counter()
                found = keypoint_match.sightings(session, keypoints(grey_of(cropped), 400))
                taken.append((time.perf_counter() - began) * 1000)
                right += bool(found) and found[0].asset_id == number
        desk.close()
    print(f"{given.assets:,} assets, {rows / given.assets:.0f} rows and {size / given.assets:,.0f} bytes each")
    told = f"p50 {percentile(taken, 0.5):.0f} ms, p95 {percentile(taken, 0.95):.0f} ms"
    print(f"  a crop by 25 %: right first in {right} of {len(pictures)}; {told}")


if __name__ == "__main__":
    main()
