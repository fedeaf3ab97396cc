"""What belongs to what: a channel to its project, several accounts to one person."""

from __future__ import annotations

from sqlmodel import Session

from bot import emoji
from bot.cards import Answer, Card, Field
from bot.commands.command import Asked
from core.errors import BadInput, Conflict, MissingInput
from core.people import accounts, projects, workspaces
from core.people.roles import Action, allow
from storage.people import projects as rows
from storage.tables import Project


def project(asked: Asked) -> Answer:
    """Show which project this channel belongs to, or change that.

    What is rendered here is for that project unless `project:` says otherwise. A lead may change it, make a new one, and say
    which emoji stands for which command in it.
    /project
    /project acme-spring
    /project new:"Spring 26" client:Acme
    /project reactions:"✅=approve,❌=reject,⭐=tag pick"
    """
    chosen, new, reactions = asked.line.word(0), asked.option("new"), asked.option("reactions")
    if chosen and new:
        raise BadInput("That names an old project and a new one.", hint="Give one of them.", input="new")
    mapping = _mapping(reactions) if reactions else ""
    with asked.desk.writing() as session:
        current = _chosen(session, asked, chosen, new)
        if reactions:
            projects.set_reactions(session, current, mapping, by=asked.member)
        allow(session, asked.member, Action.SEE, current)
        changed = bool(chosen or new or reactions)
        return Answer(cards=(_card(session, asked, current),), private=not changed, data=_shape(session, current))


def workspace(asked: Asked) -> Answer:
    """Show what holds in this Slack workspace or on this Discord server, or change that.

    `project:` is what its new channels belong to. `newcomers:` is the role of people who come in from it, such as `viewer` on a
    client's server, or `nobody`. `guests:` is the role of guests and of people of other companies, who are not let in without it.
    `default` takes each back. Admins may change it.
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
        Field("New channels belong to", slug or "the default project"),
        Field("Newcomers are", rules.newcomers or "as everywhere"),
        Field("Guests are", rules.guests or "not let in"),
    )
    data = {"workspace": name, "project": slug, "newcomers": rules.newcomers, "guests": rules.guests}
    return Answer(cards=(Card(name, fields=shown),), private=True, data=data)


def link(asked: Asked) -> Answer:
    """Join your accounts: one person in Slack, Discord and the room.

    Without a word you get a code that holds for a quarter of an hour. Say it once on the other platform: that account is then
    yours as well, with your name, your role and your renders.
    /link
    /link K7PQ2-M9XTR
    """
    code = asked.line.word(0)
    if not code:
        made = accounts.offer(asked.desk, asked.member)
        said = f"Say this within 15 minutes on the other platform, and that account is {asked.member.name}'s, too:"
        return Answer(said, private=True, copy=f"/link {made}", data={"code": made})
    if not asked.said.user_id:
        raise Conflict(
            "There is no account here to join.", hint="Say it in Slack or Discord, from the account that is to be yours."
        )
    member = accounts.join(asked.desk, asked.place.platform, asked.said.user_id, code)
    return Answer(f"This account is {member.name}'s now.", private=True, data={"member": member.name})


def _chosen(session: Session, asked: Asked, slug: str, new: str) -> Project:
    """The project meant: found, made, or that of the channel, which then belongs to it."""
    if new and not asked.option("client"):
        raise MissingInput("A new project needs a client.", hint=f'Write /project new:"{new[:40]}" client:Acme.', input="client")
    if not slug and not new:
        here = asked.place.project
        return (rows.by_id(session, here.id) if here and here.id else None) or projects.default(session)
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
        hint = "Write emoji=command, separated by commas, such as ✅=approve,⭐=tag pick; `default` for the usual ones."
        raise BadInput("That is no list of reactions.", hint=hint, input="reactions")
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


def _shape(session: Session, current: Project) -> dict[str, object]:
    client = projects.client_of(session, current)
    return {"project": current.slug, "name": current.name, "client": client.name, "reactions": current.reactions}
