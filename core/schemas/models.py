"""Models as JSON: the list, one with everything that was ever seen under its name, and what used it."""

from __future__ import annotations

from pydantic import Field

from core.schemas.base import Schema, Time


class ModelSchema(Schema):
    """A model file."""

    model: str = Field(description="folder and name, as ComfyUI calls it")
    folder: str
    name: str
    kind: str
    title: str
    sha256: str = Field(description="of the bytes that count now; empty where nobody has read them")
    autov2: str = Field(description="the first 10 digits of the SHA-256")
    autov3: str = Field(description="12 digits of the SHA-256 of what follows a safetensors header; empty for other files")
    size: int | None = Field(description="bytes")
    licence: str = Field(description="empty where it is unknown")
    base_model: str = Field(description="the family it was trained from; empty where nothing says so")
    base_model_from: str = Field(description="words, tensors or name: by what the family is known")
    trigger_words: list[str]
    source: str = Field(description="who made it, as it says")
    url: str
    where: list[str] = Field(description="where its files lie now; whole paths for leads and admins")
    differs: bool = Field(description="whether files of other bytes lie under the same name in another model folder")


class ModelList(Schema):
    """Model files, by folder and name."""

    models: list[ModelSchema]
    count: int = Field(description="how many there are, also where fewer are listed")


class ModelVersionSchema(Schema):
    """One content that was seen under a model's name."""

    sha256: str
    autov2: str
    autov3: str
    size: int | None
    licence: str
    first_seen: Time
    last_read: Time
    where: list[str] = Field(description="where it lies now; empty where it does not any more")


class ModelDetail(ModelSchema):
    """One model, every content ever seen under its name, and what used it."""

    versions: list[ModelVersionSchema] = Field(description="what counts now first")
    assets: int = Field(description="how many pictures, films and other files were made with it; counting stops at 1,000")
    newest_assets: list[str]
    projects: list[str] = Field(description="in which projects")
    workflows: list[str] = Field(description="newest versions of workflows that name it")
