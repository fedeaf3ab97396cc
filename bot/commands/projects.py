"""Commands on projects, workspaces and accounts: project, workspace, link."""

from __future__ import annotations

from sqlmodel import Session

from bot import emoji
from bot.cards import Answer, Card, Field
from bot.commands.command import Asked
from core.errors import BadInput, Conflict, MissingInput
from core.people import accounts, projects, workspaces
from core.people.roles import Permission, allow
from core.schemas.people import LinkCodeSchema, LinkedAccount, ProjectSchema, WorkspaceSchema
from storage.people import projects as storage_projects
from storage.tables import Project


def project(asked: Asked) -> Answer:
    """Show or change the project of this channel.

    Renders here are saved to that project unless `project:` says otherwise. A lead may change it, create a new one, and set
    which emoji stands for which command in it.
    /project
    /project acme-spring
    /project new:"Spring 26" client:Acme
    /project reactions:"✅=approve,❌=reject,⭐=tag pick"
    """
    chosen, new, reactions = asked.line.word(0), asked.option("new"), asked.option("reactions")
    if chosen and new:
        raise BadInput("That names both an existing and a new project.", hint="Give one of them.", input="new")
    mapping = _mapping(reactions) if reactions else ""
    with asked.desk.writing() as session:
        current = _chosen(session, asked, chosen, new)
        if reactions:
            projects.set_reactions(session, current, mapping, by=asked.member)
        allow(session, asked.member, Permission.SEE, current)
        changed = bool(chosen or new or reactions)
        return Answer(cards=(_card(session, asked, current),), private=not changed, schema=_schema(session, current))


def workspace(asked: Asked) -> Answer:
    """Show or change the settings of this Slack workspace or Discord server.

    `project:` is the project of its new channels. `newcomers:` is the role of people who join from it, such as `viewer` on a
    client's server, or `nobody`. `guests:` is the role of guests and of people of other companies, who cannot join without it.
    `default` resets each. Admins may change it.
    /workspace
    /workspace project:acme-spring newcomers:viewer
    /workspace guests:viewer
    """
    place, project, newcomers, guests = asked.place, asked.option("project"), asked.option("newcomers"), asked.option("guests")
    with asked.desk.writing() as session:
        kept = workspaces.change(
            session, place.platform, place.tenant, project=project, newcomers=newcomers, guests=guests, by=asked.member
        )  # fmt: skip
        rules = workspaces.rules(session, place.platform, place.tenant)
        name, slug = kept.name or place.tenant, rules.project.slug if rules.project else ""
    shown = (
        Field("Project of new channels", slug or "the default project"),
        Field("Role of newcomers", rules.newcomers or "default"),
        Field("Role of guests", rules.guests or "cannot join"),
        Field("Let in by name", str(len(rules.admitted) or "nobody")),
    )
    told = WorkspaceSchema(
        workspace=name, project=slug, newcomers=rules.newcomers, guests=rules.guests, admitted=dict(rules.admitted)
    )
    return Answer(cards=(Card(name, fields=shown),), private=True, schema=told)


def link(asked: Asked) -> Answer:
    """Link your Slack, Discord and web accounts.

    Without a code you get one that is valid for 15 minutes. Type it on the other platform: both accounts are then one person,
    with one name, role and list of renders.
    /link
    /link K7PQ2-M9XTR
    """
    code = asked.line.word(0)
    if not code:
        made = accounts.offer(asked.desk, asked.member)
        said = f"Type this on the other platform within 15 minutes to link that account to {asked.member.name}:"
        return Answer(said, private=True, copy=f"/link {made}", schema=LinkCodeSchema(code=made))
    if not asked.said.user_id:
        raise Conflict(
            "There is no account to link here.", hint="Type it in Slack or Discord, from the account you want to link."
        )
    member = accounts.join(asked.desk, asked.place.platform, asked.said.user_id, code)
    return Answer(f"This account is now linked to {member.name}.", private=True, schema=LinkedAccount(member=member.name))


def _chosen(session: Session, asked: Asked, slug: str, new: str) -> Project:
    """The project meant: found, made, or that of the channel, which then belongs to it."""
    if new and not asked.option("client"):
        raise MissingInput("A new project needs a client.", hint=f'Write /project new:"{new[:40]}" client:Acme.', input="client")
    if not slug and not new:
        here = asked.place.project
        return (storage_projects.by_id(session, here.id) if here and here.id else None) or projects.default(session)
    made = projects.add(session, asked.option("client"), new, by=asked.member) if new else projects.find(session, slug)
    if asked.place.channel_id:
        channel, _ = projects.open_channel(session, asked.place.platform, asked.place.channel_id, "", tenant=asked.place.tenant)
        projects.bind_channel(session, channel.platform, channel.channel_id, channel.name, made, by=asked.member)
    return made


def _mapping(text: str) -> str:
    """The mapping as it is kept: checked, or empty for `default`. Raises BadInput."""
    from bot.commands.table import BY_NAME

    if text.strip().casefold() == "default":
        return ""
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    wrong = [shown for shown, _, said in pairs if not shown.strip() or (said.split() or [""])[0] not in BY_NAME]
    if wrong or not pairs:
        hint = "Write emoji=command, separated by commas, such as ✅=approve,⭐=tag pick; `default` for the defaults."
        raise BadInput("That is not a list of reactions.", hint=hint, input="reactions")
    return ",".join(f"{shown.strip()}={said.strip()}" for shown, _, said in pairs)


def _card(session: Session, asked: Asked, current: Project) -> Card:
    meanings = emoji.meanings(asked.desk.settings, current)
    return Card(
        f"{current.name}",
        fields=(
            Field("Client", projects.client_of(session, current).name),
            Field("Project", current.slug),
            Field("Reactions", " · ".join(f"{shown} {said}" for shown, said in meanings.items()), short=False),
        ),
    )


def _schema(session: Session, current: Project) -> ProjectSchema:
    client = projects.client_of(session, current)
    return ProjectSchema(project=current.slug, name=current.name, client=client.name, reactions=current.reactions)
