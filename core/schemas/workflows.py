"""Workflows that people save, as JSON: what was saved, what differs, which versions there are."""

from __future__ import annotations

from pydantic import Field

from core.schemas.base import Schema, Time
from core.schemas.renders import WorkflowSchema


class GraphDifferenceSchema(Schema):
    """One thing that differs between two graphs."""

    what: str = Field(description="added, removed, value or link")
    node: str = Field(description="the type of the node")
    field: str
    input: str = Field(description="what the workflow calls the input; empty where it is none")
    before: str
    after: str
    asked: bool = Field(description="whether it is the value of an input that is given anew each time, which changes no identity")


class SavedWorkflow(WorkflowSchema):
    """A workflow that was saved, or the one that it turned out to be."""

    saved: bool = Field(description="whether a new version was written")
    state: str = Field(description="new, changed, again (the same once more) or known (a copy of another workflow)")
    identity: str = Field(description="equal for all copies of one workflow: 64 hex digits")
    same_as: list[str] = Field(description="versions of other names that are copies of it")
    near: str = Field(description="a version that is nearly the same, or empty")
    differences: list[GraphDifferenceSchema] = Field(description="from the version before, from the copy, or from what is near")
    partners: list[str] = Field(description="its node types that call a paid service")
    allowed: list[str] = Field(description="its nodes that run code, reach files or call out, which an admin allowed")
    notes: list[str]


class WorkflowDiff(Schema):
    """What differs between two versions of a workflow."""

    workflow: str
    before: int
    after: int
    same: bool = Field(description="whether both have the same identity")
    differences: list[GraphDifferenceSchema]


class VersionSchema(Schema):
    """A version of a workflow."""

    version: int
    by: str = Field(description="who saved it; empty for those that come with Slate")
    saved: Time
    source: str = Field(description="the file or result it was saved from")
    identity: str
    latest: bool
    stable: bool
    deprecated: str = Field(description="why it should not be used, and what to use instead; or empty")


class WorkflowVersions(Schema):
    """A workflow's versions, newest first."""

    workflow: str
    deprecated: str
    versions: list[VersionSchema]
