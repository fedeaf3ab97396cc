"""What a file that was brought here says of its own making: a claim of others, kept and shown as theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.provenance.disclosure import SourceType, says_ai
from storage.tables import Asset, Origin


def made_here(asset: Asset) -> bool:
    """Whether a run of ours made it."""
    return asset.origin is Origin.RENDER


def source_type(asset: Asset) -> str:
    """The digital source type of an Asset: of one made here its own, of others what they carry; empty where nothing is said."""
    if made_here(asset):
        return str((asset.statement.get("disclosure") or {}).get("source_type") or "")
    return str(carried(asset).get("source_type") or "")


def carried(asset: Asset, claims_ai: Mapping[str, str] | None = None) -> dict[str, Any]:
    """`{source_type, told_by}` of a file that was brought here; empty where it says nothing.

    That a model had a part in it is kept wherever it is said; anything else only as its credentials say it. `claims_ai` is what
    was read of the file now, for one that an older reader took in.
    """
    signed = asset.facts.get("credentials") or {}
    said, signer = str(signed.get("source_type") or ""), signed.get("signer") or "an unknown signer"
    own = {"source_type": said, "told_by": f"Content Credentials of {signer}"} if said else {}
    if says_ai(said):
        return own
    if claimed := claims_ai or asset.facts.get("claims_ai"):
        return dict(claimed)
    if program := str(asset.facts.get("generator") or ""):
        return {"source_type": SourceType.TRAINED.value, "told_by": f"generation data of {program[:60]} in the file"}
    return own
