"""Accounts at an identity provider: who somebody is there, and how a Handle calls them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

OPEN_TO_ANYBODY = frozenset(
    {"https://accounts.google.com", "https://appleid.apple.com", "https://gitlab.com", "https://slack.com", "https://discord.com",
     "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"}
)  # fmt: skip
"""Providers at which everybody can have an account: who is new there is let in only by the domain of their address."""


@dataclass(frozen=True)
class Identity:
    """Who somebody is, as the provider says."""

    issuer: str
    subject: str
    name: str = ""
    email: str = ""
    """Empty unless the provider says that it is verified."""
    slack: str = ""
    """The account in Slack, `T…/U…`, where Slack is the provider."""


def account_of_identity(identity: Identity) -> str:
    """How a Handle calls this person: the subject is unique with its issuer only."""
    return f"{hashlib.sha256(identity.issuer.encode()).hexdigest()[:16]}/{identity.subject}"
