"""The Slack front end of one process: its desk, its workspaces, the hands that do the work after the acknowledgement."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import structlog

from bot.channels import place_for
from bot.incoming import inbox
from bot.incoming.inbox import Errand, Inbox
from bot.request import ChatPlace
from bot.slack.ack_first import Rush
from bot.slack.api import Api
from bot.slack.workspaces import PLATFORM, Workspaces
from core.desk import Desk
from core.errors import SlateError
from storage.chat import seen_events
from storage.people import projects

log = structlog.get_logger(__name__)

T = TypeVar("T")
EARS, HANDS, READERS = 16, 4, 2
_LOCKS = 64
EVENT = "event:"
"""How the key of an event begins; others are those of one press, one command, one sent form."""


def key_of(body: dict[str, Any]) -> str:
    """Slack's id of what came in: an event's, or that of a press, a command or a form; empty where it has none."""
    if body.get("type") == "event_callback":
        return f"{EVENT}{body['event_id']}" if body.get("event_id") else ""
    return f"trigger:{body['trigger_id']}" if body.get("trigger_id") else ""


@dataclass(frozen=True)
class SlackRequest:
    """Who did something, where, and how they can be answered: what all of Slack's payloads have in common."""

    tenant: str
    user: str
    channel: str = ""
    channel_name: str = ""
    thread: str = ""
    message: str = ""
    """The `ts` of the message that was pressed, or that something is said about."""
    trigger: str = ""
    """Opens one form within three seconds."""
    response_url: str = field(default="", repr=False)
    key: str = ""
    """Slack's id of the event: twice the same is one."""
    user_name: str = ""

    @property
    def account(self) -> str:
        """The Handle's user id: Slack's are unique in a workspace only."""
        return f"{self.tenant}/{self.user}"

    @property
    def direct(self) -> bool:
        """Whether it is a conversation of one person with Slate."""
        return self.channel.startswith("D")


class Crew(ThreadPoolExecutor):
    """Threads that know what they have not done yet, so that a process can finish what it acknowledged."""

    def __init__(self, size: int, name: str) -> None:
        super().__init__(size, thread_name_prefix=name)
        self._under_way: set[Future[Any]] = set()

    def submit(self, act: Callable[..., T], /, *args: Any, **more: Any) -> Future[T]:
        errand = inbox.present()
        if errand is None:
            future = super().submit(act, *args, **more)
        else:
            errand.begin()  # from now on, not only from when a thread is free
            future = super().submit(_for(errand, act), *args, **more)
            future.add_done_callback(lambda _: errand.end())
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)
        return future

    def settle(self, patience: float) -> bool:
        """Wait until everything that was begun is done; returns whether there was anything."""
        waited = False
        while self._under_way:
            wait(set(self._under_way), patience)
            waited = True
        return waited


def _for(errand: Errand, act: Callable[..., T]) -> Callable[..., T]:
    def carried_out(*args: Any, **more: Any) -> T:
        with inbox.working_on(errand):
            return act(*args, **more)

    return carried_out


class Front:
    """What listeners work with."""

    def __init__(self, desk: Desk, workspaces: Workspaces | None = None) -> None:
        self.desk = desk
        self.workspaces = workspaces or Workspaces(desk)
        self.ears = Crew(EARS, "slack-ear")
        """Where Bolt runs the listeners, which only acknowledge and hand on."""
        self._readers, self._hands = Crew(READERS, "slack-reader"), Crew(HANDS, "slack-hand")
        self.rush = Rush()
        self.inbox = Inbox(desk, PLATFORM)
        self._locks = [threading.Lock() for _ in range(_LOCKS)]

    def api(self, tenant: str) -> Api:
        return Api(self.workspaces, tenant)

    def soon(self, read: Callable[[], object]) -> None:
        """Find out what was meant by something that is acknowledged already, when everybody else is, too."""
        self._readers.submit(self._carefully, read)

    def later(self, act: Callable[[], None]) -> Future[None]:
        """Do it after the acknowledgement; what goes wrong is logged once and ends nothing else."""
        return self._hands.submit(self._carefully, act)

    def settle(self, patience: float = 30.0) -> None:
        """Wait until everything that was acknowledged is done."""
        while any(crew.settle(patience) for crew in self._in_order()):
            continue  # what was done may have handed something on

    def close(self) -> None:
        self.inbox.stop()
        for crew in self._in_order():
            crew.shutdown(wait=True)

    def _in_order(self) -> tuple[Crew, Crew, Crew]:
        """The crews in the order in which work goes from one to the next."""
        return self.ears, self._readers, self._hands

    def _carefully(self, act: Callable[[], object]) -> None:
        self.rush.wait()
        try:
            act()
        except SlateError as problem:
            log.warning("slack.failed", code=problem.code, message=problem.message)
        except Exception:  # an edge: the acknowledgement is out, and nobody above would hear of it
            log.exception("slack.broken")

    def take_in(self, body: dict[str, Any]) -> Errand | None:
        """Write down what came, to be carried out even if this process dies; None when it came before, or has no key.

        Raises DatabaseUnavailable.
        """
        key = key_of(body)
        if not key:
            return None
        return self.inbox.take_in(key, {name: value for name, value in body.items() if name != "token"})

    def first(self, key: str) -> bool:
        """Whether what has this key comes for the first time. Raises DatabaseUnavailable."""
        with self.desk.writing() as session:
            return seen_events.first(session, PLATFORM, key)

    def is_new(self, heard: SlackRequest) -> bool:
        """Whether this is still to be done: events were taken in before they were acknowledged. Raises DatabaseUnavailable."""
        errand = inbox.present()
        if errand is not None and errand.key == heard.key:
            return True
        return heard.key.startswith(EVENT) or not heard.key or self.first(heard.key)

    def somewhere(self, heard: SlackRequest) -> SlackRequest:
        """The same, with a place to answer: what is done outside any channel is answered in direct messages."""
        if heard.channel:
            return heard
        return replace(heard, channel=str(self.api(heard.tenant).do("conversations_open", users=heard.user)["channel"]["id"]))

    def one_at_a_time(self, name: str) -> threading.Lock:
        """A lock for what must not overtake each other, such as what one person does to one message."""
        return self._locks[hash(name) % _LOCKS]

    def place(self, heard: SlackRequest) -> ChatPlace:
        """The ChatPlace of what was heard. Raises DatabaseUnavailable."""
        if not heard.channel:
            return ChatPlace(PLATFORM, tenant=heard.tenant)
        reply = {"user": heard.user, "response_url": heard.response_url}
        name = "" if heard.channel_name in ("", "directmessage", "privategroup") else heard.channel_name
        if not name:
            name = self._name_of(heard)
        found = place_for(self.desk, PLATFORM, heard.channel, name=name, tenant=heard.tenant, thread_ref=heard.thread)
        return replace(found, reply=reply)

    def _name_of(self, heard: SlackRequest) -> str:
        """What Slack calls a channel that came without a name: asked once, and never a reason to fail."""
        with self.desk.reading() as session:
            known = projects.channel(session, PLATFORM, heard.channel)
        if known is not None:
            return ""
        if heard.direct:
            return "Direct messages"
        try:
            return str(self.api(heard.tenant).do("conversations_info", channel=heard.channel)["channel"].get("name") or "")
        except SlateError as problem:
            log.info("slack.nameless-channel", channel=heard.channel, why=problem.message)
            return ""
