"""One table from Slack's errors to ours.

ok: false, error: …      becomes
is_archived, …           ChatGone       the place is not there any more
message_not_found, …     MessageGone    the message is not there any more (a ChatGone)
not_in_channel, …        NotInvited     Slate has to be in the channel first, or it is gone (a ChatRefused)
missing_scope, …         ChatRefused    a person can help, and is told how
token_revoked, …         TokenRevoked   Slate was removed, or its token withdrawn (a ChatRefused)
429, 5xx, no answer      ChatBusy       try again, after the pause that Slack asks for
"""

from __future__ import annotations

import http.client
import logging
from typing import Any
from urllib.error import URLError

import structlog

from core.errors import ChatBusy, ChatError, ChatGone, ChatRefused

log = structlog.get_logger(__name__)

QUIET = logging.getLogger("slate.slack")
"""What Slack's own clients log to: errors only, as below that they print what people say, and answers with tokens in them."""
QUIET.setLevel(logging.ERROR)

PAUSE = 2.0
"""Seconds to wait when Slack has trouble and does not say for how long."""
INVITE = "Write /invite @slate in the channel, then try again."
REINSTALL = "Install Slate again in this workspace, as docs/slack.md says; its manifest has every scope."


class MessageGone(ChatGone):
    """The message is not there any more."""


class NotReady(ChatBusy):
    """Slack is still busy with a picture that was just uploaded."""


class NotInvited(ChatRefused):
    """Slate is not in this channel."""


class TokenRevoked(ChatRefused):
    """Slack no longer accepts Slate's token for this workspace."""


GONE = frozenset({"is_archived", "channel_is_archived", "thread_not_found", "user_not_found", "user_disabled"})
MESSAGE_GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "cannot_unfurl_message"})
WITHDRAWN = frozenset(
    {"token_revoked", "token_expired", "invalid_auth", "not_authed", "account_inactive", "team_access_not_granted"}
)
UNINVITED = frozenset({"channel_not_found", "not_in_channel", "method_not_supported_for_channel_type", "user_not_in_channel"})
REFUSED = frozenset(
    {"missing_scope", "restricted_action", "access_denied", "ekm_access_denied", "no_permission", "not_allowed_token_type"}
)
BUSY = frozenset({"ratelimited", "rate_limited", "fatal_error", "internal_error", "service_unavailable", "request_timeout"})


def foreign() -> tuple[type[Exception], ...]:
    """Everything a call of Slack's client may raise."""
    from slack_sdk.errors import SlackClientError

    return (SlackClientError, URLError, TimeoutError, ConnectionError, http.client.HTTPException)


def declared(problem: Exception) -> ChatError:
    """The same trouble as an error of ours."""
    answer = getattr(problem, "response", None)
    if answer is None:
        return ChatBusy("Slack does not answer.", retry_after=PAUSE)
    status, code = int(getattr(answer, "status_code", 200)), str(_field(answer, "error") or "")
    if status == 429 or code in BUSY or status >= 500:
        return ChatBusy("Slack asks for a pause." if status == 429 else "Slack has a problem.", retry_after=_pause(answer))
    if code in MESSAGE_GONE:
        return MessageGone()
    if code in GONE:
        return ChatGone("The Slack channel is archived or deleted.", hint="Ask in another channel; nothing is lost.", slack=code)
    if code in UNINVITED:
        return NotInvited("I am not in this Slack channel, or it no longer exists.", hint=INVITE, slack=code)
    if code in WITHDRAWN:
        return TokenRevoked(hint=REINSTALL, slack=code)
    if code in REFUSED:
        needed = str(_field(answer, "needed") or "")
        why = (
            f"Slate lacks the Slack scope `{needed}`." if code == "missing_scope" else "This Slack workspace does not allow that."
        )
        return ChatRefused(why, hint=REINSTALL, slack=code, needed=needed)
    return _odd(answer, code)


def _odd(answer: Any, code: str) -> ChatError:
    """A refusal nobody expects, logged with Slack's own words on it, which carry no secret."""
    complaints = [str(one)[:300] for one in (_field(answer, "response_metadata") or {}).get("messages", [])]
    if code == "invalid_blocks" and any("slack file" in one or "slack_file" in one for one in complaints):
        return NotReady("Slack is still busy with a picture.", retry_after=1.0)
    log.warning("slack.refused", error=code, complaints=complaints)
    return ChatError(f"Slack refused the call: {code}.", slack=code)


def _field(answer: Any, name: str) -> Any:
    data = getattr(answer, "data", answer)
    return data.get(name) if isinstance(data, dict) else None


def _pause(answer: Any) -> float:
    headers = getattr(answer, "headers", {}) or {}
    said = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    text = str(said[0] if isinstance(said, list) and said else said)
    return float(text) if text.isdecimal() else PAUSE
