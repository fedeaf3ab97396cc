"""Says one page in a channel, or to one person alone."""

from __future__ import annotations

from typing import Any

from bot.slack.api import Api
from bot.slack.block_kit import BlockPage
from bot.slack.errors import QUIET, NotInvited, NotReady, foreign
from bot.slack.runtime import SlackRequest
from core.errors import ChatBusy, ChatError


def send(api: Api, channel: str, page: BlockPage, thread: str = "", key: str = "") -> str:
    """Post a message and return its `ts`; a public channel that Slate is not in yet is joined. Raises NotInvited for others."""
    asked = {"channel": channel, "text": page.text, "blocks": list(page.blocks), "unfurl_links": False, "unfurl_media": False}
    asked |= {"thread_ts": thread} if thread else {}
    asked |= {"client_msg_id": key} if key else {}
    try:
        return str(api.do("chat_postMessage", **asked)["ts"])
    except NotInvited:
        api.do("conversations_join", channel=channel)
        return str(api.do("chat_postMessage", **asked)["ts"])


def say_to_one(api: Api, heard: SlackRequest, page: BlockPage) -> None:
    """Show a page to whoever asked only: by the address that came with the request, else where they are. Raises ChatError."""
    if not heard.response_url or not _respond(heard, page):
        _to_one(api, heard, page)


def _to_one(api: Api, heard: SlackRequest, page: BlockPage) -> None:
    if heard.direct or not heard.channel:
        channel = heard.channel or str(api.do("conversations_open", users=heard.user)["channel"]["id"])
        send(api, channel, page, heard.thread)
        return
    asked: dict[str, Any] = {"channel": heard.channel, "user": heard.user, "text": page.text, "blocks": list(page.blocks)}
    asked |= {"thread_ts": heard.thread} if heard.thread else {}
    try:
        api.do("chat_postEphemeral", **asked)
    except (NotReady, ChatBusy):
        raise
    except ChatError:  # not in that channel, archived …: their direct messages are always there
        send(api, str(api.do("conversations_open", users=heard.user)["channel"]["id"]), page)


def _respond(heard: SlackRequest, page: BlockPage) -> bool:
    """Answer by the address that came with the press or the command; it works wherever they are, five times in half an hour."""
    from slack_sdk.webhook import WebhookClient

    said: dict[str, Any] = {
        "response_type": "ephemeral",
        "replace_original": False,
        "text": page.text,
        "blocks": list(page.blocks),
    }
    said |= {"thread_ts": heard.thread} if heard.thread else {}
    try:
        return bool(WebhookClient(heard.response_url, timeout=10, logger=QUIET).send_dict(said).status_code == 200)
    except foreign():
        return False
