"""A picture out of a film names the film and its second, and a clip names from which second to which it was cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from PIL import Image, ImageOps

from core import files
from core.desk import Desk
from core.errors import BadPicture, Conflict, TooManyPixels
from core.pictures import film_frames
from core.recognition import keypoint_match
from core.recognition.clips import _line as line
from core.recognition.identify import Certainty, Recognition, recognise
from core.verification import restore
from storage.files import assets
from storage.files import film_frames as storage_film_frames
from storage.tables import Asset
from tests.core.recognition.test_identify import Studio
from tests.films import RATE, animation, film, views
from tests.pictures import encoded

PICTURES = 24


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database is enough: how pictures of films are looked up in each is proved in tests/storage."""
    return sqlite_url


@pytest.fixture
def studio(desk: Desk) -> Studio:
    with desk.writing() as session:
        return Studio(desk, session)


@pytest.fixture(scope="module")
def shown() -> list[Image.Image]:
    return views(1, PICTURES / RATE)


def _kept(studio: Studio, data: bytes, name: str) -> Asset:
    draft = files.keep(studio.desk, data, name, member_id=studio.member.id or 0, project_id=studio.project.id or 0)
    with studio.desk.writing() as session:
        asset = assets.add(session, draft)
    keypoint_match.note(studio.desk)
    return asset


def _named(seen: Recognition, asset: Asset) -> tuple[float, float]:
    """The seconds that an answer tells, if it names this film."""
    assert (seen.certainty, seen.asset and seen.asset.id) == (Certainty.PROBABLE, asset.id), seen.how
    assert seen.seconds is not None
    return seen.seconds


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "compressed": lambda image: image,
    "twice as large": lambda image: image.resize((480, 320)),
    "mirrored": ImageOps.mirror,
    "letterboxed": lambda image: ImageOps.pad(image, (320, 480)),
}


def test_a_frame_names_its_film_and_its_second(studio: Studio, shown: Sequence[Image.Image]) -> None:
    asset = _kept(studio, film(shown), "walk.mp4")
    for at, (name, change) in zip((0, 13, 19, 11), CHANGES.items(), strict=True):
        seen = recognise(studio.desk, encoded(change(shown[at]), "JPEG", quality=80), "frame.jpg")
        assert _named(seen, asset) == pytest.approx((at / RATE, at / RATE), abs=0.2), name
        assert "its picture at 0:0" in seen.how


def test_a_part_of_a_frame_names_its_film(studio: Studio, shown: Sequence[Image.Image]) -> None:
    asset = _kept(studio, film(shown, "webm"), "walk.webm")

    seen = recognise(studio.desk, encoded(shown[16].crop((30, 20, 220, 150)), "JPEG", quality=80), "part.jpg")

    assert _named(seen, asset)[0] == pytest.approx(16 / RATE, abs=0.6)
    assert "a crop (" in seen.how


def test_a_clip_names_from_which_second_to_which(studio: Studio, shown: Sequence[Image.Image]) -> None:
    asset = _kept(studio, film(shown), "walk.mp4")
    small = [one.resize((180, 120)) for one in shown]

    clip = recognise(studio.desk, film(small[8:20], "webm"), "clip.webm")
    fast = recognise(studio.desk, film(small[::2], "avi"), "fast.avi")
    moving = recognise(studio.desk, animation(small[8:20]), "clip.webp")

    assert _named(clip, asset) == pytest.approx((8 / RATE, 20 / RATE), abs=0.15)
    assert "from 0:00.7 to 0:01.7" in clip.how
    assert _named(fast, asset) == pytest.approx((0, 2), abs=0.15)
    assert "all of it, at 2 times its speed" in fast.how
    assert _named(moving, asset) == pytest.approx((8 / RATE, 20 / RATE), abs=0.15)


def test_a_frame_of_an_animated_picture_names_it(studio: Studio, shown: Sequence[Image.Image]) -> None:
    asset = _kept(studio, animation(shown[:12]), "walk.webp")

    seen = recognise(studio.desk, encoded(shown[7], "JPEG", quality=80), "frame.jpg")

    assert _named(seen, asset)[0] == pytest.approx(7 / RATE, abs=0.1)


def test_what_no_film_shows_is_not_named(studio: Studio, shown: Sequence[Image.Image]) -> None:
    _kept(studio, film(shown[:12]), "walk.mp4")
    other = views(2, 1)

    for data, name in ((encoded(other[5], "JPEG"), "frame.jpg"), (film(other), "clip.mp4")):
        assert recognise(studio.desk, data, name).certainty is Certainty.UNKNOWN


def test_a_film_that_may_not_be_seen_is_not_named(studio: Studio, shown: Sequence[Image.Image]) -> None:
    asset = _kept(studio, film(shown[:12]), "walk.mp4")

    for data, name in ((encoded(shown[5], "JPEG"), "frame.jpg"), (film(shown[2:10]), "clip.mp4")):
        assert recognise(studio.desk, data, name, projects=[asset.project_id + 1]).certainty is Certainty.UNKNOWN
        assert recognise(studio.desk, data, name, made_here=True).certainty is Certainty.UNKNOWN


def test_a_picture_that_a_film_was_made_from_is_named_and_not_the_film(studio: Studio, shown: Sequence[Image.Image]) -> None:
    still = studio.rendered(shown[0])
    _kept(studio, film(shown[:12]), "walk.mp4")

    seen = recognise(studio.desk, encoded(shown[0].resize((300, 200)), "JPEG", quality=85), "still.jpg")

    assert (seen.asset and seen.asset.id, seen.seconds) == (still.id, None)


def test_of_two_films_with_the_same_pictures_neither_is_named(studio: Studio, shown: Sequence[Image.Image]) -> None:
    for name in ("one.mp4", "other.avi"):
        _kept(studio, film(shown[:12], name[-3:]), name)

    for data, name in ((encoded(shown[5], "JPEG", quality=80), "frame.jpg"), (film(shown[2:10], "webm"), "clip.webm")):
        seen = recognise(studio.desk, data, name)
        assert seen.certainty is Certainty.SIMILAR
        assert "fits it as well" in seen.how


def test_a_frame_gets_no_credentials_of_its_film(studio: Studio, shown: Sequence[Image.Image]) -> None:
    _kept(studio, film(shown[:12]), "walk.mp4")

    with pytest.raises(Conflict, match="film or animation"):
        restore.restore(studio.desk, encoded(shown[5], "JPEG", quality=80), "frame.jpg", by=studio.member)


def test_a_film_that_cannot_be_decoded_is_kept_and_noted_once(studio: Studio, shown: Sequence[Image.Image]) -> None:
    data = film(shown[:12])
    asset = _kept(studio, data[:40] + bytes(len(data) - 40), "broken.mp4")

    with studio.desk.reading() as session:
        assert storage_film_frames.seconds_of(session, asset.id) == []
    assert keypoint_match.note(studio.desk) == 0


def test_pictures_of_a_film_are_taken_within_bounds(shown: Sequence[Image.Image]) -> None:
    still = film([shown[0]] * 24)
    assert len(film_frames.spread(still, "video/mp4", 1_000_000)) == 1
    assert [round(one.second, 2) for one in film_frames.spread(film(shown), "video/mp4", 1_000_000, most=4)][::3] == [0.0, 1.75]
    with pytest.raises(TooManyPixels):
        film_frames.spread(still, "video/mp4", 100)
    for broken in (b"", still[:100], b"RIFF0000AVI " + bytes(200)):
        with pytest.raises(BadPicture):
            film_frames.spread(broken, "video/mp4", 1_000_000)


@pytest.mark.parametrize("number", [0, 1, 2, 3, 6])
def test_a_long_film_is_visited_evenly_wherever_one_stops(number: int) -> None:
    assert film_frames._halving(number) == {0: 0, 1: 0.5, 2: 0.25, 3: 0.75, 6: 0.375}[number]


def test_the_seconds_of_a_clip_stand_a_few_that_are_wrong() -> None:
    assert line([(0.5, 2.5), (1.0, 3.0), (1.5, 3.5), (2.0, 9.0), (2.5, 4.5)]) == pytest.approx((1.0, 2.0))
    assert line([(0.5, 3.0), (1.0, 4.0), (1.5, 5.0), (2.0, 6.0)]) == pytest.approx((2.0, 2.0))
    assert line([(0.5, 1.1), (1.0, 1.2), (1.5, 1.05), (2.0, 1.1)])[0] == 1.0
