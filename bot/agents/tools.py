"""The tools of agents: what each is for, what it takes, and the command that it stands for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot import command_text
from bot.agents import arguments
from bot.agents.calling import AgentRequest
from core.people.api_keys import KeyScope


@dataclass(frozen=True)
class AgentTool:
    """One tool. `write` makes the command of its arguments."""

    name: str
    about: str
    takes: type[arguments.ToolArguments]
    write: Callable[[Any], AgentRequest]
    scope: KeyScope = KeyScope.READ
    destructive: bool = False
    """Whether it takes something away that somebody may miss: agents' programs ask before they call it."""


def _find(asked: arguments.FindArguments) -> AgentRequest:
    page = {"page": asked.page} if asked.page else {}
    line = command_text.write("find", options={"limit": asked.limit, **page})
    return AgentRequest("find", f"{line} {asked.question}", asked.project)


def _about(command: str, *ids: str, text: str = "", options: Mapping[str, object] | None = None) -> str:
    """A line about ids; the text is one quoted word, so that nothing in it is an id, a number or an option."""
    said = ['"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'] if text else []
    written = command_text.write("", options={name: _value(value) for name, value in (options or {}).items()})
    return " ".join([command, *ids, *said, written.strip()]).strip()


def _value(value: object) -> object:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def _plain(tool: str, command: str = "") -> Callable[[arguments.AssetArguments], AgentRequest]:
    return lambda asked: AgentRequest(tool, _about(command or tool, asked.id), about=asked.id)


def _compare(asked: arguments.CompareArguments) -> AgentRequest:
    return AgentRequest("compare", _about("compare", asked.id, asked.other), about=f"{asked.id} {asked.other}")


def _workflows(asked: arguments.WorkflowArguments) -> AgentRequest:
    return AgentRequest("workflows", command_text.write("workflows", [asked.workflow] if asked.workflow else []))


def _queue(asked: arguments.QueueArguments) -> AgentRequest:
    return AgentRequest("queue", _about("queue", options={"limit": asked.limit, "mine": asked.mine}))


def _render(asked: arguments.RenderArguments) -> AgentRequest:
    options = {name: _value(value) for name, value in asked.inputs.items()} | ({"shot": asked.shot} if asked.shot else {})
    line = command_text.write("render", [asked.workflow], options)
    return AgentRequest("render", line, asked.project, asked.once, about=asked.workflow)


def _vary(asked: arguments.VaryArguments) -> AgentRequest:
    return AgentRequest("vary", _about("vary", asked.id, options=asked.inputs), once=asked.once, about=asked.id)


def _approve(asked: arguments.VerdictArguments) -> AgentRequest:
    return _verdict("approve", "approve", asked)


def _reject(asked: arguments.RejectArguments) -> AgentRequest:
    return _verdict("reject", asked.verdict, asked)


def _verdict(tool: str, command: str, asked: arguments.VerdictArguments) -> AgentRequest:
    options = {"undo": True} if asked.undo else {}
    return AgentRequest(tool, _about(command, *asked.ids, text=asked.note, options=options), about=" ".join(asked.ids))


def _tag(asked: arguments.TagArguments) -> AgentRequest:
    command = "untag" if asked.remove else "tag"
    return AgentRequest("tag", _about(command, *asked.ids, text=" ".join(asked.tags)), about=" ".join(asked.ids))


def _export(asked: arguments.ExportArguments) -> AgentRequest:
    told = {"to": asked.to, "why": asked.why, "format": asked.format}
    options = {"profile": asked.profile, **{name: text for name, text in told.items() if text}, "as": asked.package}
    options |= {"dry": "yes"} if asked.dry else {}
    return AgentRequest("export", _about("export", *asked.ids, options=options), about=" ".join(asked.ids))


def _compliance(asked: arguments.ComplianceArguments) -> AgentRequest:
    options = {"project": asked.project, "as": asked.report}
    line = _about("compliance", *asked.ids, options={name: text for name, text in options.items() if text})
    return AgentRequest("compliance", line, about=" ".join(asked.ids) or asked.project)


def _whatis(asked: arguments.PictureArguments) -> AgentRequest:
    return AgentRequest("whatis", "whatis")


def _cancel(asked: arguments.AssetsArguments) -> AgentRequest:
    return AgentRequest("cancel", _about("cancel", *asked.ids), about=" ".join(asked.ids))


_WRITE = KeyScope.WRITE
TOOLS: tuple[AgentTool, ...] = (
    AgentTool(
        "find",
        "Search what the team made, and answer questions about it: who made it, when, for whom, with what, how many. "
        "Plain questions in any language, or filters by: client: project: shot: status: model: workflow: technique: tag: "
        "before: after:. Start here.",
        arguments.FindArguments,
        _find,
    ),
    AgentTool(
        "whatis", "Recognise a picture: which asset it shows, even if cropped or re-encoded.", arguments.PictureArguments, _whatis
    ),
    AgentTool(
        "asset", "One asset in short, with a thumbnail: maker, client, prompt, status, link.", arguments.AssetArguments,
        _plain("asset", "provenance"),
    ),
    AgentTool(
        "provenance", "Everything on how an asset came to be: seed, models with hashes, statement.", arguments.AssetArguments,
        _plain("provenance"),
    ),
    AgentTool("lineage", "What an asset was made from and used in.", arguments.AssetArguments, _plain("lineage")),
    AgentTool("compare", "How two assets differ: settings, prompt words, pixels.", arguments.CompareArguments, _compare),
    AgentTool(
        "workflows", "What can be rendered: the workflows, or one with its inputs.", arguments.WorkflowArguments, _workflows
    ),
    AgentTool("queue", "What is rendering and what waits, with position and reason.", arguments.QueueArguments, _queue),
    AgentTool(
        "why", "One render: its state, results and errors, and where its time went. Ask again until it is done.",
        arguments.AssetArguments, _plain("why"),
    ),
    AgentTool(
        "render", "Render with a workflow. Returns at once; `why` tells when it is done.", arguments.RenderArguments, _render,
        _WRITE,
    ),
    AgentTool("vary", "Render again with changes, or make a variation of a picture.", arguments.VaryArguments, _vary, _WRITE),
    AgentTool("cancel", "Cancel renders that wait or run.", arguments.AssetsArguments, _cancel, _WRITE, destructive=True),
    AgentTool("approve", "Approve pictures; a lead's word decides, others vote.", arguments.VerdictArguments, _approve, _WRITE),
    AgentTool(
        "reject", "Reject pictures, or mark them as needing work; say why.", arguments.RejectArguments, _reject, _WRITE,
        destructive=True,
    ),
    AgentTool("tag", "Tag pictures, or remove tags.", arguments.TagArguments, _tag, _WRITE),
    AgentTool(
        "export", "Make copies for a recipient by a profile, with links to download them.", arguments.ExportArguments, _export,
        _WRITE,
    ),
    AgentTool(
        "compliance", "Check the duties to mark AI pictures, item by item.", arguments.ComplianceArguments, _compliance, _WRITE
    ),
)  # fmt: skip
BY_NAME = {one.name: one for one in TOOLS}
