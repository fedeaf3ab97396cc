"""Frames of films whose files say what is not so."""

from __future__ import annotations

import math

import pytest

from core.pictures import film_frames
from core.pictures.film_frames import LONGEST


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
