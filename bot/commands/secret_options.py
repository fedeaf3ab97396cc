"""Keeps the values of secret options, such as a password, out of what is stored of a command."""

from __future__ import annotations

from dataclasses import replace

from bot.command_text import format, read
from bot.commands.table import BY_NAME
from core.errors import BadInput, SlateError


def without_secrets(line: str) -> str:
    """The line with `hidden` for the value of each secret option; a line without one is as it was.

    Raises BadInput for a line with a secret that cannot be read; its words quote nothing of it.

    >>> without_secrets('/dams Shelf user:kit password: "open sesame"')
    '/dams Shelf user:kit password:hidden'
    >>> without_secrets("/dams Shelf path:'passwords/{asset}'")
    "/dams Shelf path:'passwords/{asset}'"
    >>> without_secrets("/render text-to-image a password: shoe")
    '/render text-to-image a password: shoe'
    """
    head = line.lstrip("/ \n").split(None, 1)[:1]
    command = BY_NAME.get(head[0].casefold()) if head else None
    secret = {one.name for one in command.options if one.secret} if command else set()
    if command is None or not any(name in line.casefold() for name in secret):
        return line
    try:
        known = read(line, {one.name for one in command.options})
    except SlateError as problem:
        raise BadInput("That command cannot be read.", hint="Close each quote that you open.") from problem
    if not any(one.name in secret for one in known.parts):
        return line
    parts = tuple(replace(one, value="hidden") if one.name in secret else one for one in known.parts)
    return "/" + format(replace(known, parts=parts))
