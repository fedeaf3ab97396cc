"""Recognising copies: for each way a picture comes back changed, how often it is named; how often another take is taken for it.

    python -m benchmarks.recognition [--pictures 30] [--fingerprints 1000000 [--url DATABASE]]

Pictures are made up (a composition of shades and shapes under a texture). In the memory, each lies beside a sibling with the same
composition and another texture, and one with a quarter of it repainted. Takes that were never kept are asked about too: naming
one as probable is an error. `--fingerprints` times the look-up alone among so many random hashes.
"""

from __future__ import annotations

import argparse
import base64
import io
import os
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageOps
from playwright.sync_api import Page, sync_playwright
from sqlalchemy import insert
from sqlmodel import Session, col, func, select

from benchmarks.stage import percentile
from core import files
from core.desk import Desk, open_desk
from core.people import projects
from core.recognition import keypoint_match
from core.recognition.identify import recognise
from core.settings import Settings
from storage.database import Database
from storage.files import assets, fingerprints
from storage.people import members
from storage.tables import Asset, Fingerprint, FingerprintBand, Origin, Role

SIDE = 768
FIRST = 2_000
"""Where the seeds begin: no picture of this set was looked at while thresholds were chosen."""


def picture(number: int, *, take: int = 0) -> Image.Image:
    """A composition; another take of it has other details and shapes that moved a little."""
    dice, fine = np.random.default_rng(number), np.random.default_rng(1000 * number + take + 7)
    made = Image.fromarray(dice.integers(0, 256, (7, 7, 3), dtype=np.uint8)).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(made)
    for _ in range(14):
        x, y, size = (int(one) for one in (*dice.integers(0, SIDE, 2), dice.integers(20, 160)))
        colour = tuple(int(one) for one in dice.integers(0, 256, 3))
        shift = int(fine.integers(-8, 9)) if take else 0
        box = (x - size + shift, y - size // 2 + shift, x + size + shift, y + size // 2 + shift)
        (pen.ellipse if dice.random() < 0.5 else pen.rectangle)(box, fill=colour)
    grain = Image.fromarray(fine.integers(0, 256, (96, 96), dtype=np.uint8)).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    mixed = np.asarray(made, dtype=np.int16) + ((np.asarray(grain, dtype=np.int16) - 128) * 3 // 10)[..., None]
    return Image.fromarray(mixed.clip(0, 255).astype(np.uint8))


def repainted(number: int) -> Image.Image:
    """The same picture with a quarter of it from another take."""
    made, half = picture(number), SIDE // 2
    made.paste(picture(number, take=9).crop((half, half, SIDE, SIDE)), (half, half))
    return made


def _crop(share: float) -> Callable[[Image.Image], Image.Image]:
    """So much of its width and of its height away, somewhere."""
    dice = random.Random(f"{FIRST} {share}")

    def cropped(image: Image.Image) -> Image.Image:
        width, height = round(image.width * (1 - share)), round(image.height * (1 - share))
        left, top = dice.randint(0, image.width - width), dice.randint(0, image.height - height)
        return image.crop((left, top, left + width, top + height))

    return cropped


class Browser:
    """Real pages with a picture on them, as chromium shows them."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def on_an_article(self, image: Image.Image) -> Image.Image:
        """In the text of a page, about half as wide as the window."""
        text = "A few words about the campaign, what it is for and who made it. " * 9
        return self._shot(
            f"<body style='font:18px serif;margin:40px 18%'><h1>Spring</h1><p>{text}</p>{_tag(image, 640)}<p>{text}"
        )

    def in_a_chat(self, image: Image.Image) -> Image.Image:
        """Small in a dark chat, between messages and beside a list of channels."""
        line = "<p><b style='color:#e9a'>ana</b> here is the one they liked, can we have it larger?</p>"
        rooms = "".join(f"<p># project-{number}</p>" for number in range(14))
        return self._shot(
            "<body style='margin:0;display:flex;background:#313338;color:#ddd;font:16px sans-serif'>"
            f"<div style='width:260px;padding:16px;background:#2b2d31'>{rooms}</div>"
            f"<div style='padding:16px'>{line * 3}{_tag(image, 400)}{line * 2}</div>"
        )

    def _shot(self, html: str) -> Image.Image:
        self._page.set_content(html)
        return Image.open(io.BytesIO(self._page.screenshot())).convert("RGB")


def _tag(image: Image.Image, width: int) -> str:
    return f"<img width={width} src='data:image/jpeg;base64,{base64.b64encode(_jpeg(image, 85)).decode()}'>"


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield Browser(chromium.new_page(viewport={"width": 1280, "height": 900}))
        chromium.close()


def _with_bar(image: Image.Image) -> Image.Image:
    ImageDraw.Draw(image).rectangle((0, SIDE - SIDE * 15 // 100, SIDE, SIDE), fill=(255, 255, 255))
    return image


def _tinted(image: Image.Image) -> Image.Image:
    return Image.fromarray((np.asarray(image) * np.array([1.1, 0.95, 0.85])).clip(0, 255).astype(np.uint8))


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "JPEG 40": lambda image: Image.open(io.BytesIO(_jpeg(image, 40))).convert("RGB"),
    "a quarter of its size": lambda image: image.resize((SIDE // 4, SIDE // 4), Image.Resampling.LANCZOS),
    "other colours": _tinted,
    "grey": lambda image: ImageOps.grayscale(image).convert("RGB"),
    "mirrored": ImageOps.mirror,
    "cropped by 5 %": _crop(0.05),
    "cropped by 10 %": _crop(0.10),
    "cropped by 15 %": _crop(0.15),
    "cropped by 25 %": _crop(0.25),
    "cropped by 40 %": _crop(0.40),
    "a bar of text, 15 %": _with_bar,
    "tilted by 1°": lambda image: image.rotate(1, resample=Image.Resampling.BICUBIC),
    "tilted by 2°": lambda image: image.rotate(2, resample=Image.Resampling.BICUBIC),
}


def _jpeg(image: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def fill(desk: Desk, pictures: int) -> dict[int, int]:
    """Keep every picture and its two siblings; returns picture -> Asset."""
    with desk.writing() as session:
        where = projects.ensure_defaults(session)
        who = members.add(session, "Ana", "ana", Role.LEAD)
    kept = {}
    for number in range(FIRST, FIRST + pictures):
        for made, name in ((picture(number), "it"), (picture(number, take=1), "sibling"), (repainted(number), "repainted")):
            file = io.BytesIO()
            made.save(file, "PNG", compress_level=1)
            draft = files.keep(desk, file.getvalue(), f"{number}-{name}.png", member_id=who.id, project_id=where.id)
            with desk.writing() as session:
                asset = assets.add(session, draft)
            kept |= {number: asset.id} if name == "it" else {}
    began = time.perf_counter()
    noted = keypoint_match.note(desk)
    print(f"{noted} assets: keypoints noted at {(time.perf_counter() - began) * 1000 / noted:.0f} ms each")
    return kept


def ask(desk: Desk, kept: dict[int, int], show: Browser) -> None:
    changes = CHANGES | {"a screenshot of an article": show.on_an_article, "a screenshot of a chat": show.in_a_chat}
    print(f"{len(kept)} pictures, each beside two siblings; asked about as JPEG 80")
    print(f"  {'change':<42} named right   as probable   similar, right first   not found   wrong as probable   ms")
    for change, act in changes.items():
        told, taken = Counter[str](), list[float]()
        for number, asset in kept.items():
            data = _jpeg(act(picture(number)), 80)
            began = time.perf_counter()
            seen = recognise(desk, data, "x.jpg")
            taken.append((time.perf_counter() - began) * 1000)
            right = seen.asset is not None and seen.asset.id == asset
            told["right"] += right
            told[f"{seen.certainty.value} {'right' if right else 'wrong'}"] += 1
        _row(change, told, len(kept), taken)
    for change in (None, "cropped by 15 %", "cropped by 25 %", "cropped by 40 %", "a screenshot of an article"):
        told, taken = Counter[str](), list[float]()
        for number in kept:
            for take in (2, 3):
                changed = picture(number, take=take) if change is None else changes[change](picture(number, take=take))
                began = time.perf_counter()
                seen = recognise(desk, _jpeg(changed, 80), "x.jpg")
                taken.append((time.perf_counter() - began) * 1000)
                told[f"{seen.certainty.value} wrong"] += 1
        _row(f"other take{', ' + change if change else ''}", told, 2 * len(kept), taken)
    told, taken = Counter[str](), list[float]()
    for number in range(FIRST + 10_000, FIRST + 10_000 + len(kept)):
        began = time.perf_counter()
        seen = recognise(desk, _jpeg(picture(number), 80), "x.jpg")
        taken.append((time.perf_counter() - began) * 1000)
        told[f"{seen.certainty.value} wrong"] += 1
    _row("other picture", told, len(kept), taken)


def _row(change: str, told: Counter[str], count: int, taken: list[float]) -> None:
    shares = [told["right"], told["probable right"] + told["certain right"], told["similar right"], told["unknown wrong"],
              told["probable wrong"] + told["certain wrong"]]  # fmt: skip
    said = "".join(f"{one / count:14.2f}" for one in shares)
    print(f"  {change:<42}{said}   {percentile(taken, 0.5):8.0f}")


def look_up(url: str, count: int) -> None:
    """The fingerprint index alone, in a database that is filled if it is not yet."""
    database, dice = Database(url), random.Random(1)
    database.migrate()
    with database.reading() as session:
        there = session.exec(select(func.count()).select_from(Fingerprint)).one()
    if there < count:
        with database.writing() as session:
            _fill(session, count, dice)
    with database.reading() as session:
        asked = select(Fingerprint.phash).where(col(Fingerprint.asset_id).in_(dice.sample(range(1, count + 1), 400)))
        hashes = [_changed(phash, dice) for phash in session.exec(asked)]
    database.close()
    if database.is_sqlite and database.url.database:
        _drop_from_cache(Path(database.url.database))
    for when, some in (("first, cold", hashes[:200]), ("the same again", hashes[:200]), ("others, warm", hashes[200:])):
        taken = []
        for phash in some:
            with database.reading() as session:
                began = time.perf_counter()
                found = fingerprints.near(session, phash, within=64, limit=12)
                taken.append((time.perf_counter() - began) * 1000)
            assert found, "24 bits are within what the index guarantees"
        said = f"p50 {percentile(taken, 0.5):.1f} ms, p95 {percentile(taken, 0.95):.1f} ms, worst {max(taken):.1f} ms"
        print(f"  {count:,} fingerprints on {database.url.get_backend_name()}, {when}: {said}", flush=True)
    database.close()


def _changed(phash: str, dice: random.Random) -> str:
    """A hash 24 bits away."""
    number = int(phash, 16)
    for bit in dice.sample(range(fingerprints.BITS), 24):
        number ^= 1 << bit
    return f"{number:064x}"


def _drop_from_cache(file: Path) -> None:
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _fill(session: Session, count: int, dice: random.Random) -> None:
    where = projects.ensure_defaults(session)
    who = members.add(session, "Ana", "ana", Role.LEAD)
    whose = {"origin": Origin.UPLOAD, "member_id": who.id, "project_id": where.id, "filename": "", "mime": "image/png"}
    blank = Asset(**whose, sha256="0", source_sha256="0", size=1).model_dump(exclude={"id", "phash"})
    if session.get_bind().dialect.name == "sqlite":
        for first in range(1, count + 1, 5_000):
            _write(session, blank, first, [f"{dice.getrandbits(256):064x}" for _ in range(min(5_000, count + 1 - first))])
        return
    _write(session, blank, 1, [f"{dice.getrandbits(256):064x}"])
    names, digits = ", ".join(blank), f"4 * {fingerprints.BANDS} - 3 - 4 * band"
    for statement in (
        "SET LOCAL session_replication_role = replica",
        f"INSERT INTO asset (id, phash, {names}) SELECT n, md5(n || 'a') || md5(n || 'b'), {names} FROM asset,"
        f" generate_series(2, {count}) AS n WHERE id = 1",
        "INSERT INTO fingerprint (asset_id, phash) SELECT id, phash FROM asset WHERE id > 1",
        "INSERT INTO fingerprintband (band, value, asset_id)"
        f" SELECT band, ('x' || substr(phash, {digits}, 4))::bit(16)::int, id"
        f" FROM asset, generate_series(0, {fingerprints.BANDS - 1}) AS band WHERE id > 1",
        "ANALYZE",
    ):
        session.connection().exec_driver_sql(statement)


def _write(session: Session, blank: dict[str, object], first: int, hashes: list[str]) -> None:
    rows = list(enumerate(hashes, first))
    session.connection().execute(insert(Asset), [blank | {"id": number, "phash": phash} for number, phash in rows])
    bands = [
        {"band": band, "value": value, "asset_id": number}
        for number, phash in rows
        for band, value in enumerate(fingerprints.bands(phash))
    ]
    session.connection().execute(insert(FingerprintBand), bands)
    session.connection().execute(insert(Fingerprint), [{"asset_id": number, "phash": phash} for number, phash in rows])


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--pictures", type=int, default=30)
    asked.add_argument("--fingerprints", type=int, default=0)
    asked.add_argument("--url", default="", help="database for the look-up; what it was filled with before is used again")
    given = asked.parse_args()
    if given.pictures:
        with tempfile.TemporaryDirectory() as folder:
            desk = open_desk(Settings(data=Path(folder)))
            desk.database.migrate()
            with browser() as show:
                ask(desk, fill(desk, given.pictures), show)
            desk.close()
    if given.fingerprints:
        with tempfile.TemporaryDirectory() as folder:
            look_up(given.url or f"sqlite:///{Path(folder) / 'bench.db'}", given.fingerprints)


if __name__ == "__main__":
    main()
