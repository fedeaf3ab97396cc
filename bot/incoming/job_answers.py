"""Answers of commands that a job carried out: each waits in a Post until the outbox has given it, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel import Session

from bot.cards import Answer, answer_from_json, answer_to_json
from storage.chat import posts
from storage.tables import Post


@dataclass(frozen=True)
class JobAnswer:
    """An answer, whom it is for, and how the platform can give it."""

    answer: Answer
    member_id: int
    private: bool
    """Whether it is for whoever asked alone."""
    reply: Mapping[str, str]
    """`ChatPlace.reply` of the request."""

    def privately(self) -> JobAnswer:
        return replace(self, private=True)


def add(session: Session, payload: Mapping[str, Any], answer: Answer) -> Post:
    """Let the outbox give this answer to the request that the payload is."""
    kept = {name: value for name, value in answer_to_json(answer).items() if name != "form"}
    private = answer.private or bool(answer.error)
    waiting = {"answer": kept, "member": payload["member"], "private": private, "reply": payload["reply"]}
    place = {"platform": payload["platform"], "tenant": payload["tenant"], "channel_id": payload["channel"]}
    return posts.add(session, Post(**place, thread_ref=payload["thread"], kept={"job": waiting}))


def of(post: Post) -> JobAnswer | None:
    """What a Post is to give; None where it shows a render or an asset."""
    waiting = post.kept.get("job")
    if waiting is None:
        return None
    return JobAnswer(answer_from_json(waiting["answer"]), waiting["member"], waiting["private"], waiting["reply"])
