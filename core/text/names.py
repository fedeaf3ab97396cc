"""Names of people and places: what may be one, when two are the same, and which known one somebody meant.

>>> key("  MIA Chen "), key("ｍｉａ chen")
('mia chen', 'mia chen')
>>> slug("Acme — Spring '27"), slug("東京 Hero"), slug("Größe Ökö")
('acme-spring-27', '東京-hero', 'grösse-ökö')
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from rapidfuzz import fuzz, process

from core.errors import BadInput, TooLong

LONGEST = 60
_NEAR = 60.0
_JOINERS = re.compile("(?:^|[\\x00-\u024f\\s])[\u200c\u200d]|[\u200c\u200d](?:$|[\\x00-\u024f\\s\u200c\u200d])")
"""Joiners where no script needs them: beside Latin letters and blanks, doubled, or at an end."""


def clean(name: str, what: str = "name", *, longest: int = LONGEST) -> str:
    """`name` fit to be shown: trimmed, runs of spaces made one, 1 to `longest` characters. Raises BadInput, TooLong.

    Letters of every script are welcome; control characters, line breaks, direction overrides, unpaired surrogates and characters
    that show nothing are not, but for the joiners that some scripts need between letters.
    """
    spaced = re.sub(r" +", " ", unicodedata.normalize("NFC", name.replace("\u00a0", " "))).strip()
    odd = (unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") or _unseen(letter) for letter in spaced)
    if any(odd) or _JOINERS.search(spaced):
        raise BadInput(f"This {what} has invisible control characters in it.", hint="Type it again.", input=what)
    if not any(unicodedata.category(letter)[0] in "LNSP" for letter in spaced):
        raise BadInput(f"The {what} is empty.", hint=f"Give a {what} of 1 to {longest} characters.", input=what)
    if len(spaced) > longest:
        said = f"The {what} has {len(spaced)} characters; {longest} are the most."
        raise TooLong(said, hint="Choose a shorter one.", input=what, limit=longest)
    return spaced


_EMPTY = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""What shows nothing and is no format character: fillers, and the empty letter of Braille."""
_SELECTORS = frozenset(map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
"""Variation selectors: they choose the shape of what stands before them, and show nothing where it has only one."""


def _unseen(letter: str) -> bool:
    """Whether the character turns the direction of the text around it, or shows nothing."""
    return (unicodedata.category(letter) == "Cf" and letter not in "\u200c\u200d") or letter in _EMPTY


def key(name: str) -> str:
    """What makes two names the same: NFKC, casefolded, outer and doubled spaces gone."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


_ALIKE = str.maketrans("аеорсухкмтнвіјѕһԁԛԝьгпαοντρυκιχβηγωεі01|ǀıɑɡℓ", "aeopcyxkmthbijshdqwbrnaovtpukixbnywei" + "ollliagl")
_ALIKE |= dict(zip(map(ord, "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ"), map(ord, "abcdefghijklmnoprstuvwyz"), strict=True))
"""Letters of other scripts, small capitals and digits that look like Latin ones (after case folding)."""


def skeleton(name: str) -> str:
    """What a name looks like: equal for names that people cannot tell apart.

    >>> skeleton("Мiа"), skeleton("Mia"), skeleton("M1a") == skeleton("Mla")
    ('mia', 'mia', True)
    """
    shown = (one for one in key(name) if unicodedata.category(one) != "Cf" and one not in _SELECTORS)
    return "".join(shown).translate(_ALIKE).translate(_ALIKE)


def slug(name: str) -> str:
    """What people type for `name`: letters and digits of any script, joined by dashes; empty when there are none."""
    kept = "".join(letter if unicodedata.category(letter)[0] in "LNM" else "-" for letter in key(name))
    return re.sub("-+", "-", kept).strip("-")[:LONGEST].strip("-")


def nearest(text: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """The known names that `text` was probably meant to be, best first."""
    found = process.extract(key(text), list(known), scorer=fuzz.WRatio, processor=key, limit=limit, score_cutoff=_NEAR)
    return [name for name, _score, _at in found]
