"""Slack as a chat that Slate writes to: one message a render, edited in place, with its pictures; and words to one person."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import NAMESPACE_URL, uuid5

from bot.cards import Card
from bot.incoming.job_answers import JobAnswer
from bot.slack import block_kit
from bot.slack.api import Api
from bot.slack.block_kit import BlockPage, CardContext
from bot.slack.errors import MessageGone, NotReady
from bot.slack.pictures import files_for, share
from bot.slack.runtime import SlackRequest
from bot.slack.saying import say_to_one, send
from bot.slack.workspaces import Workspaces
from core.desk import Desk
from core.errors import ChatError
from storage.chat import posts
from storage.rate_limit import Budget
from storage.tables import Post

POSTS_EVERY, POSTS_AT_ONCE = 1.05, 3
"""Slack takes one message a second in a channel, and short bursts."""
EDITS_EVERY, EDITS_AT_ONCE = 1.25, 20
"""Slack takes fifty edits a minute in a workspace (chat.update is of tier 3), whatever the channels."""
_FORGOTTEN = ("duplicate_message_not_found", "duplicate_channel_not_found")
"""What Slack says to a key whose message it knows of, but that is not there any more."""
PATIENCE = 5
"""Attempts after which a picture that Slack does not get ready is left to its link."""


class SlackChat:
    """What the outbox needs of a platform, over Slack's Web API alone: no socket, and no token that expires."""

    def __init__(self, desk: Desk, workspaces: Workspaces | None = None) -> None:
        self.workspaces = workspaces or Workspaces(desk)

    def post(self, desk: Desk, post: Post, card: Card, alt: str = "") -> str:
        """Post the card where `post` says and return the message's `ts`; the same Post again, soon, is the same message.

        Slack knows it by the `client_msg_id` of its own clients. Should it not, and an answer got lost after Slack had done it,
        there is a second message; that one is adopted as soon as somebody presses something on it.
        """
        api = Api(self.workspaces, post.tenant)
        page = self._page(api, desk, post, card, alt)
        try:
            reference = send(api, post.channel_id, page, post.thread_ref, key=_key(post))
        except ChatError as problem:
            if problem.facts.get("slack") not in _FORGOTTEN:
                raise
            reference = send(api, post.channel_id, page, post.thread_ref)
        share(api, desk, card.pictures, post, reference)
        return reference

    def edit(self, desk: Desk, post: Post, card: Card, alt: str = "") -> str:
        """Change the message in place; one that was deleted is posted again."""
        api = Api(self.workspaces, post.tenant)
        page = self._page(api, desk, post, card, alt)
        try:
            api.do("chat_update", channel=post.channel_id, ts=post.message_ref, text=page.text, blocks=list(page.blocks))
        except MessageGone:
            return self.post(desk, post, card, alt)
        except NotReady:
            if post.attempts < PATIENCE:
                raise
            plain = block_kit.message(card, CardContext(base_url=desk.settings.base_url), alt)
            api.do("chat_update", channel=post.channel_id, ts=post.message_ref, text=plain.text, blocks=list(plain.blocks))
        share(api, desk, card.pictures, post, post.message_ref)
        return post.message_ref

    def answer(self, desk: Desk, post: Post, given: JobAnswer) -> str:
        """Say it in the channel, or to whoever asked alone; page by page, each once."""
        heard = SlackRequest(
            post.tenant, given.reply.get("user", ""), post.channel_id, thread=post.thread_ref,
            response_url=given.reply.get("response_url", ""),
        )  # fmt: skip
        api = Api(self.workspaces, post.tenant)
        pictures = [one for card in given.answer.cards for one in card.pictures]
        files = files_for(api, desk, pictures, post) if pictures and post.attempts < PATIENCE else {}
        pages = block_kit.pages(given.answer, CardContext(files, desk.settings.base_url))
        sent: list[str] = list(post.kept.get("sent", []))
        for number, page in enumerate(pages[len(sent) :], len(sent)):
            if given.private:
                say_to_one(api, heard, page)
                sent.append("")
            else:
                sent.append(send(api, post.channel_id, page, post.thread_ref, _key(post, number)))
            with desk.writing() as session:
                posts.keep(session, post.id, sent=sent)
        return "" if given.private or not sent else sent[0]

    def tell(self, desk: Desk, tenant: str, user_id: str, card: Card, alt: str = "") -> None:
        """Show the card to one person, in their direct messages with Slate."""
        api = Api(self.workspaces, tenant)
        person = user_id.rpartition("/")[2]
        channel = str(api.do("conversations_open", users=person)["channel"]["id"])
        send(api, channel, block_kit.message(card, CardContext(base_url=desk.settings.base_url), alt))

    def budgets(self, post: Post) -> Sequence[Budget]:
        if post.message_ref:
            return (Budget(f"slack:{post.tenant}:edit", EDITS_EVERY, EDITS_AT_ONCE),)
        return (Budget(f"slack:{post.tenant}:{post.channel_id}", POSTS_EVERY, POSTS_AT_ONCE),)

    def _page(self, api: Api, desk: Desk, post: Post, card: Card, alt: str) -> BlockPage:
        files = files_for(api, desk, card.pictures, post) if card.pictures else {}
        return block_kit.message(card, CardContext(files, desk.settings.base_url), alt)


def _key(post: Post, page: int = 0) -> str:
    """What makes a repeated posting one message; a message that was deleted is posted under another."""
    more = f":{page}" if page else ""
    return str(uuid5(NAMESPACE_URL, f"slate:{post.tenant}:{post.channel_id}:{post.id}:{post.message_ref}{more}"))
