"""Imports as JSON."""

from __future__ import annotations

from pydantic import Field

from core.schemas.base import Schema, Time


class ReportLine(Schema):
    """One file that had a problem."""

    place: str
    problem: str
    refused: bool = Field(description="whether it was not imported at all")


class ImportSchema(Schema):
    """One import."""

    intake: str = Field(description="its id, such as `I-7Q0D`")
    place: str
    total: int = Field(description="files that were seen to be there")
    seen: int = Field(description="files looked at so far")
    taken: int = Field(description="imported")
    known: int = Field(description="known already")
    refused: int = Field(description="not readable")
    passed: int = Field(description="of other kinds")
    waiting: int = Field(description="still processed in the background")
    started: Time | None
    read: Time | None = Field(description="when the first phase was over")
    report: list[ReportLine] = Field([], description="files that had problems, where one import was asked for")


class ImportList(Schema):
    """Imports, newest first."""

    ingests: list[ImportSchema]


class ConfirmationSchema(Schema):
    """What was confirmed."""

    confirmed: list[str] = Field(description="ids; empty where it only asked")
    found: int = Field(0, description="how many were meant")
    answer: str = Field("", description="a question back, where the search was not clear")
