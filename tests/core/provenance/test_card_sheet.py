"""The contact sheet: up to twelve pictures, numbered, whole, in one small file."""

from __future__ import annotations

from itertools import pairwise

import pytest

from core.provenance.card import contact_sheet
from core.provenance.card.sheet import WIDTH, _grid
from tests.core.card_parts import picture, read


@pytest.mark.parametrize("count", range(1, 13))
def test_cells_do_not_touch_and_stay_on_the_sheet(count: int) -> None:
    grid = _grid([(512, 512)] * count)
    assert grid.columns * grid.rows >= count
    places = [grid.place(at) for at in range(count)]
    assert all(x >= 0 and x + grid.width <= WIDTH for x, _ in places)
    assert all(y + grid.height < grid.bottom for _, y in places)
    rows = sorted({y for _, y in places})
    assert all(below - above > grid.height for above, below in pairwise(rows))


@pytest.mark.parametrize("dark", [False, True])
def test_all_sorts_of_pictures_make_one_sheet(dark: bool) -> None:
    mixed = [picture(512, 512), picture(900, 200), picture(200, 900), picture(8, 8), b"broken", b""]
    captions = ["A-7Q0D", "東京 🎬", "حذاء رياضي", "x" * 300]
    sheet = contact_sheet(mixed, captions, dark=dark)
    image = read(sheet)
    assert image.format == "JPEG"
    assert image.width == WIDTH
    assert len(sheet) < 1_000_000


def test_the_thirteenth_picture_is_counted_not_shown() -> None:
    twelve, thirteen = (read(contact_sheet([picture(64, 64)] * count)) for count in (12, 13))
    assert 10 < thirteen.height - twelve.height < 60


def test_no_pictures_make_no_sheet() -> None:
    with pytest.raises(ValueError, match="at least one picture"):
        contact_sheet([])


def test_a_small_picture_has_no_tall_empty_cell() -> None:
    assert _grid([(512, 512)]).height == 512
    assert _grid([(8, 8)]).height == 320
    assert _grid([(3000, 300)] * 4).height < 100
