"""What the service commands answer as JSON: doctor, settings, store, keys, processes."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from core.schemas.base import Schema, Time


class FindingSchema(Schema):
    """What was found out about one part."""

    part: str
    state: str = Field(description="fine, idle, warning or broken")
    kind: str
    text: str
    fix: str = Field(description="what to do about it, or empty")
    facts: dict[str, Any]


class DoctorSchema(Schema):
    """Whether Slate is well."""

    healthy: bool
    findings: list[FindingSchema]


class SettingSchema(Schema):
    """One environment variable."""

    name: str
    value: str = Field(description="as it is here; secrets are not shown")
    is_set: bool = Field(alias="set")
    help: str


class SettingList(Schema):
    """The environment variables."""

    settings: list[SettingSchema]


class PreparedSchema(Schema):
    """What `prepare` made ready."""

    ready: bool
    backends: list[str] = Field(description="names of the configured ComfyUI servers")
    first_admin: str = Field("", description="the link for the first admin, while there is none")


class RunningSchema(Schema):
    """What `up` started, once all of it is up."""

    room: str = Field(description="its address")
    database: str
    queue: str
    files: str
    comfyui: str
    data: str = Field(description="the data folder")
    first_admin: str = Field("", description="the link for the first admin, while there is none")


class ProcessSchema(Schema):
    """A process that has started. It prints nothing more to standard output."""

    process: str
    pid: int


class ManifestSchema(Schema):
    """The manifest of the Slack app, as Slack takes it."""

    manifest: dict[str, Any]


class ReindexSchema(Schema):
    """What `reindex` did."""

    changed: int = Field(description="files that were read differently")
    indexed: int
    looked_at: int = Field(description="pictures whose keypoints were computed")


class MissingFile(Schema):
    """Bytes that an asset needs and that are not there."""

    digest: str
    asset: str
    what: str = Field(description="original, preview or thumbnail")


class StoreSchema(Schema):
    """Whether every stored file is whole. Lists end at a thousand; counts do not."""

    well: bool
    blobs: int
    size: int = Field(description="bytes")
    missing: list[MissingFile]
    damaged: list[str] = Field(description="digests whose bytes are others")
    orphans: list[str] = Field(description="digests that nothing needs")
    orphan_count: int
    orphan_size: int


class ProjectUsage(Schema):
    """How much room a project takes."""

    project: str
    client: str
    assets: int
    size: int = Field(description="bytes of originals")


class UsageSchema(Schema):
    """How much room the projects take."""

    projects: list[ProjectUsage]


class AuthoritySchema(Schema):
    """The development authority."""

    folder: str
    made: bool = Field(description="whether it was made now")


class CertificateSchema(Schema):
    """The certificate that signs."""

    subject: str
    issuer: str
    serial: str
    expires: Time
    days: int = Field(description="until it expires")


class RenewedCertificate(Schema):
    """A new certificate."""

    serial: str
    expires: Time


class RevokedCertificate(Schema):
    """A certificate that is not trusted any more."""

    revoked: str = Field(description="its serial number")


class RevocationListSchema(Schema):
    """A revocation list that is kept."""

    path: str = Field(alias="list", description="where it is kept")
    issuer: str
    certificates: int


class SealedAsset(Schema):
    """One asset and its seal."""

    asset: str
    state: str
    sha256: str = ""
    why: str = Field("", description="why it was not sealed")


class SealList(Schema):
    """What `seal` did."""

    results: list[SealedAsset]


class AddressSchema(Schema):
    """Where something is served."""

    url: str


class CanarySchema(Schema):
    """What became of one kind of test file in one chat."""

    place: str
    kind: str
    layers: dict[str, str] = Field(description="layer of provenance: what became of it")
    problem: str


class SelftestSchema(Schema):
    """What survived in the connected chats."""

    outcomes: list[CanarySchema]
