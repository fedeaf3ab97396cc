"""Named queries about ModelFiles."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from storage.tables import ModelFile


def by_content(session: Session, folder: str, name: str, sha256: str) -> ModelFile | None:
    query = select(ModelFile).where(ModelFile.folder == folder, ModelFile.name == name, ModelFile.sha256 == sha256)
    return session.exec(query).first()


def known(session: Session, folder: str, name: str) -> ModelFile | None:
    """What was seen last under a folder and name."""
    query = select(ModelFile).where(ModelFile.folder == folder, ModelFile.name == name)
    return session.exec(query.order_by(col(ModelFile.seen_at).desc(), col(ModelFile.id).desc())).first()


def everything(session: Session) -> Sequence[ModelFile]:
    """All model files ever seen, by folder and name, the latest content of each last."""
    query = select(ModelFile).order_by(ModelFile.folder, ModelFile.name, col(ModelFile.seen_at), col(ModelFile.id))
    return session.exec(query).all()


def keep(session: Session, file: ModelFile) -> ModelFile:
    """Write a file that is new, or was seen again."""
    session.add(file)
    session.flush()
    return file
