"""What comes in from Discord -> commands: slash commands, menus, buttons, forms, messages and reactions. No rule lives here."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar

import discord
import structlog
from discord.app_commands import Choice

from bot import commands
from bot.cards import Answer
from bot.commands import BY_NAME, Command
from bot.discord import drafts, files, forms
from bot.discord.accounts import Accounts
from bot.discord.chat import PLATFORM
from bot.discord.command_options import Slot, line_of
from bot.discord.completion import offers
from bot.discord.gateway_events import GatewayEvents, is_again
from bot.discord.location import Spot, spot_of_interaction, with_shot
from bot.discord.reply import Gate, Interaction, Reply, ReplyOutcome, reply_of
from bot.incoming import tracked
from bot.request import Attachment, ChatRequest
from core.desk import Desk
from core.errors import SlateError

log = structlog.get_logger(__name__)
T = TypeVar("T")

_REMEMBERED = 20_000
HANDS = 6
"""Commands that are carried out at the same time; when there are more, they are acknowledged first."""


class DiscordListener:
    """Carries out what people do; one for the process."""

    def __init__(self, desk: Desk, client: discord.Client, events: GatewayEvents) -> None:
        self.desk = desk
        self.accounts = Accounts(desk, client)
        self.events = events
        self._working = 0
        self._gate = Gate()
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._hands = ThreadPoolExecutor(HANDS, thread_name_prefix="discord")

    def once(self, interaction: Interaction) -> bool:
        """Whether it comes for the first time: a gateway that resumes may bring one again."""
        if interaction.id in self._seen:
            return False
        self._seen[interaction.id] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return True

    def close(self) -> None:
        self._hands.shutdown(wait=False, cancel_futures=True)

    async def reply(self, interaction: Interaction, work: Coroutine[Any, Any, ReplyOutcome]) -> None:
        """Carry something out and give the answer; it is in the inbox from before the acknowledgement until then."""
        if not self.once(interaction):
            work.close()
            return
        self._working += 1
        try:
            async with self.events.kept(f"interaction:{interaction.id}") as new:
                if new:
                    await Reply(self.desk, interaction, again=is_again()).by(work, self._gate, crowded=self._working > HANDS)
        finally:
            work.close()  # where it was not even begun
            self._working -= 1

    async def run(self, act: Callable[..., T], *args: Any) -> T:
        """Carry out what waits for the database or the disk, beside the gateway."""
        return await asyncio.get_running_loop().run_in_executor(self._hands, act, *args)

    # interactions

    async def said(self, interaction: Interaction, command: Command, given: Mapping[str, Any]) -> None:
        """A slash command."""
        attached = [value for value in given.values() if isinstance(value, discord.Attachment)]
        line = line_of(command, {name: value for name, value in given.items() if not isinstance(value, discord.Attachment)})
        await self.reply(interaction, self._carry_out(interaction, line, attached))

    async def menu(self, interaction: Interaction, command: str, message: discord.Message) -> None:
        """An entry of the menu on a message: about what the message shows, or else about its pictures."""
        await self.reply(interaction, self._about(interaction, command, message))

    async def pressed(self, interaction: Interaction, action: str) -> None:
        """A button, or an entry of a card's menu."""
        await self.reply(interaction, self._press(interaction, action))

    async def asked_for_page(self, interaction: Interaction, number: int, page: str) -> None:
        """A button of an unfinished form: another page of it, or off it goes."""
        if page == forms.SEND:
            await self.reply(interaction, self._send(interaction, number))
            return
        if not self.once(interaction):
            return
        try:
            draft = await self._draft(interaction, number)
        except SlateError as problem:
            await Reply(self.desk, interaction).give(ReplyOutcome(commands.sorry(problem)))
            return
        await Reply(self.desk, interaction).open(draft, int(page))

    async def filled(self, interaction: Interaction) -> None:
        """A form that was sent. What it says is kept before anything is done with it."""
        facts: Any = interaction.data or {}
        _, number, page = str(facts.get("custom_id", "")).split(":")
        await self.reply(interaction, self._fill(interaction, int(number), int(page), facts))

    async def completed(
        self, interaction: Interaction, command: Command, slot: Slot, typed: str, given: Mapping[str, Any]
    ) -> list[Choice[str]]:
        """What may stand in an option; nothing where something is in the way, as a half-typed line is no place to complain."""
        spot, user = spot_of_interaction(interaction), interaction.user

        def look() -> list[Choice[str]]:
            member, place = self.accounts.member(user, spot), spot.place(self.desk)
            return offers(command, slot, typed, given, lambda line: commands.complete(self.desk, member, place, line, len(line)))

        try:
            await self.accounts.check(user, spot)
            return await self.run(look)
        except SlateError as problem:
            log.debug("discord.no-completion", problem=problem.code)
            return []

    # what they come to

    async def _carry_out(
        self, interaction: Interaction, line: str, attached: Sequence[discord.Attachment] = (), have: Sequence[Attachment] = ()
    ) -> ReplyOutcome:
        spot = spot_of_interaction(interaction)
        command = BY_NAME.get(line.lstrip("/").split(" ", 1)[0])
        line = with_shot(line, spot, takes_shot=bool(command and any(one.name == "shot" for one in command.options)))

        async def act() -> ReplyOutcome:
            await self.accounts.check(interaction.user, spot)
            brought = (*have, *await files.copied(self.desk, attached))
            return await self.run(self._answer, interaction, spot, await self.home(interaction.user, spot), line, brought)

        return await self.politely(act)

    def _answer(self, interaction: Interaction, spot: Spot, home: Spot, line: str, brought: Sequence[Attachment]) -> ReplyOutcome:
        user = interaction.user
        member = self.accounts.member(user, spot)
        place = replace(home.place(self.desk, answering=home is spot), reply=reply_of(interaction))
        said = ChatRequest(member, place, line, tuple(brought), f"discord:{interaction.id}", str(user.id))
        return ReplyOutcome(commands.answer(self.desk, said), place if spot.near else None, member, home is not spot)

    async def _press(self, interaction: Interaction, action: str) -> ReplyOutcome:
        spot, user = spot_of_interaction(interaction), interaction.user

        async def act() -> ReplyOutcome:
            await self.accounts.check(user, spot)
            home = await self.home(user, spot)

            def press() -> ReplyOutcome:
                member = self.accounts.member(user, spot)
                place = replace(home.place(self.desk, answering=home is spot), reply=reply_of(interaction))
                answer = commands.press(self.desk, member, place, action, key=f"discord:{interaction.id}")
                return ReplyOutcome(answer, place if spot.near else None, member, home is not spot)

            return await self.run(press)

        return await self.politely(act)

    async def _about(self, interaction: Interaction, command: str, message: discord.Message) -> ReplyOutcome:
        spot = spot_of_interaction(interaction)

        def subject() -> str:
            with self.desk.reading() as session:
                return tracked.subject_at(session, PLATFORM, spot.channel_id, str(message.id))

        try:
            about = await self.run(subject)
        except SlateError as problem:
            return ReplyOutcome(commands.sorry(problem))
        found = [] if about else list(files.pictures(message))
        if not about and not (found and command == "whatis"):
            said = "there is no picture in it" if command == "whatis" else "it is not about one of Slate's renders"
            return ReplyOutcome(Answer(f"There is nothing to show for this message: {said}.", private=True))
        line = f"/{command} {about}" if about else f"/{command} private:yes"
        outcome = await self._carry_out(interaction, line, found)
        return replace(outcome, answer=replace(outcome.answer, private=True))

    async def _fill(self, interaction: Interaction, number: int, page: int, facts: Mapping[str, Any]) -> ReplyOutcome:
        async def act() -> ReplyOutcome:
            draft = await self._draft(interaction, number)
            filled = forms.read(draft.form, facts.get("components", ()), draft.values)
            stored: Mapping[str, Any] = facts.get("resolved", {}).get("attachments", {})
            brought: dict[str, Attachment] = {}
            for name, identities in filled.uploads.items():
                attached = [discord.Attachment(data=stored[one], state=interaction._state) for one in identities if one in stored]
                brought |= dict.fromkeys([name], *await files.copied(self.desk, attached[:1]))
            draft = await self.run(drafts.keep, self.desk, draft, filled, brought)
            if filled.next != forms.SEND:
                return ReplyOutcome(drafts.so_far(draft), draft=draft, page=int(filled.next))
            return await self._send_off(interaction, draft)

        return await self.politely(act)

    async def _send(self, interaction: Interaction, number: int) -> ReplyOutcome:
        async def act() -> ReplyOutcome:
            return await self._send_off(interaction, await self._draft(interaction, number))

        return await self.politely(act)

    async def _send_off(self, interaction: Interaction, draft: drafts.Open) -> ReplyOutcome:
        outcome = await self._carry_out(interaction, draft.line, have=draft.attachments)
        return replace(outcome, draft=draft) if outcome.answer.error else outcome

    async def _draft(self, interaction: Interaction, number: int) -> drafts.Open:
        spot = spot_of_interaction(interaction)
        await self.accounts.check(interaction.user, spot)
        return await self.run(lambda: drafts.find(self.desk, self.accounts.member(interaction.user, spot), number))

    async def home(self, user: discord.User | discord.Member, spot: Spot) -> Spot:
        """Where renders asked for here are shown: here, or in direct messages where Slate itself is not."""
        if spot.near:
            return spot
        opened = await user.create_dm()
        return Spot(str(opened.id))

    async def politely(self, act: Callable[[], Any]) -> ReplyOutcome:
        """What `act` comes to; an error in its own words."""
        try:
            outcome: ReplyOutcome = await act()
        except SlateError as problem:
            return ReplyOutcome(commands.sorry(problem))
        except discord.HTTPException as problem:
            log.warning("discord.refused", number=problem.code, status=problem.status)
            return ReplyOutcome(commands.sorry(SlateError("Discord did not let me do that.", hint="Try again in a moment.")))
        return outcome
