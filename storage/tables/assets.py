"""Assets, how they are recognised, and what people think of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field

from storage import ids
from storage.tables.columns import NEVER_REUSED, Json, TableRow, json, json_list, maybe_when, row, when, word
from storage.tables.enums import Judgement, Origin


class Asset(TableRow, table=True):
    """A file a Render made, a person uploaded or an ingest found: immutable bytes by digest."""

    __table_args__ = (
        UniqueConstraint("render_id", "ordinal"),
        Index("asset_by_project", "project_id", "id"),
        NEVER_REUSED,
    )
    id: int = row()
    origin: Origin = word(Origin)
    render_id: int | None = Field(default=None, foreign_key="render.id")
    ordinal: int | None = None
    """Which output of its render, from 0."""
    member_id: int = Field(foreign_key="member.id", index=True)
    project_id: int = Field(foreign_key="project.id")
    shot: str = ""
    status: str = ""
    """The standing Verdict's Judgement, or empty."""

    sha256: str = Field(index=True)
    """Of the bytes in the store."""
    source_sha256: str = Field(index=True)
    """Of the bytes as they came, before Slate's record was added."""
    pixel_sha256: str = Field(default="", index=True)
    phash: str = ""
    """256-bit perceptual hash, 64 hex digits; empty for what is not a still picture."""
    landmarks: int = Field(default=0, index=True, sa_column_kwargs={"server_default": "0"})
    """The number of the finder that noted its keypoints (core.recognition.keypoint_match.FINDER); 0 where none has looked yet."""
    thumbnail: str = ""
    """Digest of a small WebP or JPEG picture for lists; empty where none can be made."""
    preview: str = ""
    """Digest of a medium picture for chat; empty where none can be made."""
    filename: str
    mime: str
    size: int = Field(sa_type=BigInteger)
    width: int | None = None
    height: int | None = None
    frames: int = 1
    seconds: float | None = None
    """Playing time of video and audio."""

    workflow: str = Field(default="", index=True)
    workflow_number: int | None = None
    techniques: list[str] = json_list()
    models: list[Json] = json_list()
    prompt: str = ""
    negative: str = ""
    seed: str = ""
    facts: Json = json()
    """All that was read from the file and its graph (see core/comfyui/facts.py)."""
    statement: Json = json()
    """How it came to be (see core/provenance/statement.py)."""
    inferred: Json = json()
    """Facet -> why it is believed (`folder`, `file name`, `owner` …): what nobody has said and somebody may confirm."""
    parser: int = 0
    """The number of the reader that made `facts` (core.comfyui.facts.PARSER)."""
    seal_state: str = Field(default="", index=True)
    """sealed, unstamped, unsealed or foreign (see core/provenance/seal/sign.py); empty for what came without credentials."""
    seal: Json = json()
    """Who sealed it until when, the digest of the manifest kept beside it, or why it has none; of a file from outside, what its
    own credentials say."""
    copy_of: int | None = Field(default=None, index=True)
    """The Asset that an export or a restored file is a copy of."""
    created_at: datetime = when()

    @property
    def code(self) -> str:
        """The id people see, such as `A-7Q0D`."""
        return ids.code("A", self.id or 0)


class FingerprintBand(TableRow, table=True):
    """One 16-bit band of an Asset's 256-bit perceptual hash, for multi-index hashing."""

    band: int = Field(primary_key=True)
    value: int = Field(primary_key=True)
    asset_id: int = Field(foreign_key="asset.id", primary_key=True)


class Fingerprint(TableRow, table=True):
    """An Asset's whole perceptual hash, beside those of others: what candidates of the bands are compared by."""

    asset_id: int = Field(foreign_key="asset.id", primary_key=True, sa_column_kwargs={"autoincrement": False})
    phash: str


class FilmFrame(TableRow, table=True):
    """A picture out of a film: when it is shown, and its perceptual hash."""

    id: int = row()
    asset_id: int = Field(foreign_key="asset.id", index=True)
    number: int
    """Its number among the kept pictures of its film, from 0."""
    millisecond: int
    phash: str


class FilmFrameBand(TableRow, table=True):
    """One 16-bit band of a film frame's 256-bit perceptual hash."""

    __table_args__ = ({"sqlite_with_rowid": False},)
    band: int = Field(primary_key=True)
    value: int = Field(primary_key=True)
    frame_id: int = Field(foreign_key="filmframe.id", primary_key=True, index=True)


class Keypoint(TableRow, table=True):
    """A keypoint of an Asset's picture, or of a film's: a word of 28 bits for what it looks like, and its place there."""

    __table_args__ = ({"sqlite_with_rowid": False},)
    word: int = Field(primary_key=True)
    asset_id: int = Field(foreign_key="asset.id", primary_key=True)
    place: int = Field(primary_key=True, sa_type=BigInteger)


class Verdict(TableRow, table=True):
    """A judgement on an Asset by a Member; withdrawn, never deleted. Only a binding one decides the status."""

    __table_args__ = (Index("verdict_by_asset", "asset_id", "id"),)
    id: int = row()
    asset_id: int = Field(foreign_key="asset.id")
    member_id: int = Field(foreign_key="member.id")
    judgement: Judgement = word(Judgement)
    binding: bool
    note: str = ""
    created_at: datetime = when()
    withdrawn_at: datetime | None = maybe_when()


class Tag(TableRow, table=True):
    """A word on an Asset."""

    asset_id: int = Field(foreign_key="asset.id", primary_key=True)
    word: str = Field(primary_key=True, index=True)
    member_id: int = Field(foreign_key="member.id")
    created_at: datetime = when()
