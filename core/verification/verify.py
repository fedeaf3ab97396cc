"""What can be said for sure about a file anybody brings: proved by its signature, told by its looks only, changed, or unknown.

A signature proves; a fingerprint recognises. The two are never mixed up. A stranger is told no person and no prompt, and of what
is kept here no more than SLATE_VERIFY_DISCLOSES says (docs/decisions/0013-what-a-stranger-learns.md).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from core import files
from core.desk import Desk
from core.errors import BadPicture
from core.exports import redact
from core.exports.profiles import Profile
from core.provenance import embed, xmp
from core.provenance.disclosure import GENERATIVE, Disclosure, known
from core.provenance.seal import read
from core.provenance.seal.names import called
from core.provenance.seal.read import Credentials, Step
from core.provenance.seal.sign import FOREIGN, SEALED, UNSTAMPED
from core.recognition import identify
from core.recognition.identify import Certainty, Recognition
from core.verification.watermark_conflict import contradiction
from storage.files import assets
from storage.tables import Asset, Origin

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


_TO_STRANGERS = {
    Outcome.EDITED: "Its metadata was edited after signing; its pixels are those of a picture made here, so it is authentic.",
    Outcome.REGISTERED: "It carries no credentials, but it is a picture made here. They were stripped on the way.",
    Outcome.MARKED: "It carries no credentials, but the mark of a picture made here. That tells no changes made since.",
    Outcome.RECOGNISED: "It carries no credentials. It looks like a picture made here; that is likely, and no proof.",
    Outcome.UNSIGNED: "It carries no credentials, and nothing proves where it comes from.",
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
    made_here: bool | None = None
    """True where it is, or where it is only recognised most likely is, a picture that this desk made; None: nothing says so."""
    made_as: str = ""
    """How the picture made here came to be, as a digital source type."""

    @property
    def source_type(self) -> str:
        """How it came to be: as it says, signed or not; else as the picture it was recognised as did."""
        signed = self.credentials.source_type if self.credentials else ""
        return signed or dict(self.claims).get("DigitalSourceType", "") or self.made_as

    @property
    def says_so_itself(self) -> bool:
        """Whether how it came to be stands in the file, proved or not, and is not told from the picture it was recognised as."""
        return bool(self.credentials and self.credentials.source_type) or "DigitalSourceType" in dict(self.claims)

    @property
    def is_ai(self) -> bool | None:
        """Whether a model made it, as far as it says so or is recognised; None when nothing is known."""
        said = self.source_type
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
            "made_here": self.made_here,
            "source_type": self.source_type or None,
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


def verify_for_stranger(desk: Desk, data: bytes, filename: str) -> Verification:
    """The same for somebody without an account: what the file itself says, and of the store what the house lets be told.

    What was uploaded or found here is nobody's business: only what the desk made is recognised. Raises what `verify` raises.
    """
    if desk.settings.verify_discloses == "file":
        return _by_itself(desk, data, filename)
    found = verify(desk, data, filename, made_here=True)
    if found.asset is not None and not found.made_here:
        return _by_itself(desk, data, filename)
    if desk.settings.verify_discloses == "asset" or found.outcome is Outcome.PROVED:
        return found
    told = _TO_STRANGERS.get(found.outcome)
    sentence = f"{told} {found.contradiction}".rstrip() if told else found.sentence
    return replace(found, sentence=sentence, asset=None, distance=None, mark_bits=None)


def _by_itself(desk: Desk, data: bytes, filename: str) -> Verification:
    """What the file says, compared with nothing."""
    examined = files.examine(data, filename, limits=files.limits_of(desk.settings))
    carries = read.carries(data)
    found = read.read(desk.settings, data, examined.mime) if carries else None
    outcome = _outcome(found, carries, Recognition(Certainty.UNKNOWN, ""), None)
    sentence = _TO_STRANGERS.get(outcome, _SENTENCES[outcome]).format(signer=_signer(found), asset="", how="")
    return Verification(outcome, sentence, examined.sha256, examined.mime, found, claims=_claims(data, examined.mime))


def verify(
    desk: Desk, data: bytes, filename: str, *, projects: Collection[int] | None = None, made_here: bool = False
) -> Verification:
    """Everything that can be said of these bytes; with `made_here` compared only with what the desk made.

    Raises BadPicture, TooManyPixels, TooLong for what cannot be opened safely.
    """
    limits = files.limits_of(desk.settings)
    examined = files.examine(data, filename, limits=limits)
    carries = read.carries(data)
    found = read.read(desk.settings, data, examined.mime) if carries else None
    seen = identify.recognise(desk, data, filename, projects=projects, made_here=made_here)
    same = _same_pixels(desk, examined.pixel_sha256, projects)
    outcome = _outcome(found, carries, seen, same)
    asset = same if outcome is Outcome.EDITED else seen.asset
    sentence = _SENTENCES[outcome].format(signer=_signer(found), asset=asset.code if asset else "", how=seen.how)
    against = contradiction(desk, data, filename, found, seen)
    source = _original(desk, asset)
    ours = source is not None and source.origin is Origin.RENDER
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
        ours or None,
        Disclosure.of(source.statement).source_type.value if ours and source and source.statement else "",
    )


def _original(desk: Desk, asset: Asset | None) -> Asset | None:
    """What an export or a restored copy was made from."""
    if asset is None or asset.copy_of is None:
        return asset
    with desk.reading() as session:
        return assets.by_id(session, asset.copy_of) or asset


def _signer(found: Credentials | None) -> str:
    return called(found.step.signer) if found and found.step.signer else "somebody"


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
        "statement": redact.told(found.statement, _SEEN_BY_STRANGERS) if found.statement else None,
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


def credentials_of_copy(desk: Desk, data: bytes, mime: str, original: Asset) -> tuple[str, str]:
    """What became of the credentials of a copy that came back: (kept, lost, changed, broken or none; a sentence that says so).

    "lost" is said only of a copy whose original has credentials here.
    """
    if not read.carries(data):
        if original.seal_state not in (SEALED, UNSTAMPED, FOREIGN):
            return "none", ""
        return "lost", "Its credentials were lost on the way; `/restore` with the picture gives them back."
    found = read.read(desk.settings, data, mime)
    if found is None:
        return "broken", "It carries credentials that cannot be read; `/restore` with the picture gives it new ones."
    if found.tampered:
        return "changed", f"It was changed after {_signer(found)} signed it; `/verify` with the picture tells more."
    if found.state == "Invalid" or found.broken:
        return "broken", "Its credentials, or some behind it, do not hold; `/verify` with the picture tells more."
    return "kept", ""


def _outcome(found: Credentials | None, carries: bool, seen: Recognition, same: Asset | None) -> Outcome:
    if found is None:
        return _by_looks(seen) if not carries or seen.asset else Outcome.BROKEN
    if found.revoked:
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
