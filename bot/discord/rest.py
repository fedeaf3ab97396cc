"""Discord's REST as the outbox needs it: one call, one answer, and every refusal as an error that says what follows from it.

It neither waits nor tries again: the state that a later call should show is looked up when that call is made
(see bot/messages/outbox.py).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import httpx2

from core.errors import ChatBusy, ChatError, ChatGone, ChatRefused

Json = dict[str, Any]

UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, TOO_LARGE, MISSING_ACCESS, NO_DIRECT, MISSING_PERMISSION, ARCHIVED, OLD_EDITS = (
    10003, 10008, 40005, 50001, 50007, 50013, 50083, 30046,
)  # fmt: skip
OVER = (10062, 10015, 50027)
"""What Discord says of an interaction that ran out, or was never acknowledged."""
_USUAL_PAUSE = 2.0
_LONG_PAUSE = 60.0
_REFUSED = {
    MISSING_ACCESS: ("Slate does not see that Discord channel.", "Let Slate's role view it: channel settings › Permissions."),
    MISSING_PERMISSION: (
        "Slate may not write in that Discord channel.",
        "Give Slate's role Send Messages, Send Messages in Threads and Attach Files there.",
    ),
    NO_DIRECT: ("Discord does not let Slate write to this person.", "They may allow direct messages from the server."),
    TOO_LARGE: ("The file is too large for Discord.", "Download it from its page."),
}
_REVOKED = "Discord no longer accepts Slate's token."


@dataclass(frozen=True)
class FilePart:
    """A file of a multipart request."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Answered:
    """What Discord said, and for how long the same route is used up."""

    body: Json
    used_up: float = 0.0
    """Seconds until another call of this kind in this channel is allowed; 0 while some are left."""


class Rest:
    """A connection that may be shared by threads."""

    def __init__(self, token: str, url: str, timeout: float = 30.0) -> None:
        agent = f"DiscordBot (https://github.com/slate-desk/slate, {version('slate')})"
        headers = {"Authorization": f"Bot {token}", "User-Agent": agent}
        self._http = httpx2.Client(base_url=url.rstrip("/"), headers=headers, timeout=timeout)

    def call(self, method: str, path: str, payload: Json | None = None, parts: Sequence[FilePart] = ()) -> Answered:
        """Raises ChatBusy, ChatGone, ChatRefused, ChatError; each has the number Discord gave in its facts as `number`."""
        try:
            if parts:
                files = [(f"files[{at}]", (part.name, part.content)) for at, part in enumerate(parts)]
                response = self._http.request(method, path, data={"payload_json": json.dumps(payload)}, files=files)
            else:
                response = self._http.request(method, path, json=payload)
        except httpx2.TransportError as problem:
            raise ChatBusy("Discord does not answer.", retry_after=_USUAL_PAUSE) from problem
        body = _body(response)
        if response.is_success:
            return Answered(body, _used_up(response))
        raise _problem(response, body)

    def close(self) -> None:
        self._http.close()


def _body(response: httpx2.Response) -> Json:
    try:
        read = response.json() if response.content else {}
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {"items": read}


def _used_up(response: httpx2.Response) -> float:
    if response.headers.get("X-RateLimit-Remaining") != "0":
        return 0.0
    return _seconds(response.headers.get("X-RateLimit-Reset-After"), _USUAL_PAUSE)


def _problem(response: httpx2.Response, body: Json) -> ChatError:
    status, number = response.status_code, int(body.get("code") or 0)
    if status == 429:
        usual = _LONG_PAUSE if number == OLD_EDITS else _USUAL_PAUSE
        after = _seconds(body.get("retry_after") or response.headers.get("Retry-After"), usual)
        return ChatBusy("Discord asks for a pause.", retry_after=after, number=number)
    if status >= 500:
        return ChatBusy("Discord has a problem.", retry_after=_USUAL_PAUSE, number=number)
    if status == 401:
        return ChatRefused(_REVOKED, hint="Reset it in the developer portal and set SLATE_DISCORD_TOKEN.", number=number)
    if number in (UNKNOWN_CHANNEL, UNKNOWN_MESSAGE):
        what = "channel" if number == UNKNOWN_CHANNEL else "message"
        return ChatGone(f"That Discord {what} is not there any more.", number=number)
    said, hint = _REFUSED.get(TOO_LARGE if status == 413 else number, (f"Discord refused it: {_told(body, status)}.", ""))
    return ChatRefused(said, hint=hint, number=TOO_LARGE if status == 413 else number)


def _told(body: Json, status: int) -> str:
    """Discord's own words, without the payload they are about."""
    return f"{body.get('message', 'no reason given')} ({body.get('code', status)})"


def _seconds(value: object, otherwise: float) -> float:
    try:
        return max(0.0, float(str(value)))
    except ValueError:
        return otherwise
