"""Tells the threads of an asset what another program said of it."""

from __future__ import annotations

from bot.cards import Answer
from bot.incoming import job_answers
from core.deliveries.inbound import Heard
from core.desk import Desk
from storage.chat import posts
from storage.database import after_commit
from storage.queue import OUTBOX


def tell(desk: Desk, heard: Heard) -> int:
    """Say it in the thread of every message that shows the asset or its render; in how many."""
    asset = heard.asset
    with desk.writing() as session:
        shown = [*posts.of_asset(session, asset.id), *(posts.of_render(session, asset.render_id) if asset.render_id else ())]
        places = {
            (one.platform, one.tenant, one.channel_id, one.thread_ref or one.message_ref)
            for one in shown
            if one.message_ref or one.thread_ref
        }
        for platform, tenant, channel, thread in sorted(places):
            place = {"platform": platform, "tenant": tenant, "channel": channel, "thread": thread}
            job_answers.add(session, {**place, "member": heard.member.id, "reply": {}}, Answer(heard.sentence))
        if places:
            after_commit(session, lambda: desk.queue.call(OUTBOX))
    return len(places)
