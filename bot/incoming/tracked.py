"""What becomes of a command's Answer in a chat: which deserve a message, and which messages are followed from then on."""

from __future__ import annotations

from sqlmodel import Session

from bot.cards import Answer
from bot.request import ChatPlace
from core.desk import Desk
from storage import ids
from storage.chat import posts
from storage.files import assets
from storage.rendering import renders
from storage.tables import Post


def worth_a_message(answer: Answer) -> bool:
    """Whether there is something to be shown; a new render's own message is its answer, and comes by itself."""
    return bool(answer.cards or answer.text) and not answer.form


def subject_of(answer: Answer) -> str:
    """The one thing an answer is about, such as `A-7Q0D`; empty when it is about none or several."""
    subjects = [card.subject for card in answer.cards]
    return subjects[0] if len(subjects) == 1 else ""


def follow(desk: Desk, place: ChatPlace, answer: Answer, message_ref: str) -> Post | None:
    """Keep a message that was just shown in step with what it is about, and let reactions on it count.

    None when it is private or about no one thing: then nothing follows from it.
    """
    subject = subject_of(answer)
    if answer.private or not subject or not place.channel_id:
        return None
    with desk.writing() as session:
        known = posts.at(session, place.platform, place.channel_id, message_ref)
        if known is not None:
            return known
        asset, render = about(session, subject)
        if asset is None and render is None:
            return None
        made = Post(
            platform=place.platform, tenant=place.tenant, channel_id=place.channel_id, thread_ref=place.thread_ref,
            message_ref=message_ref, render_id=render, asset_id=asset,
            wanted=1, shown=1, due=False, kept={"sentence": answer.text} if answer.text and asset else {},
        )  # fmt: skip
        return posts.add(session, made)


def about(session: Session, subject: str) -> tuple[int | None, int | None]:
    """(row of the Asset, row of the Render) that a public id stands for; one of them at most."""
    asset = assets.by_code(session, subject) if subject.startswith("A-") else None
    render = renders.by_id(session, ids.number("R", subject) or 0) if subject.startswith("R-") else None
    return asset.id if asset else None, render.id if render else None


def subject_at(session: Session, platform: str, channel_id: str, message_ref: str) -> str:
    """What a message of ours is about: `R-4F2K`, `A-7Q0D`, or empty."""
    post = posts.at(session, platform, channel_id, message_ref)
    if post is None:
        return ""
    if post.asset_id is not None:
        return ids.code("A", post.asset_id)
    return ids.code("R", post.render_id) if post.render_id is not None else ""
