"""The command workflow: save one, compare its versions, say which one is used."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

from sqlmodel import Session

from bot.cards import Answer, Button, Card, Field
from bot.commands import background, subjects
from bot.commands.command import Asked
from bot.commands.help import about_input, input_schemas
from bot.formatting import short, when
from core.comfyui.differences import GraphDifference
from core.errors import BadInput, MissingInput
from core.files import stored
from core.people.roles import Permission, allow
from core.saving import brought, draft, relatives, save, versions
from core.saving.brought import Brought
from core.saving.save import SavedVersion
from core.schemas.workflows import GraphDifferenceSchema, SavedWorkflow, VersionSchema, WorkflowDiff, WorkflowVersions
from core.text import names
from core.workflows import find, inputs_of
from storage.people import members
from storage.rendering import renders, workflows
from storage.tables import Asset, Render, Workflow, WorkflowVersion

_ACTIONS = ("save", "diff", "versions", "stable", "rollback", "deprecate")
_SHOWN, _MOST_FIELDS = 12, 18


def workflow(asked: Asked) -> Answer:
    """Save a workflow from a file or a result, compare its versions, or say which one is used.

    ACTION is save, versions, diff, stable, rollback or deprecate.

    `save NAME` takes a file that comes along (a workflow as JSON, or a picture or film that ComfyUI made) or the id of a result.
    Its inputs are found and shown; it can be asked for at once. Saved again, it gets a new version; a copy of another workflow
    is recognised and not saved twice, unless with `copy:yes`. Nodes that run code, reach files by any path or call out are
    refused; an admin may allow them with `allow:yes`.

    `stable NAME@2` makes that version the one people get, `rollback NAME` the one before, `deprecate NAME` puts it away; with
    `undo:yes` they take it back. Artists change what they saved themselves, leads all.
    /workflow save product-depth
    /workflow save product-depth R-4F2K
    /workflow diff product-depth 1 2
    /workflow deprecate product-depth@1 hint:"use product-depth@2"
    """
    action, name = asked.line.word(0).casefold(), asked.line.word(1)
    if action not in _ACTIONS:
        near = names.nearest(action, _ACTIONS, 1) if action else []
        hint = f"Did you mean /workflow {near[0]}?" if near else f"Write /workflow {', '.join(_ACTIONS[:-1])} or {_ACTIONS[-1]}."
        said = f"`{action[:40]}` is nothing that can be done with a workflow." if action else "What should be done?"
        raise BadInput(said, hint=hint, input="action")
    if not name:
        raise MissingInput("Which workflow?", hint=f"Write /workflow {action} NAME; /workflows lists them.", input="name")
    return {"save": _save, "diff": _diff, "versions": _versions}.get(action, _decide)(asked, name)


def _save(asked: Asked, name: str) -> Answer:
    draft.checked_name(name)
    with asked.desk.reading() as session:
        allow(session, asked.member, Permission.SAVE_WORKFLOWS, None)
        found = None if asked.attachments else _result(session, asked)
    if asked.later:
        return background.begin(asked, "Reading the workflow.")
    source = brought.from_result(asked.desk, *found) if found else _file(asked)
    made = draft.make(asked.desk, source, name, title=asked.option("title"))
    saved = save.save(asked.desk, made, by=asked.member, copy=asked.switch("copy"), allowed=asked.switch("allow"))
    return _saved(saved)


def _file(asked: Asked) -> Brought:
    if len(asked.attachments) > 1:
        raise BadInput(
            f"{len(asked.attachments)} files came along; a workflow is saved from one.", hint="Send one.", input="file"
        )
    one = asked.attachments[0]
    return brought.from_file(asked.desk, stored.read(asked.desk, one.sha256, name=one.filename), one.filename)


def _result(session: Session, asked: Asked) -> tuple[Asset | None, Render | None]:
    """The result that is named, or that of the thread. Raises MissingInput, UnknownRender, UnknownAsset, Refused."""
    code = asked.line.word(2)
    here = subjects.in_thread(session, asked) if not code else None
    if here is not None and here.render_id is not None:
        found = renders.by_id(session, here.render_id)
        code = found.code if found else ""
    if code[:2].upper() == "R-":
        return None, subjects.check_visible(session, asked, subjects.render_of(session, code))
    if code[:2].upper() == "A-":
        asset = subjects.check_visible(session, asked, subjects.asset_by(session, code))
        return asset, renders.by_id(session, asset.render_id) if asset.render_id else None
    hint = "Send a workflow as JSON or a picture that ComfyUI made along with the command, or name a result: R-4F2K."
    raise MissingInput("There is no file to save.", hint=hint, input="file")


def _saved(saved: SavedVersion) -> Answer:
    version, specs = saved.version, inputs_of(saved.version)
    label = f"{saved.workflow.name}@{version.number}"
    lines = [_sentence(saved, label)]
    if saved.since is not None and saved.state == "changed":
        changed = saved.since.telling or list(saved.since.differences)
        lines.append(f"Since {saved.since.label}: {relatives.in_words(changed)}." if changed else "Only its inputs changed.")
    if saved.state == "new" and saved.near is not None:
        lines.append(saved.near.sentence)
    if saved.draft.partners and saved.state != "known":
        lines.append(f"It calls paid services: {', '.join(saved.draft.partners[:6])}.")
    if saved.draft.risks and saved.state in ("new", "changed"):
        lines.append(f"Allowed by an admin: {'; '.join(str(one) for one in saved.draft.risks[:3])}.")
    lines += saved.draft.notes if saved.state in ("new", "changed") else []
    fields = [Field(f"{spec.name}:", about_input(spec), short=False) for spec in specs[:_MOST_FIELDS]]
    more = (
        f"{len(specs) - _MOST_FIELDS} more inputs; /workflows {saved.workflow.name} shows all. "
        if len(specs) > _MOST_FIELDS
        else ""
    )
    prompt = " a red shoe" if any(spec.name == "prompt" for spec in specs) else ""
    card = Card(
        label,
        text="\n".join(lines),
        tone="done" if saved.state in ("new", "changed") else "plain",
        fields=tuple(fields),
        buttons=(Button("edit", saved.workflow.name, "Open the form", "primary"),),
        footer=f"{more}/render {saved.workflow.name}{prompt}",
    )
    return Answer(cards=(card,), schema=_saved_schema(saved))


def _sentence(saved: SavedVersion, label: str) -> str:
    match saved.state:
        case "new" if saved.known_as is not None:
            return f"Saved as {label}. It is a copy of {saved.known_as.label}."
        case "new" | "changed":
            return f"Saved as {label}."
        case "again":
            return f"This is {label} already, to the last value; nothing was saved."
        case "known":
            known = saved.known_as
            only = f", with other values: {relatives.in_words(known.differences)}" if known and known.differences else ""
            return f"This is the same workflow as {label}{only}. Nothing was saved; copy:yes keeps it under its own name, too."


def _saved_schema(saved: SavedVersion) -> SavedWorkflow:
    told = saved.known_as if saved.state == "known" else saved.since or saved.near
    wrote = saved.state in ("new", "changed")
    return SavedWorkflow(
        workflow=saved.workflow.name,
        version=saved.version.number,
        title=saved.workflow.title,
        description=saved.workflow.description,
        inputs=input_schemas(inputs_of(saved.version)),
        saved=wrote,
        state=saved.state,
        identity=saved.draft.identity,
        same_as=[saved.known_as.label] if saved.known_as else [],
        near=saved.near.label if saved.near and saved.state == "new" else "",
        differences=[_difference(one) for one in (told.differences if told else ())],
        partners=list(saved.draft.partners),
        allowed=[one.kind for one in saved.draft.risks] if wrote else [],
        notes=list(saved.draft.notes),
    )


def _difference(one: GraphDifference) -> GraphDifferenceSchema:
    return GraphDifferenceSchema(
        what=one.what, node=one.node, field=one.field, input=one.name, before=one.before, after=one.after, asked=one.asked
    )


def _diff(asked: Asked, name: str) -> Answer:
    with asked.desk.reading() as session:
        allow(session, asked.member, Permission.SEE, asked.place.project)
        first, second = asked.line.word(2).lstrip("v@"), asked.line.word(3).lstrip("v@")
        told, newer = versions.diff(session, name, first, second)
        of = f"{told.workflow.name}@{newer.number}"
        same = told.version.identity == newer.identity
        schema = WorkflowDiff(
            workflow=told.workflow.name,
            before=told.version.number,
            after=newer.number,
            same=same,
            differences=[_difference(one) for one in told.differences],
        )
    title = f"{told.label} → {of}"
    return Answer(cards=(Card(title, text="\n".join(_lines(told.differences, same))),), private=True, schema=schema)


def _lines(found: Sequence[GraphDifference], same: bool) -> list[str]:
    if not found:
        return ["Their graphs do the same; only inputs or their words differ."]
    shown = [f"{one!s}." for one in found[:_SHOWN]]
    more = [f"And {len(found) - _SHOWN} more."] if len(found) > _SHOWN else []
    return [*shown, *more, *(["Both are the same workflow: only values that are given anew each time differ."] if same else [])]


def _versions(asked: Asked, name: str) -> Answer:
    with asked.desk.reading() as session:
        allow(session, asked.member, Permission.SEE, asked.place.project)
        there, _ = find(session, f"{name.partition('@')[0]}@latest")  # also one that was put away
        found = workflows.versions_of(session, there.id or 0)
        told = [_version(session, there, one) for one in reversed(found)]
    schema = WorkflowVersions(workflow=there.name, deprecated=there.deprecated, versions=told)
    fields = tuple(Field(f"{there.name}@{one.version}", _line(one), short=False) for one in told[:_MOST_FIELDS])
    text = f"Put away: {there.deprecated}" if there.archived else ""
    return Answer(cards=(Card(f"Versions of {there.name}", text=text, fields=fields),), private=True, schema=schema)


def _version(session: Session, there: Workflow, one: WorkflowVersion) -> VersionSchema:
    by = members.by_id(session, one.created_by) if one.created_by else None
    return VersionSchema(
        version=one.number,
        by=by.name if by else "",
        saved=one.created_at,
        source=one.saved_from,
        identity=one.identity,
        latest=one.id == there.latest_version_id,
        stable=one.id == there.stable_version_id,
        deprecated=one.deprecated,
    )


def _line(one: VersionSchema) -> str:
    marks = [word for word, on in (("latest", one.latest), ("stable", one.stable)) if on]
    marks += [f"deprecated: {short(one.deprecated, 80)}"] if one.deprecated else []
    source = f"from {one.source}" if one.source else ""
    saved = one.saved.astimezone(UTC)
    return " · ".join(part for part in (one.by or "comes with Slate", when(saved), source, *marks) if part)


def _decide(asked: Asked, name: str) -> Answer:
    undo, action = asked.switch("undo"), asked.line.word(0).casefold()
    if action == "stable":
        there, version = versions.make_stable(asked.desk, name, by=asked.member, undo=undo)
        said = f"{there.name} has no stable version any more; people get the latest." if undo else (
            f"{there.name}@{version.number} is stable: people get it when they name no version.")  # fmt: skip
    elif action == "rollback":
        there, version = versions.roll_back(asked.desk, name, by=asked.member)
        said = f"{there.name}@{version.number} is the latest version again."
    else:
        hint = asked.option("hint") or asked.line.rest(2)
        there, old = versions.deprecate(asked.desk, name, hint[:300], by=asked.member, undo=undo)
        label = f"{there.name}@{old.number}" if old else there.name
        said = f"{label} can be used again." if undo else f"{label} is put away: {old.deprecated if old else there.deprecated}"
    answer = _versions(asked, there.name)
    return Answer(said, answer.cards, schema=answer.schema)
