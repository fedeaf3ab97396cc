"""Reads again, with today's reader, what files said when they were taken in: better reading reaches old Assets too.

The words come from beside the Asset, or else from its file; the search goes on meanwhile, each Asset changing in one transaction.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlmodel import Session

from core import files
from core.comfyui import facts as comfyui_facts
from core.comfyui.facts import PARSER, Facts
from core.desk import Desk
from core.errors import SlateError
from core.events import Event, record
from core.events.actions import Action
from core.files import Examined, stored
from core.formats.raw_text import RawText
from core.formats.sanitize import clean, clean_text
from storage.files import assets, raw_metadata
from storage.tables import Asset, Origin

_PAGE = 100


def apply(asset: Asset, seen: Examined) -> None:
    """Let an unsaved or attached Asset say what was read of it now; whose it is and how it was judged stay."""
    facts = seen.facts or Facts()
    credentials = {"credentials": asset.facts["credentials"]} if "credentials" in asset.facts else {}
    asset.facts = clean(facts.as_dict() | files.said_of(seen) | credentials)
    asset.prompt, asset.negative = clean_text(facts.prompt), clean_text(facts.negative)
    asset.techniques, asset.seed = list(facts.techniques), asset.seed if asset.render_id else facts.seed
    known = {str(one.get("name", "")): one for one in asset.models}
    asset.models = [
        one | {name: known[one["name"]][name] for name in ("sha256", "licence", "title") if known.get(one["name"], {}).get(name)}
        for one in clean(files.models_of(facts))
    ]
    asset.parser = PARSER


def read_again(desk: Desk, *, everything: bool = False, tell: Callable[[int], None] = lambda _: None) -> int:
    """Read again what an older reader read, or everything; returns how many Assets say something else now."""
    last, changed, done = 0, 0, 0
    while True:
        with desk.reading() as session:
            page = assets.read_before(session, 2**31 - 1 if everything else PARSER, after=last, limit=_PAGE)
        if not page:
            return changed
        for asset in page:
            changed += _one(desk, asset)
            done += 1
        last = page[-1].id
        tell(done)


def _one(desk: Desk, before: Asset) -> int:
    seen = _seen(desk, before)
    with desk.writing() as session:
        asset = assets.lock(session, [before.id])[before.id]
        if seen is None or _plain(seen) == {key: value for key, value in asset.facts.items() if key != "credentials"}:
            asset.parser = PARSER
            session.add(asset)
            return 0
        write(session, asset, seen)
    return 1


def write(session: Session, asset: Asset, seen: Examined) -> None:
    """Put what was read into the locked Asset, and record it."""
    apply(asset, seen)
    session.add(asset)
    record(session, Event(Action.ASSET_REPARSED, asset.code, asset_id=asset.id))


def _plain(seen: Examined) -> dict[str, Any]:
    """As the database gives them back: lists, no tuples."""
    said: dict[str, Any] = json.loads(json.dumps(clean((seen.facts or Facts()).as_dict() | files.said_of(seen))))
    return said


def _seen(desk: Desk, asset: Asset) -> Examined | None:
    """What today's reader makes of it, or None where nothing more can be read."""
    if asset.origin is Origin.RETURNED:
        return None
    if graph := asset.statement.get("graph"):
        facts = comfyui_facts.read(graph, node=comfyui_facts.output_named(graph, asset.filename)).with_techniques(
            *asset.techniques
        )
        return replace(files.said((), asset.filename, asset.mime, asset.frames), facts=facts)
    with desk.reading() as session:
        kept = raw_metadata.of(session, asset.id)
    if kept is None:
        return _of_file(desk, asset)
    return files.said([RawText(*one) for one in kept], asset.filename, asset.mime, asset.frames)


def _of_file(desk: Desk, asset: Asset) -> Examined | None:
    try:
        return files.glance(stored.read(desk, asset.sha256), asset.filename, limits=files.Limits(max_bytes=4 << 30))
    except SlateError:
        return None
