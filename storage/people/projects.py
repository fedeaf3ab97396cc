"""Named queries about Clients, their Projects, and the Channels that belong to a Project."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlmodel import Session, col, select

from storage.tables import Channel, Client, Project


def by_id(session: Session, project_id: int) -> Project | None:
    return session.get(Project, project_id)


def by_ids(session: Session, project_ids: Collection[int]) -> dict[int, Project]:
    """Row number -> Project, for those that exist."""
    found = session.exec(select(Project).where(col(Project.id).in_(project_ids)))
    return {project.id: project for project in found if project.id is not None}


def by_slug(session: Session, slug: str) -> Project | None:
    return session.exec(select(Project).where(Project.slug == slug)).first()


def everything(session: Session) -> Sequence[Project]:
    """All Projects by slug."""
    return session.exec(select(Project).order_by(Project.slug)).all()


def of_client(session: Session, client_id: int) -> Sequence[Project]:
    return session.exec(select(Project).where(Project.client_id == client_id).order_by(Project.slug)).all()


def add(session: Session, client_id: int, name: str, slug: str) -> Project:
    project = Project(client_id=client_id, name=name, slug=slug)
    session.add(project)
    session.flush()
    return project


def client(session: Session, client_id: int) -> Client | None:
    return session.get(Client, client_id)


def client_by_key(session: Session, name_key: str) -> Client | None:
    return session.exec(select(Client).where(Client.name_key == name_key)).first()


def clients(session: Session) -> Sequence[Client]:
    """All Clients by name."""
    return session.exec(select(Client).order_by(Client.name_key)).all()


def add_client(session: Session, name: str, name_key: str) -> Client:
    made = Client(name=name, name_key=name_key)
    session.add(made)
    session.flush()
    return made


def channel(session: Session, platform: str, channel_id: str) -> Channel | None:
    return session.exec(select(Channel).where(Channel.platform == platform, Channel.channel_id == channel_id)).first()


def channels(session: Session, platform: str) -> Sequence[Channel]:
    """The platform's known Channels by name."""
    return session.exec(select(Channel).where(Channel.platform == platform).order_by(Channel.name)).all()


def add_channel(session: Session, platform: str, channel_id: str, name: str, project_id: int, *, tenant: str = "") -> Channel:
    made = Channel(platform=platform, channel_id=channel_id, name=name, project_id=project_id, tenant=tenant)
    session.add(made)
    session.flush()
    return made


def save(session: Session, kept: Project) -> None:
    session.add(kept)
    session.flush()


def save_channel(session: Session, kept: Channel) -> None:
    session.add(kept)
    session.flush()


def bind_channel(session: Session, kept: Channel, project_id: int) -> None:
    """Let the Channel belong to another Project."""
    kept.project_id = project_id
    session.add(kept)
    session.flush()
