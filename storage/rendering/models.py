"""Named queries about ModelFiles and where they lie."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import update
from sqlmodel import Session, col, select

from storage.clock import now
from storage.tables import ModelFile, ModelPlace


def by_content(session: Session, folder: str, name: str, sha256: str) -> ModelFile | None:
    query = select(ModelFile).where(ModelFile.folder == folder, ModelFile.name == name, ModelFile.sha256 == sha256)
    return session.exec(query).first()


def known(session: Session, folder: str, name: str) -> ModelFile | None:
    """What lies under a folder and name now, in the first of the model folders; else what was seen last under them."""
    named = (ModelFile.folder == folder, ModelFile.name == name)
    there = select(ModelFile).join(ModelPlace, col(ModelPlace.model_file_id) == ModelFile.id).where(
        *named, col(ModelPlace.gone_at).is_(None)
    )  # fmt: skip
    found = session.exec(there.order_by(col(ModelPlace.rank), col(ModelPlace.id))).first()
    if found is not None:
        return found
    return session.exec(select(ModelFile).where(*named).order_by(col(ModelFile.seen_at).desc(), col(ModelFile.id).desc())).first()


def everything(session: Session) -> Sequence[ModelFile]:
    """All model files ever seen, by folder and name, the latest content of each last."""
    query = select(ModelFile).order_by(ModelFile.folder, ModelFile.name, col(ModelFile.seen_at), col(ModelFile.id))
    return session.exec(query).all()


def keep(session: Session, file: ModelFile) -> ModelFile:
    """Write a file that is new, or was seen again."""
    session.add(file)
    session.flush()
    return file


def places(session: Session) -> Sequence[ModelPlace]:
    """Where model files lie and lay, those of the first model folder first."""
    return session.exec(select(ModelPlace).order_by(col(ModelPlace.rank), col(ModelPlace.id))).all()


def place(session: Session, root: str, folder: str, name: str) -> ModelPlace | None:
    query = select(ModelPlace).where(ModelPlace.root == root, ModelPlace.folder == folder, ModelPlace.name == name)
    return session.exec(query).first()


def keep_place(session: Session, place: ModelPlace) -> None:
    session.add(place)
    session.flush()


def gone(session: Session, rows: Collection[int]) -> None:
    """These files are not there any more."""
    wanted = sorted(rows)
    for start in range(0, len(wanted), 500):
        part = col(ModelPlace.id).in_(wanted[start : start + 500])
        session.connection().execute(update(ModelPlace).where(part).values(gone_at=now()))
