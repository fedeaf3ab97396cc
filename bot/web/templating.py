"""The templates of the room and of the pages, with the filters they use."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bot.cards import Picture
from bot.formatting import bytes_of
from bot.web.markup import dressed, moment

HERE = Path(__file__).parent
STATIC = HERE / "static"
_SHOWN_INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"})


class Templates:
    """Renders the templates in `bot/web/templates`."""

    def __init__(self) -> None:
        self.environment = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.environment.filters.update(
            dressed=dressed, size=bytes_of, path=quote, still=still, media=media, day=day, clock=clock, moment=moment
        )
        self.environment.globals.update(static=static)

    def html(self, template: str, **facts: Any) -> str:
        return self.environment.get_template(template).render(**facts)

    def part(self, template: str, macro: str, *facts: Any) -> str:
        """What one macro of a template makes."""
        return str(getattr(self.environment.get_template(template).module, macro)(*facts))

    def address(self, slug: str) -> str:
        """The path of a channel's page."""
        return f"/c/{quote(slug, safe='')}"


@cache
def static(name: str) -> str:
    """The address of a file in a `static` folder; it changes when the file does."""
    return f"/static/{name}?v={_fingerprint()}"


@cache
def _fingerprint() -> str:
    """One digest of all static files: modules import each other by plain names, so they grow old together."""
    found = hashlib.sha256()
    for file in sorted(STATIC.iterdir()):
        found.update(file.read_bytes())
    return found.hexdigest()[:10]


def still(picture: Picture) -> str:
    """The address of the picture's still for the chat, or empty when there is none to show."""
    digest = picture.preview or (picture.sha256 if picture.mime in _SHOWN_INLINE else "")
    return f"/files/{picture.asset}/{digest}" if digest else ""


def media(picture: Picture) -> str:
    """The address of the file itself."""
    return f"/files/{picture.asset}/{picture.sha256}"


def day(at: datetime) -> str:
    """`Monday, 23 November 2026`."""
    return f"{at:%A}, {at.day} {at:%B %Y}"


def clock(at: datetime) -> Markup:
    """The time of day, with the whole of it for machines and on hover."""
    return Markup('<time datetime="{}" title="{}, {}" data-clock>{}</time>').format(
        at.isoformat(), day(at), f"{at:%H:%M}", f"{at:%H:%M}"
    )
