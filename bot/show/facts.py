"""The parts that cards of renders and of assets share: whose it is, models, verdicts, tags, pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlmodel import Session

from bot import formatting
from bot.cards import Button, Field, Picture, Tone
from core.formats.problems import HIDDEN
from core.review import verdicts as core_verdicts
from storage.files import verdicts
from storage.people import members, projects
from storage.tables import Asset, Judgement, Project

LONGEST_PROMPT = 700
"""Characters of a prompt on a card; the whole of it is on the asset's page and in the copied command."""


_PREVIEW_ONLY = "application/octet-stream"
_WHY = {
    "path": "from its folder or name",
    "file": "from the file's metadata",
    "owner": "from the file's owner",
    "unknown": "not known",
    "nothing": "none given",
}


def picture_of(asset: Asset) -> Picture:
    """The picture for chats; of one with text hidden in its pixels only the preview is shown."""
    mime = _PREVIEW_ONLY if asset.preview and HIDDEN in asset.facts.get("problems", ()) else asset.mime
    return Picture(asset.code, alt_of(asset), mime, asset.sha256, asset.preview, asset.width, asset.height, asset.size)


def pictures_of(made: Sequence[Asset]) -> tuple[Picture, ...]:
    """The pictures of one render; several are numbered, and each has buttons of its own."""
    if len(made) < 2:
        return tuple(picture_of(asset) for asset in made)
    return tuple(_numbered(asset, number, len(made)) for number, asset in enumerate(made, 1))


def _numbered(asset: Asset, number: int, count: int) -> Picture:
    about = f"{number} of {count}{f', {asset.status}' if asset.status else ''}"
    more = [("upscale", "Upscale"), ("vary", "Vary")] if asset.mime.startswith("image/") else []
    buttons = [replace(one, label=f"{one.label} {number}") for one in verdict_buttons(asset.code, [asset])]
    buttons += [Button(verb, asset.code, f"{label} {number}") for verb, label in (*more, ("whatis", "Show only"))]
    return replace(picture_of(asset), alt=f"{about}: {alt_of(asset)}", number=number, buttons=tuple(buttons))


def alt_of(asset: Asset) -> str:
    """What a picture shows as far as is known: its prompt and workflow, else its file name. Never empty."""
    if not asset.prompt:
        return f"{asset.filename}{f', made with {asset.workflow}' if asset.workflow else ''}" or asset.code
    return f"{formatting.short(asset.prompt, 300)}{f' ({asset.workflow})' if asset.workflow else ''}"


def page_of(asset: Asset) -> str:
    return f"/assets/{asset.code}"


def model_lines(made: Sequence[Asset]) -> str:
    """A line a model: name, short hash as model sites show it, licence."""
    lines: dict[str, None] = {}
    for asset in made:
        for model in asset.models:
            parts = (str(model.get("name", "")), str(model.get("sha256") or "")[:10], str(model.get("licence") or ""))
            lines[" · ".join(part for part in parts if part)] = None
    return "\n".join(lines)


def ours(session: Session, member_id: int, project_id: int, shot: str) -> tuple[Field, ...]:
    """By whom and for whom."""
    member = members.by_id(session, member_id)
    project = projects.by_id(session, project_id)
    return (Field("By", member.name if member else "not recorded"), Field("For", purpose(session, project, shot)))


def believed(asset: Asset) -> tuple[Field, ...]:
    """What is only inferred of a file from before Slate, and from what; nothing once somebody has confirmed it."""
    lines = [f"{facet}: {_WHY.get(str(why), str(why))}" for facet, why in (asset.inferred or {}).items()]
    return (Field("Inferred", "\n".join(lines), short=False),) if lines else ()


def purpose(session: Session, project: Project | None, shot: str) -> str:
    """`Acme · Spring · sh010`."""
    client = projects.client(session, project.client_id) if project else None
    parts = (client.name if client else "", project.name if project else "", shot)
    return " · ".join(part for part in parts if part)


def opinions(session: Session, made: Sequence[Asset]) -> tuple[Field, ...]:
    """The last word of each person that stands; when there are several pictures, each says which it is about."""
    lines = []
    for asset in made:
        standing = [one for one in core_verdicts.opinions(session, asset) if one.verdict.withdrawn_at is None]
        last = {one.member.id: one for one in standing}
        for opinion in (one for one in standing if last[one.member.id] is one):
            verdict = opinion.verdict
            about = f"{asset.code}: " if len(made) > 1 else ""
            vote = "" if verdict.binding else " (vote)"
            note = f": {formatting.short(verdict.note, 200)}" if verdict.note else ""
            lines.append(f"{about}{verdict.judgement.value} by {opinion.member.name}{vote}{note}")
    return (Field("Verdict", "\n".join(lines[-12:]), short=False),) if lines else ()


def tags(session: Session, made: Sequence[Asset]) -> tuple[Field, ...]:
    """The words on any of the pictures."""
    words = sorted({word for asset in made for word in verdicts.tags(session, asset.id or 0)})
    return (Field("Tags", ", ".join(words)),) if words else ()


def tone(made: Sequence[Asset]) -> Tone:
    """Approved or rejected when all of the pictures are, else done."""
    said = {asset.status for asset in made}
    if said == {Judgement.APPROVED.value}:
        return "approved"
    return "rejected" if said == {Judgement.REJECTED.value} else "done"


def verdict_buttons(subject: str, made: Sequence[Asset]) -> tuple[Button, ...]:
    """Approve and Reject; in the place of what is decided already, a way to take it back."""
    said = {asset.status for asset in made}
    every = " all" if len(made) > 1 else ""
    pairs = ((Judgement.APPROVED, "approve", "approval"), (Judgement.REJECTED, "reject", "rejection"))
    shown = (
        Button(verb, f"{subject} undo:yes", f"Undo {noun}") if said == {judgement.value}
        else Button(verb, subject, f"{verb.capitalize()}{every}")
        for judgement, verb, noun in pairs
    )  # fmt: skip
    return tuple(shown) if made else ()
