"""How an asset is sealed, as a line people read: on its card, in the answer to a drop, on its page."""

from __future__ import annotations

from bot.cards import Field
from storage.tables import Asset

_STATES = {"Trusted": "holds", "Valid": "holds, signed by somebody not known here", "Invalid": "does not hold"}


def seal_field(asset: Asset) -> tuple[Field, ...]:
    """The field on a card; none for a file from outside that came without credentials."""
    line = seal_line(asset)
    return (Field("Seal", line, short=False),) if line else ()


def seal_line(asset: Asset) -> str:
    """One sentence, and a line for each thing in its history that does not hold."""
    told = asset.seal
    match asset.seal_state:
        case "sealed":
            lines = [f"sealed by {told.get('signer', '?')}{', time-stamped' if told.get('stamped') else ''}"]
            return "\n".join([*lines, *_broken(told.get("broken"))])
        case "unstamped":
            return f"sealed by {told.get('signer', '?')}; its time stamp is due"
        case "unsealed":
            return f"NOT sealed: {told.get('why') or 'no reason is known'}"
        case "foreign":
            state = _STATES.get(str(told.get("state")), str(told.get("state")))
            lines = [f"came with credentials of {told.get('signer') or 'somebody'}: {state}"]
            lines += [f"broken: {code}" for code in told.get("failures") or [] if not str(code).endswith("untrusted")]
            return "\n".join([*lines, *_broken(told.get("broken"))])
        case _:
            return ""


def _broken(found: object) -> list[str]:
    return [f"broken behind it: {one}" for one in found[:5]] if isinstance(found, list) else []
