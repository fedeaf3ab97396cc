"""Takes pictures out of films and animated pictures: at most so many, spread over their length, within a budget of computing.

Films are decoded by FFmpeg, as it comes with OpenCV, from memory; animated pictures by Pillow. Both run in the sandbox.
"""

from __future__ import annotations

import io
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from core.errors import BadPicture
from core.formats import kinds, pixels
from core.pictures import phash
from core.pictures.opencv import cv
from core.security.sandbox import sandboxed

EDGE = 640
"""Pixels of the longer edge of the pictures that are given."""
MOST = 96
"""Pictures that are kept of a film."""
_A_SECOND = 4.0
"""Pictures that are looked at in a second of a short film."""
_LOOKED_AT = 480
_IN_A_ROW = 2_400
"""Frames of a film that is read from end to end; in a longer one only some places are visited."""
_CPU_SECONDS = 12.0
_APART = 16
"""In how many of 256 bits a picture must differ from the last one that was kept."""
LONGEST = 2_147_483.0
"""Seconds, some 24 days: a file that claims more says it of no film, and the column for milliseconds holds no more."""
_SHORTEST = 0.02
"""Seconds that one picture of an animation is shown, where it says less."""


@dataclass(frozen=True)
class ShownFrame:
    """One picture of a film, grey, and the second at which it is shown."""

    second: float
    image: Image.Image = field(repr=False)


@sandboxed
def spread(data: bytes, mime: str, max_pixels: int, *, most: int = MOST) -> list[ShownFrame]:
    """Pictures that differ from each other, from all over a film; those at even distances where it has more than `most`.

    A long film is looked at in places, as far as the budget goes. Raises BadPicture, TooManyPixels.
    """
    kept: list[tuple[ShownFrame, str]] = []
    found = sorted(_looked_over(data, mime, max_pixels), key=lambda one: one.second)
    for one in found:
        look = phash.phash(one.image)
        if look and (not kept or phash.distance(look, kept[-1][1]) >= _APART):
            kept.append((one, look))
    chosen = range(len(kept)) if len(kept) <= most else np.linspace(0, len(kept) - 1, most).round().astype(int)
    return [kept[int(at)][0] for at in chosen]


@sandboxed
def at(data: bytes, mime: str, seconds: Sequence[float], max_pixels: int) -> list[ShownFrame]:
    """The pictures that are shown at these seconds, in their order in the film; fewer where the film ends before.

    Raises BadPicture, TooManyPixels.
    """
    return list(_visited(data, mime, sorted(seconds), max_pixels))


@sandboxed
def evenly(data: bytes, mime: str, most: int, max_pixels: int) -> tuple[list[ShownFrame], float]:
    """So many pictures at even distances from all over a film, and how many seconds it takes. Raises as `spread`."""
    film = _opened(data, mime, max_pixels)
    length = film.length
    if length <= 0:
        length = film.measured(time.process_time() + _CPU_SECONDS)
        film = _opened(data, mime, max_pixels)
    return list(_in_budget(film.frames([length * (number + 0.5) / most for number in range(most)]))), length


def _looked_over(data: bytes, mime: str, max_pixels: int) -> Iterator[ShownFrame]:
    film = _opened(data, mime, max_pixels)
    if not film.is_long:
        return _in_budget(film.frames([]))
    count = max(2, min(_LOOKED_AT, int(film.length)))
    return _in_budget(film.frames([film.length * _halving(number) for number in range(count)]))


def _visited(data: bytes, mime: str, seconds: Sequence[float], max_pixels: int) -> Iterator[ShownFrame]:
    return _in_budget(_opened(data, mime, max_pixels).frames(seconds))


def _in_budget(frames: Iterator[ShownFrame]) -> Iterator[ShownFrame]:
    until = time.process_time() + _CPU_SECONDS
    for number, one in enumerate(frames):
        yield one
        if time.process_time() > until or number >= _LOOKED_AT:
            return


def _halving(number: int) -> float:
    """0, 1/2, 1/4, 3/4, 1/8 …: places that lie evenly wherever one stops (van der Corput, 1935)."""
    found, part = 0.0, 0.5
    while number:
        found, number, part = found + part * (number & 1), number >> 1, part / 2
    return found


def _opened(data: bytes, mime: str, max_pixels: int) -> _Film | _Animation:
    return _Animation(data, max_pixels) if mime in kinds.PICTURES else _Film(data, max_pixels)


class _Film:
    """A film as OpenCV opens it."""

    def __init__(self, data: bytes, max_pixels: int) -> None:
        opencv = cv()
        try:
            self._film = opencv.VideoCapture(io.BytesIO(data), opencv.CAP_FFMPEG, [opencv.CAP_PROP_N_THREADS, 1])
        except opencv.error as problem:
            raise BadPicture("The film cannot be opened.", hint="Send the complete file.") from problem
        if not self._film.isOpened():
            raise BadPicture("The film is damaged, or of a kind that is not read.", hint="Send the complete file.")
        width, height, rate, count = (
            self._told(what)
            for what in (
                opencv.CAP_PROP_FRAME_WIDTH,
                opencv.CAP_PROP_FRAME_HEIGHT,
                opencv.CAP_PROP_FPS,
                opencv.CAP_PROP_FRAME_COUNT,
            )
        )
        pixels.check(int(width), int(height), max_pixels)
        self.length = min(count / rate, LONGEST) if rate > 0 and count > 0 else 0.0
        """Seconds, as the file says; 0 where it does not."""
        self.is_long = count > _IN_A_ROW

    def _told(self, what: int) -> float:
        value = float(self._film.get(what))
        return value if math.isfinite(value) else 0.0

    def measured(self, until: float) -> float:
        """How many seconds it takes, by going through it until the process has used so many."""
        last = 0.0
        while self._film.grab() and time.process_time() < until:
            last = max(last, self._now)
        return last

    def frames(self, seconds: Sequence[float]) -> Iterator[ShownFrame]:
        """The pictures at these seconds; without any, some in each second from the beginning to the end."""
        if not seconds:
            yield from self._in_a_row()
            return
        last = -1.0
        for wanted in seconds:
            if not 0 <= wanted - last < 2 and not self._film.set(cv().CAP_PROP_POS_MSEC, max(0.0, wanted * 1000)):
                return
            found = self._reached(wanted)
            if found is None:
                return
            last = found.second
            yield found

    def _reached(self, wanted: float) -> ShownFrame | None:
        """The picture that is shown at a second; the last one where the film ends before."""
        second = -1.0
        while self._film.grab():
            second = self._now
            if second >= wanted - 0.5 / max(1.0, self._told(cv().CAP_PROP_FPS)):
                break
        return self._given(second) if second >= 0 else None

    def _in_a_row(self) -> Iterator[ShownFrame]:
        due = 0.0
        while self._film.grab():
            second = self._now
            if second >= due and (found := self._given(second)) is not None:
                due = second + 1 / _A_SECOND - 1e-6
                yield found

    @property
    def _now(self) -> float:
        return min(self._told(cv().CAP_PROP_POS_MSEC) / 1000, LONGEST)

    def _given(self, second: float) -> ShownFrame | None:
        shown, pictured = self._film.retrieve()
        return ShownFrame(max(0.0, second), _grey(Image.fromarray(_upside(pictured)))) if shown else None


class _Animation:
    """An animated picture."""

    is_long = False

    def __init__(self, data: bytes, max_pixels: int) -> None:
        self._data, self._max_pixels = data, max_pixels
        self.length = 0.0
        """Animated pictures do not say how long they are."""

    def measured(self, until: float) -> float:
        """How many seconds it takes, by going through it until the process has used so many."""
        last = 0.0
        for _, second, shown in self._shown():
            last = min(second + shown, LONGEST)
            if time.process_time() >= until:
                break
        return last

    def _shown(self) -> Iterator[tuple[Image.Image, float, float]]:
        """The picture, opened at each of its frames, when that is shown, and for how many seconds."""
        second = 0.0
        with pixels.opened(self._data, max_pixels=self._max_pixels) as image:
            for number in range(int(getattr(image, "n_frames", 1))):
                image.seek(number)
                image.load()
                shown = max(_SHORTEST, float(image.info.get("duration") or 0) / 1000)
                yield image, second, shown
                second = min(second + shown, LONGEST)

    def frames(self, seconds: Sequence[float]) -> Iterator[ShownFrame]:
        """The pictures at these seconds, in their order; without any, some in each second from the beginning to the end."""
        wanted, due = list(seconds), 0.0
        for image, second, shown in self._shown():
            while wanted and wanted[0] < second + shown:
                wanted.pop(0)
                yield ShownFrame(second, _grey(image))
            if seconds and not wanted:
                return
            if not seconds and second + shown > due:
                due = second + 1 / _A_SECOND
                yield ShownFrame(second, _grey(image))


def _upside(pictured: Any) -> Any:
    """OpenCV's blue, green and red in the order of everybody else."""
    return np.ascontiguousarray(pictured[..., ::-1]) if pictured.ndim == 3 else pictured


def _grey(image: Image.Image) -> Image.Image:
    """Grey and small; what is transparent counts as white, as chats show it."""
    scale = EDGE / max(image.size)
    if image.mode in ("RGBA", "LA", "P", "PA"):
        clear = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", clear.size, (255, 255, 255, 255)), clear)
    grey = image.convert("L")
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return grey.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0) if scale < 1 else grey
