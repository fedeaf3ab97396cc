"""Commands on people: people, role, admit, deactivate, reactivate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlmodel import Session

from bot import identity, schemas
from bot.cards import Answer, Button, Card, Choice, Field, Form, FormField
from bot.commands.command import Asked
from bot.formatting import when
from core.errors import BadInput, MissingInput
from core.operations import leavers
from core.people import accounts, projects, team, workspaces
from core.people.roles import LEAST, Permission, allow, givable, may, role_in
from core.schemas.people import AccountSchema, ActivitySchema, AdmittedSchema, EmailSchema, PeopleSchema, PersonSchema, RoleSchema
from storage.people import members
from storage.people import projects as storage_projects
from storage.tables import Handle, Member, Project, Role

NO_ROLE = "none"
"""Takes a role in a project away."""
EVERYWHERE = "everywhere"
"""Stands for no project in the form."""
_SHOWN, _MOST = 25, 100


@dataclass(frozen=True)
class _Person:
    """What is shown of a Member."""

    member: Member
    roles: dict[str, Role]
    """Project slug -> the role there."""
    accounts: tuple[Handle, ...] = ()
    seen: datetime | None = None
    whole: bool = False
    """Whether the asker may see accounts, and when they were last here."""


def people(asked: Asked) -> Answer:
    """List the people of the team, or show one: roles, accounts, when last seen, what they may do here.

    Accounts and times are shown to admins, and to everybody of themselves. With `email:`, an admin says by which verified address
    an identity provider knows somebody, who then signs in as that member.
    /people
    /people @ana
    /people project:orchid
    /people @ana email:ana@acme.example
    """
    wanted, limit = asked.line.rest(0), asked.count("limit", _SHOWN, _MOST)
    if asked.option("email"):
        return _email(asked, asked.option("email"))
    with asked.desk.reading() as session:
        allow(session, asked.member, Permission.SEE_PEOPLE, asked.place.project)
        project = projects.find(session, asked.option("project")) if asked.option("project") else None
        if wanted:
            found = [_find(session, asked, wanted)]
        else:
            found = [one for one in team.everybody(session) if project is None or _has_role(session, one, project)]
        shown = _described(session, asked, found[:limit])
        card = _one(session, asked, shown[0]) if wanted else _all(shown, len(found), project)
        told = PeopleSchema(people=[_schema(one) for one in shown], count=len(found))
    return Answer(cards=(card,), private=True, schema=told)


def _email(asked: Asked, email: str) -> Answer:
    with asked.desk.writing() as session:
        member = team.for_change(session, _name(asked), platform=asked.place.platform, tenant=asked.place.tenant)
        changed = accounts.set_email(session, member, email, by=asked.member)
    text = f"{member.name} {'is now' if changed else 'was already'} known by that address."
    return Answer(text, private=True, schema=EmailSchema(member=member.name, changed=changed))


def role(asked: Asked) -> Answer:
    """Give somebody a role, overall or in one project, or take a project's role away.

    The roles are viewer, artist, lead and admin. Overall, admins give them; in a project its leads do, too; nobody gives a role
    above their own. `none` takes the role in a project away. Without a name a form opens. On the command line, whoever runs Slate
    may give any role, also when no admin is left.
    /role @ana lead
    /role @ana lead project:orchid
    /role @ana none project:orchid
    """
    name, wanted = _name_and_role(asked)
    if not name and asked.place.platform == "cli":
        raise MissingInput("`role` needs a name and a role.", hint="Write /role @ana lead.", input="member")
    if not name:
        return _form(asked)
    if not wanted:
        with asked.desk.reading() as session:
            allow(session, asked.member, Permission.SEE_PEOPLE, asked.place.project)
            [shown] = _described(session, asked, [_find(session, asked, name)])
            return Answer(cards=(_one(session, asked, shown),), private=True, schema=PeopleSchema(people=[_schema(shown)]))
    given = None if wanted == NO_ROLE else Role(wanted)
    with asked.desk.writing() as session:
        member = team.for_change(session, name, platform=asked.place.platform, tenant=asked.place.tenant)
        if asked.option("project") in ("", EVERYWHERE):
            text, changed = _overall(session, asked, member, given)
        else:
            text, changed = _there(session, asked, member, projects.find(session, asked.option("project")), given)
        [shown] = _described(session, asked, [member])
    return Answer(text, private=not changed, schema=RoleSchema(person=_schema(shown), changed=changed))


def admit(asked: Asked) -> Answer:
    """Let in one person of this Slack workspace or Discord server who is refused, such as a guest.

    Whoever is refused is told the id to use. Somebody new becomes a viewer, or the role you name; who was here before keeps their
    role. `nobody` takes it back. To let in all guests, use `/workspace guests:viewer`. Admins may do this.
    /admit @gus
    /admit U05GUS1234 artist
    /admit @gus nobody
    """
    place, words = asked.place, [part.value for part in asked.line.words]
    said = words.pop().casefold() if len(words) > 1 and words[-1].casefold() in (*Role, workspaces.NOBODY) else Role.VIEWER.value
    with asked.desk.writing() as session:
        allow(session, asked.member, Permission.MANAGE_MEMBERS, None)
        account, member = identity.account_of(session, " ".join(words) or _name(asked), place.platform, place.tenant)
        role = None if said == workspaces.NOBODY else Role(said)
        changed = workspaces.admit(session, place.platform, place.tenant, account, role, by=asked.member)
    who = f"**{member.name}**" if member else "This account"
    done = "is let in here from now on" if role else "is not let in by name any more"
    text = f"{who} {done}." if changed else f"{who} {'is let in already' if role else 'was not let in by name'}."
    told = AdmittedSchema(account=account, member=member.name if member else None, admitted=bool(role))
    return Answer(text, private=True, schema=told)


def deactivate(asked: Asked) -> Answer:
    """Deactivate somebody who has left: they are out of Slate everywhere within a minute.

    Their renders that still wait are cancelled, and their links to files are revoked. What they made and said stays, and
    `/reactivate` lets them in again.
    /deactivate @tom
    """
    done = leavers.deactivate(
        asked.desk, _name(asked), by=asked.member, operator=asked.said.operator,
        platform=asked.place.platform, tenant=asked.place.tenant,
    )  # fmt: skip
    renders, links = len(done.cancelled), len(done.revoked)
    rest = f" {renders} waiting render{'s were' if renders != 1 else ' was'} cancelled." if renders else ""
    rest += f" {links} link{'s were' if links != 1 else ' was'} revoked." if links else ""
    text = f"**{done.member.name}** is deactivated.{rest}" if done.changed else f"{done.member.name} is deactivated already."
    undo = (Button("reactivate", f"member/{done.member.id}", "Reactivate"),) if done.changed else ()
    cancelled, revoked = [one.code for one in done.cancelled], [one.code for one in done.revoked]
    told = ActivitySchema(member=done.member.name, active=False, cancelled=cancelled, links=revoked)
    return Answer(text, private=True, buttons=undo, schema=told)


def reactivate(asked: Asked) -> Answer:
    """Let somebody in again who was deactivated, with the roles they had.

    /reactivate @tom
    """
    with asked.desk.writing() as session:
        member = team.for_change(session, _name(asked), platform=asked.place.platform, tenant=asked.place.tenant)
        changed = team.reactivate(session, member, by=asked.member, operator=asked.said.operator)
    text = f"**{member.name}** is active again, as {member.role.value}." if changed else f"{member.name} is active already."
    return Answer(text, private=True, schema=ActivitySchema(member=member.name, active=True))


def _form(asked: Asked) -> Answer:
    """Whose role, which role, and where: as menus. Raises Refused for who may give none anywhere."""
    with asked.desk.reading() as session:
        led = [
            one for one in storage_projects.everything(session) if may(session, asked.member, Permission.GIVE_PROJECT_ROLES, one)
        ]
        overall = may(session, asked.member, Permission.MANAGE_MEMBERS, None)
        if not led and not overall:
            allow(session, asked.member, Permission.GIVE_PROJECT_ROLES, None)
        team_now = [Choice(one.name, one.name) for one in team.everybody(session) if one.active]
        highest = max((role_in(session, asked.member, one) for one in (None, *led)), key=lambda role: role.rank)
    roles = [Choice(one.value, one.value) for one in givable(highest, in_project=True)]
    places = [*([Choice(EVERYWHERE, "everywhere")] if overall else []), *(Choice(one.slug, one.name) for one in led)]
    fields = (
        FormField("member", "Whose role", "choice", team_now[0].value, required=True, choices=tuple(team_now)),
        FormField("role", "Role", "choice", Role.ARTIST.value, required=True,
                  choices=(*roles, Choice(NO_ROLE, "none (takes a project's role away)"))),
        FormField("project", "Where", "choice", places[0].value, required=True, choices=tuple(places)),
    )  # fmt: skip
    form = Form("Change a role", "role", fields, submit="Change")
    return Answer(form=form, private=True, schema=schemas.of_form(form))


def _overall(session: Session, asked: Asked, member: Member, given: Role | None) -> tuple[str, bool]:
    if given is None:
        hint = "Write /deactivate to end their access, or add project: to take a role in one project away."
        raise BadInput("Everybody has a role overall.", hint=hint, input="role")
    changed = team.set_role(session, member, given, by=asked.member, operator=asked.said.operator)
    return (f"**{member.name}** is now {given.value}." if changed else f"{member.name} is {given.value} already."), changed


def _there(session: Session, asked: Asked, member: Member, project: Project, given: Role | None) -> tuple[str, bool]:
    changed = team.set_project_role(session, member, project, given, by=asked.member, operator=asked.said.operator)
    holds = role_in(session, member, project)
    if given is None:
        text = f"**{member.name}** has no role of their own in {project.slug} any more."
        return (text if changed else f"{member.name} has no role of their own in {project.slug}."), changed
    text = f"**{member.name}** is now {given.value} in {project.slug}."
    text = text if changed else f"{member.name} is {given.value} in {project.slug} already."
    return (text if holds is given else f"{text} As {holds.value} overall they may do more there."), changed


def _find(session: Session, asked: Asked, name: str) -> Member:
    return team.find(session, name, platform=asked.place.platform, tenant=asked.place.tenant)


def _name(asked: Asked) -> str:
    name = asked.line.rest(0)
    if not name:
        command = asked.command.name
        raise MissingInput(f"`{command}` needs a name.", hint=f"Write /{command} @tom.", input="member")
    return name


def _name_and_role(asked: Asked) -> tuple[str, str]:
    """`@ana lead`, `"Ana Ruiz" lead`, `Ana Ruiz lead`: (the name, the role or nothing). Raises BadInput for no such role."""
    if asked.option("member"):
        return asked.option("member"), _role_named(asked.option("role")) if asked.option("role") else ""
    text = " ".join(part.value for part in asked.line.words).strip()
    name, _, last = text.rpartition(" ")
    if asked.option("role"):
        return text, _role_named(asked.option("role"))
    if last.casefold() in (*Role, NO_ROLE):
        return name.strip(), last.casefold()
    if len(asked.line.words) == 2 and (asked.line.words[0].value.startswith("@") or asked.line.words[0].quoted):
        _role_named(last)
    return text, ""


def _role_named(text: str) -> str:
    """A role, or `none`. Raises BadInput."""
    wanted = text.strip().casefold()
    if wanted not in (*Role, NO_ROLE):
        roles = ", ".join(f"`{one}`" for one in (*Role, NO_ROLE))
        raise BadInput(f"There is no role `{text[:40]}`.", hint=f"The roles are {roles}.", input="role")
    return wanted


def _has_role(session: Session, member: Member, project: Project) -> bool:
    return members.membership(session, member.id or 0, project.id or 0) is not None


def _described(session: Session, asked: Asked, found: list[Member]) -> list[_Person]:
    rows = [one.id for one in found if one.id is not None]
    given = members.memberships(session, rows)
    slugs = {
        row: one.slug for row, one in storage_projects.by_ids(session, {row for some in given.values() for row in some}).items()
    }
    reached, seen = members.handles_of(session, rows), asked.desk.queue.last_seen(rows)
    every = may(session, asked.member, Permission.MANAGE_MEMBERS, None) or bool(asked.said.operator)
    return [
        _Person(
            one,
            {slugs[row]: role for row, role in given.get(one.id or 0, {}).items() if row in slugs},
            tuple(reached.get(one.id or 0, ())),
            datetime.fromtimestamp(seen[one.id], UTC) if one.id in seen else None,
            every or one.id == asked.member.id,
        )
        for one in found
    ]


def _line(one: _Person) -> str:
    there = [f"{role.value} in {slug}" for slug, role in sorted(one.roles.items())]
    parts = [one.member.role.value, *there]
    if one.whole:
        parts += [", ".join(dict.fromkeys(_account(handle) for handle in one.accounts))] if one.accounts else []
        parts.append(f"last seen {when(one.seen)}" if one.seen else "not seen yet")
    return " · ".join(parts if one.member.active else [*parts, "not active"])


def _account(handle: Handle) -> str:
    return handle.platform if handle.active else f"{handle.platform} (closed)"


def _all(shown: list[_Person], count: int, project: Project | None) -> Card:
    fields = tuple(Field(one.member.name, _line(one), short=False) for one in shown)
    left = f"and {count - len(shown)} more: /people limit:{_MOST}, or /people NAME" if count > len(shown) else ""
    title = f"People in {project.slug}" if project else "People"
    return Card(title, fields=fields, footer=left or "/people NAME shows one; /role NAME ROLE changes a role.")


def _one(session: Session, asked: Asked, one: _Person) -> Card:
    """One person, with buttons for whoever may change their role."""
    member, here = one.member, asked.place.project
    may_here = [action.value for action in LEAST if may(session, member, action, here)]
    fields = [Field("Role", member.role.value)]
    fields += [Field(f"In {slug}", role.value) for slug, role in sorted(one.roles.items())]
    if one.whole:
        fields.append(Field("Accounts", ", ".join(_account(handle) for handle in one.accounts) or "none"))
        fields.append(Field("Last seen", when(one.seen) if one.seen else "not seen yet"))
    fields.append(Field("Active", "yes" if member.active else "no"))
    where = f"May do in {here.slug}" if here else "May do"
    fields.append(Field(where, ", ".join(may_here) or "nothing", short=False))
    return Card(member.name, fields=tuple(fields), buttons=_buttons(session, asked, member))


def _buttons(session: Session, asked: Asked, member: Member) -> tuple[Button, ...]:
    if not may(session, asked.member, Permission.MANAGE_MEMBERS, None):
        return ()
    who = f"member/{member.id}"
    if not member.active:
        return (Button("reactivate", who, "Reactivate"),)
    give = [one for one in givable(Role.ADMIN, in_project=False) if one is not member.role]
    change = [Button("role", f"{who} {one.value}", f"Make {one.value}") for one in give]
    return (*change, Button("deactivate", who, "Deactivate", "danger"))


def _schema(one: _Person) -> PersonSchema:
    told = PersonSchema(
        name=one.member.name,
        role=one.member.role.value,
        projects={slug: role.value for slug, role in sorted(one.roles.items())},
        active=one.member.active,
    )
    if not one.whole:
        return told
    accounts = [AccountSchema(platform=handle.platform, name=handle.name, active=handle.active) for handle in one.accounts]
    return told.model_copy(update={"accounts": accounts, "last_seen": one.seen})
