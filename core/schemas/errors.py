"""Errors as JSON."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from core.schemas.base import Schema


class ErrorSchema(Schema):
    """What went wrong."""

    code: str = Field(description="stable, such as `unknown-workflow`")
    message: str = Field(description="what happened, in a sentence")
    hint: str = Field(description="what to do next, or empty")
    facts: dict[str, Any] = Field({}, description="plain values that belong to it, such as `suggestions`")


class ErrorAnswer(Schema):
    """An error, of whatever command."""

    error: ErrorSchema
