"""What each tool takes, as pydantic models: names, kinds and limits, from which the list of tools is made."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import BadInput

ID = r"^(?:[Rr]-[0-9A-Za-z]{4,13}(?:#\d{1,2}(?:,\d{1,2})*)?|[Aa]-[0-9A-Za-z]{4,13})$"
LONGEST_TEXT = 20_000
LONGEST_PICTURE = 4 * 2**20
"""Characters of Base64: pictures of 3 MiB."""

Id = Annotated[str, Field(pattern=ID, max_length=60, description="A-7Q0D (asset), R-4F2K (render) or R-4F2K#2 (its 2nd picture)")]
Ids = Annotated[list[Id], Field(min_length=1, max_length=50)]
InputName = Annotated[str, Field(pattern=r"^[A-Za-z][\w-]{0,60}$")]
InputValue = Annotated[str, Field(max_length=LONGEST_TEXT)] | bool | int | float
Note = Annotated[str, Field(max_length=2_000, description="why; kept with the verdict")]
Once = Annotated[str, Field(pattern=r"^[\w.-]{8,64}$", description="any id of your own; repeating it never repeats the work")]
ProjectName = Annotated[str, Field(max_length=100, description="slug or name")]
Name = Annotated[str, Field(max_length=100)]
Undo = Annotated[bool, Field(description="withdraw it")]


class ToolArguments(BaseModel):
    """The arguments of a tool that takes none; the others add theirs."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class FindArguments(ToolArguments):
    question: Annotated[str, Field(min_length=1, max_length=2_000)]
    limit: Annotated[int, Field(ge=1, le=25)] = 5
    page: Annotated[str, Field(max_length=500, description="`after` of the answer before")] = ""
    project: ProjectName = ""
    thumbnails: Annotated[int, Field(ge=0, le=5, description="how many results come with a picture")] = 0


class PictureArguments(ToolArguments):
    picture: Annotated[
        str, Field(min_length=4, max_length=LONGEST_PICTURE, description="the file in Base64", pattern=r"^[A-Za-z0-9+/=\s]+$")
    ]
    filename: Name = "picture"


class AssetArguments(ToolArguments):
    id: Id


class AssetsArguments(ToolArguments):
    ids: Ids


class CompareArguments(ToolArguments):
    id: Id
    other: Id


class WorkflowArguments(ToolArguments):
    workflow: Annotated[str, Field(max_length=100, description="one with its inputs; without it, all in brief")] = ""


class QueueArguments(ToolArguments):
    mine: bool = False
    limit: Annotated[int, Field(ge=1, le=50)] = 10


class RenderArguments(ToolArguments):
    workflow: Annotated[str, Field(min_length=1, max_length=100)]
    inputs: Annotated[
        dict[InputName, InputValue],
        Field(max_length=60, description='as `workflows` lists them: {"prompt": "a red shoe", "seed": 7}'),
    ] = {}
    project: ProjectName = ""
    shot: Name = ""
    once: Once = ""


class VaryArguments(ToolArguments):
    id: Id
    inputs: Annotated[dict[InputName, InputValue], Field(max_length=60, description="what shall differ; none: a variation")] = {}
    once: Once = ""


class VerdictArguments(ToolArguments):
    ids: Ids
    note: Note = ""
    undo: Undo = False


class RejectArguments(VerdictArguments):
    verdict: Literal["reject", "needs-work"] = "reject"


class TagArguments(ToolArguments):
    ids: Ids
    tags: Annotated[list[Annotated[str, Field(min_length=1, max_length=60)]], Field(min_length=1, max_length=20)]
    remove: bool = False


class ExportArguments(ToolArguments):
    ids: Ids
    profile: Literal["team", "client", "public", "archive"] = "team"
    to: Annotated[str, Field(max_length=200, description="recipient; logged")] = ""
    why: Annotated[str, Field(max_length=200, description="purpose; logged")] = ""
    format: Literal["", "png", "jpeg", "webp", "avif"] = ""
    package: Literal["files", "zip", "sheet"] = "files"
    dry: Annotated[bool, Field(description="only tell what a recipient could learn")] = False


class ComplianceArguments(ToolArguments):
    ids: Annotated[list[Id], Field(max_length=50)] = []
    project: Annotated[str, Field(max_length=100, description="all of a project, instead of ids")] = ""
    report: Annotated[Literal["", "pdf", "csv"], Field(description="make a file of it")] = ""


def checked(kind: type[ToolArguments], given: dict[str, Any] | None) -> ToolArguments:
    """The arguments as a value. Raises BadInput that names the one that is wrong."""
    try:
        return kind.model_validate(given or {})
    except ValidationError as problem:
        first = problem.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])[:80] or "arguments"
        takes = ", ".join(kind.model_fields) or "none"
        raise BadInput(f"`{where}`: {first['msg'][:200]}.", hint=f"This tool takes: {takes}.", input=where) from problem


def schema_of(kind: type[ToolArguments]) -> dict[str, Any]:
    """The JSON Schema that the list of tools has, without what is of no use there."""
    made: dict[str, Any] = _plain(kind.model_json_schema())
    made.pop("description", None)
    return made


def _plain(value: Any) -> Any:
    """Without titles, empty defaults, and patterns and limits that only Slate needs: they would cost tokens in every session."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {name: _plain(one) for name, one in value.items() if name not in _UNTOLD and (name != "default" or one)}
    if isinstance(properties := value.get("properties"), dict):
        kept["properties"] = {name: _plain(one) for name, one in properties.items()}
    return kept


_UNTOLD = frozenset({"title", "pattern", "maxLength", "minLength", "propertyNames", "maxProperties"})
