"""Everything a person may say: the one table that help, completion, buttons, reactions and every front end read."""

from __future__ import annotations

from bot.commands.command import Command, Option
from core.compliance.rules import QUESTIONS
from core.exports import profiles

PROJECT = Option("project", "The project; default: the channel's.", "project")
SHOT = Option("shot", "The shot, such as sh010.", "shot")
UNDO = Option("undo", "yes withdraws your own.", "switch")
DESTINATION = (
    Option("url", "Its address."),
    Option("events", "Which events, separated by commas: asset.approved, render.* or *."),
    Option("project", "Only events of this project; all for every one.", "project"),
    Option("client", "Only events of this client's projects; all for every one."),
    Option("profile", "Export profile of the file that goes there.", choices=tuple(profiles.SHIPPED)),
    Option("test", "yes sends a test.", "switch"),
    Option("on", "no switches it off, yes on.", "switch"),
    Option("replay", "dead, or the id of a delivery such as D-4F2K: send it again."),
    Option("since", "Send again what happened from this day on."),
    Option("until", "Send again what happened before this day."),
    Option("remove", "yes removes it.", "switch"),
    Option("limit", "How many deliveries are shown, at most 100.", "count"),
)

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
    Command("find", "search.find", "QUESTION or words and filters", "question", (
        Option("private", "yes shows the answer to you only.", "switch"),
        Option("limit", "How many pictures are shown, at most 25.", "count"),
        Option("page", "The next page; the button More fills it in."),
    ), free=True),
    Command("whatis", "search.whatis", "[ID], or drop a picture in", "asset", (
        Option("private", "yes shows the answer to you only.", "switch"),
    )),
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
        Option("maker", "Who made it, if not who was inferred.", "member"),
        Option("into", "The project it was made for.", "project"),
        Option("as", "The shot.", "shot", flag="shot"),
        Option("sure", "yes confirms all that a search finds.", "switch"),
    ), free=True),
    Command("ingests", "imports.ingests", "[ID]"),
    Command("export", "export.export", "ID … [profile:NAME]", "asset", (
        Option("profile", "team, client, public or archive; default: team.", choices=tuple(profiles.SHIPPED)),
        Option("to", "Recipient; it is logged."),
        Option("why", "Purpose; it is logged."),
        Option("format", "png, jpeg, webp or avif; default: unchanged.", choices=tuple(profiles.FORMATS)),
        Option("size", "Longest side in pixels; never enlarged.", "text"),
        Option("quality", "1 to 100, for JPEG, WebP and AVIF."),
        Option("colour", "srgb converts the colours to sRGB.", choices=("srgb", "keep")),
        Option("naming", "File name pattern: {project}_{shot}_{number}."),
        Option("credit", "Credit line of this export."),
        Option("as", "files, zip or sheet (a contact sheet as PDF).", choices=("files", "zip", "sheet"), flag="package"),
        Option("dry", "yes only shows what a recipient could learn.", "switch"),
    )),
    Command("links", "links.listed", "[ID]", "asset", (
        Option("revoke", "yes revokes the link.", "switch"),
        Option("limit", "How many are shown, at most 100.", "count"),
    )),
    Command("profile", "export.profile", "[PROFILE] [rule:value …]", "", (
        PROJECT,
        *(Option(rule, profiles.HELP[rule]) for rule in profiles.RULES),
        Option("reset", "yes restores the default rules.", "switch"),
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
    Command("workflow", "workflow.workflow", "ACTION NAME [ID …], or drop a file in", options=(
        Option("title", "What the list of workflows shows."),
        Option("copy", "yes saves it although it is a copy of another workflow.", "switch"),
        Option("allow", "yes allows nodes that run code, reach files or call out; for admins.", "switch"),
        Option("hint", "What to use instead of what is put away."),
        Option("undo", "yes takes stable or deprecate back.", "switch"),
    )),
    Command("models", "models.models", "[WORD …]", options=(
        Option("limit", "How many are shown, at most 100.", "count"),
    )),
    Command("model", "models.model", "NAME", "model"),
    Command("project", "projects.project", "[SLUG] [name:value …]", "project", (
        Option("new", "Name of a new project for this channel."),
        Option("client", "Client of the new project."),
        Option("reactions", "Which emoji stands for which command here: ✅=approve,⭐=tag pick; or `default`."),
    )),
    Command("workspace", "projects.workspace", "", options=(
        Option("project", "Project of new channels, or `default`.", "project"),
        Option("newcomers", "Role of people who join from here: viewer, artist, lead, nobody or default.",
               choices=("viewer", "artist", "lead", "nobody", "default")),
        Option("guests", "Role of guests and people of other companies: viewer, artist, lead; default: nobody.",
               choices=("viewer", "artist", "lead", "nobody", "default")),
    )),
    Command("people", "people.people", "[MEMBER]", "member", (
        Option("project", "Only people with a role of their own in this project.", "project"),
        Option("email", "The address by which this person signs in with an identity provider; admins may add one."),
        Option("limit", "How many are shown, at most 100.", "count"),
    )),
    Command("role", "people.role", "[MEMBER] [ROLE] [project:NAME]", "member", (
        Option("project", "The project in which the role holds; default: everywhere.", "project"),
        Option("member", "A name, a first name or a mention; start typing to find one.", "member"),
        Option("role", "viewer, artist, lead or admin; none takes a project's role away.",
               choices=("viewer", "artist", "lead", "admin", "none")),
    )),
    Command("admit", "people.admit", "MEMBER [ROLE]", "member"),
    Command("deactivate", "people.deactivate", "MEMBER", "member"),
    Command("reactivate", "people.reactivate", "MEMBER", "member"),
    Command("audit", "audit.audit", "[ID or NAME or verify or checkpoint]", "member", (
        Option("by", "Only what this person did.", "member"),
        Option("action", "Only these actions: a whole one such as asset:verdict, or a part such as role."),
        Option("project", "Only what happened in this project.", "project"),
        Option("day", "Only this day (UTC), such as 2026-11-30."),
        Option("since", "From which day on."),
        Option("until", "Before which day."),
        Option("limit", "How many are shown, at most 100.", "count"),
        Option("before", "Only events before this number; the button More fills it in."),
        Option("as", "csv, or jsonl for the whole log.", choices=("csv", "jsonl"), flag="report"),
    )),
    Command("webhooks", "destinations.webhooks", "[NAME] [name:value …]", "", (
        *DESTINATION,
        Option("secret", "new makes a new secret; the old one works two days longer.", choices=("new",)),
        Option("format", "standard or cloudevents; default: standard.", choices=("standard", "cloudevents")),
        Option("as", "Who acts here for what it says to Slate.", "member", flag="acts-as"),
    )),
    Command("dams", "destinations.dams", "[NAME] [name:value …]", "", (
        *DESTINATION,
        Option("via", "webdav, folder or s3; default: webdav.", choices=("webdav", "folder", "s3")),
        Option("path", "Where files go below the address: {client}/{project}/{shot}/{asset}."),
        Option("sidecar", "xmp, json, both or none: what is put beside a file; default: xmp.",
               choices=("xmp", "json", "both", "none")),
        Option("user", "The name there."),
        Option("password", "The password there; better given on the command line than in chat.", secret=True),
    )),
    Command("link", "projects.link", "[CODE]"),
    Command("apikeys", "api_keys.listed", "[new NAME or KEY]", options=(
        Option("scope", "read or write; default: read.", choices=("read", "write")),
        Option("days", "For how many days it is valid, 1 to 366; default: 90.", "count"),
        Option("service", "A service account that it acts as; admins make these."),
        Option("role", "The role of a new service account; default: artist.", choices=("viewer", "artist", "lead")),
        Option("rotate", "yes gives the key a new text; the old one is valid for another day.", "switch"),
        Option("revoke", "yes ends the key.", "switch"),
        Option("all", "yes lists everybody's; for admins.", "switch"),
        Option("limit", "How many are shown, at most 100.", "count"),
    )),
    Command("signin", "signin.offer", ""),
    Command("sessions", "signin.listed", "[SESSION or MEMBER]", "member", (
        Option("revoke", "yes ends the session, or all of the person's.", "switch"),
        Option("limit", "How many are shown, at most 100.", "count"),
    )),
    Command("help", "help.help", "[COMMAND]", "command", aliases=("?",)),
)  # fmt: skip

BY_NAME: dict[str, Command] = {name: command for command in TABLE for name in (command.name, *command.aliases)}
