"""Frames of films whose files say what is not so."""

from __future__ import annotations

import math
import struct

import pytest
from PIL import Image

from core.errors import TooManyPixels
from core.pictures import film_frames
from core.pictures.film_frames import LONGEST
from tests.pictures import encoded


class Claiming:
    """A film as OpenCV opens it, whose frames are shown at these milliseconds, as its file claims."""

    def __init__(self, *times: float) -> None:
        self.times, self.at = list(times), 0.0

    def grab(self) -> bool:
        if not self.times:
            return False
        self.at = self.times.pop(0)
        return True

    def get(self, _: int) -> float:
        return self.at


@pytest.mark.parametrize(
    ("times", "length"), [((0, 40, -90_000), 0.04), ((0, 1e18, 5), LONGEST), ((-5, -7), 0), ((0, float("nan")), 0)]
)
def test_a_film_lasts_no_longer_than_a_database_holds_and_not_less_than_nothing(times: tuple[float, ...], length: float) -> None:
    """A fuzzer found a film whose last frame is shown before its first."""
    film = film_frames._Film.__new__(film_frames._Film)
    film._film = Claiming(*times)
    assert film.measured(math.inf) == length
    assert round(LONGEST * 1000) < 2**31


def test_a_later_frame_that_is_larger_than_the_picture_is_refused_before_it_is_decoded() -> None:
    """A GIF grows with its frames: 64 by 48 pixels say 800 million, in a hundred bytes more."""
    small = encoded(Image.new("L", (64, 48)), "GIF")
    larger = b"\x2c" + struct.pack("<4HB", 0, 0, 40_000, 20_000, 0) + b"\x02\x02\x4c\x01\x00"
    gif = small.removesuffix(b";") + larger + b";"
    with pytest.raises(TooManyPixels):
        film_frames.spread(gif, "image/gif", 120_000_000)
