"""A picture on a page is found by its box there, however plain it is; what agrees only in part is still told."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from core.desk import Desk
from core.pictures.framed import framed
from core.recognition import keypoint_match
from core.recognition.identify import Certainty, recognise
from tests.core.recognition.test_identify import Studio
from tests.pictures import encoded, scene


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database is enough: look-ups in each are proved elsewhere."""
    return sqlite_url


@pytest.fixture
def studio(desk: Desk) -> Studio:
    with desk.writing() as session:
        return Studio(desk, session)


def _soft(number: int) -> Image.Image:
    """A few large soft shapes, as fog or a gradient: with next to no keypoints."""
    dice = np.random.default_rng(number)
    made = Image.new("RGB", (800, 600), (120, 120, 140))
    pen = ImageDraw.Draw(made)
    for _ in range(9):
        x, y, size = (int(one) for one in (*dice.integers(0, 700, 2), dice.integers(90, 300)))
        pen.ellipse((x, y, x + size, y + size // 2), fill=tuple(int(one) for one in dice.integers(40, 220, 3)))
    return made.filter(ImageFilter.GaussianBlur(22))


def _in_a_chat(image: Image.Image) -> Image.Image:
    page = Image.new("RGB", (1280, 900), (49, 51, 56))
    pen = ImageDraw.Draw(page)
    pen.rectangle((0, 0, 260, 900), fill=(43, 45, 49))
    for row in range(20):
        pen.text((20, 14 + row * 42), f"# project-{row}", fill=(180, 180, 180), font_size=18)
        pen.text((720, 14 + row * 42), "can we have it larger, with more light?", fill=(220, 220, 220), font_size=17)
    page.paste(image.resize((400, 300), Image.Resampling.LANCZOS), (290, 154))
    return page


def test_a_picture_without_detail_is_named_in_a_screenshot_of_a_chat(studio: Studio) -> None:
    asset, *_ = [studio.rendered(_soft(number)) for number in (1, 2, 3)]
    keypoint_match.note(studio.desk)

    seen = recognise(studio.desk, encoded(_in_a_chat(_soft(1)), "JPEG", quality=82))
    stranger = recognise(studio.desk, encoded(_in_a_chat(_soft(4)), "JPEG", quality=82))

    assert (seen.certainty, seen.asset and seen.asset.id) == (Certainty.PROBABLE, asset.id)
    assert stranger.certainty in (Certainty.SIMILAR, Certainty.UNKNOWN)


def test_the_boxes_of_pictures_on_a_page_are_found_and_lines_of_text_are_none() -> None:
    (left, top, right, bottom), *others = framed(np.asarray(_in_a_chat(scene(5)).convert("L")))

    assert not others
    assert max(abs(left - 290), abs(top - 154), abs(right - 690), abs(bottom - 454)) <= 4
    assert framed(np.asarray(scene(5).convert("L"))) == []
    assert framed(np.full((400, 300), 90, dtype=np.uint8)) == []


def test_a_plain_picture_that_was_written_over_is_named(studio: Studio) -> None:
    """Little of such a picture agrees, for the letters have more structure than it; what agrees is enough."""
    asset, *_ = [studio.rendered(_soft(number)) for number in (1, 2, 3)]
    keypoint_match.note(studio.desk)
    changed = _soft(1)
    pen = ImageDraw.Draw(changed)
    pen.rectangle((0, 480, 800, 600), fill=(255, 255, 255))
    for row in range(3):
        pen.text((10, 480 + 40 * row), "SUMMER SALE 50 % OFF EVERYTHING", fill=(0, 0, 0), font_size=38)

    seen = recognise(studio.desk, encoded(changed, "JPEG", quality=82))

    assert (seen.certainty, seen.asset and seen.asset.id) == (Certainty.PROBABLE, asset.id)
