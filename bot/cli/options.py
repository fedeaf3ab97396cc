"""Options that many commands of the command line share."""

from __future__ import annotations

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Answer in the documented JSON shape.")]
As = Annotated[str, typer.Option("--as", metavar="NAME", help="The member who says it. Without it: your name on this system.")]
InProject = Annotated[str, typer.Option("--project", "-p", metavar="PROJECT", help="The project it is for.")]
Wait = Annotated[bool, typer.Option("--wait", "-w", help="Wait for the end; the exit code tells how it ended.")]
Words = Annotated[list[str], typer.Argument(metavar="WORDS...")]
