"""`slate verify-store` and `slate storage`: whether every file is whole, and how much room each project takes."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.options import AsJson


def verify_store(
    quick: Annotated[bool, typer.Option("--quick", help="Look for what is missing and what nobody needs; read no file.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare every stored file with its digest, and list what is missing, damaged or not needed. Nothing is changed."""
    from bot.cli.answer_output import print_json
    from bot.cli.error_output import ExitCode
    from bot.cli.open_desk import opened
    from core.operations.store_check import check_store
    from core.schemas.operations import MissingFile, StoreSchema

    with opened() as desk:
        found = check_store(desk, quick=quick)
    if as_json:
        missing = [MissingFile(digest=one.digest, asset=one.asset, what=one.what) for one in found.missing]
        print_json(
            StoreSchema(
                well=found.well, blobs=found.blobs, size=found.size, missing=missing, damaged=found.damaged,
                orphans=found.orphans, orphan_count=found.orphan_count, orphan_size=found.orphan_size,
            )
        )  # fmt: skip
    else:
        print(f"{found.blobs:,} files, {found.size / 1e6:,.1f} MB{', not read' if quick else ', all read'}.")
        for one in found.missing:
            print(f"missing: the {one.what} of {one.asset} ({one.digest})")
        for digest in found.damaged:
            print(f"damaged: {digest}")
        if found.orphan_count:
            print(f"{found.orphan_count:,} files are not needed ({found.orphan_size / 1e6:,.1f} MB); --json lists them.")
        print("All is well." if found.well else "Restore what is missing or damaged from a backup of the file store.")
    if not found.well:
        raise typer.Exit(ExitCode.UNAVAILABLE)


def storage(as_json: AsJson = False) -> None:
    """How many files each project has, and how much room their originals take."""
    from bot.cli.answer_output import print_json
    from bot.cli.open_desk import opened
    from core.schemas.operations import ProjectUsage, UsageSchema
    from storage.files import usage

    with opened() as desk, desk.reading() as session:
        rooms = usage.room_by_project(session)
    if as_json:
        print_json(UsageSchema(projects=[ProjectUsage(**one._asdict()) for one in rooms]))
        return
    from rich.console import Console

    from bot.cli.terminal_output import table

    rows = [[one.project, one.client, f"{one.assets:,}", f"{one.size / 1e6:,.1f} MB"] for one in rooms]
    Console(highlight=False).print(table(("project", "client", "files", "size"), rows))
