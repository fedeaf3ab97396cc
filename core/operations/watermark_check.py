"""Examines the second layer for the doctor: whether pictures are marked, and whether what that needs is here."""

from __future__ import annotations

from collections.abc import Iterator

from core.operations.findings import Finding, State
from core.provenance.watermark import trustmark
from core.settings import Settings


def look(settings: Settings) -> Iterator[Finding]:
    """One finding where a mark is asked for; nothing where it is off."""
    if settings.watermark == "own":
        text = (
            "Finished pictures carry Slate's own mark, which only this house's key reads: keep SLATE_SECRET (or room.key) safe."
        )
        yield Finding("watermark", State.FINE, text, facts={"watermark": "own"})
    elif settings.watermark == "trustmark":
        problem = trustmark.missing()
        facts = {"watermark": "trustmark", "missing": problem}
        if problem:
            fix = "Install the package and put its weights there by hand (Slate fetches nothing), or set SLATE_WATERMARK=own."
            yield Finding(
                "watermark", State.WARNING, f"TrustMark is asked for, but {problem}; pictures leave unmarked.", fix, "", facts
            )
        else:
            yield Finding("watermark", State.FINE, "Finished pictures are marked by TrustMark.", "", "real", facts)
