"""Search answers as JSON."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from core.schemas.base import Schema, Time


class ResultSchema(Schema):
    """One asset that was found."""

    asset: str
    render: str | None = Field(description="null for a file that was not rendered here")
    by: str
    client: str
    project: str
    shot: str
    workflow: str
    version: int | None
    models: list[str]
    prompt: str
    seed: str
    status: str
    created: Time
    inferred: dict[str, Any] = Field(description="what nobody has confirmed: field and why it is believed")


class TextChoice(Schema):
    """Another question to ask."""

    label: str
    text: str


class CountRow(Schema):
    """One group and its number."""

    label: str
    count: int


class SearchSchema(Schema):
    """The answer to a question."""

    answer: str = Field(description="the sentence as in chat, with `**` and backticks around names and ids")
    understood: list[str] = Field(description="the conditions")
    results: list[ResultSchema]
    choices: list[TextChoice] = Field(description="what may have been meant")
    without: list[TextChoice] = Field(description="the question without each of its conditions")
    after: str = Field(description="asks for the next page; empty when this is the last")
    rows: list[CountRow] = Field(description="groups and their numbers, where the question counts by something")


class ExplainedSchema(Schema):
    """How questions are understood."""

    questions: list[dict[str, Any]] = Field(description="parts by name, such as `asks`, `where` and `typed`; see search.md")
