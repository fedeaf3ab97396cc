"""Where model files lie."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field

from storage.tables.columns import NEVER_REUSED, TableRow, maybe_when, row, when


class ModelPlace(TableRow, table=True):
    """A model file on a disk this machine can read, and which ModelFile its bytes are."""

    __table_args__ = (UniqueConstraint("root", "folder", "name"), NEVER_REUSED)
    id: int = row()
    root: str
    """The ComfyUI `models` folder."""
    rank: int = 0
    """Its place in the list of those folders: of two files with one name ComfyUI takes the first."""
    folder: str
    name: str
    model_file_id: int = Field(foreign_key="modelfile.id", index=True)
    size: int = Field(sa_type=BigInteger)
    modified_ns: int = Field(sa_type=BigInteger)
    inode: str = ""
    """Its number on its disk: a file that was renamed keeps it and need not be hashed again."""
    beside_ns: int = Field(default=0, sa_type=BigInteger)
    """When the newest of the descriptions beside it was changed."""
    reader: int = 0
    """The number of the reader that read its header and those descriptions (core.models.registry.READER)."""
    found_at: datetime = when()
    gone_at: datetime | None = maybe_when()
    """Since when it is not there any more."""
