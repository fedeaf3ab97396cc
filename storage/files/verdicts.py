"""Named queries about Verdicts and Tags on Assets."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from storage.tables import Asset, Judgement, Member, Tag, Verdict


def hold(session: Session, asset_id: int) -> Asset | None:
    """The Asset as it is now, kept from other writers until the transaction ends."""
    return session.exec(
        select(Asset).where(Asset.id == asset_id).with_for_update().execution_options(populate_existing=True)
    ).first()


def set_status(session: Session, asset: Asset, status: str) -> None:
    asset.status = status
    session.add(asset)
    session.flush()


def add(session: Session, asset_id: int, member_id: int, judgement: Judgement, *, binding: bool, note: str) -> Verdict:
    verdict = Verdict(asset_id=asset_id, member_id=member_id, judgement=judgement, binding=binding, note=note)
    session.add(verdict)
    session.flush()
    return verdict


def save(session: Session, verdict: Verdict) -> None:
    session.add(verdict)
    session.flush()


def history(session: Session, asset_id: int) -> Sequence[tuple[Verdict, Member]]:
    """Every Verdict there ever was on the Asset, oldest first, with who gave it."""
    asked = select(Verdict, Member).join(Member, col(Member.id) == Verdict.member_id)
    return session.exec(asked.where(Verdict.asset_id == asset_id).order_by(col(Verdict.id))).all()


def standing(session: Session, asset_id: int) -> Sequence[Verdict]:
    """The Verdicts that were not withdrawn, oldest first."""
    asked = select(Verdict).where(Verdict.asset_id == asset_id, col(Verdict.withdrawn_at).is_(None))
    return session.exec(asked.order_by(col(Verdict.id))).all()


def tag(session: Session, asset_id: int, word: str) -> Tag | None:
    return session.get(Tag, (asset_id, word))


def tags(session: Session, asset_id: int) -> list[str]:
    """The words on the Asset, in the alphabet's order."""
    return list(session.exec(select(Tag.word).where(Tag.asset_id == asset_id).order_by(Tag.word)))


def add_tag(session: Session, asset_id: int, word: str, member_id: int) -> Tag:
    made = Tag(asset_id=asset_id, word=word, member_id=member_id)
    session.add(made)
    session.flush()
    return made


def remove_tag(session: Session, kept: Tag) -> None:
    session.delete(kept)
    session.flush()


def words(session: Session) -> list[str]:
    """Every word in use."""
    return list(session.exec(select(Tag.word).distinct().order_by(Tag.word)))
