"""What Discord offers while an option is typed: the same completions as everywhere, as values of that one option."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from discord.app_commands import Choice

from bot import command_text
from bot.commands import Command
from bot.commands.completion import best
from bot.discord import limits
from bot.discord.command_options import Slot, line_of
from bot.discord.markdown import bare
from bot.request import Completion

Complete = Callable[[str], list[Completion]]
"""A half-typed line -> what may stand where it ends."""


def offers(command: Command, slot: Slot, typed: str, given: Mapping[str, str], complete: Complete) -> list[Choice[str]]:
    """At most 25 choices for `slot`, where `typed` is in it and `given` in the others."""
    if slot.option is not None:
        found = list(_values(command, slot, typed, given, complete))
    else:
        found = list(_words(command, slot, typed, given, complete))
    once = {one.value: one for one in found if one.value and len(one.value) <= limits.CHOICE_VALUE}
    return [Choice(name=_shown(one), value=one.value) for one in list(once.values())[: limits.CHOICES]]


def _values(command: Command, slot: Slot, typed: str, given: Mapping[str, str], complete: Complete) -> Iterable[Completion]:
    """Whole values: the first word is looked up, the rest of what is typed sifts what was found."""
    first = typed.split()[0] if typed.split() else ""
    line = f"{line_of(command, given)} {slot.name}:{first}"
    found = [Completion(_bare(slot.name, one.value), one.label, one.help) for one in complete(line)]
    return best(typed, found) if " " in typed.strip() else found


def _words(command: Command, slot: Slot, typed: str, given: Mapping[str, str], complete: Complete) -> Iterable[Completion]:
    """What replaces the last word of the option."""
    before = line_of(
        command, {name: value for name, value in given.items() if name != "inputs"} if slot.kind == "words" else given
    )
    kept = typed[: len(typed) - len(typed.split(" ")[-1])]
    for one in complete(f"{before} {typed}"):
        of_name = ":" in one.value
        if of_name == (slot.kind == "inputs") or (command.free and slot.kind == "words"):
            yield Completion(kept + one.value, one.label, one.help)


def _bare(name: str, value: str) -> str:
    """`by:"Mia Chen"` -> `Mia Chen`."""
    read = dict(command_text.read(f"x {value}").options)
    return read.get(name, value)


def _shown(one: Completion) -> str:
    label = f"{one.label} · {one.help}" if one.help else one.label
    return bare(label, limits.CHOICE_NAME) or one.value
