"""How an asset is sealed, as a line people read: on its card, in the answer to a drop, on its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.cards import Field
from core.provenance.seal.names import HARMLESS, MISMATCH, REVOKED, SWITCHED_OFF, called
from storage.tables import Asset

_FAILURES = {
    **dict.fromkeys(MISMATCH, "changed after it was signed"),
    "assertion.hashedURI.mismatch": "its Content Credentials were changed after they were signed",
    "claimSignature.mismatch": "its signature is not that of its certificate",
    "signingCredential.expired": "its certificate has expired, and there is no time stamp",
    "signingCredential.untrusted": "unknown signer",
    REVOKED: "its certificate was revoked",
}
_STATES = {"Trusted": "valid", "Valid": "valid, unknown signer", "Invalid": "invalid"}


def seal_field(asset: Asset) -> tuple[Field, ...]:
    """The field on a card; none for a file from outside that came without credentials."""
    line = seal_line(asset)
    return (Field("Seal", line, short=False),) if line else ()


def seal_troubles(made: Sequence[Asset]) -> tuple[Field, ...]:
    """The field on a render's card: what is not as it should be, each thing once; sealing that is switched off is meant so."""
    lines: dict[str, None] = {}
    for asset in made:
        told = asset.seal
        lines |= dict.fromkeys(_returned(told))
        if asset.seal_state == "unsealed" and told.get("why") != SWITCHED_OFF:
            lines[seal_line(asset).partition("\n")[0]] = None
        lines |= dict.fromkeys(_broken(told.get("broken")))
    return (Field("Seal", "\n".join(lines), short=False),) if lines else ()


def seal_line(asset: Asset) -> str:
    """One sentence, and a line for each thing in its history that does not hold."""
    told = asset.seal
    match asset.seal_state:
        case "sealed":
            lines = [f"signed by {_signer(asset)}{', with a time stamp' if told.get('stamped') else ''}"]
            return "\n".join([*lines, *_returned(told), *_broken(told.get("broken"))])
        case "unstamped":
            return "\n".join(
                [f"signed by {_signer(asset)}; its time stamp is due", *_returned(told), *_broken(told.get("broken"))]
            )
        case "unsealed":
            return "\n".join([f"No Content Credentials yet: {told.get('why') or 'no reason is known'}", *_returned(told)])
        case "foreign":
            known = told.get("state") == "Trusted"
            signer = _signer(asset) if known else f"an unknown signer (certificate: {_signer(asset)})"
            lines = [f"came with Content Credentials of {signer}: {_STATES.get(str(told.get('state')), str(told.get('state')))}"]
            lines += [f"invalid: {failure(str(code))}" for code in told.get("failures") or [] if code not in HARMLESS]
            return "\n".join([*lines, *_broken(told.get("broken"))])
        case _:
            return ""


def seal_summary(asset: Asset) -> str:
    """The seal in a few words, as the card picture has room for; empty for a file without credentials that needs none."""
    match asset.seal_state:
        case "sealed":
            return f"Signed by {_signer(asset)}{' with time stamp' if asset.seal.get('stamped') else ''}"
        case "unstamped":
            return f"Signed by {_signer(asset)}"
        case "unsealed":
            return "None yet"
        case "foreign":
            return f"From {_signer(asset)}: {_STATES.get(str(asset.seal.get('state')), 'not checked')}"
        case _:
            return ""


def failure(code: str) -> str:
    """What c2pa's code means, in words; a rare one as it is.

    >>> failure("assertion.dataHash.mismatch"), failure("claim.malformed")
    ('changed after it was signed', 'claim.malformed')
    """
    return _FAILURES.get(code, code)


def broken_line(where: str, code: str) -> str:
    """What does not hold, and why; `where` may be empty."""
    return f"{where}: {failure(code)}" if where else failure(code)


def _broken(found: object) -> list[str]:
    parts = [str(one).rpartition(": ") for one in found[:5]] if isinstance(found, list) else []
    return [f"invalid history: {broken_line(where, code)}" for where, _, code in parts]


def _returned(told: Mapping[str, Any]) -> list[str]:
    return [str(told["returned"])] if told.get("returned") else []


def _signer(asset: Asset) -> str:
    return called(str(asset.seal.get("signer") or "")) or "somebody"
