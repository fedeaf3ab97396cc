"""`slate keys`, `slate seal`, `slate stamp`: the certificates behind the seal, and sealing what waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.options import As, AsJson
from core.errors import BadInput, Conflict, SlateError, UnknownAsset
from core.schemas.base import Schema
from core.schemas.operations import (
    AddressSchema,
    AuthoritySchema,
    CertificateSchema,
    RenewedCertificate,
    RevocationListSchema,
    RevokedCertificate,
    SealedAsset,
    SealList,
)


def init(as_json: AsJson = False) -> None:
    """Create a development authority (root, intermediate, leaf, time stamp) in the data folder; an existing one is kept."""
    from bot.cli.open_desk import read_settings
    from core.provenance.seal.keys import init as make

    settings = read_settings()
    made = make(settings.keys, settings.team)
    there = f"There is one in {settings.keys} already. Nothing was changed."
    said = f"Created a certificate authority in {settings.keys}." if made else there
    _tell(
        AuthoritySchema(folder=str(settings.keys), made=made),
        f"{said} Give root.pem to whoever should trust your files.",
        as_json,
    )


def show(as_json: AsJson = False) -> None:
    """Show the certificate that signs: who issued it, and until when it is valid."""
    from bot.cli.open_desk import read_settings
    from core.provenance.seal import signer

    held = signer.held(read_settings())
    days = held.days_left(datetime.now(UTC))
    told = CertificateSchema(subject=held.subject, issuer=held.issuer, serial=held.serial, expires=held.ends, days=days)
    _tell(
        told,
        f"{held.subject}, issued by {held.issuer}\nserial {held.serial}\ngood until {held.ends:%d %B %Y}, {days} days",
        as_json,
    )


def rotate(as_json: AsJson = False) -> None:
    """Create a new leaf certificate of the same authority; files signed before stay valid."""
    from bot.cli.open_desk import read_settings
    from core.provenance.seal.keys import rotate as renew

    settings = read_settings()
    if settings.seal_certificate is not None:
        hint = "Renew it where it came from and replace the files."
        raise Conflict("The certificate in use is your own (SLATE_SEAL_CERTIFICATE).", hint=hint)
    held = renew(settings.keys, settings.team)
    _tell(RenewedCertificate(serial=held.serial, expires=held.ends), f"The new leaf is good until {held.ends:%d %B %Y}.", as_json)


def revoke(
    serial: Annotated[str, typer.Argument(help="The serial number, as `slate keys show` and a verification tell it.")] = "",
    note: Annotated[str, typer.Option("--note", help="Why; it is kept beside the number.")] = "",
    revocation_list: Annotated[
        Path | None, typer.Option("--list", help="A revocation list (CRL) of an authority instead of a number.", exists=True)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Stop trusting files signed with this certificate, on this Slate, or with those on an authority's revocation list."""
    from bot.cli.open_desk import read_settings
    from core.provenance.seal import revocation

    settings = read_settings()
    if revocation_list is not None:
        found, path = revocation.keep(settings.keys, revocation_list.read_bytes())
        told = RevocationListSchema(list=str(path), issuer=found.issuer, certificates=len(found.entries))
        _tell(told, f"{len(found.entries)} certificates of {found.issuer} are withdrawn by this list.", as_json)
        return
    if not serial.isdecimal():
        raise BadInput(f"`{serial[:40]}` is no serial number.", hint="It is a decimal number; `slate keys show` tells it.")
    try:
        with (settings.keys / "revoked.txt").open("a", encoding="utf-8") as file:
            file.write(f"{serial} {' '.join(note.split())}\n")
    except OSError as problem:
        raise BadInput(f"keys/revoked.txt cannot be written: {problem.strerror}.", hint="Check the folder's rights.") from problem
    _tell(RevokedCertificate(revoked=serial), "Files signed with it are shown as revoked from now on.", as_json)


def seal(
    subjects: Annotated[list[str], typer.Argument(metavar="[ID …]", help="Assets to seal.")] = [],  # noqa: B006  (Typer)
    due: Annotated[bool, typer.Option("--due", help="Everything that waits for a seal or a time stamp.")] = False,
    renew: Annotated[
        bool, typer.Option("--renew", help="Seal once more what turns invalid within six weeks, or the assets named.")
    ] = False,
    as_name: As = "",
    as_json: AsJson = False,
) -> None:
    """Seal what was made without a key or a time stamp; with `--renew`, seal again what expires soon."""
    from bot.cli.open_desk import opened
    from bot.cli.run_line import sit_down
    from core.files import reseal
    from storage.files import assets

    with opened() as desk:
        member = sit_down(desk, as_name).member
        with desk.reading() as session:
            named = [(code, assets.by_code(session, code)) for code in subjects]
        if missing := [code for code, asset in named if asset is None]:
            raise UnknownAsset(f"There is no asset `{missing[0][:20]}`.", hint="Ids look like `A-7Q0D`; `slate find` lists them.")
        wanted = [asset for _, asset in named if asset is not None]
        wanted += reseal.due(desk, 10_000) if due else []
        every = chain(wanted, _ending(desk) if renew and not subjects else ())
        rows = []
        for asset in every:
            try:
                done = (reseal.renew if renew else reseal.seal)(desk, asset, by=member)
                rows.append(SealedAsset(asset=asset.code, state=done.seal_state, sha256=done.sha256))
            except SlateError as problem:
                rows.append(SealedAsset(asset=asset.code, state=asset.seal_state, why=problem.message))
    nothing = "Nothing expires within six weeks." if renew else "Nothing waits for a seal."
    said = "\n".join(row.why or f"{row.asset}: {row.state}" for row in rows) or nothing
    _tell(SealList(results=rows), said, as_json)


def _ending(desk: Any) -> Iterator[Any]:
    """Everything that turns invalid soon, a page at a time; what could not be renewed is not met twice."""
    from core.files import reseal

    after = 0
    while page := reseal.ending(desk, 200, after=after):
        after = page[-1].id or after
        yield from page


def serve(
    port: Annotated[int, typer.Option("--port", help="Port on this machine; 0 is any free one.")] = 3161,
    as_json: AsJson = False,
) -> None:
    """Answer time-stamp requests on this machine until Ctrl-C. Set SLATE_TSA_URL to the address it tells."""
    from bot.cli.open_desk import read_settings
    from core.provenance.seal.timestamp import Stamper

    with stamping_server(Stamper(read_settings().keys), port) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        _tell(AddressSchema(url=url), f"Time stamps are given at {url}\nSet SLATE_TSA_URL={url}", as_json)
        server.serve_forever()


def stamping_server(stamper: Any, port: int) -> ThreadingHTTPServer:
    """The service on loopback."""

    class TimestampHandler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            try:
                length = min(int(self.headers.get("Content-Length") or 0), 65_536)
                body, status = stamper.reply(self.rfile.read(length)), 200
            except (SlateError, ValueError):
                body, status = b"", 400
            self.send_response(status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: who had what stamped is nobody's business."""

    return ThreadingHTTPServer(("127.0.0.1", port), TimestampHandler)


def _tell(told: Schema, said: str, as_json: bool) -> None:
    from bot.cli.answer_output import print_json

    if as_json:
        print_json(told)
    else:
        typer.echo(said)
