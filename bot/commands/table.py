"""Everything a person may say: the one table that help, completion, buttons, reactions and every front end read."""

from __future__ import annotations

from bot.commands.command import Command, Option
from core.compliance.rules import QUESTIONS
from core.exports import profiles

PROJECT = Option("project", "Which project it is for; without it, that of the channel.", "project")
SHOT = Option("shot", "Which picture of the project, such as sh010.", "shot")
UNDO = Option("undo", "yes takes your own word back.", "switch")

TABLE: tuple[Command, ...] = (
    Command("render", "render.render", "WORKFLOW [prompt] [name:value …]", "workflow", (PROJECT, SHOT), inputs=True),
    Command("vary", "render.vary", "ID [new prompt] [name:value …]", "asset", (PROJECT, SHOT), inputs=True),
    Command("reroll", "render.reroll", "[ID] [name:value …]", "render", (PROJECT, SHOT), inputs=True),
    Command("retry", "render.retry", "[ID]", "render", (PROJECT, SHOT)),
    Command("upscale", "render.upscale", "ID [name:value …]", "asset", (PROJECT, SHOT), inputs=True),
    Command("edit", "queue.edit", "ID or WORKFLOW", "render"),
    Command("copy", "queue.copy", "[ID]", "render"),
    Command("cancel", "queue.cancel", "ID … or all", "render"),
    Command("queue", "queue.queue", "", options=(
        Option("mine", "yes shows only your own renders.", "switch"),
        Option("limit", "How many are shown, at most 100.", "count"),
    )),
    Command("why", "why.why", "[ID]", "render"),
    Command("find", "search.find", "QUESTION or words and conditions", "question", (
        Option("private", "yes shows the answer to you only.", "switch"),
        Option("limit", "How many pictures are shown, at most 25.", "count"),
        Option("page", "The next page, as the button More asks for it."),
    ), free=True),
    Command("whatis", "search.whatis", "[ID], or drop a picture in", "asset"),
    Command("lineage", "search.lineage", "ID", "asset"),
    Command("compare", "compare.compare", "ID OTHER", "asset"),
    Command("takes", "compare.takes", "ID", "asset"),
    Command("provenance", "search.provenance", "ID", "asset", aliases=("card",)),
    Command("approve", "review.approve", "ID … [note]", "asset", (UNDO,), free=True),
    Command("reject", "review.reject", "ID … [note]", "asset", (UNDO,), free=True),
    Command("needs-work", "review.needs_work", "ID … [note]", "asset", (UNDO,), free=True),
    Command("tag", "review.tag", "ID … WORD …", "asset"),
    Command("untag", "review.untag", "ID … WORD …", "asset"),
    Command("confirm", "imports.confirm", "ID … or a search", "question", (
        Option("maker", "Who made it, where that is not who is inferred.", "member"),
        Option("into", "The project it was made for.", "project"),
        Option("as", "The shot it is.", "shot", flag="shot"),
        Option("sure", "yes confirms all that a search finds.", "switch"),
    ), free=True),
    Command("ingests", "imports.ingests", "[ID]"),
    Command("export", "export.export", "ID … [profile:NAME]", "asset", (
        Option("profile", "team, client, public or archive; without it, team.", choices=tuple(profiles.SHIPPED)),
        Option("to", "Who gets it; it is logged."),
        Option("why", "What for; it is logged."),
        Option("format", "png, jpeg, webp or avif; without it, as it is.", choices=tuple(profiles.FORMATS)),
        Option("size", "Longest side in pixels; never enlarged.", "text"),
        Option("quality", "1 to 100, for JPEG, WebP and AVIF."),
        Option("colour", "srgb turns the colours into sRGB.", choices=("srgb", "keep")),
        Option("naming", "How files are named: {project}_{shot}_{number}."),
        Option("credit", "Credit line of this export."),
        Option("as", "files, zip or sheet (a contact sheet as PDF).", choices=("files", "zip", "sheet"), flag="package"),
        Option("dry", "yes only shows what a recipient could learn.", "switch"),
    )),
    Command("profile", "export.profile", "[PROFILE] [rule:value …]", "", (
        PROJECT,
        *(Option(rule, f"The rule {rule} of the profile.") for rule in profiles.RULES),
        Option("reset", "yes takes the project's own rules back.", "switch"),
    )),
    Command("verify", "export.verify", "[ID or ADDRESS], or drop a picture in", "asset"),
    Command("restore", "export.restore", "[ID], or drop a picture in", "asset"),
    Command("compliance", "compliance.compliance", "[ID …] or project:NAME", "asset", (
        PROJECT,
        Option("since", "From which day on, such as 2026-11-01."),
        Option("until", "Before which day."),
        Option("as", "pdf or csv.", choices=("pdf", "csv"), flag="report"),
    )),
    Command("declare", "compliance.declare", "ID … [QUESTION:ANSWER]", "asset", tuple(
        Option(question, f"Your answer to the question {question}.") for question in QUESTIONS
    )),
    Command("workflows", "help.workflows", "[WORKFLOW]", "workflow"),
    Command("project", "projects.project", "[SLUG] [name:value …]", "project", (
        Option("new", "Name of a new project, which this channel then belongs to."),
        Option("client", "Who pays for the new project."),
        Option("reactions", "Which emoji stands for which command here: ✅=approve,⭐=tag pick; or `default`."),
    )),
    Command("workspace", "projects.workspace", "", options=(
        Option("project", "What new channels belong to; `default` for the default project.", "project"),
        Option("newcomers", "Role of people who come in from here: viewer, artist, lead, nobody or default.",
               choices=("viewer", "artist", "lead", "nobody", "default")),
        Option("guests", "Role of guests and people of other companies: viewer, artist, lead; nobody without it.",
               choices=("viewer", "artist", "lead", "nobody", "default")),
    )),
    Command("link", "projects.link", "[CODE]"),
    Command("help", "help.help", "[COMMAND]", "command", aliases=("?",)),
)  # fmt: skip

BY_NAME: dict[str, Command] = {name: command for command in TABLE for name in (command.name, *command.aliases)}
