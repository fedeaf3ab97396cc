"""The commands help and workflows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot import emoji, formatting
from bot.cards import Answer, Button, Card, Field
from bot.commands.command import Asked, Command
from core import workflows as core_workflows
from core.errors import UnknownCommand
from core.people.roles import Permission, allow
from core.schemas.people import CommandSchema, HelpSchema, OptionSchema
from core.schemas.renders import InputSchema, WorkflowList, WorkflowSchema
from core.text import names
from core.workflows import InputSpec
from storage.rendering import workflows as storage_workflows
from storage.tables import Workflow, WorkflowVersion

FAMILIES = {
    "Render": ("render", "vary", "reroll", "retry", "edit", "upscale", "cancel", "queue", "why", "copy"),
    "Find": ("find", "whatis", "lineage", "compare", "takes", "provenance"),
    "Review": ("approve", "reject", "needs-work", "tag", "untag"),
    "Import": ("ingests", "confirm"),
    "Export": ("export", "links", "profile", "verify", "restore", "compliance", "declare"),
    "Models": ("models", "model"),
    "Help": ("workflows", "workflow", "help"),
    "People": ("people", "role", "admit", "deactivate", "reactivate", "audit"),
    "Projects and accounts": ("project", "workspace", "link", "signin", "sessions", "apikeys"),
    "Other programs": ("webhooks", "dams"),
}
"""In which order help shows the commands."""
_BRIEF = 56
"""Characters of a summary in the list of all commands: a message of Discord's holds 4,000 in all."""
_CLAUSE = re.compile(r"[:,] | \(| that ")


def help(asked: Asked) -> Answer:
    """List the commands, or show how one is used.

    /help
    /help render
    """
    wanted = asked.line.word(0).lstrip("/")
    if wanted:
        command = lookup(asked, wanted)
        return Answer(cards=(_one(command),), private=True, schema=HelpSchema(commands=[schema_of(command)]))
    told = HelpSchema(commands=[schema_of(command) for command in commands(asked)], reactions=reactions_of(asked))
    return Answer(cards=(_all(asked),), private=True, schema=told)


def lookup(asked: Asked, name: str) -> Command:
    """Raises UnknownCommand with what may have been meant."""
    found = asked.table.get(name.casefold())
    if found is None:
        raise unknown(name, asked.table)
    return found


def unknown(name: str, table: Mapping[str, Command]) -> UnknownCommand:
    near = names.nearest(name[:40], table, 1)
    return UnknownCommand(
        f"There is no command `{name[:40]}`.", suggestions=near, hint="" if near else "/help lists the commands.", given=name[:40]
    )


def commands(asked: Asked) -> list[Command]:
    """Every command once, in the order of the table."""
    return list(dict.fromkeys(asked.table.values()))


def reactions_of(asked: Asked) -> dict[str, str]:
    return emoji.meanings(asked.desk.settings)


def schema_of(command: Command) -> CommandSchema:
    return CommandSchema(
        name=command.name,
        usage=usage(command),
        summary=command.summary,
        details=command.details,
        examples=list(command.examples),
        aliases=list(command.aliases),
        options=[OptionSchema(name=option.name, kind=option.kind, help=option.help) for option in command.options],
    )


def usage(command: Command) -> str:
    return f"/{command.name} {command.usage}".strip()


def brief(summary: str) -> str:
    """A summary for the list of all commands: a long one ends where its main clause does.

    >>> brief("List your API keys, make one, give it a new text, or revoke it."), brief("Tag a picture, to find it again.")
    ('List your API keys.', 'Tag a picture, to find it again.')
    """
    return summary if len(summary) <= _BRIEF else _CLAUSE.split(summary, maxsplit=1)[0].rstrip(".") + "."


def _one(command: Command) -> Card:
    options = [Field(f"{option.name}:", option.help, short=False) for option in command.options]
    examples = [Field("Examples", "\n".join(command.examples), short=False)] if command.examples else []
    also = f"Also: {', '.join('/' + alias for alias in command.aliases)}" if command.aliases else ""
    text = f"{command.summary}\n{command.details}".strip()
    return Card(usage(command), text=text, fields=(*options, *examples), footer=also)


def _all(asked: Asked) -> Card:
    by_name = {command.name: command for command in commands(asked)}
    fields = [
        Field(family, "\n".join(f"/{name}  {brief(by_name[name].summary)}" for name in members if name in by_name), short=False)
        for family, members in FAMILIES.items()
    ]
    legend = [f"{emoji}  {meaning}" for emoji, meaning in reactions_of(asked).items()]
    legend.append("1️⃣ 2️⃣ …  approve that picture of several")
    fields.append(Field("Reactions on a result", "\n".join(legend), short=False))
    return Card(
        "Commands",
        text="Type a command, then words and name:value options. Slate completes them as you type.",
        fields=tuple(fields),
        buttons=(Button("workflows", "", "Workflows"), Button("help", "render", "How to render")),
        footer="/help COMMAND explains one. Drop a picture with /whatis to look up where it came from.",
    )


def workflows(asked: Asked) -> Answer:
    """List the workflows, or show one with its inputs.

    /workflows
    /workflows product-depth
    """
    wanted = asked.line.word(0)
    with asked.desk.reading() as session:
        allow(session, asked.member, Permission.SEE, asked.place.project)
        if wanted:
            workflow, version = core_workflows.find(session, wanted)
            card = _recipe(workflow, version.number, core_workflows.inputs_of(version))
            told = _schema(workflow, version.number, core_workflows.inputs_of(version))
            return Answer(cards=(card,), private=True, schema=WorkflowList(workflows=[told]))
        known = [core_workflows.find(session, one.name) for one in storage_workflows.everything(session)]
        fields = [Field(f"{one.name}@{version.number}", _about(one, version), short=False) for one, version in known]
        every = [_schema(one, version.number, core_workflows.inputs_of(version)) for one, version in known]
    buttons = tuple(Button("edit", one.name, one.title or one.name) for one, _ in known[:10])
    card = Card("Workflows", text="Press one to open its form.", fields=tuple(fields), buttons=buttons)
    return Answer(cards=(card,), private=True, schema=WorkflowList(workflows=every))


def _about(workflow: Workflow, version: WorkflowVersion) -> str:
    paid = f"Calls paid services: {', '.join(version.partners[:3])}." if version.partners else ""
    return f"{workflow.description or workflow.title} {paid}".strip()


def _recipe(workflow: Workflow, number: int, specs: Sequence[InputSpec]) -> Card:
    example = f"/render {workflow.name} " + ("a red shoe" if any(spec.name == "prompt" for spec in specs) else "").strip()
    return Card(
        f"{workflow.name}@{number}",
        text=f"{workflow.title}\n{workflow.description}".strip(),
        fields=tuple(Field(f"{spec.name}:", about_input(spec), short=False) for spec in specs),
        buttons=(Button("edit", workflow.name, "Open the form", "primary"),),
        footer=example.strip(),
    )


def about_input(spec: InputSpec) -> str:
    """What an input takes, in a line: `Steps: whole number 1 to 150, default 20`."""
    kind = {"integer": "whole number", "paragraph": "text", "switch": "yes or no", "picture": "a picture: id or dropped file"}
    parts = [kind.get(spec.kind, str(spec.kind))]
    if spec.minimum is not None and spec.maximum is not None and spec.kind != "seed":
        parts.append(f"{spec.minimum:g} to {spec.maximum:g}")
    if spec.choices:
        parts.append("one of " + formatting.short(", ".join(str(one) for one in spec.choices), 120))
    usual = "required" if spec.required else f"default {spec.default}" if spec.default not in (None, "") else "optional"
    label = f"{spec.label or spec.name}{f' ({spec.help})' if spec.help else ''}"
    return f"{label}: {' '.join(parts)}, {formatting.short(usual, 80)}"


def _schema(workflow: Workflow, number: int, specs: Sequence[InputSpec]) -> WorkflowSchema:
    return WorkflowSchema(
        workflow=workflow.name,
        version=number,
        title=workflow.title,
        description=workflow.description,
        inputs=input_schemas(specs),
    )


def input_schemas(specs: Sequence[InputSpec]) -> list[InputSchema]:
    return [
        InputSchema(
            name=spec.name,
            kind=str(spec.kind),
            label=spec.label,
            help=spec.help,
            required=spec.required,
            default=spec.default,
            minimum=spec.minimum,
            maximum=spec.maximum,
            choices=list(spec.choices or ()),
        )
        for spec in specs
    ]
