"""Workflows, their versions, and model files."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field

from storage.tables.columns import NEVER_REUSED, Json, TableRow, json, json_list, row, when


class Workflow(TableRow, table=True):
    """A named recipe people ask for."""

    __table_args__ = (NEVER_REUSED,)
    id: int = row()
    name: str = Field(unique=True)
    title: str = ""
    description: str = ""
    latest_version_id: int | None = None
    stable_version_id: int | None = None
    """The version that people get when they name none, where a lead has chosen one."""
    archived: bool = False
    deprecated: str = ""
    """Why it was put away, and what to use instead."""


class WorkflowVersion(TableRow, table=True):
    """One immutable API graph with its declared inputs, addressed by content hash."""

    __table_args__ = (UniqueConstraint("workflow_id", "content_hash"), UniqueConstraint("workflow_id", "number"), NEVER_REUSED)
    id: int = row()
    workflow_id: int = Field(foreign_key="workflow.id", index=True)
    number: int
    content_hash: str = Field(index=True)
    graph: Json = json()
    inputs: list[Json] = json_list()
    node_types: list[str] = json_list()
    techniques: list[str] = json_list()
    created_by: int | None = Field(default=None, foreign_key="member.id")
    created_at: datetime = when()
    identity: str = Field(default="", index=True)
    """Equal for all copies of one workflow (core/comfyui/identity.py), 64 hex digits."""
    partners: list[str] = json_list()
    """Its node types that call a paid service."""
    saved_from: str = ""
    """The file or result it was saved from."""
    deprecated: str = ""
    """Why it should not be used any more, and what to use instead."""


class ModelFile(TableRow, table=True):
    """A checkpoint, LoRA, VAE, ControlNet … by folder and name; one row for each content seen under that name.

    `sha256` is empty as long as nobody has read the bytes: ComfyUI's API does not tell it.
    """

    __table_args__ = (UniqueConstraint("folder", "name", "sha256"), NEVER_REUSED)
    id: int = row()
    folder: str
    name: str = Field(index=True)
    sha256: str = Field(default="", index=True)
    size: int | None = Field(default=None, sa_type=BigInteger)
    title: str = ""
    licence: str = ""
    source: str = ""
    """Who made it, as it says."""
    autov3: str = ""
    """The first 12 digits of the SHA-256 of what follows the header of a safetensors file: equal when only metadata differ."""
    base_model: str = ""
    """What it was trained from, such as `SDXL`."""
    trigger_words: list[str] = json_list()
    about: Json = json()
    """What else its header and the descriptions beside it say (core/models/description.py)."""
    modified_ns: int | None = Field(default=None, sa_type=BigInteger)
    """The file's modification time when its bytes were read, so that they are read again only when it changed."""
    first_seen_at: datetime = when()
    seen_at: datetime = when()
