"""What Slate says of a file that anybody may bring: one verdict by the decision table, with what it is based on.

A stranger is told no person and no prompt, and of what is kept here no more than SLATE_VERIFY_DISCLOSES says
(docs/decisions/0013-what-a-stranger-learns.md).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from core.desk import Desk
from core.exports import redact
from core.exports.profiles import Profile
from core.provenance.disclosure import Disclosure, says_ai
from core.provenance.seal import read, stores
from core.provenance.seal.names import called
from core.provenance.seal.read import Credentials, ManifestStep
from core.provenance.seal.sign import FOREIGN, SEALED, UNSTAMPED
from core.recognition.identify import Certainty
from core.schemas.verification import BrokenStep, CredentialsSchema, CredentialsStep, RecognisedAsset, VerificationSchema
from core.verification import evidence
from core.verification.decision_table import Basis, Decision, Outcome, Recognised, decide
from core.verification.evidence import Found, Looked
from core.verification.watermark_conflict import contradiction
from storage.blobs import digest_of
from storage.tables import Asset

__all__ = ["Outcome", "Verification", "credentials_of_copy", "credentials_schema", "step_schema", "verify", "verify_for_stranger"]

_SEEN_BY_STRANGERS = Profile("strangers", models=True)
_SURE = (Recognised.EQUAL, Recognised.MARKED, Recognised.LOOKS)


@dataclass(frozen=True)
class Verification:
    """What a file turned out to be. `claims` is what it says of itself without proof."""

    outcome: Outcome
    title: str
    sentence: str
    sha256: str
    mime: str
    ai: bool | None = None
    """Whether a model had a part in it: see core/verification/decision_table.py. None: nothing says so."""
    ai_basis: Basis = Basis.NONE
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
        """How it came to be, as a digital source type, as far as `ai_basis` goes: what nobody vouches for is only a claim."""
        signed = self.credentials.source_type if self.credentials else ""
        match self.ai_basis:
            case Basis.MADE_HERE:
                return self.made_as
            case Basis.SIGNATURE:
                return signed
            case Basis.CLAIM:
                claimed = dict(self.claims).get("DigitalSourceType", "")
                return next((one for one in (signed, claimed) if says_ai(one)), "")
        return signed if self.outcome is Outcome.PROVED else ""

    @property
    def is_ai(self) -> bool | None:
        """The same as `ai`."""
        return self.ai

    @property
    def says_so_itself(self) -> bool:
        """Whether only the file itself says how it came to be, and nobody known here vouches for it."""
        return self.ai_basis is Basis.CLAIM

    @property
    def signer_known(self) -> bool:
        """Whether it was signed by somebody on the trust list; what others claim is shown as their claim."""
        return self.credentials is not None and self.credentials.state == "Trusted"

    def schema(self, *, file: str = "") -> VerificationSchema:
        """For anybody: no person, no prompt. `file` is its name, where that should be told."""
        told = VerificationSchema(
            outcome=self.outcome.value,
            title=self.title,
            sentence=self.sentence,
            sha256=self.sha256,
            mime=self.mime,
            ai=self.ai,
            ai_basis=self.ai_basis.value or None,
            credentials=None if self.credentials is None else credentials_schema(self.credentials),
            made_here=self.made_here,
            source_type=self.source_type or None,
            recognised=self._recognised(),
            contradiction=self.contradiction or None,
            claims=dict(self.claims),
        )
        return told.model_copy(update={"file": file}) if file else told

    def _recognised(self) -> RecognisedAsset | None:
        if self.asset is None:
            return None
        return RecognisedAsset(
            asset=self.asset.code, certainty=self.certainty.value, distance=self.distance, watermark_bits=self.mark_bits
        )


def verify(
    desk: Desk, data: bytes, filename: str, *, projects: Collection[int] | None = None, made_here: bool = False
) -> Verification:
    """Everything that can be said of these bytes to somebody who may see `projects` (None: all); with `made_here` only of those.

    What was made here for others is told as a stranger would be told. Raises BadPicture, TooManyPixels, TooLong for what cannot
    be opened safely.
    """
    looked = evidence.look(desk, data, filename)
    found = evidence.find(desk, looked, projects=projects, made_here=made_here)
    if projects is not None and not found.made_here and desk.settings.verify_discloses != "file":
        elsewhere = evidence.find(desk, looked, made_here=True)
        if elsewhere.recognised in _SURE:
            return _told(desk, looked, elsewhere, decide(evidence.evidence(looked, elsewhere), stranger=True), names_it=False)
    return _told(desk, looked, found, decide(evidence.evidence(looked, found)), names_it=True)


def verify_for_stranger(desk: Desk, data: bytes, filename: str) -> Verification:
    """The same for somebody without an account: what the file itself says, and of the store what the house lets be told.

    What was uploaded or found here is nobody's business: only what the desk made is recognised. Raises what `verify` raises.
    """
    looked = evidence.look(desk, data, filename)
    discloses = desk.settings.verify_discloses
    found = Found() if discloses == "file" else evidence.find(desk, looked, made_here=True)
    verdict = decide(evidence.evidence(looked, found), stranger=discloses != "asset")
    return _told(desk, looked, found, verdict, names_it=discloses == "asset" or verdict.outcome is Outcome.PROVED)


def _told(desk: Desk, looked: Looked, found: Found, verdict: Decision, *, names_it: bool) -> Verification:
    """The verdict in words; a picture that may not be named is not."""
    seen, asset = found.seen, found.asset
    against = contradiction(desk, looked.image, looked.credentials, seen)
    places = {"signer": _signer(looked.credentials), "asset": asset.code if asset else "", "how": seen.how}
    sentence = f"{verdict.sentence.format_map(places)} {against}".rstrip()
    said = Disclosure.told(found.original.statement) if found.original and found.made_here else None
    shown = asset if names_it else None
    return Verification(
        verdict.outcome,
        verdict.title,
        sentence,
        looked.examined.sha256,
        looked.examined.mime,
        verdict.ai,
        verdict.basis,
        looked.credentials,
        shown,
        seen.certainty,
        seen.distance if shown else None,
        looked.claims,
        seen.mark_bits if shown else None,
        against,
        True if found.made_here and found.recognised in _SURE else None,
        said.source_type.value if said else "",
    )


def _signer(found: Credentials | None) -> str:
    """A name out of a certificate, without what could make it look like more than a name."""
    name = called(found.step.signer) if found else ""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())[:80] or "nobody"


def credentials_schema(found: Credentials) -> CredentialsSchema:
    """Credentials for anybody to read: signer, history, what does not hold; of a statement only what tells no person."""
    known = found.state == "Trusted"
    return CredentialsSchema(
        state=found.state,
        signer_known=known,
        signed_by=_signer(found) if known else f"unknown signer (its certificate says: {_signer(found)})",
        issuer=found.issuer if known else None,
        trusted_by="this Slate's trust list" if known else None,
        verified=known and not found.broken,
        states=(found.states.value or None) if known else None,
        serial=found.step.serial,
        signed_at=found.step.time or None,
        time_stamped=found.stamped,
        source_type=found.source_type,
        bindings=dict(found.bindings),
        failures=list(found.failures),
        broken=[BrokenStep(of=step.title or step.label, code=code) for step, code in found.broken],
        training=dict(found.training),
        statement=redact.told(found.statement, _SEEN_BY_STRANGERS) if found.statement and known else None,
        history=[step_schema(step) for step in found.steps],
    )


def step_schema(step: ManifestStep) -> CredentialsStep:
    """One step; who is not on the trust list is called unknown before anything else."""
    by = called(step.signer)
    return CredentialsStep(
        depth=step.depth,
        title=step.title,
        relationship=step.relationship,
        signed_by=by if step.trusted or not by else f"unknown signer (its certificate says: {by})",
        signer_known=step.trusted,
        states=(step.states.value or None) if step.trusted else None,
        software=[one for one in (*step.agents, step.generator) if one],
        actions=list(step.actions),
        source_type=step.source_type,
        failures=list(step.failures),
    )


def credentials_of_copy(desk: Desk, data: bytes, mime: str, original: Asset, *, part: bool = False) -> tuple[str, str]:
    """What became of the credentials of a copy that came back: (kept, lost, changed, broken or none; a sentence that says so).

    "lost" is said only of a copy whose original has credentials here, and not of what was cut out of a film (`part`).
    """
    count = stores.count(data, mime)
    if count == 0:
        if part or original.seal_state not in (SEALED, UNSTAMPED, FOREIGN) or digest_of(data) == original.source_sha256:
            return "none", ""
        return "lost", "Its Content Credentials were removed; `/restore` with the picture gives back what can be proved."
    found = read.read(desk.settings, data, mime) if count == 1 else None
    if found is None:
        return "broken", "Its Content Credentials cannot be read; `/verify` with the picture tells more."
    if found.tampered:
        return "changed", "Invalid signature: it was changed after it was signed; `/verify` with the picture tells more."
    if found.state == "Invalid" or found.broken:
        return "broken", "Its Content Credentials, or some in its history, are invalid; `/verify` with the picture tells more."
    return "kept", ""
