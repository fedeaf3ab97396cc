"""The card's fonts: what they have is read rightly, and what is missing is known."""

from __future__ import annotations

from pathlib import Path

import pymupdf_fonts
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from core.provenance.card import missing_scripts, remedy
from core.provenance.card.cmap import coverage, coverage_of_file
from core.provenance.card.fonts import FontBook, font_book, han, packaged
from core.provenance.card.system_fonts import SystemFonts, usual_folders

FIRA: bytes = pymupdf_fonts.myfont("figo")


@pytest.mark.parametrize("char", "Aéאب中")
def test_a_font_has_what_it_draws(char: str) -> None:
    """A character that a font lacks is drawn as its box for the unknown, the same as for a private-use one."""
    face = packaged("figo")
    font = face.at(40, shaping=False)
    unknown = bytes(font.getmask("\uf8ee"))
    assert face.has(char) == (bytes(font.getmask(char)) != unknown)


@pytest.mark.parametrize("data", [b"", b"OTTO", b"ttcf" + b"\xff" * 40, b"\x00\x01\x00\x00" + b"\xff" * 100, b"hello" * 50])
def test_what_is_no_font_has_nothing(data: bytes) -> None:
    assert len(coverage(data)) == 0


@given(cut=some.integers(0, 60_000), at=some.integers(0, 60_000), byte=some.integers(0, 255))
@settings(max_examples=60, deadline=None)
def test_a_broken_font_never_raises(cut: int, at: int, byte: int) -> None:
    coverage(FIRA[:cut])
    coverage(FIRA[:at] + bytes([byte]) + FIRA[at + 1 :])


def test_a_collection_has_one_set_for_each_language_and_no_more(tmp_path: Path) -> None:
    path = han("ja", thicken=False).source
    assert isinstance(path, Path)
    assert 0x6771 in coverage_of_file(path, 0)
    assert len(coverage_of_file(path, 99)) == 0
    assert len(coverage_of_file(tmp_path / "absent.ttf")) == 0


def test_what_pip_installs_is_enough_for_most_of_the_world() -> None:
    missing = missing_scripts(FontBook(SystemFonts(()), shaping=True))
    assert "Emoji" in missing
    needed = {"Latin", "Greek", "Cyrillic", "Hebrew", "Arabic", "Devanagari", "Thai", "Georgian", "Chinese", "Japanese", "Korean"}
    assert needed & set(missing) == set()


def test_scripts_that_need_shaping_are_missing_without_it() -> None:
    missing = missing_scripts(FontBook(SystemFonts(()), shaping=False))
    assert "Devanagari" in missing
    assert "Arabic" in missing  # Raqm joins its letters
    assert "Hebrew" not in missing  # Slate turns its words round itself


def test_each_missing_script_has_a_remedy() -> None:
    assert remedy("Emoji") == "Emoji: install a font that has it (Debian and Ubuntu: fonts-noto-color-emoji)."
    for script in missing_scripts(FontBook(SystemFonts(()), shaping=False)):
        assert remedy(script).startswith(f"{script}: install ")


def test_fonts_of_the_machine_are_used_and_broken_ones_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "fonts" / "deep"
    folder.mkdir(parents=True)
    (folder / "AAA-broken.ttf").write_bytes(FIRA[:5000])
    (folder / "AAA-text.ttf").write_text("not a font")
    (folder / "Fira-BoldItalic.otf").write_bytes(FIRA)
    (folder / "Fira.ttf").write_bytes(FIRA)
    found = SystemFonts((tmp_path / "fonts", tmp_path / "absent")).find("a")
    assert found is not None
    assert found.name == "Fira"
    assert found.at(20, shaping=False).getlength("a") > 0
    assert SystemFonts((tmp_path / "fonts",)).find("\ue123") is None


def test_a_file_called_emoji_that_has_no_colours_is_no_emoji_font(tmp_path: Path) -> None:
    (tmp_path / "FakeColorEmoji.ttf").write_bytes(FIRA)
    (tmp_path / "BrokenColorEmoji.ttf").write_bytes(b"x")
    assert FontBook(SystemFonts((tmp_path,)), shaping=False).emoji is None


def test_the_usual_folders_are_absolute() -> None:
    assert all(folder.is_absolute() for folder in usual_folders())
    assert font_book() is font_book()
