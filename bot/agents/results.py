"""What a tool answers: the command's JSON made small, with links to pages, and thumbnails."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sqlmodel import Session

from bot.cards import Answer
from core.desk import Desk
from core.errors import SlateError
from core.files import stored
from core.formats import kinds
from core.people.roles import Permission, may
from storage.files import assets
from storage.people import projects
from storage.tables import Member

_LONGEST_TEXT = 600
_LONGEST_LIST = 50
_LARGEST_THUMBNAIL = 64 * 1024
_CODE = re.compile(r"[AR]-[0-9A-Z]{4,13}")
_PAGES = {"asset": "assets", "render": "renders"}
_BRIEF_ASSET = (
    "asset", "render", "by", "client", "project", "shot", "workflow", "version", "seed", "created", "prompt", "techniques",
    "tags", "status", "origin", "filename", "width", "height", "mime", "link",
)  # fmt: skip
_BRIEF_WORKFLOW = ("workflow", "version", "title", "description")
_DROPPED = frozenset({"statement", "without"})
"""What only `provenance` tells, and what only buttons need."""


def data_of(desk: Desk, tool: str, answer: Answer, *, brief: bool) -> dict[str, Any]:
    """The answer's JSON, small: without what is empty, long texts cut, long lists counted. `brief`: only the main fields."""
    data = answer.data
    if answer.text and "answer" not in data and not answer.error:
        data = {"text": answer.text, **data}
    kept: dict[str, Any] = _small(
        data, desk.settings.base_url, dropped=_DROPPED if tool != "provenance" else frozenset({"without"})
    )
    if tool == "asset":
        return _picked(kept, "results", _BRIEF_ASSET)
    if tool == "workflows" and brief:
        return _picked(kept, "workflows", _BRIEF_WORKFLOW)
    return kept


def _picked(data: dict[str, Any], within: str, names: tuple[str, ...]) -> dict[str, Any]:
    def some(one: Mapping[str, Any]) -> dict[str, Any]:
        return {name: one[name] for name in names if name in one}

    if within in data:
        return {**data, within: [some(one) for one in data[within]]}
    return data if "error" in data else some(data)


def _small(value: Any, base: str, *, dropped: frozenset[str]) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _LONGEST_TEXT else f"{value[: _LONGEST_TEXT - 1]}…"
    if isinstance(value, list):
        return [_small(one, base, dropped=dropped) for one in value[:_LONGEST_LIST]]
    if not isinstance(value, dict):
        return value
    kept: dict[str, Any] = {}
    for name, one in value.items():
        if name in dropped or one in ("", None, [], {}):
            continue
        kept[name] = _small(one, base, dropped=dropped)
        if isinstance(one, list) and len(one) > _LONGEST_LIST:
            kept[f"{name}_left_out"] = len(one) - _LONGEST_LIST
    return _linked(kept, base)


def _linked(kept: dict[str, Any], base: str) -> dict[str, Any]:
    """With the address of its page, and every address whole."""
    for name, folder in _PAGES.items():
        code = kept.get(name)
        if "link" not in kept and isinstance(code, str) and _CODE.fullmatch(code) and ("by" in kept or "filename" in kept):
            kept["link"] = f"/{folder}/{code}"
    link = kept.get("link")
    if isinstance(link, str) and link.startswith("/"):
        kept["link"] = base + link
    return kept


def thumbnails(desk: Desk, member: Member, answer: Answer, most: int) -> Iterator[tuple[str, bytes]]:
    """(media type, bytes) of the first assets that the answer shows and the member may see; without those that cannot be read."""
    codes = [picture.asset for card in answer.cards for picture in card.pictures][:most]
    with desk.reading() as session:
        digests = [digest for code in codes if (digest := _thumbnail(session, member, code))]
    for digest in digests:
        try:
            data = stored.read(desk, digest)
        except SlateError:
            continue
        if len(data) <= _LARGEST_THUMBNAIL:
            yield kinds.mime_of(data, ""), data


def _thumbnail(session: Session, member: Member, code: str) -> str:
    asset = assets.by_code(session, code)
    seen = asset is not None and may(session, member, Permission.SEE, projects.by_id(session, asset.project_id))
    return asset.thumbnail if asset is not None and seen else ""
