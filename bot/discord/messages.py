"""What people say and show without a command: mentions, replies, direct messages, dropped pictures, reactions."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import discord
import structlog

from bot import commands, reactions
from bot.cards import Answer
from bot.discord import drafts, files
from bot.discord.chat import PLATFORM, remember
from bot.discord.gateway_events import event_number, is_again
from bot.discord.listeners import DiscordListener
from bot.discord.location import Spot, spot_of, with_shot
from bot.discord.message_packing import Message, of_answer
from bot.discord.reply import NOBODY, ReplyOutcome, with_buttons
from bot.incoming import tracked
from bot.mentions import line_of
from bot.request import ChatPlace, ChatRequest
from core.desk import Desk
from core.errors import SlateError
from core.schemas.room import WorkingSchema
from storage.chat import posts

log = structlog.get_logger(__name__)

_REMEMBERED = 20_000
_WORKING_ON_IT = "⏳"
_WITHOUT_FORM = "Here is the form."
_CANNOT_WRITE = (
    "I have a private answer for you, but I cannot send you direct messages. "
    "Allow direct messages from this server, or use a slash command."
)


class Talk:
    """Listens to messages that are meant for Slate and to reactions on messages of Slate."""

    def __init__(self, listener: DiscordListener, client: discord.Client) -> None:
        self._listener = listener
        self._client = client
        self._reactions: OrderedDict[tuple[int, int, str], bool] = OrderedDict()

    @property
    def desk(self) -> Desk:
        return self._listener.desk

    # messages

    async def message(self, message: discord.Message) -> None:
        """Something was said: carried out when it is said to Slate, that is, mentions it, answers it, or is direct."""
        if message.author.bot or not self._meant(message):
            return
        async with self._listener.events.kept(f"message:{message.id}") as new:
            if new:
                await self._carry_out(message)

    async def _carry_out(self, message: discord.Message) -> None:
        spot = await self._spot(message.channel, message.guild)
        outcome = await self._listener.politely(lambda: self._heard(message, spot))
        if outcome.answer != Answer():
            await self._answer(message, spot, outcome)

    def _meant(self, message: discord.Message) -> bool:
        mine = self._client.user
        return message.guild is None or (mine is not None and mine in message.mentions)

    async def _heard(self, message: discord.Message, spot: Spot) -> ReplyOutcome:
        await self._listener.accounts.check(message.author, spot)
        attached = await files.copied(self.desk, message.attachments)
        said = self._without_mention(message.content)
        replied = str(message.reference.message_id) if message.reference and message.reference.message_id else ""

        def act() -> ReplyOutcome:
            member = self._listener.accounts.member(message.author, spot)
            place = replace(spot.place(self.desk), reply={"user": str(message.author.id)})
            line = line_of(self.desk, said, subject=self._subject(spot, replied), files=bool(attached))
            if not line:
                return ReplyOutcome(Answer())
            command = commands.BY_NAME.get(line.lstrip("/").split(" ", 1)[0])
            line = with_shot(line, spot, takes_shot=bool(command and any(one.name == "shot" for one in command.options)))
            key = f"discord:{message.id}"
            return ReplyOutcome(
                commands.answer(self.desk, ChatRequest(member, place, line, attached, key, str(message.author.id))), place, member
            )

        return await self._listener.run(act)

    def _subject(self, spot: Spot, replied: str) -> str:
        """What is talked about: what the message that is answered shows, what the thread is about, or a shot's last result."""
        with self.desk.reading() as session:
            last = posts.newest_in_thread(session, PLATFORM, spot.channel_id, spot.thread_id) if spot.shot else None
            for reference in (replied, spot.thread_id, last.message_ref if last else ""):
                about = tracked.subject_at(session, PLATFORM, spot.channel_id, reference) if reference else ""
                if about:
                    return about
        return ""

    def _shown(self, spot: Spot, message_id: str) -> str:
        with self.desk.reading() as session:
            return tracked.subject_at(session, PLATFORM, spot.channel_id, message_id)

    def _without_mention(self, content: str) -> str:
        mine = self._client.user
        for form in (f"<@{mine.id}>", f"<@!{mine.id}>") if mine else ():
            content = content.replace(form, " ")
        return content.strip(" ,:\n")

    async def _answer(self, message: discord.Message, spot: Spot, outcome: ReplyOutcome) -> None:
        """Answer where it was said, what is for the asker only in their direct messages; what takes longer is only marked."""
        answer = outcome.answer
        if isinstance(answer.schema, WorkingSchema):
            await self._mark(message)
            return
        if answer.form is not None and outcome.member is not None:
            draft = await self._listener.run(drafts.begin, self.desk, outcome.member, answer.form)
            messages = [with_buttons(of_answer(Answer(_WITHOUT_FORM), base_url="")[0], draft)]
            await self._send(message.channel, messages, message)
            return
        messages = of_answer(answer, base_url=self.desk.settings.base_url)
        if not messages:
            return  # a new render: its own message is the answer, and the outbox posts it
        if answer.private and message.guild is not None:
            await self.tell(message.author, messages, otherwise=message)
            return
        sent = await self._send(message.channel, messages, message)
        if outcome.place is not None and len(sent) == 1:
            await self._listener.run(self._follow, outcome.place, answer, messages[0], sent[0])

    async def _mark(self, message: discord.Message) -> None:
        try:
            await message.add_reaction(_WORKING_ON_IT)
        except discord.HTTPException as problem:
            log.info("discord.not-marked", number=problem.code)

    def _follow(self, place: ChatPlace, answer: Answer, message: Message, sent: discord.Message) -> None:
        post = tracked.follow(self.desk, place, answer, str(sent.id))
        if post is not None:
            remember(self.desk, post.id, message, [{"filename": one.filename, "id": str(one.id)} for one in sent.attachments])

    async def _send(self, channel: Any, messages: Sequence[Message], to: discord.Message | None = None) -> list[discord.Message]:
        sent: list[discord.Message] = []
        for one in messages:
            attached = await asyncio.to_thread(files.opened, self.desk, one)
            reference = {"reference": to, "mention_author": False} if to is not None and not sent else {}
            sent.append(await channel.send(view=one.view(), files=attached, allowed_mentions=NOBODY, **reference))
        return sent

    async def tell(
        self, user: discord.User | discord.Member, messages: Sequence[Message], *, otherwise: discord.Message | None = None
    ) -> None:
        """Write to somebody alone; where they do not allow it, say so where they had spoken."""
        try:
            await self._send(await user.create_dm(), messages)
        except discord.Forbidden:
            log.info("discord.no-direct", user=user.id)
            if otherwise is not None:
                await self._send(otherwise.channel, of_answer(Answer(_CANNOT_WRITE), base_url=""), otherwise)

    # reactions

    async def reaction(self, payload: discord.RawReactionActionEvent, *, added: bool) -> None:
        """An emoji was put on a message or taken off; on one of ours it stands for a command."""
        mine = self._client.user
        emoji = payload.emoji.name if payload.emoji.id is None else f":{payload.emoji.name}:"
        if (mine is not None and payload.user_id == mine.id) or not self._changed(
            (payload.message_id, payload.user_id, emoji), added
        ):
            return
        channel = self._client.get_channel(payload.channel_id) or await self._client.fetch_channel(payload.channel_id)
        spot = await self._spot(channel, payload.guild_id)
        try:
            subject = await self._listener.run(self._shown, spot, str(payload.message_id))
            user: discord.User | discord.Member | None = payload.member or self._client.get_user(payload.user_id)
            if not subject or (user is not None and user.bot):
                return
            async with self._listener.events.kept(f"reaction:{event_number()}") as new:
                if new and (not is_again() or await self._is_there(channel, payload) is added):
                    await self._react(user or await self._client.fetch_user(payload.user_id), spot, subject, emoji, added)
        except SlateError as problem:
            log.info("discord.reaction", problem=problem.code)

    async def _react(self, user: discord.User | discord.Member, spot: Spot, subject: str, emoji: str, added: bool) -> None:
        async def act() -> ReplyOutcome:
            await self._listener.accounts.check(user, spot)

            def react() -> ReplyOutcome:
                member, place = self._listener.accounts.member(user, spot), spot.place(self.desk)
                answer = reactions.react(self.desk, member, place, subject, emoji, added)
                return ReplyOutcome(answer or Answer(), place, member)

            return await self._listener.run(react)

        answer = (await self._listener.politely(act)).answer
        if answer.error or answer.cards:  # words alone need no message: what came of it is on the card
            await self.tell(user, of_answer(answer, base_url=self.desk.settings.base_url))

    async def _is_there(self, channel: Any, payload: discord.RawReactionActionEvent) -> bool:
        """Whether the person's emoji is on the message now: since it was told of, they may have changed their mind."""
        try:
            message = await channel.fetch_message(payload.message_id)
        except discord.NotFound:
            return False
        of_emoji = next((one for one in message.reactions if str(one.emoji) == str(payload.emoji)), None)
        if of_emoji is None:
            return False
        before = discord.Object(payload.user_id - 1)
        return any([user.id == payload.user_id async for user in of_emoji.users(limit=1, after=before)])

    def _changed(self, key: tuple[int, int, str], added: bool) -> bool:
        """Whether this is news: a gateway that resumes may bring an event once more."""
        if self._reactions.get(key) is added:
            return False
        self._reactions[key] = added
        self._reactions.move_to_end(key)
        if len(self._reactions) > _REMEMBERED:
            self._reactions.popitem(last=False)
        return True

    async def _spot(self, channel: Any, guild: Any) -> Spot:
        """The Spot of an event's channel; a thread nobody told us of is looked up."""
        if isinstance(channel, discord.PartialMessageable):
            channel = await self._client.fetch_channel(channel.id)
        return spot_of(channel, getattr(guild, "id", guild))
