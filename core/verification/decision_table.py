"""The one table that decides what is said of a file: its signature, what it was recognised as, who made that, and what says AI.

`decide` is all of it: nothing else in Slate words a verdict on a file. The table is printed in docs/provenance.md and tested row
by row; the codes are stable, the words are not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Signature(StrEnum):
    """What the Content Credentials of a file are worth."""

    TRUSTED = "valid, trusted"
    BROUGHT = "valid, trusted: brought here"
    """It states that the file was brought to the house that signed it: nothing about its making."""
    NOT_IDENTICAL = "valid, trusted: not identical"
    """It states that the file was recognised by its looks and is not identical to its original."""
    BROKEN_HISTORY = "valid, trusted; invalid history"
    UNKNOWN = "valid, unknown signer"
    CHANGED = "broken: changed after signing"
    EXPIRED = "broken: certificate expired"
    REVOKED = "broken: certificate revoked"
    INVALID = "broken: invalid or unreadable"
    SEVERAL = "several manifest stores"
    NONE = "none"


class Recognised(StrEnum):
    """What a file was recognised as, of what is kept here."""

    EQUAL = "equal pixels"
    """The very bytes, or the very pixels shown in the same colours."""
    MARKED = "its watermark"
    LOOKS = "looks"
    RESEMBLES = "resembles"
    """Too unlike, or too plain, to say that it is the same picture; nothing follows from it."""
    NO = "no"


class Seen(StrEnum):
    """What the stored file that has equal pixels carries itself."""

    SEALED = "has Content Credentials"
    SAME_FILE = "is this very file"
    SOURCE = "was this very file before it was signed"
    NEVER = "never had any"


class Outcome(StrEnum):
    """What became clear; stable codes."""

    PROVED = "proved"
    """Valid Content Credentials of somebody on the trust list, with a valid history."""
    CONTRADICTED = "contradicted"
    """Validly signed by somebody trusted as made without AI, though it was made here with AI."""
    BROUGHT = "brought-here"
    """Validly signed as a file that was brought in: its origin is not verified."""
    NOT_IDENTICAL = "not-identical"
    """Validly signed as a copy that was recognised and is not identical to its original."""
    BROKEN_HISTORY = "broken-history"
    SIGNED = "signed"
    """A valid signature of an unknown signer."""
    EDITED = "metadata-edited"
    """An invalid signature; the pixels are identical to those of a picture made here."""
    TAMPERED = "tampered"
    """An invalid signature: changed after signing."""
    EXPIRED = "expired"
    REVOKED = "revoked"
    BROKEN = "broken"
    """Content Credentials that are invalid or cannot be read."""
    SEVERAL = "several-stores"
    REGISTERED = "registered"
    """No Content Credentials; the file here with the same pixels has them."""
    NEVER_SEALED = "never-sealed"
    """No Content Credentials; the file here with the same pixels never had any either."""
    MARKED = "marked"
    """No Content Credentials; recognised by the watermark in its pixels."""
    RECOGNISED = "recognised"
    """No Content Credentials; recognised by its looks."""
    UNSIGNED = "unsigned"
    """No Content Credentials, and not recognised."""


class Basis(StrEnum):
    """Why it is said that AI had a part in a file, or had none."""

    MADE_HERE = "made-here"
    """It was made here, or is recognised as made here."""
    SIGNATURE = "signature"
    """A valid signature of somebody trusted says so, with a valid and trusted history."""
    CLAIM = "claim"
    """The file says so itself; nobody known here vouches for it. Only that AI had a part is ever said on a claim."""
    NONE = ""


@dataclass(frozen=True)
class Evidence:
    """Everything a verdict depends on. `ours_ai` is of the picture it was recognised as, where that was made here."""

    signature: Signature
    recognised: Recognised = Recognised.NO
    made_here: bool = False
    ours_ai: bool | None = None
    signed_ai: bool | None = None
    """What its Content Credentials say, worth as much as their signature."""
    claims_ai: bool = False
    """Whether its metadata say, unsigned, that AI had a part."""
    seen: Seen = Seen.NEVER


@dataclass(frozen=True)
class Decision:
    """What is said. Sentences have places: `{signer}`, `{asset}`, `{how}`."""

    outcome: Outcome
    title: str
    sentence: str
    ai: bool | None
    basis: Basis


_HEADS: dict[Signature, tuple[Outcome, str, str]] = {
    Signature.TRUSTED: (
        Outcome.PROVED,
        "Valid Content Credentials",
        "Signed by {signer}, who is on the trust list here; the file has not been changed since.",
    ),
    Signature.BROUGHT: (
        Outcome.BROUGHT,
        "Valid signature, origin not verified",
        "Signed by {signer} as a file that was brought in: nothing is stated about how it was made.",
    ),
    Signature.NOT_IDENTICAL: (
        Outcome.NOT_IDENTICAL,
        "Recognised, not identical",
        "Signed by {signer} as a copy recognised by its looks: it is not identical to its original, and may have been changed.",
    ),
    Signature.BROKEN_HISTORY: (
        Outcome.BROKEN_HISTORY,
        "Invalid history",
        "The signature of {signer} is valid, but a file it was made from has invalid Content Credentials.",
    ),
    Signature.UNKNOWN: (
        Outcome.SIGNED,
        "Unknown signer",
        "Unknown signer: the signature is valid, but its certificate is not on the trust list here. It calls itself “{signer}”; "
        "nothing it claims is verified.",
    ),
    Signature.CHANGED: (
        Outcome.TAMPERED,
        "Invalid signature",
        "Invalid signature: the file was changed after it was signed. Nothing its Content Credentials claim is verified.",
    ),
    Signature.EXPIRED: (
        Outcome.EXPIRED,
        "Certificate expired",
        "The certificate it was signed with has expired, and without a time stamp nothing tells when that was.",
    ),
    Signature.REVOKED: (Outcome.REVOKED, "Certificate revoked", "The certificate it was signed with was revoked."),
    Signature.INVALID: (
        Outcome.BROKEN,
        "Invalid Content Credentials",
        "Invalid Content Credentials: they cannot be verified, and nothing they claim counts.",
    ),
    Signature.SEVERAL: (
        Outcome.SEVERAL,
        "More than one C2PA Manifest Store",
        "The file holds more than one C2PA Manifest Store, which the specification does not allow: none of them counts.",
    ),
    Signature.NONE: (Outcome.UNSIGNED, "No Content Credentials", "No Content Credentials."),
}
_OUTCOMES: dict[tuple[Recognised, Seen], tuple[Outcome, str]] = {
    (Recognised.EQUAL, Seen.SEALED): (Outcome.REGISTERED, "Content Credentials removed"),
    (Recognised.EQUAL, Seen.SOURCE): (Outcome.NEVER_SEALED, "Known here, never had Content Credentials"),
    (Recognised.EQUAL, Seen.SAME_FILE): (Outcome.NEVER_SEALED, "Known here, never had Content Credentials"),
    (Recognised.EQUAL, Seen.NEVER): (Outcome.NEVER_SEALED, "Known here, never had Content Credentials"),
}
_BY_LOOKS = {
    Recognised.MARKED: (Outcome.MARKED, "Recognised by its watermark"),
    Recognised.LOOKS: (Outcome.RECOGNISED, "Recognised by its looks"),
    Recognised.RESEMBLES: (Outcome.RECOGNISED, "Resembles a picture known here"),
}
_SEEN = {
    Seen.SEALED: " That file has Content Credentials and this one has lost them; they can be restored.",
    Seen.SAME_FILE: " It is the very same file, and has never had Content Credentials.",
    Seen.SOURCE: " It is the file as it was before it was signed here.",
    Seen.NEVER: " That file has never had Content Credentials either.",
}
_MADE = {
    Recognised.EQUAL: "Its pixels are identical to {it}, {made}.",
    Recognised.MARKED: "Its pixels carry the watermark of {it}, {made} ({how}): it comes from there and may have been changed.",
    Recognised.LOOKS: "It looks like {it}, {made} ({how}): that is likely, and not proved.",
    Recognised.RESEMBLES: "It resembles {it}, {made} ({how}): not enough to say that it is the same picture.",
}
_BROUGHT = {
    Recognised.EQUAL: "It is {it}, which was brought here: how it was made is not known here.",
    Recognised.MARKED: "Its pixels carry the watermark of {it}, which was brought here ({how}).",
    Recognised.LOOKS: "It looks like {it}, which was brought here ({how}): that is likely, and not proved.",
    Recognised.RESEMBLES: "It resembles {it}, which was brought here ({how}): not enough to say that it is the same picture.",
}
_NOTHING = {False: "Nothing here looks like it.", True: "Nothing proves where it comes from."}
_CONTRADICTION = "Its Content Credentials say that it was made without AI, which is not so."
_VALID = frozenset({Signature.TRUSTED, Signature.BROUGHT, Signature.NOT_IDENTICAL, Signature.BROKEN_HISTORY})


def decide(found: Evidence, *, stranger: bool = False) -> Decision:
    """What is said of a file, to a member or to a stranger. A stranger is told only of pictures made here, and not which one."""
    if stranger and not found.made_here:
        found = Evidence(found.signature, signed_ai=found.signed_ai, claims_ai=found.claims_ai)
    ai, basis = _ai(found)
    outcome, title = _outcome(found)
    return Decision(outcome, title, _sentence(found, stranger=stranger), ai, basis)


def _ai(found: Evidence) -> tuple[bool | None, Basis]:
    """What was made here says how, whoever else signs it; then a trusted signature; on a claim only that AI had a part."""
    same = found.recognised in (Recognised.EQUAL, Recognised.MARKED, Recognised.LOOKS)
    if found.made_here and same and found.ours_ai:
        return True, Basis.MADE_HERE
    if found.made_here and found.recognised is Recognised.EQUAL and found.ours_ai is False:
        return False, Basis.MADE_HERE
    if found.signature is Signature.TRUSTED and found.signed_ai is not None:
        return found.signed_ai, Basis.SIGNATURE
    if found.signed_ai or found.claims_ai:
        return True, Basis.CLAIM
    return None, Basis.NONE


def _outcome(found: Evidence) -> tuple[Outcome, str]:
    outcome, title, _ = _HEADS[found.signature]
    ours = found.recognised is Recognised.EQUAL and found.made_here
    match found.signature:
        case Signature.TRUSTED if _contradicted(found):
            return Outcome.CONTRADICTED, "Valid signature, contradicted by the records here"
        case Signature.CHANGED if ours:
            return Outcome.EDITED, "Invalid signature; pixels identical to a picture made here"
        case Signature.UNKNOWN if ours:
            return outcome, "Unknown signer; pixels identical to a picture made here"
        case Signature.NONE if found.recognised is Recognised.EQUAL:
            return _OUTCOMES[found.recognised, found.seen]
        case Signature.NONE if found.recognised in _BY_LOOKS:
            return _BY_LOOKS[found.recognised]
    return outcome, title


def _contradicted(found: Evidence) -> bool:
    return found.signed_ai is False and _ai(found) == (True, Basis.MADE_HERE)


def _sentence(found: Evidence, *, stranger: bool) -> str:
    parts = [_HEADS[found.signature][2]]
    if found.recognised is Recognised.NO:
        parts += [_NOTHING[stranger]] if found.signature is Signature.NONE else []
        return " ".join(parts)
    said = (_MADE if found.made_here else _BROUGHT)[found.recognised]
    made = {True: "made here with AI", False: "made here without AI", None: "made here"}[found.ours_ai]
    it = "a picture" if stranger else "{asset}"
    text = said.replace("{it}", it).replace("{made}", made)
    parts.append(text.replace(" ({how})", "").replace("a picture, made here", "a picture made here") if stranger else text)
    if found.signature is Signature.NONE and found.recognised is Recognised.EQUAL:
        parts[-1] += _SEEN[found.seen]
    if _contradicted(found) and found.signature in _VALID:
        parts.append(_CONTRADICTION)
    return " ".join(parts)


def rows() -> Iterator[Evidence]:
    """Every row but for what says AI, which has a table of its own: signature × recognised × made here × what is stored."""
    for signature in Signature:
        yield Evidence(signature)
        for recognised in Recognised:
            for made_here in (True, False) if recognised is not Recognised.NO else ():
                lost = signature is Signature.NONE and recognised is Recognised.EQUAL
                for seen in Seen if lost else (Seen.NEVER,):
                    yield Evidence(signature, recognised, made_here, True if made_here else None, seen=seen)
