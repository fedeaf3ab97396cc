"""Emoji on a message -> the same commands: adding one runs it, removing it takes it back."""

from __future__ import annotations

from dataclasses import replace

from bot import command_text, commands, emoji
from bot.cards import Answer, Button, Card
from bot.request import ChatPlace, ChatRequest
from core.desk import Desk
from storage import ids
from storage.files import assets
from storage.tables import Member

_REVERSED = {"approve": "approve", "reject": "reject", "needs-work": "needs-work", "tag": "untag", "untag": "tag"}
"""What takes a command back; those that are not here are done once and stay done. All of them are about single pictures."""
_MOST = 10
"""Pictures that are offered one by one."""


def stands_for(desk: Desk, reaction: str, place: ChatPlace) -> str:
    """The command an emoji stands for, such as `approve` or `tag pick`; a keycap approves the picture with its number."""
    return emoji.meaning(desk.settings, reaction, place.project) or ("approve" if emoji.number(reaction) else "")


def react(desk: Desk, member: Member, place: ChatPlace, subject: str, reaction: str, added: bool) -> Answer | None:
    """Do what an emoji on the message of `subject` (`R-4F2K`, `A-7Q0D`) stands for; None when it stands for nothing.

    On a render with several pictures a keycap (2️⃣) approves one of them; any other verdict or tag asks which are meant, and
    nothing is decided until somebody answers. Never raises. Adding what is there, or removing what is not, changes nothing.
    """
    verb, _, words = stands_for(desk, reaction, place).partition(" ")
    if verb not in commands.BY_NAME or (not added and verb not in _REVERSED):
        return None
    count = _pictures(desk, subject) if verb in _REVERSED else 1
    number = 0 if emoji.meaning(desk.settings, reaction, place.project) else emoji.number(reaction)
    if number and not 1 < count >= number:
        return None
    if added and count > 1 and not number:
        return _which(subject, count, f"{verb} {words}".strip(), reaction)
    options = {}
    if not added:
        options = {"undo": "yes"} if _REVERSED[verb] == verb else {}
        verb = _REVERSED[verb]
    line = f"{command_text.write(verb, options=options)} {subject}{f'#{number}' if number else ''} {words}".rstrip()
    answer = commands.answer(desk, ChatRequest(member, place, line))
    return replace(answer, buttons=())  # taking the emoji off is the undo


def _pictures(desk: Desk, subject: str) -> int:
    """How many pictures a message is about."""
    row = ids.number("R", subject) if subject.startswith("R-") else None
    if row is None:
        return 1
    with desk.reading() as session:
        return len(assets.of_render(session, row))


def _which(subject: str, count: int, said: str, reaction: str) -> Answer:
    """Ask which of several pictures are meant; told to whoever reacted alone."""
    verb, _, words = said.partition(" ")
    one_by_one = [Button(verb, f"{subject}#{number} {words}".strip(), f"{number}") for number in range(1, min(count, _MOST) + 1)]
    every = Button(verb, f"{subject} {words}".strip(), f"All {count}")
    card = Card(
        f"{reaction} on {subject}: which of its {count} pictures?",
        text=f"Nothing has changed yet. Choose what to {said}, or type /{verb} {subject}#2 {words}".rstrip() + ".",
        buttons=(*one_by_one, every),
    )
    return Answer(cards=(card,), private=True)
