"""What a command of the table asks for on Discord: a slot for each thing that can be given, and the line they make."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from keyword import iskeyword
from typing import Literal

from bot import command_text
from bot.commands import Command
from bot.commands.command import Option
from bot.discord import limits

Given = Mapping[str, str | int | bool]
SlotKind = Literal["words", "text", "inputs", "option", "file"]

_PIECE = re.compile(r"\[(?P<maybe>[^\]]+)\]|(?P<must>[A-Z][A-Z0-9-]*)(?: …)?|(?P<other>[^\s,]\S*)")
_ALTERNATIVE = re.compile(r",? (?:or|with) [^\[\]]+")
_FILES = ("picture", "picture2", "picture3")
_ABOUT = {
    "id": "An id, such as A-7Q0D, or R-4F2K#2 for one picture. Optional in a thread.",
    "workflow": "Which workflow; start typing to find one.",
    "prompt": "What the picture shows, in words.",
    "inputs": "More inputs as name:value, such as steps:30 seed:7; start typing to find them.",
    "note": "Why; it is kept with your verdict.",
    "other": "The id to compare it with.",
    "action": "save, diff, versions, stable, rollback or deprecate.",
    "member": "A name, a first name or a mention; start typing to find one.",
    "role": "viewer, artist, lead or admin; none takes a project's role away.",
    "word": "One word or several.",
    "question": "A question, or words and conditions, such as: hero shoe by:mia status:approved",
    "command": "Which command.",
    "picture": "A picture to work from or to recognise.",
    "words": "The rest of the command.",
}


@dataclass(frozen=True)
class Slot:
    """One option of a slash command."""

    name: str
    about: str
    kind: SlotKind
    required: bool = False
    option: Option | None = None

    @property
    def identifier(self) -> str:
        """The name as Python can carry it."""
        name = self.name.replace("-", "_")
        return f"{name}_" if iskeyword(name) else name


@cache
def slots_of(command: Command) -> tuple[Slot, ...]:
    """Everything the command can be given, those that must be given first."""
    words = _words(command)
    taken = {slot.name for slot in words}
    files = _FILES if command.inputs else _FILES[:1] if "drop" in command.usage else ()
    more = [Slot(name, _about(name), "file") for name in files]
    more += [Slot(one.name, _cut(one.help), "option", option=one) for one in command.options if one.name not in taken]
    return tuple(sorted([*words, *more], key=lambda slot: not slot.required)[: limits.COMMAND_OPTIONS])


def line_of(command: Command, given: Given) -> str:
    """The line these things stand for; the same that a person would have typed."""
    pieces = [command.name]
    slots = [slot for slot in slots_of(command) if slot.name in given and slot.kind != "file"]
    for slot in sorted(slots, key=lambda slot: _ORDER[slot.kind]):
        value = given[slot.name]
        if slot.kind == "option":
            pieces.append(f"{slot.name}:{command_text.quote(_spelled(value))}")
        else:
            pieces.append(_quoted(str(value)) if slot.kind == "text" else str(value).strip())
    return "/" + " ".join(piece for piece in pieces if piece)


_ORDER: Mapping[SlotKind, int] = {"words": 0, "text": 1, "inputs": 2, "option": 3, "file": 4}


def _words(command: Command) -> list[Slot]:
    """The usage line as slots: `WORKFLOW [prompt] [name:value …]`; one that is not understood is one slot for all of it."""
    usage = _ALTERNATIVE.sub("", command.usage)
    found: list[Slot] = []
    for piece in _PIECE.finditer(usage):
        if piece["other"] and piece["other"].partition(":")[0] in {one.name for one in command.options}:
            continue
        if piece["other"] or (piece["maybe"] and "|" in piece["maybe"]):
            return [Slot("words", _cut(command.usage), "words")]
        if ":" not in (piece["maybe"] or "") or command.inputs:  # a command's own options have slots of their own
            found.append(_slot(command, piece["maybe"] or "", piece["must"] or ""))
    names = [slot.name for slot in found]
    return found if len(set(names)) == len(names) else [Slot("words", _cut(command.usage), "words")]


def _slot(command: Command, maybe: str, must: str) -> Slot:
    if ":" in maybe:
        return Slot("inputs", _about("inputs"), "inputs")
    name = (must or maybe.rstrip("… ").split()[-1]).lower()
    if must or maybe.isupper():
        in_thread = command.subject in ("render", "asset")
        return Slot(name, _about(name), "words", required=bool(must) and not in_thread)
    return Slot(name, _about(name), "text" if command.inputs or command.free else "words")


def _about(name: str) -> str:
    return _cut(_ABOUT.get(name.rstrip("23"), name.capitalize()))


def _cut(text: str) -> str:
    return text if len(text) <= limits.COMMAND_TEXT else text[: limits.COMMAND_TEXT - 1].rstrip() + "…"


def _spelled(value: str | int | bool) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _quoted(text: str) -> str:
    """In quotes whatever it is, so that a prompt is never taken for an id or an option."""
    made = command_text.quote(text)
    return made if made.startswith('"') else f'"{made}"'
