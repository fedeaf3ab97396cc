"""The provenance card: everything is on it, in its place, for every kind of picture and any words."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import combinations

import numpy as np
import pytest
import zxingcpp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from PIL import Image
from structlog.testing import capture_logs

from core.provenance.card import CardFacts, described, draw, plan, undrawable
from core.provenance.card.boxes import Box, Chip, Matte, Plate, QrCode, RuleLine, TextBlock
from core.provenance.card.label import QR_LONGEST
from core.provenance.card.layout import Layout
from core.provenance.card.theme import DARK, LIGHT
from tests.core.card_parts import BUNDLED, FACTS, LINK, UNSHAPED, file, picture, read, scene, words_of

LONG = "Konstantinopolitanischerdudelsackpfeifenmachergesellenverein" * 4
LONG_FACTS = replace(
    FACTS,
    title=LONG,
    who=LONG,
    client=LONG,
    project=LONG,
    shot=LONG,
    workflow=LONG,
    models=((LONG, "a" * 64, LONG),) * 9,
    settings=tuple((f"{at} {LONG}", LONG) for at in range(20)),
    status=LONG,
)
FAR_EAST = replace(
    FACTS, title="株式会社スレート 東京の夕焼けと低い太陽に照らされた靴", client="アクメ", project="夏の広告", who="山田 花子"
)
ARABIC = replace(
    FACTS, title="حذاء رياضي على أسفلت مبلل (Hero) تحت شمس المساء 2027", client="شركة أكمي", who="ليلى", shot="لقطة ٣"
)

CASES: dict[str, tuple[bytes | None, CardFacts]] = {
    "square": (picture(1024, 1024), FACTS),
    "landscape": (picture(1344, 768), FACTS),
    "portrait": (picture(832, 1216), FACTS),
    "very wide": (picture(8000, 200), FACTS),
    "very tall": (picture(200, 8000), FACTS),
    "tiny": (picture(8, 8), FACTS),
    "one pixel high": (picture(900, 1), FACTS),
    "one pixel wide": (picture(1, 900), FACTS),
    "simulated": (picture(640, 640), replace(FACTS, simulated=True, status="needs work")),
    "simulated without a page": (picture(640, 640), replace(FACTS, simulated=True, link="")),
    "long names": (picture(768, 1024), LONG_FACTS),
    "long names, wide": (picture(1600, 900), LONG_FACTS),
    "far east": (picture(1024, 1024), FAR_EAST),
    "arabic": (picture(1280, 720), ARABIC),
    "nothing known": (None, CardFacts(title="", asset="")),
    "video": (None, replace(FACTS, kind="video/mp4", seconds=12.4, filename="sh010_v003.mp4")),
    "sound": (None, replace(FACTS, kind="audio/flac", seconds=3.2)),
    "broken": (b"\x89PNG\r\n\x1a\nnothing", FACTS),
}
EVERY_CASE = pytest.mark.parametrize("case", CASES)


@cache
def drawn(case: str, *, dark: bool) -> bytes:
    return draw(*CASES[case], dark=dark)


def solid(layout: Layout) -> list[Box]:
    """What must not touch another: words, chips, codes and the picture."""
    return [item.box for item in layout.items if not isinstance(item, Matte | RuleLine)]


@EVERY_CASE
def test_everything_stands_on_the_card_and_nothing_covers_anything_else(case: str) -> None:
    layout = plan(*CASES[case])
    card = Box(0, 0, layout.width, layout.height)
    assert [item for item in layout.items if not item.box.within(card)] == []
    assert [pair for pair in combinations(solid(layout), 2) if pair[0].overlaps(pair[1])] == []


@EVERY_CASE
def test_no_line_is_wider_than_its_place(case: str) -> None:
    layout = plan(*CASES[case])
    wide = [line for item in layout.items if isinstance(item, TextBlock) for line in item.lines if line.width > item.box.width]
    assert wide == []
    assert all(item.line.width < item.box.width - 10 for item in layout.items if isinstance(item, Chip))


@EVERY_CASE
def test_rules_cross_no_words(case: str) -> None:
    layout = plan(*CASES[case])
    rules = [item.box for item in layout.items if isinstance(item, RuleLine)]
    assert [(rule, box) for rule in rules for box in solid(layout) if rule.overlaps(box)] == []


@EVERY_CASE
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_outside_the_places_there_is_only_paper_and_matte(case: str, dark: bool) -> None:
    given_picture, facts = CASES[case]
    layout, theme = plan(given_picture, facts), DARK if dark else LIGHT
    pixels = np.array(read(drawn(case, dark=dark)))
    assert pixels.shape == (layout.height, layout.width, 3)
    free = np.ones(pixels.shape[:2], dtype=bool)
    for item in layout.items:
        if not isinstance(item, Matte):
            box = item.box  # the picture's hairline and letters that lean out need a little room
            free[max(0, box.y - 1) : box.bottom + 1, max(0, box.x - 4) : box.right + 4] = False
    ground = (pixels == theme.paper).all(axis=-1) | (pixels == theme.matte).all(axis=-1)
    assert ground[free].all()


@EVERY_CASE
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_code_leads_to_the_page(case: str, dark: bool) -> None:
    link = CASES[case][1].link
    found = [code.text for code in zxingcpp.read_barcodes(read(drawn(case, dark=dark)))]
    assert found == ([link] if link else [])


@pytest.mark.parametrize(
    "link", ["http://127.0.0.1:8000/assets/A-7Q0D", "https://例え.jp/資産/A-1", "https://x.example/" + "y" * 250]
)
def test_links_of_all_sorts_can_be_scanned(link: str) -> None:
    assert [code.text for code in zxingcpp.read_barcodes(read(draw(None, replace(FACTS, link=link))))] == [link]


def test_a_link_too_long_to_scan_is_only_written() -> None:
    layout = plan(None, replace(FACTS, link="https://x.example/" + "y" * QR_LONGEST))
    assert not [item for item in layout.items if isinstance(item, QrCode)]
    assert "x.example/yyy" in words_of(layout)


def test_a_code_has_its_quiet_zone() -> None:
    (code,) = (item for item in plan(None, FACTS).items if isinstance(item, QrCode))
    edge = [code.modules[at] for at in (0, 1, 2, 3, -4, -3, -2, -1)] + [row[:4] + row[-4:] for row in code.modules]
    assert not any(any(row) for row in edge)
    assert code.scale >= 3


def test_the_card_says_who_what_for_whom_with_what_and_when() -> None:
    said = words_of(plan(picture(600, 600), FACTS))
    expected = ["A-7Q0D", "R-4F2K", "Mia Chen", "Acme Athletics", "Summer 2027", "sh010", "product-depth@3", FACTS.seed, "28"]
    expected += [
        "23 Nov 2026, 14:05 UTC",
        "dpmpp_2m",
        "CreativeML Open RAIL++-M",
        "slate.studio.example/assets/A-7Q0D",
        "Hero shoe on wet",
    ]
    assert [fact for fact in expected if fact not in said] == []


def test_hashes_are_short_and_what_is_unknown_is_said() -> None:
    said = words_of(plan(None, FACTS)).split("\n")
    assert "31e35c80fc" in said
    assert "no hash" in said
    assert "licence unknown" in said


def test_a_hash_of_letters_that_nobody_sees_is_no_hash() -> None:
    facts = replace(FACTS, models=(("base", "\u200c", "MIT"),))
    assert "no hash" in words_of(plan(None, facts)).split("\n")


def test_what_does_not_fit_is_counted() -> None:
    said = words_of(plan(None, LONG_FACTS)).split("\n")
    assert "and 4 more" in said  # models
    assert "and 17 more" in said  # settings: seed and three of twenty fill the rows


@pytest.mark.parametrize(
    ("status", "mark"),
    [
        ("approved", "✓ Approved"),
        ("Rejected", "✗ Rejected"),
        ("needs work", "✎ Needs work"),
        ("", "○ Not reviewed"),
        ("odd", "○ Odd"),
    ],
)
def test_the_status_is_a_word_and_a_mark_not_only_a_colour(status: str, mark: str) -> None:
    assert mark in words_of(plan(None, replace(FACTS, status=status))).split("\n")


def test_a_simulated_picture_is_marked_and_explained() -> None:
    said = words_of(plan(picture(600, 600), replace(FACTS, simulated=True)))
    assert "SIMULATED" in said
    assert "No model was run" in said
    assert "SIMULATED" not in words_of(plan(picture(600, 600), FACTS))


def test_empty_facts_leave_no_empty_labels() -> None:
    said = words_of(plan(None, CardFacts(title="  ", asset="A-0001", shot="\x00")))
    assert [label for label in ("CLIENT", "PROJECT", "SHOT", "SEED", "FULL RECORD") if label in said] == []
    assert said.split("\n").count("not recorded") == 2  # by whom, and with which workflow
    assert "Untitled" in said


def test_the_picture_is_shown_whole_and_as_it_is() -> None:
    data = picture(600, 500)
    place = plan(data, FACTS).plate
    shown = read(draw(data, FACTS)).crop((place.x, place.y, place.right, place.bottom))
    assert shown.tobytes() == scene(600, 500).tobytes()


@pytest.mark.parametrize("size", [(8000, 200), (200, 8000), (1344, 768), (832, 1216), (1500, 1500)])
def test_a_picture_keeps_its_proportions(size: tuple[int, int]) -> None:
    place = plan(picture(*size), FACTS).plate
    assert place.width == pytest.approx(place.height * size[0] / size[1], abs=max(1, size[0] / size[1]))


def test_what_one_must_know_about_the_picture_stands_below_it() -> None:
    assert "8 × 8 px, enlarged 40×" in words_of(plan(picture(8, 8), FACTS))
    assert "8000 × 200 px, shown whole" in words_of(plan(picture(8000, 200), FACTS))
    assert "Animated · first of 24 frames" in words_of(plan(picture(64, 64), replace(FACTS, frames=24)))
    assert "Video · 1:01:05 · a still from it" in words_of(
        plan(picture(640, 360), replace(FACTS, kind="video/mp4", seconds=3665))
    )


def test_a_grainy_picture_makes_no_heavy_card() -> None:
    noise = np.random.default_rng(7).integers(0, 256, (900, 1600, 3), dtype=np.uint8)
    card = draw(file(Image.fromarray(noise)), FACTS)
    assert len(card) <= 1_000_000
    assert zxingcpp.read_barcodes(read(card))[0].text == LINK


def test_the_card_carries_its_facts_as_a_sentence() -> None:
    sentence = read(draw(None, FACTS)).info["Description"]
    assert sentence == described(FACTS)
    assert sentence == (
        "Provenance card of A-7Q0D (R-4F2K): “Hero shoe on wet asphalt, low evening sun”, made by Mia Chen for Acme Athletics · "
        "Summer 2027 · sh010 with product-depth@3, approved, 23 Nov 2026, 14:05 UTC."
    )


def test_characters_without_a_font_are_boxed_and_reported() -> None:
    facts = replace(FACTS, title="তথ্য \ue123", who="\U0010fffd")
    with capture_logs() as logs:
        draw(None, facts, setter=BUNDLED)
    (entry,) = logs
    assert entry["event"] == "card.undrawable"
    assert {"U+E123", "U+09A4", "U+10FFFD"} <= set(entry["characters"])
    assert undrawable(FACTS, setter=BUNDLED) == ()


def test_both_themes_are_readable() -> None:
    for theme in (LIGHT, DARK):
        tones = (theme.ink, theme.soft, theme.approved, theme.rejected, theme.needs_work, theme.simulated)
        assert min(contrast(tone, ground) for tone in tones for ground in (theme.paper, theme.matte)) >= 4.5


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """WCAG 2 contrast ratio."""
    lights = sorted((luminance(one), luminance(other)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def luminance(colour: tuple[int, int, int]) -> float:
    parts = [value / 255 for value in colour]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


ANY_TEXT = some.text(max_size=60) | some.text(alphabet="אבגdef(1)٢ا 東🎬👍🏽\u200d\u0301\ufe0f-_/", max_size=40)


@given(
    title=ANY_TEXT,
    names=some.lists(ANY_TEXT, min_size=5, max_size=5),
    models=some.lists(some.tuples(ANY_TEXT, ANY_TEXT, ANY_TEXT), max_size=3),
    pairs=some.lists(some.tuples(ANY_TEXT, ANY_TEXT), max_size=8),
    size=some.sampled_from([None, (64, 64), (160, 90)]),
    unshaped=some.booleans(),
)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_words_make_a_well_formed_card(
    title: str,
    names: list[str],
    models: list[tuple[str, str, str]],
    pairs: list[tuple[str, str]],
    size: tuple[int, int] | None,
    unshaped: bool,
) -> None:
    who, client, project, shot, workflow = names
    facts = CardFacts(
        title, title, who, who, client, project, shot, workflow, tuple(models), shot, tuple(pairs), who, client, project
    )
    given_picture, setter = picture(*size) if size else None, UNSHAPED if unshaped else BUNDLED
    layout = plan(given_picture, facts, setter=setter)
    card = Box(0, 0, layout.width, layout.height)
    assert all(item.box.within(card) for item in layout.items)
    assert not any(one.overlaps(other) for one, other in combinations(solid(layout), 2))
    assert all(line.width <= item.box.width for item in layout.items if isinstance(item, TextBlock) for line in item.lines)
    assert read(draw(given_picture, facts, dark=unshaped, setter=setter)).size == (layout.width, layout.height)


def test_placeholders_say_what_is_missing() -> None:
    for facts in (
        FACTS,
        replace(FACTS, kind="video/mp4", seconds=5),
        replace(FACTS, kind="model/gltf-binary"),
        replace(FACTS, kind=""),
    ):
        layout = plan(None, facts)
        place = next(item.box for item in layout.items if isinstance(item, Plate))
        inside = read(draw(None, facts)).crop((place.x, place.y, place.right, place.bottom))
        assert len(inside.getcolors(100_000) or []) > 20  # a drawing and words, not an empty field


def test_a_shots_code_is_never_cut_and_the_headline_has_no_weights() -> None:
    shot = "sq0450_sh0120_v013_comp_final_approved"
    facts = replace(
        FACTS, title="(masterpiece:1.2), hero shoe, <lora:film:0.8>", shot=shot, client="Acme Footwear", project="Spring"
    )
    shown = words_of(plan(picture(512, 512), facts, setter=BUNDLED)).replace(" ", "").replace("\n", "")
    assert shot in shown
    assert "heroshoe" in shown
    assert [word for word in ("masterpiece", "1.2", "lora") if word in shown] == []


def test_the_picture_has_more_than_a_third_of_the_card() -> None:
    for size in ((1024, 1024), (768, 1152), (1344, 768)):
        made = plan(picture(*size), FACTS, setter=BUNDLED)
        assert made.plate.width * made.plate.height > 0.36 * made.width * made.height, size


def test_the_card_says_that_it_is_ai_and_how_it_is_signed() -> None:
    facts = replace(FACTS, disclosure="Made with AI", seal="Signed by Studio North with time stamp")
    shown = words_of(plan(picture(512, 512), facts, setter=BUNDLED))
    assert "Made with AI" in shown
    assert "Signed by Studio North" in shown
    assert "AI" in shown.splitlines()
