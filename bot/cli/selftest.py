"""`slate selftest chat`: sends a sealed canary through the team's own chats and tells what survived."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

import typer

from bot.cli.options import AsJson

if TYPE_CHECKING:
    from core.desk import Desk
    from core.verification.survival import TestChat

PROVIDERS = ("bot.slack.selftest", "bot.discord.selftest")
"""Modules that may have a `place(desk)`: a chat a canary can go through, or None where it is not connected."""


def chat(as_json: AsJson = False) -> None:
    """Upload a sealed test file to each connected chat, download it again, report which layers survived, and delete it there."""
    from bot.cli.answer_output import print_json
    from bot.cli.open_desk import opened
    from core.errors import Conflict
    from core.operations.selftest import run
    from core.schemas.operations import CanarySchema, SelftestSchema

    with opened() as desk:
        found = list(places(desk))
        if not found:
            raise Conflict("No chat is connected that a canary could go through.", hint="Connect Slack or Discord first.")
        outcomes = run(desk, found)
    if as_json:
        print_json(SelftestSchema(outcomes=[CanarySchema(**vars(one)) for one in outcomes]))
        return
    for one in outcomes:
        told = one.problem or ", ".join(f"{layer} {state}" for layer, state in one.layers.items())
        typer.echo(f"{one.place} {one.kind}: {told}")


def places(desk: Desk) -> Iterator[TestChat]:
    """The chats that are connected and can be tried."""
    for name in PROVIDERS:
        if find_spec(name) is not None and (place := import_module(name).place(desk)) is not None:
            yield place
