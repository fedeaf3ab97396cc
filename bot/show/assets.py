"""An asset as a Card: where it comes from, and everything that is known of how it was made."""

from __future__ import annotations

from dataclasses import replace

from sqlmodel import Session

from bot import formatting
from bot.cards import Button, Card, Field
from bot.schemas import delivered_files, renders_code
from bot.show.facts import LONGEST_PROMPT, believed, model_lines, opinions, ours, page_of, picture_of, tags, tone, verdict_buttons
from bot.show.seals import seal_field
from core.text.headline import headline
from storage.files import assets
from storage.tables import Asset, Origin


def asset_card(session: Session, asset: Asset, *, sentence: str = "") -> Card:
    """An asset with where it comes from; `sentence` is put above."""
    name = formatting.short(headline(asset.prompt), 70) or asset.filename
    return Card(
        f"{asset.code} · {name}",
        tone=tone([asset]),
        subject=asset.code,
        text="\n\n".join(part for part in (sentence, formatting.cut(asset.prompt, LONGEST_PROMPT)) if part),
        fields=(
            *ours(session, asset.member_id, asset.project_id, asset.shot),
            *asset_facts(asset),
            *seal_field(asset),
            *opinions(session, [asset]),
            *tags(session, [asset]),
            *believed(asset),
        ),
        pictures=(picture_of(asset),),
        buttons=_asset_buttons(asset),
        footer=f"{_origin(asset)} · {formatting.when(asset.created_at)}",
        link=page_of(asset),
    )


def provenance_card(session: Session, asset: Asset) -> Card:
    """Everything that is known of how an asset came to be."""
    facts = asset.facts
    numbers = [
        f"{name} {facts[name]}"
        for name in ("sampler", "scheduler", "steps", "cfg", "denoise")
        if facts.get(name) not in (None, "")
    ]
    sources = [f"{name}: {parent.code}" for name, parent in assets.parents(session, asset)]
    pairs = (
        ("Settings", " · ".join(numbers)),
        ("Negative prompt", formatting.cut(asset.negative, LONGEST_PROMPT)),
        ("Made from", "\n".join(sources)),
        ("File", f"{asset.filename} · {asset.mime} · {asset.size:,} bytes"),
        ("SHA-256", asset.sha256),
        ("Delivered to", "\n".join(f"{one.destination}: {one.path}" for one in delivered_files(session, asset))),
    )
    card = asset_card(session, asset)
    more = tuple(Field(label, value, short=False) for label, value in pairs if value)
    buttons: tuple[Button, ...] = (Button("lineage", asset.code, "Lineage"),)
    if asset.render_id:
        buttons += (Button("copy", asset.code, "Copy command"),)
    return replace(card, title=f"Provenance of {asset.code}", fields=card.fields + more, buttons=buttons)


def asset_facts(asset: Asset) -> list[Field]:
    """What is known of how an asset was made."""
    number = f"@{asset.workflow_number}" if asset.workflow_number else ""
    size = f"{asset.width}×{asset.height}" if asset.width and asset.height else ""
    pairs = (
        ("Workflow", f"{asset.workflow}{number}"),
        ("Technique", ", ".join(asset.techniques)),
        ("Seed", asset.seed),
        ("Size", size),
        ("Models", model_lines([asset])),
    )
    return [Field(label, value, short=label != "Models") for label, value in pairs if value]


def _asset_buttons(asset: Asset) -> tuple[Button, ...]:
    reroll = (Button("reroll", asset.code, "Reroll"),) if asset.render_id and asset.seed else ()
    edit = (Button("edit", asset.code, "Edit…"),) if asset.render_id else ()
    vary = (Button("vary", asset.code, "Vary"),) if asset.mime.startswith("image/") else ()
    upscale = (Button("upscale", asset.code, "Upscale"),) if asset.mime.startswith("image/") else ()
    more = (Button("lineage", asset.code, "Lineage"), Button("provenance", asset.code, "Provenance"))
    sure = (Button("confirm", asset.code, "Confirm owner"),) if set(asset.inferred.values()) - {"unknown"} else ()
    return (*reroll, *vary, *verdict_buttons(asset.code, [asset]), *sure, *upscale, *edit, *more)


def _origin(asset: Asset) -> str:
    code = renders_code(asset)
    return {
        Origin.RENDER: f"Made by {code}",
        Origin.UPLOAD: "Uploaded",
        Origin.INGEST: "Imported",
        Origin.EXPORT: "Exported",
        Origin.RETURNED: f"Given back unchanged by {code}",
    }[asset.origin]
