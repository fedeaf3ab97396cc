"""Which renders and assets a command is about: by their ids, by the thread it is said in, or the member's own last one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeVar

from sqlmodel import Session

from bot.commands.command import Asked
from core.errors import Conflict, MissingInput, UnknownAsset, UnknownRender
from core.people.roles import Permission, allow
from storage import ids
from storage.chat import posts
from storage.files import assets
from storage.people import projects
from storage.rendering import renders
from storage.tables import Asset, Post, Render

_CODE = re.compile(r"(?P<id>A-[0-9A-Z]{4,13})|(?P<render>R-[0-9A-Z]{4,13})(?:#(?P<numbers>\d{1,2}(?:,\d{1,2})*))?", re.IGNORECASE)
_NUMBERS = re.compile(r"\d{1,2}(?:,\d{1,2})*")
_MISTYPED = re.compile(r"[RA]-[0-9A-Z]*\W*", re.IGNORECASE)
"""An id cut short, or with something stuck to it: never a prompt."""
T = TypeVar("T", Asset, Render)


@dataclass(frozen=True)
class Meant:
    """What the ids at the start of a command's words stand for, and the words behind them."""

    codes: tuple[str, ...]
    rest: str


def named(asked: Asked) -> Meant:
    """The ids that a command starts with, in capitals, each once; a comma behind one does not matter.

    One picture of a render is `R-4F2K#2`, several are `R-4F2K#1,3`; `R-4F2K 2` is the same, but where a prompt may follow it
    has to be the last word.
    """
    words = asked.line.words
    codes: dict[str, None] = {}
    count = 0
    while count < len(words) and not words[count].quoted and (found := _CODE.fullmatch(words[count].value.rstrip(",;"))):
        count += 1
        numbers = (found["numbers"] or "").split(",") if found["numbers"] else []
        if found["render"] and not numbers:
            numbers, count = _numbers(asked, count)
        code = (found["id"] or found["render"]).upper()
        codes |= dict.fromkeys([f"{code}#{int(one)}" for one in numbers] or [code])
    return Meant(tuple(codes), asked.line.rest(count))


def _numbers(asked: Asked, at: int) -> tuple[list[str], int]:
    """The picture numbers that stand at a place of the line, and where they end."""
    found: list[str] = []
    end = at
    for part in asked.line.words[at:]:
        bare = part.value.rstrip(",;")
        if part.quoted or part.name or not _NUMBERS.fullmatch(bare):
            break
        found += bare.split(",")
        end += 1
    return ([], at) if asked.command.inputs and end < len(asked.line.words) else (found, end)


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
    code = code.partition("#")[0]
    if code.upper().startswith("A-"):
        asset = asset_by(session, code)
        if asset.render_id is None:
            raise Conflict(
                f"{asset.code} was not rendered here, so there are no settings to repeat.",
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
        raise UnknownAsset(f"There is no asset {code[:20].upper()}.", hint="The id is on its card; /find finds it by words.")
    return found


def some_assets(session: Session, asked: Asked) -> list[Asset]:
    """The assets a command is about: those named, those of the renders named, or those of the thread.

    Raises UnknownRender, UnknownAsset, MissingInput, Conflict, Refused.
    """
    unique = {asset.id: asset for found in assets_by_code(session, asked).values() for asset in found}
    return list(unique.values())


def assets_by_code(session: Session, asked: Asked) -> dict[str, list[Asset]]:
    """The assets behind each id of a command, or behind the thread's. Raises as `some_assets`."""
    codes = named(asked).codes or _codes_here(session, asked)
    found = {code: _behind(session, code) for code in codes}
    for made in found.values():
        for asset in made:
            check_visible(session, asked, asset)
    return found


def _behind(session: Session, code: str) -> list[Asset]:
    if code.startswith("A-"):
        return [asset_by(session, code)]
    name, _, number = code.partition("#")
    made = _made_by(session, render_of(session, name))
    if not number:
        return made
    if not 1 <= int(number) <= len(made):
        count = "one picture" if len(made) == 1 else f"{len(made)} pictures, numbered 1 to {len(made)}"
        raise UnknownAsset(
            f"{name} has no picture {number}; it has {count}.", hint="The numbers are on the card.", given=code, input="id"
        )
    return [made[int(number) - 1]]


def one_asset(session: Session, asked: Asked) -> Asset:
    """The one picture a command is about; of a render with several, somebody has to say which.

    Raises MissingInput with a suggestion a picture, and as `some_assets`.
    """
    found = assets_by_code(session, asked)
    code, made = next(iter(found.items()))
    if len(made) > 1:
        code = named(asked).codes[0] if named(asked).codes else ids.code("R", made[0].render_id or 0)
        numbered = [f"{code}#{number}" for number in range(1, len(made) + 1)]
        raise MissingInput(
            f"{code} has {len(made)} pictures.",
            hint=f"Choose one, or write /{asked.command.name} {numbered[0]}.",
            suggestions=numbered,
            given=code,
        )
    return made[0]


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
        f"`{word[:40]}` is not the id of a render.", hint="Ids look like R-4F2K and are on each card; /queue lists some."
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
        state = "has no picture" if render.state.over else "is not finished yet"
        raise Conflict(f"{render.code} {state}.", hint="" if render.state.over else "Wait until it is done.")
    return found


def check_visible(session: Session, asked: Asked, row: T) -> T:
    """The row, if the member may see what was made for its project; else raises Refused."""
    allow(session, asked.member, Permission.SEE, projects.by_id(session, row.project_id))
    return row


def _gone(code: str) -> Render:
    raise UnknownRender(
        f"There is no render {code[:20].upper()}.", hint="The id is on its card; /queue lists what is waiting and running."
    )
