"""What every schema shares: fields that never change their name, and how times and estimates are written."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, PlainSerializer, WithJsonSchema

Time = Annotated[
    datetime, PlainSerializer(datetime.isoformat, return_type=str), WithJsonSchema({"type": "string", "format": "date-time"})
]
"""ISO 8601 in UTC."""
Estimate = Annotated[float, PlainSerializer(lambda seconds: round(seconds, 3), return_type=float)]
"""Seconds or a share, to three digits."""


class Schema(BaseModel):
    """Values as scripts get them.

    A field without a default is always there. A field with one is there only where the answer has something to say of it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True, use_enum_values=True)

    def as_json(self) -> dict[str, Any]:
        """JSON-ready data, without the fields that were not given."""
        return self.model_dump(mode="json", exclude_unset=True, by_alias=True)
