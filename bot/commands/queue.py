"""What becomes of renders that were asked for: edit, copy, cancel, queue."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from bot import command_text, formatting, schemas
from bot.cards import Answer, Button, Card, Field, Form, FormField
from bot.commands import inputs, subjects
from bot.commands.command import Asked
from bot.commands.render import repeated
from core import workflows
from core.errors import Conflict
from core.people.roles import Permission, allow
from core.rendering import lifecycle
from core.rendering.scheduler import Standing
from core.schemas.renders import CommandLineSchema, QueueSchema, RenderList
from storage.people import members, projects
from storage.rendering import backends, renders
from storage.tables import Backend, Render, RenderState


def edit(asked: Asked) -> Answer:
    """Open a form with the inputs of a render or a workflow.

    /edit R-4F2K
    /edit text-to-image
    """
    with asked.desk.reading() as session:
        word = asked.line.word(0)
        form = _blank(session, word) if word and not subjects.named(asked).codes else _filled(session, asked)
    return Answer(form=form, private=True, schema=schemas.of_form(form))


def copy(asked: Asked) -> Answer:
    """Copy the exact command of a render, seed included.

    /copy R-4F2K
    """
    with asked.desk.reading() as session:
        line = command_line(session, subjects.one_render(session, asked, newest=True))
    return Answer("This command makes the same render again:", private=True, copy=line, schema=CommandLineSchema(command=line))


def command_line(session: Session, render: Render) -> str:
    """The line that asks for this render, on whichever version it was made; inputs at their default are left out."""
    workflow, kept = repeated(session, render)
    specs = workflows.inputs_of(lifecycle.version_of(session, render))
    usual = {spec.name: spec.default for spec in specs if spec.kind != "seed"}
    said = {name: _spell(value) for name, value in kept.items() if name not in usual or value != usual[name]}
    project = projects.by_id(session, render.project_id)
    place = {"project": project.slug if project else "", "shot": render.shot}
    return command_text.write("/render", [workflow], said | {name: value for name, value in place.items() if value})


def cancel(asked: Asked) -> Answer:
    """Cancel a render that is waiting or running.

    Your own, or as a lead anybody's. `all` cancels every one of yours. Other renders are not affected.
    /cancel R-4F2K
    /cancel all
    """
    if asked.line.word(0).casefold() == "all":
        done = lifecycle.cancel_own(asked.desk, by=asked.member)
    else:
        done = [lifecycle.cancel(asked.desk, code, by=asked.member) for code in _to_cancel(asked)]
    if not done:
        return Answer("None of your renders is waiting or running.", private=True, schema=RenderList(renders=[]))
    ended = [one.code for one in done if one.state is RenderState.CANCELLED]
    stopping = [one.code for one in done if one.state is RenderState.RUNNING]
    said = [f"Cancelled {', '.join(ended)}."] if ended else []
    said += [f"{', '.join(stopping)} stops at its next step."] if stopping else []
    with asked.desk.reading() as session:
        held = schemas.hold_related(session, done)
        places = lifecycle.standings(session, done)
        found = [schemas.of_render(session, one, places[one.id or 0]) for one in done]
        del held
    return Answer(" ".join(said), private=True, schema=found[0] if len(found) == 1 else RenderList(renders=found))


def queue(asked: Asked) -> Answer:
    """Show what is running and waiting, in order, and why it waits.

    /queue
    /queue mine:yes
    """
    limit = asked.count("limit", 15, 100)
    with asked.desk.reading() as session:
        allow(session, asked.member, Permission.SEE, asked.place.project)
        line = _in_line(session, asked, limit)
        held = schemas.hold_related(session, line)
        places = lifecycle.standings(session, line)
        fields = tuple(_queue_field(session, one, places[one.id or 0]) for one in line)
        busy = [one for one in backends.in_use(session) if one.outside]
        card = Card(_queue_title(line), text=_outside(busy), fields=fields, buttons=_queue_buttons(asked, line))
        told = QueueSchema(
            outside={one.name: one.outside for one in busy},
            renders=[schemas.of_render(session, one, places[one.id or 0]) for one in line],
        )
        del held
    return Answer(cards=(card,), private=True, schema=told)


def _in_line(session: Session, asked: Asked, limit: int) -> list[Render]:
    if not asked.switch("mine"):
        return renders.in_line(session, limit)
    active = (RenderState.RUNNING, RenderState.QUEUED)
    own = renders.newest(session, member_id=asked.member.id, states=active, limit=limit)
    return sorted(own, key=lambda one: (one.state is not RenderState.RUNNING, one.priority, one.rank, one.id))


def _queue_title(line: list[Render]) -> str:
    running = sum(one.state is RenderState.RUNNING for one in line)
    waiting = len(line) - running
    return f"{running} running, {waiting} waiting" if line else "Nothing is running or waiting"


def _outside(busy: Sequence[Backend]) -> str:
    """Which servers carry out jobs that Slate did not hand in."""
    told = [f"{one.name}: {one.outside} job{'' if one.outside == 1 else 's'} of other people, outside Slate" for one in busy]
    return "\n".join(told)


def _queue_field(session: Session, render: Render, standing: Standing) -> Field:
    workflow, number = schemas.recipe_of(session, render)
    member = members.by_id(session, render.member_id)
    what = formatting.short(str(render.inputs.get("prompt", "")), 60)
    who = f"{member.name if member else 'not recorded'} · {workflow}@{number}{f' · {what}' if what else ''}"
    if render.state is RenderState.RUNNING:
        return Field(f"{render.code} running", f"{render.progress:.0%} {render.progress_label}\n{who}".strip(), short=False)
    starts = "" if standing.starts_in is None else f"in {formatting.about(standing.starts_in)}: "
    return Field(f"{render.code} number {standing.position}", f"{starts}{standing.reason}\n{who}", short=False)


def _queue_buttons(asked: Asked, line: list[Render]) -> tuple[Button, ...]:
    own = [one for one in line if one.member_id == asked.member.id]
    return tuple(Button("cancel", one.code, f"Cancel {one.code}", "danger") for one in own[:3])


def _to_cancel(asked: Asked) -> list[str]:
    with asked.desk.reading() as session:
        codes = subjects.named(asked).codes
        found = [subjects.render_of(session, code) for code in codes] or [subjects.one_render(session, asked)]
    codes = tuple(dict.fromkeys(one.code for one in found))
    if len(codes) > 1 and any(one.state.over for one in found):
        over = ", ".join(one.code for one in found if one.state.over)
        raise Conflict(f"Nothing was cancelled: {over} has ended.", hint="Remove it and try again.")
    return list(codes)


def _blank(session: Session, name: str) -> Form:
    workflow, version = workflows.find(session, name)
    specs = workflows.inputs_of(version)
    values: dict[str, object] = {spec.name: spec.default for spec in specs}
    return Form(
        workflow.title or workflow.name,
        f"render {name}",
        (*inputs.form_fields(specs, values, inputs.models_known(session)), _shot_field("")),
    )


def _filled(session: Session, asked: Asked) -> Form:
    source = subjects.one_render(session, asked, newest=True)
    specs = workflows.inputs_of(lifecycle.version_of(session, source))
    fields = (*inputs.form_fields(specs, source.inputs, inputs.models_known(session)), _shot_field(source.shot))
    return Form(f"Edit {source.code}", f"vary {source.code}", fields)


def _shot_field(shot: str) -> FormField:
    return FormField("shot", "Shot", "text", value=shot, help="Such as sh010.")


def _spell(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
