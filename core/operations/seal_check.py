"""Examines the seal for the doctor: whether there is a key, how long its certificate lasts, what still waits."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.exc import SQLAlchemyError

from core.desk import Desk
from core.errors import BadInput, DatabaseUnavailable, SlateError
from core.files import reseal
from core.operations import selftest
from core.operations.findings import Finding, Kind, State
from core.provenance.seal import context, revocation, signer
from core.provenance.seal.keys import WARN_DAYS, Held
from storage.clock import now

MOST = 1000
"""Files that are counted; beyond, it is "or more"."""


def look(desk: Desk) -> Iterator[Finding]:
    """One finding about the key and its certificate, one about what waits for a seal."""
    settings = desk.settings
    if not settings.seal:
        yield Finding("seal", State.WARNING, "Files are not sealed: SLATE_SEAL is false.", "Set it to true to seal them.")
        return
    kind: Kind = "real" if settings.seal_certificate else "embedded"
    try:
        held = signer.held(settings)
        signer.hand(settings)
    except SlateError as problem:
        never_up = not settings.seal_certificate and not settings.keys.exists()
        state = State.IDLE if never_up else State.WARNING
        yield Finding("seal", state, f"Files leave unsealed. {problem.message}", problem.hint or "`slate keys init`.", kind)
        return
    yield _certificate(desk, held, kind)
    yield from selftest.last(desk)
    yield from _waiting(desk)
    yield from _lists(desk)


def _certificate(desk: Desk, held: Held, kind: Kind) -> Finding:
    days = held.days_left(now())
    stamped = "with time stamps" if desk.settings.tsa_url else "without time stamps"
    facts = {
        "subject": held.subject,
        "serial": held.serial,
        "expires": held.ends.isoformat(),
        "days": days,
        "tsa": desk.settings.tsa_url,
    }
    renew = "Replace it where it came from." if kind == "real" else "`slate keys rotate` makes a new one."
    if days < 0:
        return Finding(
            "seal", State.WARNING, f"The certificate of {held.subject} has expired; files leave unsealed.", renew, kind, facts
        )
    if days < WARN_DAYS:
        return Finding("seal", State.WARNING, f"The certificate of {held.subject} expires in {days} days.", renew, kind, facts)
    if not context.anchors(desk.settings):
        fix = "Name its root in SLATE_TRUST_ANCHORS."
        return Finding(
            "seal", State.WARNING, f"Signed by {held.subject}, whom this Slate itself does not trust.", fix, kind, facts
        )
    private = " Its authority is your own: others see it as valid, but signed by somebody unknown." if kind == "embedded" else ""
    return Finding("seal", State.FINE, f"Signed by {held.subject}, good for {days} days, {stamped}.{private}", "", kind, facts)


def _waiting(desk: Desk) -> Iterator[Finding]:
    """What is sealed too little or not for long any more; silent where the database is away, which is told elsewhere."""
    try:
        due, ending = len(reseal.due(desk, MOST)), reseal.ending(desk, MOST)
    except (DatabaseUnavailable, SQLAlchemyError):
        return
    if due:
        yield Finding("seal", State.WARNING, f"{_files(due)} for a seal or a time stamp.", "`slate seal --due` tries now.")
    if ending:
        first = min(str(one.seal.get("expires")) for one in ending)[:10]
        said = f"{_count(len(ending))} without a time stamp turn invalid with their certificate, the first on {first}."
        yield Finding("seal", State.WARNING, said, "`slate seal --renew` seals them once more.")


def _count(number: int) -> str:
    return f"{MOST:,} files or more" if number >= MOST else f"{number:,} file{'' if number == 1 else 's'}"


def _files(number: int) -> str:
    return f"{_count(number)} {'waits' if number == 1 else 'wait'}"


def _lists(desk: Desk) -> Iterator[Finding]:
    """Revocation lists that cannot be read, or of which there should be a newer one by now."""
    for path in sorted(desk.settings.keys.glob("*.crl")):
        again = "Fetch the newest from its authority and give it to `slate keys revoke --list`."
        try:
            found = revocation.read(path)
        except BadInput as problem:
            yield Finding("seal", State.WARNING, f"The revocation list {path.name}: {problem.message}", again)
            continue
        if found.is_old(now()):
            yield Finding("seal", State.WARNING, f"The revocation list of {found.issuer} is out of date.", again)
