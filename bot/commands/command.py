"""What a command is, and what it gets when somebody asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from bot.commands.docstrings import docstring, load
from core.errors import BadInput, UnknownInput, WrongType
from core.text import names

if TYPE_CHECKING:
    from bot.cards import Answer
    from bot.command_text import CommandLine
    from bot.request import Attachment, ChatPlace, ChatRequest
    from core.desk import Desk
    from storage.tables import Member

Kind = Literal["text", "project", "shot", "member", "switch", "count"]
Subject = Literal["", "workflow", "render", "asset", "command", "question", "project", "member", "model"]

_YES = frozenset({"yes", "y", "true", "on", "1"})
_NO = frozenset({"no", "n", "false", "off", "0"})


@dataclass(frozen=True)
class Option:
    """A `name:value` that a command understands by itself, beside the inputs of a workflow."""

    name: str
    help: str
    kind: Kind = "text"
    choices: tuple[str, ...] = ()
    """The values it takes, where these are few."""
    flag: str = ""
    """How the command line calls it, where its own name is taken there: `package` for `--package`."""
    secret: bool = False
    """Whether its value is never kept with what was said."""


@dataclass(frozen=True)
class Command:
    """One line of the table. Its function's docstring is the help: first a summary; lines that start with `/` are examples."""

    name: str
    function: str
    """What carries it out, as `module.function` in bot/commands; the module is imported when the command is first used."""
    usage: str
    subject: Subject = ""
    """What its first word is, for completion and for help."""
    options: tuple[Option, ...] = ()
    inputs: bool = False
    """Whether it takes the inputs of a workflow as options, too."""
    free: bool = False
    """Whether it takes free text, in which a colon makes no option unless it is one of its own."""
    aliases: tuple[str, ...] = ()

    def load(self) -> None:
        """Import what carries it out, before it is used."""
        load(self._target())

    def run(self, asked: Asked) -> Answer:
        answer: Answer = load(self._target())(asked)
        return answer

    @property
    def summary(self) -> str:
        return self._help().split("\n", 1)[0]

    @property
    def details(self) -> str:
        """The help without its first line and its examples; a blank line ends a paragraph."""
        lines = [line for line in self._help().split("\n")[1:] if not line.startswith("/")]
        return "\n".join(" ".join(paragraph.split()) for paragraph in "\n".join(lines).strip().split("\n\n"))

    @property
    def examples(self) -> tuple[str, ...]:
        return tuple(line for line in self._help().split("\n") if line.startswith("/"))

    def _help(self) -> str:
        return docstring(self._target())

    def _target(self) -> str:
        return "bot.commands." + self.function.replace(".", ":")


@dataclass(frozen=True)
class Asked:
    """One command being carried out: who asked, where, and what came with it."""

    desk: Desk
    said: ChatRequest
    line: CommandLine
    command: Command
    table: Mapping[str, Command] = field(repr=False, default_factory=dict)

    @property
    def member(self) -> Member:
        return self.said.member

    @property
    def place(self) -> ChatPlace:
        return self.said.place

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        return self.said.attachments

    @property
    def later(self) -> bool:
        """Whether what takes long is left to a job: in a chat, where whoever asked must not wait for the answer."""
        return bool(self.place.channel_id) and not self.said.now

    def option(self, name: str) -> str:
        """The option's text, or empty."""
        return dict(self.line.options).get(name, "")

    def switch(self, name: str, default: bool = False) -> bool:
        """The option as yes or no. Raises WrongType."""
        text = self.option(name).casefold()
        if not text:
            return default
        if text not in _YES | _NO:
            raise WrongType(f"`{name}` is yes or no, not `{text[:40]}`.", hint=f"Write {name}:yes or {name}:no.", input=name)
        return text in _YES

    def day(self, name: str) -> datetime | None:
        """The option as the beginning of a day in UTC, None where it is not given. Raises BadInput."""
        text = self.option(name)
        if not text:
            return None
        try:
            return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError as problem:
            raise BadInput(f"`{name}` is a day such as 2026-11-01, not `{text[:20]}`.", input=name) from problem

    def count(self, name: str, default: int, most: int) -> int:
        """The option as a number from 1 to `most`. Raises WrongType."""
        text = self.option(name)
        if not text:
            return default
        if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= most):
            raise WrongType(f"`{name}` is a whole number from 1 to {most}, not `{text[:40]}`.", hint=f"Write {name}:{default}.")
        return int(text)

    def given(self) -> dict[str, str]:
        """The options that are not the command's own: inputs of a workflow, their names in one spelling."""
        own = {option.name for option in self.command.options}
        return {spelled(name): value for name, value in self.line.options if name not in own}


def spelled(name: str) -> str:
    """What makes two spellings of an input's name the same: `Clip-Skip`, `clip_skip` and `clipskip`."""
    return name.casefold().replace("-", "").replace("_", "").replace(" ", "")


def check_options(command: Command, line: CommandLine) -> None:
    """Raises UnknownInput for an option the command does not take, BadInput for one given twice."""
    own = [option.name for option in command.options]
    seen: set[str] = set()
    for name, _ in line.options:
        if name in seen:
            raise BadInput(f"`{name}` is given twice.", hint="Remove one of them.", input=name)
        seen.add(name)
        if not command.inputs and name not in own:
            near = names.nearest(name, own, 1)
            hint = "" if near else f"It takes {listed(own)}." if own else f"`/help {command.name}` shows how it is used."
            raise UnknownInput(f"`{command.name}` takes no `{name[:40]}`.", suggestions=near, hint=hint, input=name)


def listed(words: list[str]) -> str:
    quoted = [f"`{word}`" for word in words]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " and " + quoted[-1]
