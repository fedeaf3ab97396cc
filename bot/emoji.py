"""Which emoji stands for which command, whatever tone or variant somebody's keyboard sends.

>>> plain("👍🏽") == plain("👍"), plain("🏷️") == plain("🏷"), plain(":+1::skin-tone-3:")
(True, True, ':+1:')
"""

from __future__ import annotations

import re
import unicodedata

from core.settings import Settings
from storage.tables import Project

_VARIANTS = re.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]|:skin-tone-[2-6]:")


def plain(emoji: str) -> str:
    """The emoji without skin tone and variation selectors; names as `:+1:` stay names."""
    return _VARIANTS.sub("", unicodedata.normalize("NFC", emoji.strip())).strip()


def number(emoji: str) -> int:
    """Which picture of a render a keycap stands for, or 0.

    >>> number("2️⃣"), number("🔟"), number("2"), number("✅")
    (2, 10, 0, 0)
    """
    bare = plain(emoji)
    if bare == "🔟":
        return 10
    return int(bare[0]) if len(bare) == 2 and bare[1] == "\u20e3" and bare[0] in "123456789" else 0


def meanings(settings: Settings, project: Project | None = None) -> dict[str, str]:
    """Emoji -> the command it stands for, such as `approve` or `tag pick`: as the project says, else as SLATE_REACTIONS says."""
    chosen = (project.reactions if project else "") or settings.reactions
    pairs = (part.partition("=") for part in chosen.split(","))
    return {emoji.strip(): meaning.strip() for emoji, _, meaning in pairs if emoji.strip() and meaning.strip()}


def meaning(settings: Settings, emoji: str, project: Project | None = None) -> str:
    """The command this emoji stands for, or empty."""
    return {plain(one): said for one, said in meanings(settings, project).items()}.get(plain(emoji), "")
