"""What people do in the simulated Slack, and what they are told at once: say, press, fill, react, open, install."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.simulators.slack import filling
from tests.simulators.slack.blocks import OPTION, many, problems, view_problems
from tests.simulators.slack.calls import Refusal
from tests.simulators.slack.limits import RESPONSE_URL_SECONDS, RESPONSE_URL_USES, TRIGGER_SECONDS
from tests.simulators.slack.places import file_json
from tests.simulators.slack.wires import Acknowledged
from tests.simulators.slack.world import Channel, File, Json, Message, ResponseUrl, Trigger, User, View

if TYPE_CHECKING:
    from tests.simulators.slack.server import Slack


@dataclass(frozen=True)
class Receipt:
    """What somebody's client shows at once: nothing, or what went wrong."""

    error: str = ""
    """What Slack itself says, such as `dispatch_failed`; or the client, as `required: prompt`."""
    seconds: float = 0.0
    errors: Mapping[str, str] | None = None
    """Complaints below the fields of a form."""


@dataclass
class People:
    """Runs in the server's loop; `Slack` is what tests call."""

    slack: Slack

    # what interactions carry

    def redeem(self, trigger_id: str) -> Trigger:
        found = self.slack.world.triggers.get(trigger_id)
        if found is None:
            raise Refusal("invalid_trigger_id")
        if found.used:
            raise Refusal("exchanged_trigger_id")
        if time.monotonic() - found.born > TRIGGER_SECONDS:
            raise Refusal("expired_trigger_id")
        found.used = True
        return found

    def _response_url(self, user: User, channel: Channel, message: Message | None = None) -> str:
        key = self.slack.world.id("R")
        ts, thread = (message.ts, message.thread_ts) if message else ("", "")
        self.slack.world.response_urls[key] = ResponseUrl(channel.id, user.id, user.team, ts, thread, time.monotonic())
        return f"{self.slack.url}/respond/{key}"

    def respond(self, key: str, body: Json) -> str:
        """Somebody used a response URL; what is wrong with that, or empty."""
        found = self.slack.world.response_urls.get(key)
        if found is None:
            return "invalid_response_url"
        if found.uses >= RESPONSE_URL_USES or time.monotonic() - found.born > RESPONSE_URL_SECONDS:
            return "used_url"
        found.uses += 1
        wrong = problems(body.get("blocks") or [])
        if wrong or not (body.get("text") or body.get("blocks") or body.get("delete_original")):
            return "invalid_blocks" if wrong else "no_text"
        channel = self.slack.world.channels[found.channel]
        if body.get("replace_original") or body.get("delete_original"):
            return self._replace(channel, found, body)
        only = "" if body.get("response_type") == "in_channel" else found.user
        thread = str(body.get("thread_ts") or "")
        self._show(channel, found.team, body, only, thread)
        return ""

    def _replace(self, channel: Channel, found: ResponseUrl, body: Json) -> str:
        original = next((one for one in channel.messages if one.ts == found.message), None)
        if original is None:
            return "message_not_found"
        if body.get("delete_original"):
            channel.messages.remove(original)
        else:
            original.text, original.blocks = str(body.get("text") or ""), list(body.get("blocks") or [])
        return ""

    def _show(self, channel: Channel, team: str, body: Json, only_for: str, thread: str = "") -> None:
        install = self.slack.world.install_of(team)
        bot = install.bot if install else ""
        text, blocks = str(body.get("text") or ""), list(body.get("blocks") or [])
        made = Message(self.slack.world.ts(), channel.id, bot, text, blocks, thread_ts=thread, only_for=only_for, by_app=True)
        channel.messages.append(made)

    # saying

    async def slash(self, user: User, channel: Channel, command: str, text: str, trigger: str = "") -> Receipt:
        known = {one["command"] for one in self.slack.manifest["features"]["slash_commands"]}
        if command not in known:
            return Receipt(error=f"{command} is not a valid command")
        trigger = self.slack.world.trigger(user.id, user.team, trigger)
        body = {
            "token": "verification", "team_id": user.team, "team_domain": "sim", "channel_id": channel.id,
            "channel_name": channel.name or "directmessage", "user_id": user.id, "user_name": user.name.casefold(),
            "command": command, "text": text, "api_app_id": self.slack.app_id, "is_enterprise_install": "false",
            "response_url": self._response_url(user, channel), "trigger_id": trigger,
        }  # fmt: skip
        got = await self.slack.wires.send("slash_commands", body)
        if got.ok and got.body:
            said = got.body if isinstance(got.body, dict) else {"text": got.body}
            only = "" if said.get("response_type") == "in_channel" else user.id
            self._show(channel, user.team, said, only)
        return _receipt(got)

    def say(self, user: User, channel: Channel, text: str, files: Sequence[File] = (), thread: str = "") -> Message:
        """A message, as it is written in the composer; the app hears of it where it subscribed."""
        made = Message(self.slack.world.ts(), channel.id, user.id, text, thread_ts=thread, files=[one.id for one in files])
        channel.messages.append(made)
        for one in files:
            one.shared.append((channel.id, thread))
        self._tell_of(user, channel, made)
        return made

    def _tell_of(self, user: User, channel: Channel, made: Message) -> None:
        install = self.slack.world.install_of(user.team)
        if install is None or install.bot not in channel.members:
            return
        shared = [file_json(self.slack, self.slack.world.files[one]) for one in made.files]
        event: Json = {"type": "message", "user": user.id, "text": made.text, "ts": made.ts, "channel": channel.id}
        event |= {"event_ts": made.ts, "team": user.team, "client_msg_id": self.slack.world.id("M")}
        event |= {"thread_ts": made.thread_ts} if made.thread_ts else {}
        event |= {"files": shared} if shared else {}
        if channel.kind == "im":
            subtype = {"subtype": "file_share"} if shared else {}
            self.slack.events.tell(user.team, event | {"channel_type": "im"} | subtype, "message.im")
        elif f"<@{install.bot}>" in made.text:
            self.slack.events.tell(user.team, event | {"type": "app_mention"})
        self._tell_of_links(user, channel, made)

    def _tell_of_links(self, user: User, channel: Channel, made: Message) -> None:
        domains = self.slack.manifest["features"].get("unfurl_domains", [])
        words = [one.strip("<>").replace("&amp;", "&") for one in made.text.split()]
        links = [{"domain": domain, "url": one} for one in words for domain in domains if f"//{domain}" in one]
        if links:
            about = {"channel": channel.id, "user": user.id, "message_ts": made.ts, "links": links, "event_ts": made.ts}
            about |= {"unfurl_id": f"C.{made.ts}", "source": "conversations_history", "is_bot_user_member": True}
            self.slack.events.tell(user.team, {"type": "link_shared", **about, "thread_ts": made.thread_ts})

    def react(self, user: User, channel: Channel, message: Message, name: str, added: bool) -> bool:
        people = message.reactions.setdefault(name, [])
        if (user.id in people) == added:
            return False
        (people.append if added else people.remove)(user.id)
        install = self.slack.world.install_of(user.team)
        if install is not None and install.bot in channel.members:
            item = {"type": "message", "channel": channel.id, "ts": message.ts}
            about = {"user": user.id, "reaction": name, "item": item, "item_user": message.user}
            kind = "reaction_added" if added else "reaction_removed"
            self.slack.events.tell(user.team, {"type": kind, **about, "event_ts": self.slack.world.ts()})
        return True

    # pressing and filling

    async def press(self, user: User, channel: Channel, message: Message, action_id: str, trigger: str = "") -> Receipt:
        """Press a button of a message, or choose `action_id=value` in a menu of it."""
        block, element, chosen = filling.pressed(message.blocks, action_id)
        if block is None or element is None:
            return Receipt(error=f"there is nothing to press called {action_id}")
        action = filling.action(block, element, chosen)
        container = {"type": "message", "message_ts": message.ts, "channel_id": channel.id}
        container["is_ephemeral"] = bool(message.only_for)
        body = self._interaction("block_actions", user, trigger) | {
            "container": container | ({"thread_ts": message.thread_ts} if message.thread_ts else {}),
            "channel": {"id": channel.id, "name": channel.name or "directmessage"},
            "actions": [action],
            "response_url": self._response_url(user, channel, message),
        }
        body |= {} if message.only_for else {"message": message.as_json()}
        return _receipt(await self.slack.wires.send("interactive", body))

    async def press_in_view(self, user: User, view: View, action_id: str, chosen: str = "") -> Receipt:
        found = filling.find(view.payload["blocks"], action_id)
        if found is None:
            return Receipt(error=f"there is nothing to press called {action_id}")
        body = self._interaction("block_actions", user) | {
            "container": {"type": "view", "view_id": view.id},
            "view": view.as_json(self._bot(user)),
            "actions": [filling.action(*found, chosen)],
        }
        return _receipt(await self.slack.wires.send("interactive", body))

    async def suggest(self, user: User, view: View, action_id: str, typed: str) -> list[str]:
        """What an external menu offers for what was typed."""
        found = filling.find(view.payload["blocks"], action_id)
        assert found is not None, action_id
        body = self._interaction("block_suggestion", user) | {
            "action_id": action_id, "block_id": found[0]["block_id"], "value": typed, "view": view.as_json(self._bot(user)),
            "container": {"type": "view", "view_id": view.id},
        }  # fmt: skip
        got = await self.slack.wires.send("interactive", body)
        options = got.body["options"] if isinstance(got.body, dict) else []
        wrong = list(many(100, OPTION, least=0)(options, "/options"))
        assert not wrong, wrong
        return [one["value"] for one in options]

    async def submit(self, user: User, view: View, values: Mapping[str, Any]) -> Receipt:
        """Fill the form in front of somebody and send it."""
        state, wrong = filling.state(view.payload["blocks"], values)
        if wrong:
            return Receipt(error=wrong)
        view.payload["state"] = {"values": state}
        body = self._interaction("view_submission", user) | {"view": view.as_json(self._bot(user)), "response_urls": []}
        got = await self.slack.wires.send("interactive", body)
        if not got.ok:
            return Receipt(error="We had some trouble connecting. Try again?", seconds=got.seconds)
        return self._after(user, view, got)

    def _after(self, user: User, view: View, got: Acknowledged) -> Receipt:
        stack = self.slack.world.modals[user.id]
        answer = got.body if isinstance(got.body, dict) else {}
        what = answer.get("response_action")
        if what == "errors":
            unknown = set(answer["errors"]) - {block.get("block_id") for block in view.payload["blocks"]}
            assert not unknown, f"errors for blocks that are not there: {unknown}"
            return Receipt(errors=answer["errors"], seconds=got.seconds)
        if what in ("update", "push"):
            wrong = view_problems(answer["view"])
            assert not wrong, wrong
            if what == "push":
                stack.append(View(self.slack.world.id("V"), "1", user.id, user.team, answer["view"]))
            else:
                view.payload = answer["view"]
        elif what == "clear":
            stack.clear()
        elif view in stack:
            stack.remove(view)
        return Receipt(seconds=got.seconds)

    async def shortcut(self, user: User, callback_id: str, channel: Channel | None, message: Message | None) -> Receipt:
        kind = "message" if message else "global"
        known = {(one["callback_id"], one["type"]) for one in self.slack.manifest["features"]["shortcuts"]}
        if (callback_id, kind) not in known:
            return Receipt(error=f"there is no {kind} shortcut {callback_id}")
        body = self._interaction("message_action" if message else "shortcut", user) | {"callback_id": callback_id}
        body["action_ts"] = self.slack.world.ts()
        if message is not None and channel is not None:
            shared = [file_json(self.slack, self.slack.world.files[one]) for one in message.files]
            body |= {"channel": {"id": channel.id, "name": channel.name or "directmessage"}, "message_ts": message.ts}
            body |= {"message": message.as_json() | ({"files": shared} if shared else {})}
            body |= {"response_url": self._response_url(user, channel, message)}
        return _receipt(await self.slack.wires.send("interactive", body))

    def _interaction(self, kind: str, user: User, trigger: str = "") -> Json:
        about = {"id": user.id, "username": user.name.casefold(), "name": user.name, "team_id": user.team}
        team = {"id": user.team, "domain": "sim"}
        made = self.slack.world.trigger(user.id, user.team, trigger)
        fixed = {"api_app_id": self.slack.app_id, "token": "verification", "is_enterprise_install": False, "enterprise": None}
        return {"type": kind, "user": about, "team": team, "trigger_id": made} | fixed

    def _bot(self, user: User) -> str:
        install = self.slack.world.install_of(user.team)
        return install.bot if install else ""


def _receipt(got: Acknowledged) -> Receipt:
    error = "" if got.ok else "operation_timeout" if not got.status else "dispatch_failed"
    return Receipt(error=error, seconds=got.seconds)
