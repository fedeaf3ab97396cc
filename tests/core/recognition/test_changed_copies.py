"""A picture that was turned, squeezed, framed, photographed or put among others is named; one that was never kept is not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw, ImageOps

from core.desk import Desk
from core.recognition import keypoint_match
from core.recognition.identify import Certainty, recognise
from storage.tables import Asset
from tests.core.recognition.test_identify import Studio
from tests.pictures import encoded, scene

WIDE, HIGH = 640, 480


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database is enough: how keypoints are looked up in each is proved in `test_keypoint_match`."""
    return sqlite_url


@pytest.fixture
def studio(desk: Desk) -> Studio:
    with desk.writing() as session:
        return Studio(desk, session)


def _large(number: int, take: int = 1) -> Image.Image:
    return scene(number, WIDE, HIGH, take=take)


def _kept(studio: Studio, *wanted: Image.Image) -> list[Asset]:
    kept = [studio.rendered(image) for image in wanted]
    keypoint_match.note(studio.desk)
    return kept


def _turned(degrees: float, fill: tuple[int, int, int] = (0, 0, 0)) -> Callable[[Image.Image], Image.Image]:
    return lambda image: image.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=fill)


def _photographed(image: Image.Image) -> Image.Image:
    """As a screen looks from the side: a trapezium on a dark ground, a little soft."""
    page = Image.new("RGB", (800, 640), (40, 42, 48))
    coefficients = (1.02, 0.18, -110.0, -0.06, 1.12, -70.0, -0.0001, 0.0003)
    shown = image.transform(page.size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC)
    mask = Image.new("L", image.size, 255).transform(page.size, Image.Transform.PERSPECTIVE, coefficients)
    page.paste(shown, mask=mask)
    return page.resize((600, 480), Image.Resampling.BILINEAR)


def _written_over(image: Image.Image) -> Image.Image:
    changed = image.copy()
    ImageDraw.Draw(changed).rectangle((0, HIGH * 82 // 100, WIDE, HIGH), fill=(255, 255, 255))
    return changed


def _in_a_story(image: Image.Image) -> Image.Image:
    return ImageOps.pad(image, (540, 960), color=(0, 0, 0))


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "turned by 7 degrees": _turned(7),
    "turned by 41 degrees on white": _turned(41, (255, 255, 255)),
    "on its side": _turned(90),
    "upside down": _turned(180),
    "squeezed": lambda image: image.resize((WIDE * 4 // 5, HIGH)),
    "photographed from a screen": _photographed,
    "with a white border": lambda image: ImageOps.expand(image, 50, (255, 255, 255)),
    "letterboxed": _in_a_story,
    "without its lowest strip": lambda image: image.crop((0, 0, WIDE, HIGH * 82 // 100)),
    "with its lowest strip written over": _written_over,
    "half of its width and height": lambda image: image.crop((200, 90, 520, 330)),
    "mirrored and turned": lambda image: _turned(12)(ImageOps.mirror(image)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_changed_copy_is_named_and_one_of_a_picture_that_was_never_kept_is_not(
    studio: Studio, change: Callable[[Image.Image], Image.Image]
) -> None:
    asset = _kept(studio, _large(31), _large(31, take=2), _large(32))[0]

    seen = recognise(studio.desk, encoded(change(_large(31)), "JPEG", quality=80))
    stranger = recognise(studio.desk, encoded(change(_large(33)), "JPEG", quality=80))

    assert (seen.certainty, seen.asset and seen.asset.id) == (Certainty.PROBABLE, asset.id)
    assert stranger.certainty in (Certainty.SIMILAR, Certainty.UNKNOWN)


def test_a_collage_names_every_picture_in_it(studio: Studio) -> None:
    pictures = [_large(number) for number in (41, 42, 43, 44)]
    kept = _kept(studio, *pictures, _large(45))
    collage = Image.new("RGB", (WIDE, HIGH), "white")
    for place, image in enumerate(pictures):
        collage.paste(image.resize((WIDE // 2, HIGH // 2)), (place % 2 * WIDE // 2, place // 2 * HIGH // 2))

    seen = recognise(studio.desk, encoded(collage, "JPEG", quality=85))

    assert seen.certainty is Certainty.PROBABLE
    assert seen.asset is not None
    told = {seen.asset.code, *(code.strip(" ,") for code in seen.how.partition("also shows")[2].split(","))}
    assert told == {one.code for one in kept[:4]}


def test_a_part_that_two_takes_share_names_neither(studio: Studio) -> None:
    other = _large(51)
    other.paste(_large(51, take=2).crop((320, 240, 640, 480)), (320, 240))
    _kept(studio, _large(51), other)

    shared = recognise(studio.desk, encoded(_large(51).crop((0, 0, 320, 240)), "JPEG", quality=85))
    whole = recognise(studio.desk, encoded(other.rotate(90, expand=True), "JPEG", quality=85))

    assert shared.certainty is Certainty.SIMILAR
    assert "as well" in shared.how
    assert (whole.certainty, whole.asset and whole.asset.filename) == (Certainty.PROBABLE, "Slate_00001_.png")


def test_a_logo_that_two_pictures_share_does_not_make_one_the_other(studio: Studio) -> None:
    logo = scene(60, 150, 100, take=1)
    with_logo, stranger = _large(61), _large(62)
    for image in (with_logo, stranger):
        image.paste(logo, (470, 20))
    _kept(studio, with_logo)

    assert recognise(studio.desk, encoded(stranger)).certainty in (Certainty.SIMILAR, Certainty.UNKNOWN)


def test_a_flat_or_dark_region_agrees_with_nothing(studio: Studio) -> None:
    dark = Image.new("RGB", (WIDE, HIGH), (6, 6, 8))
    dark.paste(_large(71).crop((0, 0, 160, 120)), (240, 180))
    stranger = Image.new("RGB", (WIDE, HIGH), (6, 6, 8))
    stranger.paste(_large(72).crop((0, 0, 160, 120)), (240, 180))
    _kept(studio, dark)

    assert recognise(studio.desk, encoded(stranger.crop((40, 40, 600, 440)))).certainty in (Certainty.SIMILAR, Certainty.UNKNOWN)
    assert recognise(studio.desk, encoded(dark.rotate(20))).certainty is Certainty.PROBABLE


def test_opencv_is_imported_when_a_picture_is_compared_and_not_before() -> None:
    asked = "import sys; import core.recognition.identify, core.jobs; sys.exit('cv2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
