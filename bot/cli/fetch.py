"""`slate fetch`: the original's bytes, out of the store and into a file."""

from __future__ import annotations

import sys
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.answer_output import print_json
from bot.cli.options import As, AsJson
from bot.cli.run_line import sit_down
from bot.cli.written_files import write
from core.errors import BadInput, Conflict, UnknownAsset

if TYPE_CHECKING:
    from core.desk import Desk
    from storage.tables import Asset, Member


def fetch(
    subject: Annotated[str, typer.Argument(metavar="ID", help="An asset, or a render with one result.")],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Where to; `-` is standard output, a folder keeps the name.")
    ] = "",
    as_name: As = "",
    as_json: AsJson = False,
) -> None:
    """Write the original file, byte for byte; without -o into this folder, under its own name, unless that is taken."""
    from bot import schemas
    from bot.cli.open_desk import opened
    from core.schemas.assets import FetchedAsset

    if as_json and output == "-":
        raise BadInput("`-o -` and --json both want standard output.", hint="Give a file.", input="output")
    with opened() as desk:
        member = sit_down(desk, as_name).member
        asset = _asset(desk, subject, member)
        data = _bytes(desk, asset)
        _note(desk, asset, member)
    if output == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    target = _target(asset, output)
    write(target, [data])
    if as_json:
        print_json(FetchedAsset(**vars(schemas.of_asset(asset)), file=str(target)))
    else:
        typer.echo(f"{asset.code} is in {target} ({len(data):,} bytes, sha256 {asset.sha256[:10]}).", err=True)


def _asset(desk: Desk, subject: str, member: Member) -> Asset:
    """The one asset meant. Raises UnknownAsset, UnknownRender, Conflict, Refused."""
    from core.people.roles import Permission, allow
    from core.rendering import lifecycle
    from storage.files import assets
    from storage.people import projects

    with desk.reading() as session:
        if subject[:2].upper() == "R-":
            made = list(assets.of_render(session, lifecycle.get(session, subject).id or 0))
            if len(made) != 1:
                listed = ", ".join(one.code for one in made)
                raise Conflict(
                    f"`{subject}` has {len(made)} results.", hint=f"Fetch one of {listed}." if made else "Wait until it is done."
                )
            asset = made[0]
        else:
            known = assets.by_code(session, subject)
            if known is None:
                raise UnknownAsset(
                    f"There is no asset `{subject[:40]}`.", hint="Ids look like `A-7Q0D`; `slate find` lists them."
                )
            asset = known
        allow(session, member, Permission.SEE, projects.by_id(session, asset.project_id))
    return asset


def _bytes(desk: Desk, asset: Asset) -> bytes:
    from core.files import stored

    return stored.read(desk, asset.sha256, name=asset.code)


def _note(desk: Desk, asset: Asset, member: Member) -> None:
    """In the audit log, as a download in the room is."""
    from core.events import Event, record
    from core.events.actions import Action

    with desk.writing() as session:
        told = {"sha256": asset.sha256}
        record(session, Event(Action.ASSET_DOWNLOADED, asset.code, by=member, after=told, asset_id=asset.id))


def _target(asset: Asset, output: str) -> Path:
    """Where it goes. A name from outside is only ever a name: no folders, nothing hidden."""
    name = PurePosixPath(PureWindowsPath(asset.filename).name).name.lstrip(".") or asset.code
    if not output:
        target = Path(name)
        if target.exists():
            raise Conflict(f"There is a file {name} here already.", hint="Say where it should go with -o FILE.", file=name)
        return target
    given = Path(output).expanduser()
    return given / name if given.is_dir() or output.endswith("/") else given
