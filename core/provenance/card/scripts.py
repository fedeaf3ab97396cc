"""Which of the world's scripts a card cannot show on this machine, and what to install so that it can."""

from __future__ import annotations

from core.provenance.card.clusters import clusters
from core.provenance.card.fonts import FontBook, font_book, language_of

# Script, a word in it, and the Debian package that brings a font for it.
_SAMPLES = (
    ("Latin", "Kłącząb", "fonts-noto-core"),
    ("Greek", "Ελλάδα", "fonts-noto-core"),
    ("Cyrillic", "Їжак", "fonts-noto-core"),
    ("Armenian", "Հայերեն", "fonts-noto-core"),
    ("Georgian", "ქართული", "fonts-noto-core"),
    ("Hebrew", "עברית", "fonts-noto-core"),
    ("Arabic", "العربية", "fonts-noto-core"),
    ("Devanagari", "हिन्दी", "fonts-noto-core"),
    ("Bengali", "বাংলা", "fonts-noto-core"),
    ("Gurmukhi", "ਪੰਜਾਬੀ", "fonts-noto-core"),
    ("Gujarati", "ગુજરાતી", "fonts-noto-core"),
    ("Tamil", "தமிழ்", "fonts-noto-core"),
    ("Telugu", "తెలుగు", "fonts-noto-core"),
    ("Kannada", "ಕನ್ನಡ", "fonts-noto-core"),
    ("Malayalam", "മലയാളം", "fonts-noto-core"),
    ("Sinhala", "සිංහල", "fonts-noto-core"),
    ("Thai", "ไทย", "fonts-noto-core"),
    ("Lao", "ລາວ", "fonts-noto-core"),
    ("Khmer", "ខ្មែរ", "fonts-noto-core"),
    ("Burmese", "မြန်မာ", "fonts-noto-core"),
    ("Ethiopic", "አማርኛ", "fonts-noto-core"),
    ("Chinese", "汉字漢字", "fonts-noto-cjk"),
    ("Japanese", "日本語かな", "fonts-noto-cjk"),
    ("Korean", "한국어", "fonts-noto-cjk"),
    ("Emoji", "😀🎬👍🏽", "fonts-noto-color-emoji"),
)
_SHAPED = {
    "Arabic",
    "Devanagari",
    "Bengali",
    "Gurmukhi",
    "Gujarati",
    "Tamil",
    "Telugu",
    "Kannada",
    "Malayalam",
    "Sinhala",
    "Khmer",
    "Burmese",
}
"""Scripts whose letters change place or form, beyond what Slate does by itself."""
_PACKAGES = {script: package for script, _, package in _SAMPLES}


def missing_scripts(book: FontBook | None = None) -> tuple[str, ...]:
    """Names of scripts that a card would show as boxes with code numbers, or with letters in the wrong shape."""
    book = book or font_book()
    return tuple(script for script, sample, _ in _SAMPLES if not _drawable(script, sample, book))


def remedy(script: str) -> str:
    """What to install for a script that `missing_scripts` named, in a sentence."""
    if script in _SHAPED and not font_book().shaping:
        return f"{script}: install libfribidi (Debian: libfribidi0, Homebrew: fribidi), with which Pillow shapes text."
    package = _PACKAGES.get(script, "fonts-noto-core")
    return f"{script}: install a font that has it (Debian and Ubuntu: {package})."


def _drawable(script: str, sample: str, book: FontBook) -> bool:
    if script in _SHAPED and not book.shaping:
        return False
    language = language_of(sample)
    if script == "Emoji":
        return all(book.emoji_for(piece) for piece in clusters(sample))
    return all(book.face_for(piece, "regular", language) for piece in clusters(sample))
