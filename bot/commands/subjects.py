"""Which renders and assets a command is about: by their ids, by the thread it is said in, or the member's own last one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeVar

from sqlmodel import Session

from bot.commands.command import Asked
from core.errors import Conflict, MissingInput, UnknownAsset, UnknownRender
from core.people.roles import Action, allow
from storage import ids
from storage.chat import posts
from storage.files import assets
from storage.people import projects
from storage.rendering import renders
from storage.tables import Asset, Post, Render

_CODE = re.compile(r"[RA]-[0-9A-Z]{4,13}", re.IGNORECASE)
_MISTYPED = re.compile(r"[RA]-[0-9A-Z]*\W*", re.IGNORECASE)
"""An id cut short, or with something stuck to it: never a prompt."""
T = TypeVar("T", Asset, Render)


@dataclass(frozen=True)
class Meant:
    """What the ids at the start of a command's words stand for, and the words behind them."""

    codes: tuple[str, ...]
    rest: str


def named(asked: Asked) -> Meant:
    """The ids that a command starts with, in capitals, each once; a comma behind one does not matter."""
    codes: dict[str, None] = {}
    count = 0
    for part in asked.line.words:
        code = part.value.rstrip(",;")
        if part.quoted or not _CODE.fullmatch(code):
            break
        codes[code.upper()] = None
        count += 1
    return Meant(tuple(codes), asked.line.rest(count))


def one_render(session: Session, asked: Asked, *, newest: bool = False) -> Render:
    """The one render a command is about; `newest`: without an id and outside a thread it is the member's own last one.

    Raises UnknownRender, UnknownAsset, MissingInput, Conflict, Refused.
    """
    return check_visible(session, asked, _one_render(session, asked, newest))


def _one_render(session: Session, asked: Asked, newest: bool) -> Render:
    codes = named(asked).codes
    if codes:
        return render_of(session, codes[0])
    if asked.line.words and (_MISTYPED.fullmatch(asked.line.word(0)) or not (newest or _are_changes(asked))):
        raise no_such(asked.line.word(0))
    here = in_thread(session, asked)
    if here is not None and here.render_id is not None:
        return renders.by_id(session, here.render_id) or _gone(str(here.render_id))
    own = renders.newest(session, member_id=asked.member.id, limit=1) if newest else []
    if not own:
        raise missing(asked, "render", "R-4F2K")
    return own[0]


def _are_changes(asked: Asked) -> bool:
    """Whether the words are a new prompt for the render of the thread."""
    return bool(asked.command.inputs and asked.place.thread_ref)


def render_of(session: Session, code: str) -> Render:
    """The render with this id, or the one that made the asset with it. Raises UnknownRender, UnknownAsset, Conflict."""
    if code.upper().startswith("A-"):
        asset = asset_by(session, code)
        if asset.render_id is None:
            raise Conflict(
                f"{asset.code} was not rendered here, so nothing is known that could be repeated.",
                hint=f'Use it as an input: /render image-to-image image:{asset.code} prompt:"…"',
            )
        return renders.by_id(session, asset.render_id) or _gone(code)
    row = ids.number("R", code)
    found = renders.by_id(session, row) if row is not None else None
    return found or _gone(code)


def asset_by(session: Session, code: str) -> Asset:
    """Raises UnknownAsset."""
    found = assets.by_code(session, code)
    if found is None:
        raise UnknownAsset(f"There is no asset {code[:20].upper()}.", hint="Its id stands on its card; /find finds it by words.")
    return found


def some_assets(session: Session, asked: Asked) -> list[Asset]:
    """The assets a command is about: those named, those of the renders named, or those of the thread.

    Raises UnknownRender, UnknownAsset, MissingInput, Conflict, Refused.
    """
    codes = named(asked).codes
    found: list[Asset] = []
    for code in codes or _codes_here(session, asked):
        found += [asset_by(session, code)] if code.startswith("A-") else _made_by(session, render_of(session, code))
    unique = {asset.id: asset for asset in found}
    return [check_visible(session, asked, asset) for asset in unique.values()]


def in_thread(session: Session, asked: Asked) -> Post | None:
    """The message of ours that starts the thread, if there is one."""
    place = asked.place
    return posts.at(session, place.platform, place.channel_id, place.thread_ref) if place.thread_ref else None


def missing(asked: Asked, what: str, example: str) -> MissingInput:
    name = asked.command.name
    hint = f"Write /{name} {example}, or /{name} in the thread of the {what}."
    return MissingInput(f"`{name}` needs to know which {what}.", hint=hint)


def no_such(word: str) -> UnknownRender:
    return UnknownRender(
        f"`{word[:40]}` is no id of a render.", hint="Ids look like R-4F2K and stand on each card; /queue lists some."
    )


def _codes_here(session: Session, asked: Asked) -> list[str]:
    here = in_thread(session, asked)
    if here is not None and here.render_id is not None:
        return [ids.code("R", here.render_id)]
    if here is not None and here.asset_id is not None:
        return [ids.code("A", here.asset_id)]
    raise missing(asked, "asset", "A-7Q0D")


def _made_by(session: Session, render: Render) -> list[Asset]:
    found = list(assets.of_render(session, render.id or 0))
    if not found:
        state = "has made no picture" if render.state.over else "has not made its picture yet"
        raise Conflict(f"{render.code} {state}.", hint="" if render.state.over else "Wait until it is done.")
    return found


def check_visible(session: Session, asked: Asked, row: T) -> T:
    """The row, if the member may see what was made for its project; else raises Refused."""
    allow(session, asked.member, Action.SEE, projects.by_id(session, row.project_id))
    return row


def _gone(code: str) -> Render:
    raise UnknownRender(
        f"There is no render {code[:20].upper()}.", hint="Its id stands on its card; /queue lists what waits and runs."
    )
