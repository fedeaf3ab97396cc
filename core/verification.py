"""What can be said for sure about a file anybody brings: proved by its signature, told by its looks only, changed, or unknown.

A signature proves; a fingerprint recognises. The two are never mixed up, and a stranger is told no person and no prompt.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core import ingest, recognition
from core.contradicting import contradiction
from core.desk import Desk
from core.errors import BadPicture
from core.exports import telling
from core.exports.profiles import Profile
from core.provenance import embed, xmp
from core.provenance.disclosure import GENERATIVE, known
from core.provenance.seal import reading
from core.provenance.seal.reading import Credentials, Step
from core.recognition import Certainty, Recognition
from storage import assets
from storage.tables import Asset

_SEEN_BY_STRANGERS = Profile("strangers", models=True)


class Outcome(StrEnum):
    """What became clear, best first."""

    PROVED = "proved"
    """Signed by somebody this Slate trusts, whole, and so is its history."""
    SIGNED = "signed"
    """Signed and whole, by somebody not known here."""
    BROKEN_HISTORY = "broken-history"
    """Signed and whole itself, but something it was made from is not."""
    EXPIRED = "expired"
    """Signed once; the certificate has expired and no time stamp says when that was."""
    REVOKED = "revoked"
    """Signed with a certificate that is no longer to be believed."""
    EDITED = "metadata-edited"
    """The signature does not fit the file, but its pixels are exactly those of a picture made here."""
    TAMPERED = "tampered"
    """The signature does not fit the file."""
    BROKEN = "broken"
    """The credentials are there and do not hold."""
    REGISTERED = "registered"
    """No credentials, but the very bytes or pixels are registered here: they were stripped on the way."""
    MARKED = "marked"
    """No credentials; its pixels carry the watermark of a picture made here. It comes from that one; it may have been changed."""
    RECOGNISED = "recognised"
    """No credentials; it looks like a picture made here. That is likely, and no proof."""
    UNSIGNED = "unsigned"
    """Nothing proves anything; what the file says of itself is only said."""


_SENTENCES = {
    Outcome.PROVED: "Signed by {signer}, whole, and so is everything it was made from.",
    Outcome.SIGNED: "Signed and whole, but {signer} is not known here.",
    Outcome.BROKEN_HISTORY: "The file itself is whole and signed by {signer}, but something it was made from does not hold.",
    Outcome.EXPIRED: "The certificate of {signer} has expired, and no time stamp tells when this was signed.",
    Outcome.REVOKED: "It was signed with a certificate of {signer} that was withdrawn.",
    Outcome.EDITED: "Its metadata was edited after signing; its pixels are those of {asset}, so the picture is authentic.",
    Outcome.TAMPERED: "It was changed after {signer} signed it.",
    Outcome.BROKEN: "It carries credentials that do not hold.",
    Outcome.REGISTERED: "It carries no credentials, but it is {asset}: {how}. They were stripped on the way and can be restored.",
    Outcome.MARKED: "It carries no credentials, but it comes from {asset}: {how}. That tells no changes made since.",
    Outcome.RECOGNISED: "It carries no credentials. It looks like {asset} ({how}); that is likely, and no proof.",
    Outcome.UNSIGNED: "It carries no credentials, and nothing here looks like it.",
}


@dataclass(frozen=True)
class Verification:
    """What a file turned out to be. `claims` is what it says of itself without proof."""

    outcome: Outcome
    sentence: str
    sha256: str
    mime: str
    credentials: Credentials | None = None
    asset: Asset | None = None
    certainty: Certainty = Certainty.UNKNOWN
    distance: int | None = None
    claims: tuple[tuple[str, str], ...] = ()
    mark_bits: int | None = None
    """In how many of 64 bits it carries the watermark of `asset`, where that proves it."""
    contradiction: str = ""
    """That the manifest names another watermark than the pixels carry, as a sentence; empty where they agree."""

    @property
    def is_ai(self) -> bool | None:
        """Whether it says (signed or not) that a model made it; None when it says nothing."""
        said = self.credentials.source_type if self.credentials else dict(self.claims).get("DigitalSourceType", "")
        return known(said) in GENERATIVE or "rainedAlgorithmicMedia" in said if said else None

    def as_json(self) -> dict[str, Any]:
        """The documented shape: no person, no prompt."""
        found = self.credentials
        return {
            "outcome": self.outcome.value,
            "sentence": self.sentence,
            "sha256": self.sha256,
            "mime": self.mime,
            "ai": self.is_ai,
            "credentials": None if found is None else credentials_shape(found),
            "recognised": None
            if self.asset is None
            else {
                "asset": self.asset.code,
                "certainty": self.certainty.value,
                "distance": self.distance,
                "watermark_bits": self.mark_bits,
            },
            "contradiction": self.contradiction or None,
            "claims": dict(self.claims),
        }


def verify(desk: Desk, data: bytes, filename: str, *, projects: Collection[int] | None = None) -> Verification:
    """Everything that can be said of these bytes. Raises BadPicture, TooManyPixels, TooLong for what cannot be opened safely."""
    limits = ingest.limits_of(desk.settings)
    examined = ingest.examine(data, filename, limits=limits)
    carries = reading.carries(data)
    found = reading.read(desk.settings, data, examined.mime) if carries else None
    seen = recognition.recognise(desk, data, filename, projects=projects)
    same = _same_pixels(desk, examined.pixel_sha256, projects)
    outcome = _outcome(found, carries, seen, same)
    asset = same if outcome is Outcome.EDITED else seen.asset
    signer = found.step.signer if found and found.step.signer else "somebody"
    sentence = _SENTENCES[outcome].format(signer=signer, asset=asset.code if asset else "", how=seen.how)
    against = contradiction(desk, data, filename, found, seen)
    return Verification(
        outcome,
        f"{sentence} {against}".rstrip(),
        examined.sha256,
        examined.mime,
        found,
        asset,
        seen.certainty,
        seen.distance,
        _claims(data, examined.mime),
        seen.mark_bits,
        against,
    )


def credentials_shape(found: Credentials) -> dict[str, Any]:
    """Credentials for anybody to read: signer, history, what does not hold; of a statement only what tells no person."""
    return {
        "state": found.state,
        "signed_by": found.step.signer,
        "issuer": found.issuer,
        "trusted_by": "this Slate's trust list" if found.state == "Trusted" else None,
        "serial": found.step.serial,
        "signed_at": found.step.time or None,
        "time_stamped": found.stamped,
        "source_type": found.source_type,
        "bindings": dict(found.bindings),
        "failures": list(found.failures),
        "broken": [{"of": step.title or step.label, "code": code} for step, code in found.broken],
        "training": dict(found.training),
        "statement": telling.told(found.statement, _SEEN_BY_STRANGERS) if found.statement else None,
        "history": [step_shape(step) for step in found.steps],
    }


def step_shape(step: Step) -> dict[str, Any]:
    return {
        "depth": step.depth,
        "title": step.title,
        "relationship": step.relationship,
        "signed_by": step.signer,
        "software": [one for one in (*step.agents, step.generator) if one],
        "actions": list(step.actions),
        "source_type": step.source_type,
        "failures": list(step.failures),
    }


def _outcome(found: Credentials | None, carries: bool, seen: Recognition, same: Asset | None) -> Outcome:
    if found is None:
        return _by_looks(seen) if not carries or seen.asset else Outcome.BROKEN
    if "signingCredential.revoked" in found.failures:
        return Outcome.REVOKED
    if found.tampered:
        return Outcome.EDITED if same is not None else Outcome.TAMPERED
    if found.expired:
        return Outcome.EXPIRED
    if found.state == "Invalid":
        return Outcome.BROKEN
    if found.broken:
        return Outcome.BROKEN_HISTORY
    return Outcome.PROVED if found.state == "Trusted" else Outcome.SIGNED


def _by_looks(seen: Recognition) -> Outcome:
    if seen.asset is None:
        return Outcome.UNSIGNED
    if seen.certainty is Certainty.CERTAIN:
        return Outcome.REGISTERED
    return Outcome.MARKED if seen.mark_bits is not None else Outcome.RECOGNISED


def _same_pixels(desk: Desk, pixel_sha256: str, projects: Collection[int] | None) -> Asset | None:
    with desk.reading() as session:
        return next(iter(assets.with_pixels(session, pixel_sha256, projects, limit=1)), None)


def _claims(data: bytes, mime: str) -> tuple[tuple[str, str], ...]:
    """What a file's XMP says about its own making; only fields without persons and prompts."""
    try:
        told = xmp.read(embed.xmp_in(data, mime))
    except BadPicture:
        return ()
    wanted = ("DigitalSourceType", "AISystemUsed", "AISystemVersionUsed", "DataMining", "CreatorTool", "CreateDate")
    return tuple((name.partition(":")[2], value[:300]) for name, value in told.items() if name.partition(":")[2] in wanted)
