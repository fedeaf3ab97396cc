"""Signs webhook requests as Standard Webhooks says (https://www.standardwebhooks.com, "Signature scheme")."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from standardwebhooks.webhooks import Webhook

_PREFIX = "whsec_"
_BYTES = 32


def new_secret() -> str:
    """A fresh symmetric secret: `whsec_` and 32 random bytes in base64."""
    import base64

    return _PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def headers(message: str, at: datetime, body: bytes, keys: Sequence[str]) -> dict[str, str]:
    """The three headers of a request; with several keys it is signed by each, so that a receiver may change to the new one."""
    signatures = [Webhook(key).sign(message, at, body.decode()) for key in keys]
    return {"webhook-id": message, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": " ".join(signatures)}
