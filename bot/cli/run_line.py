"""From the command line to bot/commands and back: a line is said by a Member, and its Answer is shown."""

from __future__ import annotations

import mimetypes
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bot import command_text
from core.errors import BadInput, DiskFull, TooLong

if TYPE_CHECKING:
    from bot.cards import Answer
    from bot.request import Attachment
    from core.desk import Desk
    from storage.tables import Member

_CODES = ("R-", "A-")


@dataclass(frozen=True)
class Terminal:
    """A person at a command line, and the desk they speak to."""

    desk: Desk
    member: Member
    operator: str = ""
    """The operating system's user, unless `--as` names somebody else."""

    def say(self, text: str, attachments: Sequence[Attachment] = (), *, key: str = "") -> Answer:
        from bot import commands
        from bot.request import ChatPlace, ChatRequest

        said = ChatRequest(self.member, ChatPlace("cli"), text, tuple(attachments), key or None, operator=self.operator)
        return commands.answer(self.desk, said)


def sit_down(desk: Desk, name: str) -> Terminal:
    """Who speaks: whoever `--as` names, else the system's user, who is told when that creates a member."""
    from bot.identity import at_terminal, system_user

    member, new = at_terminal(desk, name)
    if new:
        sys.stderr.write(f"Created member {command_text.clean(member.name)} with the role {member.role.value}.\n")
    return Terminal(desk, member, "" if name else system_user())


def converse(
    text: str, *, as_name: str, as_json: bool, attach: Sequence[Path] = (), wait: bool = False, output: str = ""
) -> None:
    """Say one line and show what comes back, or with `wait` what becomes of the render asked for; ends with the exit code.

    `output` is where the files go that the answer links to.
    """
    from bot.cli.open_desk import opened
    from bot.cli.wait import conclude

    with opened() as desk:
        terminal = sit_down(desk, as_name)
        files = [attachment(desk, path) for path in attach]
        answer = terminal.say(text, files)
        if output and not answer.error:
            answer = _saved(desk, answer, output)
        conclude(desk, answer, as_json=as_json, wait=wait)


def _saved(desk: Desk, answer: Answer, output: str) -> Answer:
    """The answer, with where its files were written."""
    from bot.cli.written_files import save

    written = save(desk, answer.data, output)
    sys.stderr.write("".join(f"{command_text.clean(one)}\n" for one in written))
    return replace(answer, schema=answer.schema.model_copy(update={"written": written}) if answer.schema else None)


def attachment(desk: Desk, path: Path) -> Attachment:
    """A local file, put into the store. Raises BadInput when it cannot be read, TooLong when it is too large, DiskFull."""
    from bot.request import Attachment
    from storage.blobs import BlobStoreFull

    most = desk.settings.max_upload_mb * 2**20
    try:
        if path.stat().st_size > most:
            said = f"{path.name} is larger than {desk.settings.max_upload_mb} MiB."
            raise TooLong(said, hint="SLATE_MAX_UPLOAD_MB sets the limit.", limit=most)
        data = path.read_bytes()
    except OSError as problem:
        raise BadInput(
            f"{path} cannot be read: {problem.strerror or problem}.", hint="Check the path.", input=str(path)
        ) from problem
    try:
        digest = desk.blobs.put(data)
    except BlobStoreFull as problem:
        raise DiskFull(hint="Make room; `slate doctor` shows how much there is.") from problem
    mime = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Attachment(path.name, mime, digest, len(data))


def line(command: str, words: Sequence[str], options: Sequence[tuple[str, str]] = ()) -> str:
    """A chat line from arguments that the shell has already taken apart.

    Ids stay words of their own, what is `name=value` becomes an option, and the rest is one text.

    >>> line("approve", ["A-7Q0D", "lovely", "light!"])
    'approve A-7Q0D "lovely light!"'
    >>> line("vary", ["R-4F2K", "steps=30", "in blue, please"])
    'vary R-4F2K "in blue, please" steps:30'
    """
    ids: list[str] = []
    given: list[tuple[str, str]] = []
    rest: list[str] = []
    for word in words:
        name, value = option_in(word)
        if name:
            given.append((name, value))
        elif not rest and word[:2].upper() in _CODES:
            ids.append(word)
        else:
            rest.append(word)
    text = [command_text.quote(" ".join(rest))] if rest else []
    return " ".join([command, *ids, *text, *(f"{name}:{command_text.quote(value)}" for name, value in [*given, *options])])


def option_in(word: str) -> tuple[str, str]:
    """`steps=30` or `steps:30` as (name, value); ("", "") for anything else, such as an address or a text with a colon in it."""
    name, sign, value = word.partition("=")
    colon = word.partition(":")
    if colon[1] and (not sign or len(colon[0]) < len(name)):
        name, sign, value = colon
    looks = bool(sign) and not value.startswith("//") and name.replace("-", "_").isidentifier()
    return (name, value) if looks else ("", "")
