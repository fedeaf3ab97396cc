"""Exports as JSON: copies, packages, contact sheets, links, profiles."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from core.schemas.base import Schema, Time


class ExportedCopy(Schema):
    """One copy that was made for delivery."""

    export: str = Field(description="its id, such as `X-4F2K`")
    asset: str = Field(description="the original")
    copied_to: str = Field(alias="copy", description="the asset that the copy is")
    file: str
    sha256: str
    source_sha256: str = Field(description="of the original")
    removed: list[str] = Field(description="what the copy does not tell any more")
    lost: list[str] = Field(description="what its format could not carry")
    sealed: str = Field(description="state of its Content Credentials")
    link: str


class ExportSchema(Schema):
    """What one export made."""

    batch: str
    profile: str
    files: list[ExportedCopy]
    link: str = Field("", description="of the package, where one was made")
    written: list[str] = Field([], description="files that `-o` wrote")


class ContactSheetSchema(Schema):
    """A contact sheet."""

    link: str
    pictures: int
    written: list[str] = Field([], description="files that `-o` wrote")


class DryExport(Schema):
    """What the recipient of one copy could learn."""

    asset: str
    file: str
    bytes: int
    same_pixels: bool
    told: dict[str, Any] = Field(description="everything that the copy says")
    removed: list[str]
    lost: list[str]
    sealed: str
    history: int = Field(description="steps of its signed history")
    leaks: list[str] = Field(description="private terms that were found in it")


class DryExportList(Schema):
    """What recipients could learn; nothing was exported."""

    results: list[DryExport]


class ProfileSchema(Schema):
    """An export profile: what copies contain, and their form."""

    name: str
    whole: bool = Field(description="the original, byte for byte")
    words: bool
    graph: bool
    people: bool
    work: bool
    models: bool
    licences: bool
    lineage: bool
    credit: str
    data_mining: str
    format: str
    size: int
    quality: int
    colour: str
    naming: str


class ProfileList(Schema):
    """The export profiles of a project."""

    project: str
    profiles: list[ProfileSchema]


class LinkSchema(Schema):
    """A link to a file for people without an account."""

    link: str = Field(description="its id, such as `L-4F2K`")
    file: str
    state: str = Field(description="good, over, used up or taken back")
    uses: int
    most_uses: int
    until: Time


class LinkList(Schema):
    """Links, newest first."""

    links: list[LinkSchema]
    count: int = Field(description="how many there are in all")


class RevokedLink(Schema):
    """A link that was taken back."""

    link: LinkSchema


class RestoredFile(Schema):
    """A copy whose Content Credentials were restored."""

    file: str
    asset: str
    original: str
    same: bool = Field(description="whether its pixels were unchanged, so that it is the original")
    how: str
    sha256: str
    link: str


class RestoredList(Schema):
    """Several restored copies."""

    results: list[RestoredFile]
