"""Verifications as JSON: what a file proves, to anybody who brings it; no person, no prompt."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from core.schemas.base import Schema


class BrokenStep(Schema):
    """One step of the history that does not hold."""

    of: str
    code: str = Field(description="of the C2PA specification")


class CredentialsStep(Schema):
    """One manifest of a file's history."""

    depth: int
    title: str
    relationship: str
    signed_by: str
    signer_known: bool = Field(description="whether the signer is on the trust list")
    states: str | None
    software: list[str]
    actions: list[str]
    source_type: str
    failures: list[str]


class CredentialsSchema(Schema):
    """The Content Credentials of a file."""

    state: str = Field(description="Trusted, Valid or Invalid")
    signer_known: bool = Field(description="whether the signer is on the trust list")
    signed_by: str
    issuer: str | None
    trusted_by: str | None
    verified: bool
    states: str | None
    serial: str
    signed_at: str | None
    time_stamped: bool
    source_type: str
    bindings: dict[str, Any]
    failures: list[str]
    broken: list[BrokenStep]
    training: dict[str, Any] = Field(description="what is said about training")
    statement: dict[str, Any] | None = Field(description="what Slate wrote, without people and prompts")
    history: list[CredentialsStep]


class RecognisedAsset(Schema):
    """The asset that a file is or shows."""

    asset: str
    certainty: str
    distance: int | None
    watermark_bits: int | None = Field(description="of 64")


class VerificationSchema(Schema):
    """What a file turned out to be."""

    file: str = Field("", description="its name, where a command was given several")
    outcome: str
    title: str
    sentence: str
    sha256: str
    mime: str
    ai: bool | None = Field(description="whether a model had a part in it; null when nothing says so")
    ai_basis: str | None = Field(description="what that is based on")
    credentials: CredentialsSchema | None
    made_here: bool | None
    source_type: str | None
    recognised: RecognisedAsset | None
    contradiction: str | None = Field(description="that its manifest names another watermark than its pixels carry")
    claims: dict[str, str] = Field(description="what the file says of itself without proof")


class VerificationList(Schema):
    """What several files turned out to be."""

    results: list[VerificationSchema]


class LegalSourceSchema(Schema):
    """Where a duty stands."""

    name: str
    title: str
    note: str


class ItemSchema(Schema):
    """One item that was checked."""

    section: str
    item: str
    status: str = Field(description="pass, fail, unknown, human or n/a")
    found: str
    source: str
    where: str


class CheckedAsset(Schema):
    """One asset and its items."""

    asset: str
    sha256: str
    items: list[ItemSchema]


class ComplianceSchema(Schema):
    """How pictures are marked, item by item."""

    subject: str
    rule_set: str = Field(description="the day the rules were read")
    made_at: str
    counts: dict[str, int] = Field(description="status: how many items")
    roles: dict[str, str] = Field(description="provider, deployer and notices, as filled in")
    sources: list[LegalSourceSchema]
    assets: list[CheckedAsset]
    link: str = Field("", description="of the report, where a file of it was made")
    written: list[str] = Field([], description="files that `-o` wrote")


class DeclarationSchema(Schema):
    """What somebody declared about assets."""

    assets: list[str]
    said: dict[str, str] = Field(description="question: answer")
