"""Emoji on a message -> the same commands: putting one on says it, taking it off takes it back."""

from __future__ import annotations

from bot import command_text, commands, emoji
from bot.cards import Answer
from bot.request import Place, Said
from core.desk import Desk
from storage.tables import Member

_REVERSED = {"approve": "approve", "reject": "reject", "needs-work": "needs-work", "tag": "untag", "untag": "tag"}
"""What takes a command back; those that are not here are done once and stay done."""


def react(desk: Desk, member: Member, place: Place, subject: str, reaction: str, added: bool) -> Answer | None:
    """Do what an emoji on the message of `subject` (`R-4F2K`, `A-7Q0D`) stands for; None when it stands for nothing.

    On a render it is about each picture of it. Never raises. Adding what is there, or removing what is not, changes nothing.
    """
    verb, _, words = emoji.meaning(desk.settings, reaction, place.project).partition(" ")
    if verb not in commands.BY_NAME:
        return None
    options = {}
    if not added:
        if verb not in _REVERSED:
            return None
        options = {"undo": "yes"} if _REVERSED[verb] == verb else {}
        verb = _REVERSED[verb]
    line = command_text.write(verb, [subject, *words.split()], options)
    return commands.answer(desk, Said(member, place, line))
