"""A part of a picture, or a picture on a page, is found by its landmarks and judged by laying it over."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw, ImageOps
from sqlmodel import func, select

from core.desk import Desk
from core.people import projects
from core.pictures.keypoints import grey_of, keypoints
from core.recognition import keypoint_match
from core.recognition.identify import Certainty, recognise
from core.recognition.keypoint_match import rows_of
from core.rendering.reconciler import Sweeper
from storage.files import keypoints as storage_keypoints
from storage.queue import ARCHIVE
from storage.tables import Asset, Keypoint
from tests.core.recognition.test_identify import Studio
from tests.pictures import encoded, scene
from tests.shop import environment_of

WIDE, HIGH = 640, 480


@pytest.fixture
def studio(desk: Desk) -> Studio:
    with desk.writing() as session:
        return Studio(desk, session)


def _large(number: int, take: int = 1) -> Image.Image:
    return scene(number, WIDE, HIGH, take=take)


def _on_a_page(image: Image.Image) -> Image.Image:
    """A window of 1280 × 900 with lines of text and the picture a third as wide."""
    page = Image.new("RGB", (1280, 900), (250, 250, 248))
    pen = ImageDraw.Draw(page)
    for row in range(40, 860, 26):
        for column in range(60, 1180, 90):
            pen.rectangle((column, row, column + (row * 7 + column) % 70, row + 9), fill=(60, 60, 60))
    page.paste(image.resize((430, 322)), (520, 260))
    return page


def _noted(studio: Studio, *wanted: Image.Image) -> list[Asset]:
    kept = [studio.rendered(image) for image in wanted]
    keypoint_match.note(studio.desk)
    return kept


@pytest.mark.parametrize("box", [(0, 0, 480, 360), (160, 60, 640, 420), (130, 110, 520, 400)], ids=["corner", "side", "middle"])
@pytest.mark.parametrize("mirrored", [False, True], ids=["plain", "mirrored"])
def test_a_crop_that_looks_like_nothing_as_a_whole_is_found_by_its_parts(
    studio: Studio, box: tuple[int, int, int, int], mirrored: bool
) -> None:
    asset = _noted(studio, _large(5), _large(5, take=2), _large(6))[0]
    cropped = _large(5).crop(box)

    seen = recognise(studio.desk, encoded(ImageOps.mirror(cropped) if mirrored else cropped, "JPEG", quality=80))

    assert (seen.certainty, seen.asset and seen.asset.id) == (Certainty.PROBABLE, asset.id)
    assert "a crop (" in seen.how
    assert ("mirrored" in seen.how) is mirrored


def test_a_picture_on_a_page_is_found(studio: Studio) -> None:
    asset = _noted(studio, _large(7), _large(8))[0]

    seen = recognise(studio.desk, encoded(_on_a_page(_large(7))))

    assert (seen.certainty, seen.asset and seen.asset.id) == (Certainty.PROBABLE, asset.id)


def test_a_part_of_a_take_that_was_never_kept_is_not_taken_for_one_that_was(studio: Studio) -> None:
    _noted(studio, _large(5, take=1), _large(9, take=1))

    for number in (5, 9):
        for box in ((0, 0, 480, 360), (200, 100, 560, 400)):
            seen = recognise(studio.desk, encoded(_large(number, take=2).crop(box), "JPEG", quality=80))
            assert seen.certainty in (Certainty.SIMILAR, Certainty.UNKNOWN)


def test_a_part_of_what_may_not_be_seen_is_not_recognised(studio: Studio) -> None:
    asset = _noted(studio, _large(5))[0]
    with studio.desk.writing() as session:
        elsewhere = projects.ensure_defaults(session)
    data = encoded(_large(5).crop((0, 0, 480, 360)))

    assert recognise(studio.desk, data, projects=[elsewhere.id or 0]).certainty is Certainty.UNKNOWN
    assert recognise(studio.desk, data, projects=[asset.project_id]).certainty is Certainty.PROBABLE


def test_a_plain_picture_has_no_keypoints_and_a_strange_shape_breaks_nothing() -> None:
    assert len(keypoints(grey_of(Image.new("RGB", (400, 300), (90, 90, 90))))) == 0
    for shape in ((1, 1), (3_000, 2), (2, 3_000), (16, 16)):
        keypoints(grey_of(scene(3).resize(shape)))
    assert rows_of(keypoints(grey_of(_large(3).convert("RGBA")))) == rows_of(keypoints(grey_of(_large(3))))


def test_what_is_not_noted_yet_is_noted_in_the_background_once(studio: Studio) -> None:
    studio.rendered(_large(5))
    studio.rendered(Image.new("RGB", (64, 64), (9, 9, 9)))
    sweeper = Sweeper(studio.desk)
    sweeper.note_landmarks()
    sweeper.note_landmarks()
    assert studio.desk.queue.length(ARCHIVE) == 1

    with environment_of(studio.desk.settings):
        studio.desk.queue.serve([ARCHIVE], burst=True)
    with studio.desk.reading() as session:
        rows = session.exec(select(func.count()).select_from(Keypoint)).one()
        assert storage_keypoints.unseen(session, keypoint_match.FINDER, limit=9) == []
    assert rows > 20
    assert keypoint_match.note(studio.desk) == 0
    with studio.desk.writing() as session:
        storage_keypoints.note(session, {1: [(1, 1)]}, keypoint_match.FINDER)  # another process, a moment later
        assert session.exec(select(func.count()).select_from(Keypoint)).one() == rows
        storage_keypoints.note(session, {1: [(1, 1)]}, keypoint_match.FINDER + 1)  # a better finder
        assert session.exec(select(Keypoint.word, Keypoint.place)).all() == [(1, 1)]


def test_a_word_that_too_many_share_tells_nothing(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = (studio.rendered(scene(number)).id for number in (1, 2, 3))
    with studio.desk.writing() as session:
        storage_keypoints.note(
            session, {first: [(7, 1), (8, 2)], second: [(7, 1), (9, 2)], third: [(7, 1)]}, keypoint_match.FINDER
        )
    monkeypatch.setattr(storage_keypoints, "_CUT", 3)
    monkeypatch.setattr(storage_keypoints, "_COMMON", 3)

    with studio.desk.reading() as session:
        found = sorted((one.word, one.asset_id) for one in storage_keypoints.sharing(session, [7, 8, 9, 10]))

    assert found == [(8, first), (9, second)]
