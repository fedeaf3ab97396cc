"""Everything a person may say, carried out: `answer` a line, `press` a button, `complete` what is being typed."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.commands.command import Command
from bot.commands.table import BY_NAME, TABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.cards import Answer
    from bot.request import ChatPlace, ChatRequest, Completion
    from core.desk import Desk
    from core.errors import SlateError
    from storage.tables import Member

__all__ = ["BY_NAME", "TABLE", "Command", "answer", "carefully", "complete", "press", "sorry"]

UMBRELLA = "slate"
"""`/slate find …` is `/find …` on every front end."""


def answer(desk: Desk, said: ChatRequest) -> Answer:
    """Do what was said. Never raises: an error becomes an Answer for the asker only, with `error` and `data["error"]` set."""
    if said.place.platform != "cli" and said.member.id is not None:
        desk.queue.note_seen(said.member.id)
    return carefully(lambda: _answer(desk, said), said)


def press(
    desk: Desk, member: Member, place: ChatPlace, action: str, values: Mapping[str, str] | None = None, *, key: str | None = None
) -> Answer:
    """Carry out a button's `verb:subject`: the same as saying `verb subject`, with `values` as options. Never raises.

    `key` is the platform's id of the press, so that one delivered twice is done once.
    """
    from bot import command_text
    from bot.request import ChatRequest

    verb, _, subject = action.partition(":")
    if verb not in BY_NAME:
        return carefully(lambda: _no_such_button(action))
    line = f"{command_text.write(verb, options=values)} {subject}".strip()
    return answer(desk, ChatRequest(member, place, line, key=key))


def complete(desk: Desk, member: Member, place: ChatPlace, text: str, cursor: int) -> list[Completion]:
    """What may stand where the cursor is, best first, at most 25; `value` replaces the word the cursor is in. Never raises."""
    from bot.commands import completion

    return completion.complete(BY_NAME, desk, member, place, text, cursor)


def carefully(act: Callable[[], Answer], said: ChatRequest | None = None) -> Answer:
    """What `act` answers; a declared error in its own words, anything else as an apology with an id that the log has, too."""
    import structlog

    from core.errors import SlateError

    log = structlog.get_logger(__name__)
    try:
        return act()
    except SlateError as problem:
        return sorry(problem, said)
    except Exception:
        incident = secrets.token_hex(4)
        log.exception("a command broke", incident=incident)
        return _apology(incident)


def _apology(incident: str) -> Answer:
    from bot.cards import Answer, Card
    from core.schemas.errors import ErrorAnswer, ErrorSchema

    text = f"Something went wrong in Slate. Incident {incident}."
    hint = "Try again; if it happens again, give this id to whoever runs Slate: it is in the log."
    told = ErrorSchema(code="internal-error", message=text, hint=hint, facts={"incident": incident})
    card = Card(text, "error", text=hint, footer="internal-error")
    return Answer(cards=(card,), private=True, error=told.code, schema=ErrorAnswer(error=told))


def sorry(problem: SlateError, said: ChatRequest | None = None) -> Answer:
    """The error as an answer: what happened, what to do, the stable code; with what was said, buttons for what was meant."""
    from bot import schemas, show
    from bot.cards import Answer
    from bot.commands.corrections import corrections
    from core.schemas.errors import ErrorAnswer

    card = show.error_card(problem)
    card = replace(card, buttons=corrections(problem, said)) if said is not None else card
    return Answer(cards=(card,), private=True, error=problem.code, schema=ErrorAnswer(error=schemas.of_error(problem)))


def _answer(desk: Desk, said: ChatRequest) -> Answer:
    from bot import command_text
    from bot.commands.command import Asked, check_options

    line = command_text.read(said.text)
    if line.command == UMBRELLA:  # as Slack has it, so that a line copied there works everywhere
        said = replace(said, text=line.tail)
        line = command_text.read(line.tail)
    name = line.command or ("whatis" if said.attachments else "help")
    command = BY_NAME.get(name)
    if command is None:
        from bot.commands.help import unknown

        raise unknown(name, BY_NAME)
    if command.free:
        line = command_text.as_words(line, {option.name for option in command.options})
    check_options(command, line)
    return command.run(Asked(desk, said, line, command, BY_NAME))


def _no_such_button(action: str) -> Answer:
    from core.errors import UnknownCommand

    raise UnknownCommand(f"This button (`{action[:40]}`) belongs to another version of Slate.", hint="/help lists the commands.")
