"""`slate join`: take somebody in, so that `--as` may speak for them."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.options import AsJson


def join(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As others see it, such as Mia.")],
    as_json: AsJson = False,
) -> None:
    """Create a member, whom `--as NAME` can then name; the same as entering that name in the room."""
    from bot.cli.answer_output import print_json
    from bot.cli.open_desk import opened
    from bot.identity import join_at_terminal
    from core.schemas.people import JoinedMember

    with opened() as desk:
        member, new = join_at_terminal(desk, name)
    if as_json:
        print_json(JoinedMember(member=member.name, role=member.role.value, new=new))
    else:
        typer.echo(
            f"Created member {member.name} with the role {member.role.value}." if new else f"{member.name} is a member already."
        )
