"""The provenance card as a picture: who, what, for whom and with what, on a label one can paste anywhere.

    png = draw(picture_bytes, CardFacts(title="Hero shoe, low sun", asset="A-7Q0D", …))

Everything that goes on it comes in as CardFacts; nothing is looked up here. The picture stands whole and unaltered on its
matte; marks about it stand beside it, never on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from io import BytesIO

import structlog
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from core.provenance.card.draw import paint
from core.provenance.card.facts import CardFacts, described, shown_date
from core.provenance.card.fonts import font_book
from core.provenance.card.ink import Pen
from core.provenance.card.label import MODELS
from core.provenance.card.layout import PLACEHOLDER, Layout, arrange, is_wide, room_for
from core.provenance.card.picture import CardPicture, flattened, opened, size_of
from core.provenance.card.placeholder import kind_name, kind_of, placeholder
from core.provenance.card.scripts import missing_scripts, remedy
from core.provenance.card.sheet import compose
from core.provenance.card.text import Typesetter
from core.provenance.card.theme import DARK, LIGHT, Theme

__all__ = ["CardFacts", "contact_sheet", "described", "draw", "missing_scripts", "plan", "remedy", "undrawable"]

HEAVIEST = 1_000_000
"""Bytes; a card of a grainy picture that comes out larger is drawn again with the picture a little smaller."""
TRIES = 3
SETTINGS = 40
"""More settings than could find room on a card; those after them are not looked at."""

log = structlog.get_logger(__name__)


def draw(picture: bytes | None, facts: CardFacts, *, dark: bool = False, setter: Typesetter | None = None) -> bytes:
    """The card as PNG bytes.

    `picture` is the file or a preview of it (a preview of 1024 pixels is enough, and quicker); bytes that are no picture get a
    placeholder, never an error.
    """
    setter = setter or typesetter()
    theme, pen = (DARK if dark else LIGHT), Pen(setter.book.shaping)
    if unknown := undrawable(facts, setter=setter):
        log.warning("card.undrawable", asset=facts.asset, characters=[f"U+{ord(char):04X}" for char in unknown])
    room = room_for(size_of(picture))
    for _ in range(TRIES):
        made = _drawn(picture, facts, room, theme, setter, pen)
        if len(made) <= HEAVIEST:
            break
        shrink = 0.95 * (HEAVIEST / len(made)) ** 0.5
        room = (round(room[0] * shrink), round(room[1] * shrink))
    return made


def _drawn(picture: bytes | None, facts: CardFacts, room: tuple[int, int], theme: Theme, setter: Typesetter, pen: Pen) -> bytes:
    shown = opened(picture, room)
    layout = _plan(facts, shown, setter)
    if shown:
        image = flattened(shown.image, theme.paper, theme.board)
    else:
        image = placeholder(facts, PLACEHOLDER, bool(picture) and kind_of(facts.kind) == "image", theme, setter, pen)
    return _png(paint(layout, image, theme, pen), facts)


def contact_sheet(
    pictures: Sequence[bytes], captions: Sequence[str] = (), *, dark: bool = False, setter: Typesetter | None = None
) -> bytes:
    """Up to twelve pictures on one numbered sheet, as JPEG bytes.

    A file that is no picture gets a placeholder; no files at all is a ValueError.
    """
    return compose(pictures, captions, dark=dark, setter=setter or typesetter())


def plan(picture: bytes | None, facts: CardFacts, *, setter: Typesetter | None = None) -> Layout:
    """Where everything on that card stands."""
    return _plan(facts, opened(picture, room_for(size_of(picture))), setter or typesetter())


def undrawable(facts: CardFacts, *, setter: Typesetter | None = None) -> tuple[str, ...]:
    """The characters of a card that no font here has; each is drawn as a box with its code number."""
    setter = setter or typesetter()
    texts = [
        facts.title,
        facts.asset,
        facts.render,
        facts.who,
        facts.client,
        facts.project,
        facts.shot,
        facts.workflow,
        facts.seed,
    ]
    texts += [part for row in (*facts.models[:MODELS], *facts.settings[:SETTINGS]) for part in row]
    texts += [shown_date(facts.date), facts.status, facts.filename]
    return tuple(dict.fromkeys(char for text in texts for char in setter.unknown(text)))


@cache
def typesetter() -> Typesetter:
    """Sets texts with the fonts of this machine."""
    return Typesetter(font_book())


def _plan(facts: CardFacts, shown: CardPicture | None, setter: Typesetter) -> Layout:
    if shown is None:
        return arrange(facts, PLACEHOLDER, (), setter, wide=False)
    wide = is_wide((shown.width, shown.height))
    return arrange(facts, shown.image.size, _notes(facts, shown), setter, wide=wide)


def _notes(facts: CardFacts, shown: CardPicture) -> list[str]:
    """What one must know about the picture as shown."""
    notes = []
    frames = max(shown.frames, facts.frames or 1)
    if kind_of(facts.kind) in ("video", "audio", "model"):
        notes.append(f"{kind_name(facts)} · a still from it")
    elif frames > 1:
        notes.append(f"Animated · first of {frames} frames")
    size = f"{shown.width} × {shown.height} px"
    if shown.scale > 1:
        notes.append(f"{size}, enlarged {shown.scale}×")
    elif max(shown.width, shown.height) > 4 * min(shown.width, shown.height):
        notes.append(f"{size}, shown whole")
    return notes


def _png(card: Image.Image, facts: CardFacts) -> bytes:
    """PNG with the same facts in one sentence, for whoever reads files rather than looks at them."""
    words = PngInfo()
    words.add_itxt("Description", described(facts))
    words.add_text("Software", "Slate")
    out = BytesIO()
    card.save(out, "PNG", compress_level=3, pnginfo=words)
    return out.getvalue()
