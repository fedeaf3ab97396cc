"""Asking for pictures: render, vary, reroll, retry, upscale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlmodel import Session

from bot import schemas, show
from bot.cards import Answer
from bot.commands import inputs, subjects
from bot.commands.command import Asked, spelled
from core import workflows
from core.errors import Conflict, MissingInput, UnknownWorkflow
from core.people import projects
from core.rendering import lifecycle
from core.rendering.lifecycle import RenderRequest
from core.text import names
from storage.files import assets
from storage.people import projects as storage_projects
from storage.tables import Asset, Project, Render

VARY_STRENGTH = 0.35
"""How far a variation of a picture may go from it, when nobody says."""


def render(asked: Asked) -> Answer:
    """Render a picture with a workflow.

    The first word is the workflow, `name@3` for an older version of it. The words behind it are the prompt. Everything else is
    name:value, with quotes around what has blanks. A picture input takes an asset's id; a file that is dropped in fills the
    first empty one. One message then follows the render, from its place in line to the result.
    /render text-to-image hero shoe, low sun seed:7 size:768x512
    /render product-depth prompt:"hero shoe, low sun" image:A-7Q0D shot:sh010
    /render upscale image:A-7Q0D project:acme-spring
    """
    name = asked.line.word(0)
    if not name:
        raise MissingInput(
            "`render` needs a workflow.", hint="Write /render text-to-image a red shoe; /workflows lists all there are."
        )
    with asked.desk.reading() as session:
        _, version = workflows.find(session, name)
        specs = workflows.inputs_of(version)
        project = project_of(session, asked)
    asked = replace(asked, line=inputs.read_again(asked, specs))
    given = inputs.gather(asked, specs, project, asked.line.rest(1))
    return submit(asked, RenderRequest(name, asked.member, project, given, _shot(asked, "")))


def vary(asked: Asked) -> Answer:
    """Change a render, or make a variation of a picture.

    With changes, everything else stays the same, the seed too. Without changes, the picture goes through image-to-image with its
    own prompt and a low strength. Words after the id are a new prompt. `R-4F2K#2` is the second picture of a render.
    /vary R-4F2K steps:30
    /vary R-4F2K the same shoe, in blue
    /vary A-7Q0D
    """
    changes = bool(asked.given()) or bool(subjects.named(asked).rest) or bool(asked.attachments)
    return _changed(asked) if changes else _close_to(asked)


def reroll(asked: Asked) -> Answer:
    """Render the same again with a new seed.

    Inputs given as name:value are changed. Without an id it is your last render, or the one of the thread.
    /reroll R-4F2K
    /reroll steps:30
    """
    with asked.desk.reading() as session:
        source = subjects.one_render(session, asked, newest=True)
        specs = workflows.inputs_of(lifecycle.version_of(session, source))
    if not any(spec.kind == "seed" for spec in specs):
        hint = f"Change something: /vary {source.code} name:value."
        raise Conflict(f"{source.code} has no seed, so the result would be the same.", hint=hint)
    return _repeat(asked, source, "reroll", fresh_seed=True)


def retry(asked: Asked) -> Answer:
    """Render exactly the same again, with the same seed.

    /retry R-4F2K
    """
    with asked.desk.reading() as session:
        source = subjects.one_render(session, asked, newest=True)
    return _repeat(asked, source, "retry", fresh_seed=False)


def upscale(asked: Asked) -> Answer:
    """Upscale a picture, with the workflow `upscale`.

    /upscale A-7Q0D
    /upscale R-4F2K#2
    """
    with asked.desk.reading() as session:
        asset = _one_picture(session, asked)
        specs = workflows.inputs_of(workflows.find(session, "upscale")[1])
        project = project_of(session, asked, asset.project_id)
        parent = subjects.render_of(session, asset.code) if asset.render_id else None
    picture = next(spec.name for spec in specs if spec.kind == "picture")
    given = {picture: asset.code} | inputs.gather(asked, [spec for spec in specs if spec.name != picture], project, None)
    return submit(
        asked, RenderRequest("upscale", asked.member, project, given, _shot(asked, asset.shot), parent=parent, verb="upscale")
    )


def submit(asked: Asked, asking: RenderRequest) -> Answer:
    """Queue it. In a channel the render's own message is the answer; elsewhere its card is."""
    place = asked.place if asked.place.channel_id else None
    made = lifecycle.submit(asked.desk, replace(asking, place=place, key=asked.said.key))
    with asked.desk.reading() as session:
        cards = () if place else (show.render_card(session, made),)
        told = schemas.of_render(session, made)
    position = f", number {told.position} in line" if told.position else ""
    return Answer(
        cards=cards, schema=told, note=f"{made.code} is {made.state.value}{position}. Its message is at the end of the channel."
    )


def project_of(session: Session, asked: Asked, source: int | None = None) -> Project:
    """The project said, else that of the source, else that of the channel, else the default. Raises UnknownProject."""
    said = asked.option("project")
    if said:
        return projects.find(session, said)
    known = storage_projects.by_id(session, source) if source is not None else asked.place.project
    return known or projects.default(session)


def repeated(session: Session, render: Render) -> tuple[str, dict[str, object]]:
    """(`workflow@number`, its complete inputs): what makes the same render again."""
    name, number = schemas.recipe_of(session, render)
    return f"{name}@{number}", {name: value for name, value in render.inputs.items() if value is not None}


def _repeat(asked: Asked, source: Render, verb: str, *, fresh_seed: bool) -> Answer:
    with asked.desk.reading() as session:
        workflow, kept = repeated(session, source)
        specs = workflows.inputs_of(lifecycle.version_of(session, source))
        project = project_of(session, asked, source.project_id)
    asked = replace(asked, line=inputs.read_again(asked, specs))
    changes = inputs.gather(asked, specs, project, subjects.named(asked).rest)
    seeds = {spec.name for spec in specs if spec.kind == "seed"} if fresh_seed else _emptied(asked, specs)
    given: Mapping[str, object] = {name: value for name, value in kept.items() if name not in seeds} | changes
    asking = RenderRequest(workflow, asked.member, project, given, _shot(asked, source.shot), parent=source, verb=verb)
    return submit(asked, asking)


def _emptied(asked: Asked, specs: list[workflows.InputSpec]) -> set[str]:
    """Inputs that were given, but as nothing: back to their default, a seed to a new one."""
    empty = {name for name, value in asked.given().items() if not value}
    return {spec.name for spec in specs if spelled(spec.name) in empty}


def _changed(asked: Asked) -> Answer:
    with asked.desk.reading() as session:
        source = subjects.one_render(session, asked)
    return _repeat(asked, source, "vary", fresh_seed=False)


def _close_to(asked: Asked) -> Answer:
    """The picture through image-to-image; where that is not known, the same render with a new seed."""
    with asked.desk.reading() as session:
        asset = _one_picture(session, asked)
        parent = subjects.render_of(session, asset.code) if asset.render_id else None
        try:
            specs = workflows.inputs_of(workflows.find(session, "image-to-image")[1])
        except UnknownWorkflow as problem:
            raise Conflict("There is no workflow `image-to-image` to vary a picture with.", hint="Use /reroll.") from problem
        project = project_of(session, asked, asset.project_id)
    given = _from_picture(asset, parent, specs)
    asking = RenderRequest("image-to-image", asked.member, project, given, _shot(asked, asset.shot), parent=parent, verb="vary")
    return submit(asked, asking)


def _from_picture(asset: Asset, parent: Render | None, specs: list[workflows.InputSpec]) -> dict[str, object]:
    """Inputs that start at the picture and keep the words it was made with."""
    old = parent.inputs if parent else {"prompt": asset.prompt, "negative": asset.negative}
    given: dict[str, object] = {}
    for spec in specs:
        if spec.kind == "picture" and spec.required:
            given[spec.name] = asset.code
        elif spec.kind in ("text", "paragraph", "model") and old.get(spec.name):
            given[spec.name] = old[spec.name]
        elif spec.name in ("strength", "denoise"):
            given[spec.name] = VARY_STRENGTH
    return given


def _one_picture(session: Session, asked: Asked) -> Asset:
    """The one picture a command is about; of a render with several, which one has to be said."""
    codes = subjects.named(asked).codes
    if asked.line.words and not codes:
        raise subjects.no_such(asked.line.word(0))
    if not codes or codes[0].startswith("R-"):
        source = subjects.one_render(session, asked)
        if source.state.over and not assets.of_render(session, source.id or 0):
            raise Conflict(f"{source.code} has no picture.", hint=f"Change something: /vary {source.code} name:value.")
    return subjects.one_asset(session, asked)


def _shot(asked: Asked, default: str) -> str:
    said = asked.option("shot")
    return names.clean(said, "shot") if said else default
