"""Named queries for Posts: the chat messages that are kept in step with a Render or an Asset."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Case, ColumnElement, and_, case, delete, update
from sqlalchemy.engine import CursorResult
from sqlmodel import Session, col, func, or_, select

from storage.clock import now
from storage.tables import Asset, Json, Post, Render, RenderState

_TROUBLED = (col(Post.error) != "", col(Post.attempts) > 1)
"""Failed more than once: it may be the place, and not the moment."""


def add(session: Session, post: Post) -> Post:
    session.add(post)
    session.flush()
    return post


def by_id(session: Session, post_id: int) -> Post | None:
    return session.get(Post, post_id)


def at(session: Session, platform: str, channel_id: str, message_ref: str) -> Post | None:
    """The post behind a message in a chat."""
    where = (Post.platform == platform, Post.channel_id == channel_id, Post.message_ref == message_ref)
    return session.exec(select(Post).where(*where)).first()


def newest_in_thread(session: Session, platform: str, channel_id: str, thread_ref: str) -> Post | None:
    """The last message of ours that is shown in a thread."""
    where = (Post.platform == platform, Post.channel_id == channel_id, Post.thread_ref == thread_ref, col(Post.message_ref) != "")
    return session.exec(select(Post).where(*where).order_by(col(Post.id).desc())).first()


def of_render(session: Session, render_id: int) -> list[Post]:
    return list(session.exec(select(Post).where(Post.render_id == render_id).order_by(col(Post.id))))


def of_asset(session: Session, asset_id: int) -> list[Post]:
    return list(session.exec(select(Post).where(Post.asset_id == asset_id).order_by(col(Post.id))))


def touch(
    session: Session, render_ids: Collection[int] = (), asset_ids: Collection[int] = (), *, ended: bool = False
) -> list[int]:
    """Mark every post about these renders, these assets and the renders that made them as behind; returns their ids.

    A post that has failed twice keeps its pause, so that a place that is gone is not tried at every change; what has `ended` is
    tried once at once. One that was given up stays so.
    """
    renders, assets = set(render_ids), set(asset_ids)
    if assets:
        made_by = session.exec(select(Asset.render_id).where(col(Asset.id).in_(assets)))
        renders |= {render_id for render_id in made_by if render_id is not None}
    about = or_(col(Post.render_id).in_(renders), col(Post.asset_id).in_(assets))
    failed, troubled = col(Post.error) != "", and_(*_TROUBLED)
    values = {
        "wanted": Post.wanted + 1,
        "due": case((troubled, Post.due), else_=True),
        "next_try_at": None if ended else case((troubled, Post.next_try_at), else_=None),
        "attempts": case((failed, Post.attempts), else_=0),
    }
    behind = update(Post).where(about).values(**values)
    session.execute(behind.execution_options(synchronize_session=False))
    return list(session.exec(select(Post.id).where(about)))


def due(session: Session, now: datetime, *, platforms: Collection[str] | None = None, limit: int = 200) -> Sequence[Post]:
    """Posts that are behind what they should show and may be tried now, on these platforms or on all."""
    asked = select(Post).where(*_ready(now))
    if platforms is not None:
        asked = asked.where(col(Post.platform).in_(platforms))
    return session.exec(asked.order_by(col(Post.id)).limit(limit)).all()


@dataclass(frozen=True)
class ChatLine:
    """Where posts wait to be sent: one channel of one platform."""

    platform: str
    tenant: str
    channel_id: str


def lines(session: Session, platforms: Collection[str], now: datetime) -> list[ChatLine]:
    """The channels of these platforms in which a post may be sent now, those with an end to tell first."""
    place = (Post.platform, Post.tenant, Post.channel_id)
    asked = select(*place).join(Render, col(Render.id) == Post.render_id, isouter=True)
    asked = asked.where(col(Post.platform).in_(platforms), *_ready(now)).group_by(*place).order_by(func.min(_urgency()))
    return [ChatLine(*row) for row in session.exec(asked)]


def _urgency() -> Case[int]:
    """0 for what has ended, 1 for what has no message yet, 2 for what goes on."""
    over = col(Render.state).in_([state for state in RenderState if state.over])
    return case((or_(over, col(Post.asset_id).is_not(None)), 0), (col(Post.message_ref) == "", 1), else_=2)


def next_in(session: Session, line: ChatLine, now: datetime, limit: int = 20) -> list[Post]:
    """What to send next in a channel: what has ended, then what has no message yet, then what goes on; each oldest first."""
    here = (Post.platform == line.platform, Post.tenant == line.tenant, Post.channel_id == line.channel_id)
    asked = select(Post).join(Render, col(Render.id) == Post.render_id, isouter=True).where(*here, *_ready(now))
    return list(session.exec(asked.order_by(_urgency(), col(Post.tried_at).nulls_first(), col(Post.id)).limit(limit)))


def wake_at(session: Session, platforms: Collection[str], now: datetime) -> datetime | None:
    """When, after `now`, the next post that waits for another try, or for whoever holds it, may be sent."""
    waiting = (col(Post.platform).in_(platforms), col(Post.due).is_(True))
    moments = [
        session.exec(select(func.min(moment)).where(*waiting, col(moment) > now)).one()
        for moment in (Post.next_try_at, Post.held_until)
    ]
    return min((at for at in moments if at is not None), default=None)


def tried(session: Session, post: Post, at: datetime) -> None:
    """Note that the post has its turn now, so that others have theirs next."""
    session.execute(update(Post).where(col(Post.id) == post.id).values(tried_at=at).execution_options(synchronize_session=False))


def keep(session: Session, post_id: int, **kept: Any) -> None:
    """Remember something for the platform beside what it remembers already."""
    post = session.get(Post, post_id, with_for_update=True)
    if post is not None:
        post.kept = {**post.kept, **kept}
        session.add(post)
        session.flush()


def become(session: Session, post_id: int, kept: Json, *, render_id: int | None = None, asset_id: int | None = None) -> None:
    """A message that gave an answer is about a render or an asset from now on, and kept in step with it."""
    values = {"kept": kept, "render_id": render_id, "asset_id": asset_id}
    session.execute(update(Post).where(col(Post.id) == post_id).values(**values).execution_options(synchronize_session=False))


def drop(session: Session, post_id: int) -> None:
    """Nothing is to be shown there any more."""
    session.execute(delete(Post).where(col(Post.id) == post_id))


def release(session: Session, post_id: int) -> None:
    """Whoever held a post to show it first does not: it is sent like any other."""
    session.execute(
        update(Post).where(col(Post.id) == post_id).values(held_until=None).execution_options(synchronize_session=False)
    )


def _ready(now: datetime) -> tuple[ColumnElement[bool], ...]:
    soon = [or_(col(at).is_(None), col(at) <= now) for at in (Post.next_try_at, Post.held_until)]
    return (col(Post.due).is_(True), *soon)


def shown(session: Session, post: Post, wanted: int, message_ref: str) -> bool:
    """Record that the message now shows version `wanted`; False when a later one was shown meanwhile.

    The platform takes messages in this channel, so those that it refused before are tried again at once.
    """
    newer = (col(Post.id) == post.id, col(Post.shown) < wanted)
    values = {"shown": wanted, "message_ref": message_ref, "due": Post.wanted > wanted, "error": "", "attempts": 0}
    values |= {"held_until": None, "next_try_at": None, "tried_at": now()}
    done = session.execute(update(Post).where(*newer).values(**values).execution_options(synchronize_session=False))
    if post.error or not post.shown:
        here = (col(Post.platform) == post.platform, col(Post.tenant) == post.tenant, col(Post.channel_id) == post.channel_id)
        refused = update(Post).where(*here, col(Post.due).is_(True), *_TROUBLED).values(next_try_at=None)
        session.execute(refused.execution_options(synchronize_session=False))
    assert isinstance(done, CursorResult)
    return done.rowcount == 1


def failed(session: Session, post: Post, error: str, next_try_at: datetime | None) -> None:
    """Record a failed attempt; without a next try the post is given up until its subject changes again.

    `post` is as it was when the attempt began: a change since then is still to be shown.
    """
    due = True if next_try_at else col(Post.wanted) > post.wanted
    values = {"attempts": Post.attempts + 1, "error": error, "next_try_at": next_try_at, "due": due, "held_until": None}
    session.execute(update(Post).where(col(Post.id) == post.id).values(**values).execution_options(synchronize_session=False))
