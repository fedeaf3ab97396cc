"""A render as a Card: the one message that lives from its place in line to the result."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from bot import formatting
from bot.cards import Button, Card, Field, Progress
from bot.schemas import recipe_of
from bot.show.facts import LONGEST_PROMPT, model_lines, opinions, ours, page_of, pictures_of, tags, tone, verdict_buttons
from bot.show.seals import seal_troubles
from core import workflows
from core.rendering import lifecycle
from core.text.headline import headline
from storage import ids
from storage.clock import now
from storage.files import assets
from storage.people import members
from storage.rendering import backends
from storage.tables import Asset, Render, RenderState


def render_card(session: Session, render: Render) -> Card:
    """The one message of a render, in whatever state it is."""
    show = {
        RenderState.QUEUED: _queued,
        RenderState.RUNNING: _running,
        RenderState.DONE: _done,
        RenderState.FAILED: _failed,
        RenderState.CANCELLED: _cancelled,
    }
    return show[render.state](session, render)


def render_alt(session: Session, render: Render) -> str:
    """One line of plain text that stands for the card, for notifications and for those who cannot see it."""
    return f"{render.code} is {render.state.value}: {_headline(session, render)}"


def _queued(session: Session, render: Render) -> Card:
    standing = lifecycle.standing(session, render)
    starts = "" if standing.starts_in is None else f", starts in {formatting.about(standing.starts_in)}"
    waiting = f"Number {standing.position} in line{starts}; takes {formatting.about(standing.takes)}."
    return Card(
        f"{render.code} · {_headline(session, render)}",
        tone="queued",
        subject=render.code,
        text=waiting,
        fields=(Field("Why", standing.reason, short=False), *_asked(session, render)),
        buttons=(Button("cancel", render.code, "Cancel", "danger"), Button("copy", render.code, "Copy command")),
        footer=f"Queued · {formatting.when(render.created_at)}",
    )


def _running(session: Session, render: Render) -> Card:
    backend = backends.by_id(session, render.backend_id) if render.backend_id else None
    left = max(0.0, (render.expected_end_at - now()).total_seconds()) if render.expected_end_at else None
    stopping = render.cancel_requested_by is not None
    label = "stopping" if stopping else render.progress_label or f"starting on {backend.name if backend else 'a server'}"
    cancel = () if stopping else (Button("cancel", render.code, "Cancel", "danger"),)
    return Card(
        f"{render.code} · {_headline(session, render)}",
        tone="running",
        subject=render.code,
        fields=_asked(session, render),
        progress=Progress(min(1.0, max(0.0, render.progress)), label, left, preview=render.code),
        buttons=(*cancel, Button("copy", render.code, "Copy command")),
        footer=f"Running on {backend.name}" if backend else "Running",
    )


def _done(session: Session, render: Render) -> Card:
    made = assets.of_render(session, render.id or 0)
    backend = backends.by_id(session, render.backend_id) if render.backend_id else None
    took = (render.finished_at - render.started_at).total_seconds() if render.finished_at and render.started_at else None
    models = model_lines(made)
    return Card(
        f"{render.code} · {_headline(session, render)}",
        tone=tone(made),
        subject=render.code,
        text=formatting.cut(_prompt(render), LONGEST_PROMPT),
        fields=(
            *_asked(session, render),
            *((Field("Cancel", "It was done before it could be cancelled."),) if render.cancel_requested_by else ()),
            *((Field("Models", models, short=False),) if models else ()),
            *_settings(session, render),
            *(
                (Field("Took", formatting.duration(took) + (f" on {backend.name}" if backend else "")),)
                if took is not None
                else ()
            ),
            *seal_troubles(made),
            *opinions(session, made),
            *tags(session, made),
        ),
        pictures=pictures_of(made),
        buttons=_result_buttons(render, made),
        footer=" · ".join([*_codes(made[:6]), formatting.when(render.finished_at or render.created_at)]),
        link=page_of(made[0]) if len(made) == 1 else f"/renders/{render.code}" if made else "",
    )


def _failed(session: Session, render: Render) -> Card:
    return Card(
        f"{render.code} failed · {_headline(session, render)}",
        tone="failed",
        subject=render.code,
        text="\n".join(part for part in (render.error_message, render.error_hint) if part),
        fields=_asked(session, render),
        buttons=(
            Button("retry", render.code, "Retry", "primary"),
            Button("edit", render.code, "Edit…"),
            Button("copy", render.code, "Copy command"),
        ),
        footer=render.error_code,
    )


def _cancelled(session: Session, render: Render) -> Card:
    who = members.by_id(session, render.cancel_requested_by) if render.cancel_requested_by else None
    return Card(
        f"{render.code} cancelled · {_headline(session, render)}",
        tone="cancelled",
        subject=render.code,
        text=f"Cancelled by {who.name}." if who else "Cancelled.",
        fields=_asked(session, render),
        buttons=(Button("retry", render.code, "Render anyway"), Button("copy", render.code, "Copy command")),
        footer=formatting.when(render.finished_at or render.created_at),
    )


def _result_buttons(render: Render, made: Sequence[Asset]) -> tuple[Button, ...]:
    """What is done most comes first: front ends with little room put the rest into a menu."""
    alone = made[0] if len(made) == 1 else None
    one = alone.code if alone else render.code
    reroll = [Button("reroll", render.code, "Reroll", "primary")] if render.seed else []  # without one it comes out the same
    vary = [Button("vary", one, "Vary")] if alone else []  # of several, each has its own
    upscale = [Button("upscale", one, "Upscale")] if alone and alone.mime.startswith("image/") else []
    return (
        *reroll,
        *vary,
        *verdict_buttons(one, made),
        *upscale,
        Button("edit", render.code, "Edit…"),
        Button("provenance", one, "Provenance"),
        Button("copy", render.code, "Copy command"),
    )


def _codes(made: Sequence[Asset]) -> list[str]:
    return [f"{number} {asset.code}" if len(made) > 1 else asset.code for number, asset in enumerate(made, 1)]


def _headline(session: Session, render: Render) -> str:
    return formatting.short(headline(_prompt(render)), 70) or recipe_of(session, render)[0]


def _prompt(render: Render) -> str:
    return str(render.inputs.get("prompt", ""))


def _asked(session: Session, render: Render) -> tuple[Field, ...]:
    """Who asked for what, for whom: the facts every state shows."""
    workflow, number = recipe_of(session, render)
    parent = (Field("Based on", ids.code("R", render.parent_id)),) if render.parent_id else ()
    recipe = Field("Workflow", f"{workflow}@{number}")
    seed = (Field("Seed", render.seed),) if render.seed else ()
    return (*ours(session, render.member_id, render.project_id, render.shot), recipe, *seed, *parent)


def _settings(session: Session, render: Render) -> tuple[Field, ...]:
    """Every input that has no place of its own on the card; models have theirs."""
    shown = []
    for spec in workflows.inputs_of(lifecycle.version_of(session, render)):
        value = render.inputs.get(spec.name)
        if spec.name in ("prompt", "seed") or spec.kind in ("seed", "model") or value in (None, ""):
            continue
        shown.append(f"{(spec.label or spec.name).lower()} {formatting.short(_plain(value), 60)}")
    return (Field("Settings", " · ".join(shown), short=False),) if shown else ()


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
