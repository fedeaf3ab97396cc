"""Names that stand in manifests: Slate's own assertion, the ways its soft bindings are computed; and how signers are called."""

from __future__ import annotations

from enum import StrEnum

STATEMENT = "app.slatedesk.statement"
"""Slate's assertion: the statement. What is exported for outsiders has it redacted."""
SEAL = "app.slatedesk.seal"
"""What a seal states: `{"schema": "slate.seal/1", "states": …, "of": …}`, one of `SealOrigin`."""
RESTORED = "app.slatedesk.restored"
"""How a copy was recognised that has lost its credentials and is not identical to its original."""
PREVIEW = "app.slatedesk.preview"
"""What a preview for chats is a preview of: id and digest."""
METADATA = "cawg.metadata"
TRAINING = "cawg.training-mining"
PHASH = "app.slatedesk.phash256.1"
MARK = "app.slatedesk.mark64.1"
PRIVATE = (STATEMENT, METADATA)
"""Assertions that may hold prompts and names; only these can be redacted and only these ever hold them."""


class SealOrigin(StrEnum):
    """What a seal of Slate states, exactly one of these; of a manifest of others nothing is known, which is `UNSAID`."""

    MADE = "made-here"
    """Made in a run of ours."""
    EDITED = "edited-from"
    """Made in a run of ours that went on from a picture made here."""
    EXPORTED = "exported-from"
    """A copy of a picture made here."""
    BROUGHT = "brought-here"
    """A copy of a file that was uploaded or found: nothing is claimed about its making beyond what the file carries itself."""
    NOT_IDENTICAL = "recognised-not-identical"
    """A file that was brought here and looks like one made here; its pixels are not the same."""
    UNSAID = ""


SEALABLE = frozenset(
    {"image/png", "image/jpeg", "image/webp", "image/avif", "image/gif", "image/tiff", "video/mp4", "video/quicktime"}
    | {"audio/flac", "audio/mpeg", "audio/wav"}
)
"""Kinds into which a manifest goes. WebM, Ogg and GLB take none: they have their words and XMP, unsigned."""


MISMATCH = ("assertion.dataHash.mismatch", "assertion.bmffHash.mismatch", "assertion.boxesHash.mismatch")
"""What c2pa says of a file that was changed after it was signed."""
UNTRUSTED = "signingCredential.untrusted"
HARMLESS = (UNTRUSTED, "timeStamp.untrusted")
"""Failures that say who signed is not known here, and nothing about the file."""
REVOKED = "signingCredential.revoked"
SWITCHED_OFF = "Sealing is switched off."
"""Why files are not sealed that somebody does not want to be."""


def called(signer: str) -> str:
    """Who signed as people say it: a certificate's common name and organisation, or the latter alone where they say the same.

    >>> called("Studio North seal, Studio North"), called("Ada Lovelace, Acme"), called("Acme"), called("")
    ('Studio North', 'Ada Lovelace, Acme', 'Acme', '')
    """
    name, _, team = signer.rpartition(", ")
    return team if team and name.startswith(team) else signer
