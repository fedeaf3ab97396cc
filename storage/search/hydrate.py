"""Rows for what a search found: each Asset with the names of who made it, for whom, and its standing verdict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlmodel import Session, col, select

from storage.search.query import Scope
from storage.tables import Asset, Backend, Client, Judgement, Member, Project, Render, Tag, Verdict


class FoundAsset(NamedTuple):
    """An Asset and the rows its names are in."""

    asset: Asset
    member: Member
    project: Project
    client: Client


def shown(session: Session, asset_ids: Sequence[int]) -> list[FoundAsset]:
    """These Assets, in the order given; those that are gone are left out."""
    asked = (
        select(Asset, Member, Project, Client)
        .join(Member, col(Member.id) == col(Asset.member_id))
        .join(Project, col(Project.id) == col(Asset.project_id))
        .join(Client, col(Client.id) == col(Project.client_id))
        .where(col(Asset.id).in_(list(asset_ids)))
    )
    found = {row[0].id: FoundAsset(*row) for row in session.exec(asked)}
    return [found[one] for one in asset_ids if one in found]


def of_render(session: Session, render_id: int, scope: Scope) -> list[int]:
    """The Assets a Render made, in the order it made them, as far as the scope allows."""
    return _seen(
        session.exec(select(Asset.id, Asset.project_id).where(Asset.render_id == render_id).order_by(col(Asset.id))), scope
    )


def of_asset(session: Session, asset_id: int, scope: Scope) -> list[int]:
    """The Asset itself if the scope allows, else nothing."""
    return _seen(session.exec(select(Asset.id, Asset.project_id).where(Asset.id == asset_id)), scope)


def judge(session: Session, asset_id: int, judgement: Judgement) -> tuple[Verdict, Member] | None:
    """The newest binding Verdict of that kind that stands, with who gave it."""
    asked = (
        select(Verdict, Member)
        .join(Member, col(Member.id) == col(Verdict.member_id))
        .where(Verdict.asset_id == asset_id, Verdict.judgement == judgement, col(Verdict.withdrawn_at).is_(None))
        .order_by(col(Verdict.binding).desc(), col(Verdict.id).desc())
    )
    return session.exec(asked).first()


def ran(session: Session, asset_id: int) -> tuple[str, float | None]:
    """On which server an Asset was rendered, and for how many seconds; empty and None where that is not on record."""
    asked = (
        select(Render.started_at, Render.finished_at, Backend.name)
        .join(Asset, col(Asset.render_id) == col(Render.id))
        .outerjoin(Backend, col(Backend.id) == col(Render.backend_id))
        .where(Asset.id == asset_id)
    )
    row = session.exec(asked).first()
    if row is None:
        return "", None
    started, finished, server = row
    return server or "", (finished - started).total_seconds() if started and finished else None


def tags(session: Session, asset_id: int) -> list[str]:
    """The Tags of an Asset."""
    return list(session.exec(select(Tag.word).where(Tag.asset_id == asset_id).order_by(Tag.word)))


def _seen(rows: Iterable[tuple[int | None, int]], scope: Scope) -> list[int]:
    allowed = scope.project_ids
    return [asset for asset, project in rows if asset is not None and (allowed is None or project in allowed)]
