"""Assets as JSON: the file, its provenance, what a picture was recognised as, lineage, comparison, verdicts."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from core.schemas.base import Schema, Time


class AssetSchema(Schema):
    """An asset: the file."""

    asset: str = Field(description="its id, such as `A-7Q0D`")
    sha256: str
    filename: str
    width: int | None
    height: int | None
    mime: str
    size: int = Field(description="bytes")
    status: str = Field(description="approved, needs work, rejected, or empty")


class FetchedAsset(AssetSchema):
    """An asset whose original was written to a file."""

    file: str = Field(description="where it was written")


class DeliveredFile(Schema):
    """Where a file lies at a DAM."""

    destination: str = Field(description="the DAM's name in `/dams`")
    path: str = Field(description="below the DAM's address")


class ProvenanceSchema(AssetSchema):
    """Everything known of how an asset came to be."""

    render: str | None = Field(description="the render that made it, such as `R-4F2K`")
    by: str = Field(description="who made it")
    client: str
    project: str
    shot: str
    workflow: str
    version: int | None
    seed: str
    created: Time
    models: list[dict[str, Any]] = Field(description="name, kind, sha256 and what else is known of each")
    prompt: str
    negative: str
    techniques: list[str]
    tags: list[str]
    origin: str = Field(description="render, upload, ingest, export or returned")
    statement: dict[str, Any] = Field(description="what is written into the file")
    delivered: list[DeliveredFile] = Field(description="the newest file at each DAM")


class ProvenanceList(Schema):
    """The provenance of several assets."""

    results: list[ProvenanceSchema]


class GivenVerdict(Schema):
    """One member's verdict."""

    by: str
    judgement: str = Field(description="approved, needs work or rejected")
    binding: bool = Field(description="whether it decides; otherwise it is a vote")
    note: str


class VerdictSchema(Schema):
    """What the team says about an asset."""

    asset: str
    status: str
    verdicts: list[GivenVerdict]
    tags: list[str]
    changed: bool = Field(description="whether this command changed anything")


class VerdictList(Schema):
    """The assets that a verdict or a tag was about."""

    results: list[VerdictSchema]


class RecognitionSchema(Schema):
    """Which asset a picture shows."""

    certainty: str = Field(description="certain, probable, similar or unknown")
    how: str
    asset: str | None = Field(description="null when it is unknown")
    seconds: tuple[float, float] | None = Field(None, description="start and end in the film; null for what is not from a film")
    others: list[str] = Field([], description="other assets that it may be")
    contradiction: str | None = Field(None, description="that its manifest names another watermark than its pixels carry")
    credentials: str = Field("", description="what became of its Content Credentials: kept, lost, changed, broken or none")
    render: str | None = None
    filename: str = ""
    sha256: str = ""


class RecognitionList(Schema):
    """What several pictures show."""

    results: list[RecognitionSchema]


class RelatedAsset(Schema):
    """One asset that another was made from or used in."""

    asset: str
    of: str = Field(description="the asset at the other end")
    input: str = Field(description="the input it was given as")
    steps: int = Field(description="how far from the asset in question")


class RenderInHistory(Schema):
    """One render that an asset goes back to."""

    render: str
    verb: str = Field(description="the command that asked for it")


class LineageSchema(Schema):
    """What an asset was made from and used in."""

    asset: str
    sources: list[RelatedAsset]
    results: list[RelatedAsset]
    siblings: list[str] = Field(description="other assets of the same render")
    renders: list[RenderInHistory]


class DifferenceSchema(Schema):
    """One setting in which two assets differ."""

    name: str
    one: str
    other: str


class ComparisonSchema(Schema):
    """How two assets differ."""

    one: str
    other: str
    differences: list[DifferenceSchema]
    same: list[str] = Field(description="names of settings that are equal")
    only_one: str = Field(description="words of the first prompt that the second does not have")
    only_other: str
    bits: int | None = Field(description="visual difference in bits, of 256")


class TakesSchema(Schema):
    """The takes of one session."""

    asset: str
    takes: list[str]
    began: Time
    ended: Time
