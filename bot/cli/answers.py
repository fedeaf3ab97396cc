"""Which schema each command answers with; `python -m bot.cli.answers > docs/json.md` writes them down, kept in step by a test."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from typing import Any

from core.schemas.base import Schema

_VERDICTS = ("assets.VerdictList",)
_PERSON = ("people.RoleSchema", "people.PeopleSchema", "renders.FormSchema")
_DESTINATION = ("destinations.DestinationList", "destinations.DestinationDetail", "destinations.RemovedDestination")
_PROCESS = ("operations.ProcessSchema",)
ANSWERS: dict[str, tuple[str, ...]] = {
    "render": ("renders.RenderSchema",),
    "vary": ("renders.RenderSchema",),
    "reroll": ("renders.RenderSchema",),
    "retry": ("renders.RenderSchema",),
    "upscale": ("renders.RenderSchema",),
    "edit": ("renders.FormSchema",),
    "cancel": ("renders.RenderSchema", "renders.RenderList"),
    "queue": ("renders.QueueSchema",),
    "why": ("renders.TimelineSchema",),
    "copy": ("renders.CommandLineSchema",),
    "find": ("search.SearchSchema", "search.ExplainedSchema"),
    "whatis": ("assets.RecognitionSchema", "assets.RecognitionList"),
    "lineage": ("assets.LineageSchema",),
    "compare": ("assets.ComparisonSchema",),
    "takes": ("assets.TakesSchema",),
    "provenance": ("assets.ProvenanceSchema", "assets.ProvenanceList"),
    "approve": _VERDICTS,
    "reject": _VERDICTS,
    "needs-work": _VERDICTS,
    "tag": _VERDICTS,
    "untag": _VERDICTS,
    "fetch": ("assets.FetchedAsset",),
    "ingest": ("imports.ImportSchema", "imports.ImportList"),
    "ingests": ("imports.ImportSchema", "imports.ImportList"),
    "confirm": ("imports.ConfirmationSchema",),
    "export": ("exports.ExportSchema", "exports.ContactSheetSchema", "exports.DryExportList"),
    "links": ("exports.LinkList", "exports.RevokedLink"),
    "profile": ("exports.ProfileList", "exports.ProfileSchema"),
    "verify": ("verification.VerificationSchema", "verification.VerificationList"),
    "restore": ("exports.RestoredFile", "exports.RestoredList"),
    "compliance": ("verification.ComplianceSchema",),
    "declare": ("verification.DeclarationSchema",),
    "models": ("models.ModelList",),
    "model": ("models.ModelDetail",),
    "workflows": ("renders.WorkflowList",),
    "workflow": ("workflows.SavedWorkflow", "workflows.WorkflowDiff", "workflows.WorkflowVersions"),
    "help": ("people.HelpSchema",),
    "people": ("people.PeopleSchema", "people.EmailSchema"),
    "admit": ("people.AdmittedSchema",),
    "signin": ("people.SignInSchema",),
    "sessions": ("people.SessionList", "people.EndedSessions"),
    "apikeys": ("people.ApiKeyList", "people.ApiKeySchema"),
    "role": _PERSON,
    "deactivate": ("people.ActivitySchema",),
    "reactivate": ("people.ActivitySchema",),
    "join": ("people.JoinedMember",),
    "audit": ("audit.AuditSchema", "audit.AuditFile", "audit.AuditCheckSchema", "audit.CheckpointSchema"),
    "project": ("people.ProjectSchema",),
    "workspace": ("people.WorkspaceSchema",),
    "link": ("people.LinkCodeSchema", "people.LinkedAccount"),
    "webhooks": _DESTINATION,
    "dams": _DESTINATION,
    "up": ("operations.RunningSchema",),
    "doctor": ("operations.DoctorSchema",),
    "settings": ("operations.SettingList",),
    "prepare": ("operations.PreparedSchema",),
    "reindex": ("operations.ReindexSchema",),
    "verify-store": ("operations.StoreSchema",),
    "storage": ("operations.UsageSchema",),
    "keys init": ("operations.AuthoritySchema",),
    "keys show": ("operations.CertificateSchema",),
    "keys rotate": ("operations.RenewedCertificate",),
    "keys revoke": ("operations.RevokedCertificate", "operations.RevocationListSchema"),
    "seal": ("operations.SealList",),
    "stamp serve": ("operations.AddressSchema",),
    "selftest chat": ("operations.SelftestSchema",),
    "mcp": ("errors.ErrorAnswer",),
    "web": _PROCESS,
    "worker": _PROCESS,
    "clerk": _PROCESS,
    "archivist": _PROCESS,
    "sweeper": _PROCESS,
    "discord": _PROCESS,
    "slack": ("operations.ProcessSchema", "operations.ManifestSchema"),
}
"""Command -> `module.Schema` in core/schemas, one for each kind of answer."""

_ERRORS = "errors.ErrorAnswer"
_INTRODUCTION = """\
# JSON

Made from the models in `core/schemas` by `python -m bot.cli.answers`; do not edit by hand.

`--json` after any command of `slate` prints one JSON value to standard output, by one of the schemas below. Fields are only
ever added, and keep their names. Times are ISO 8601 in UTC; seeds are strings, as they exceed what JSON numbers hold. A field
marked *optional* is there only where the answer has something to say of it.

An error is an [ErrorAnswer](#erroranswer), whatever the command, and the exit code says of which kind it is
([cli.md](cli.md#exit-codes)).

## Which command answers with what

| command | schema |
|---|---|
"""


def schema(name: str) -> type[Schema]:
    """The class that `module.Schema` names."""
    module, _, kind = name.partition(".")
    found: type[Schema] = getattr(import_module(f"core.schemas.{module}"), kind)
    return found


def page() -> str:
    """docs/json.md."""
    rows = [f"| `{name}` | {', '.join(_link(one.partition('.')[2]) for one in kinds)} |" for name, kinds in ANSWERS.items()]
    found: dict[str, type[Schema]] = {}
    for name in (_ERRORS, *(one for kinds in ANSWERS.values() for one in kinds)):
        _collect(schema(name), found)
    return _INTRODUCTION + "\n".join(rows) + "\n\n" + "\n".join(_section(one) for _, one in sorted(found.items()))


def _collect(kind: type[Schema], found: dict[str, type[Schema]]) -> None:
    """The schema and those that its fields are made of."""
    if kind.__name__ in found:
        return
    found[kind.__name__] = kind
    for field in kind.model_fields.values():
        for part in _parts(field.annotation):
            if isinstance(part, type) and issubclass(part, Schema):
                _collect(part, found)


def _parts(annotation: Any) -> list[Any]:
    within = getattr(annotation, "__args__", ())
    return [annotation, *(deeper for part in within for deeper in _parts(part))]


def _section(kind: type[Schema]) -> str:
    rows = [_row(field.alias or name, field) for name, field in kind.model_fields.items()]
    head = f"## {kind.__name__}\n\n{(kind.__doc__ or '').strip()}\n"
    return f"{head}\n| field | kind | |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def _row(name: str, field: Any) -> str:
    said = "; ".join(part for part in ("" if field.is_required() else "*optional*", field.description or "") if part)
    return f"| `{name}` | {_kind(field.annotation)} | {said} |"


def _kind(annotation: Any) -> str:
    """A type as a reader of JSON would say it."""
    if isinstance(annotation, type) and issubclass(annotation, Schema):
        return _link(annotation.__name__)
    names = {
        "str": "text",
        "int": "whole number",
        "float": "number",
        "bool": "true or false",
        "datetime": "time",
        "Any": "anything",
    }
    names |= {"NoneType": "null"}
    within = [part for part in getattr(annotation, "__args__", ()) if part is not Ellipsis]
    origin = getattr(annotation, "__origin__", None)
    if origin is list:
        return f"list of {_kind(within[0])}"
    if origin is dict:
        return f"object, {_kind(within[0])}: {_kind(within[1])}"
    if origin is tuple:
        return f"list of {len(within)} {_kind(within[0])}s"
    if within:
        return " or ".join(_kind(one) for one in within)
    name = getattr(annotation, "__name__", str(annotation))
    return names.get(name, name)


def _link(name: str) -> str:
    return f"[{name}](#{re.sub(r'[^a-z]', '', name.lower())})"


if __name__ == "__main__":
    sys.stdout.write(page())
