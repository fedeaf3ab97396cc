"""Who is speaking: (platform, user id) -> Member, and how newcomers come in."""

from __future__ import annotations

import getpass
import re
from shlex import quote

from sqlmodel import Session

from core.desk import Desk
from core.errors import BadInput, Refused, UnknownMember
from core.events import Event, record
from core.events.actions import Action
from core.people import team, workspaces
from core.people.projects import ensure_defaults
from core.people.provider_accounts import OPEN_TO_ANYBODY, Identity, account_of_identity
from core.settings import Settings
from core.text import names
from storage.people import members
from storage.tables import Member, Role

_USER_ID = re.compile(r"[UW](?=[A-Z0-9]*[0-9])[A-Z0-9]{4,20}|[0-9]{15,20}")
"""An account as Slack and Discord number them."""

ROOM = "room"
CLI = "cli"
OPENID = "openid"
EMAIL = "email"


def member_for(desk: Desk, platform: str, user_id: str, name: str, *, tenant: str = "", guest: bool = False) -> Member:
    """The Member behind a platform's user id, taken in under `name` (made unique by a number) when not known yet.

    Who comes in from a workspace gets the role that its people chose for newcomers; a `guest` of it, and whoever comes from a
    Discord server that Slate was added to later, is let in only where an admin said so, for all of them or for this one. Raises
    Refused for these, for an account that is closed, a Member who is no longer active, or a workspace that takes nobody in,
    BadInput or TooLong for a name that cannot be one, DatabaseUnavailable.
    """
    with desk.reading() as session:
        known = _known(session, platform, user_id)
        if known is not None and guest and known.role is not Role.ADMIN:  # also one who came before guests were asked about
            rules = workspaces.rules(session, platform, tenant)
            if user_id not in rules.admitted:
                _guest_role(rules, f"@{known.name}")
    if known is not None:
        return known
    with desk.writing() as session:
        members.one_at_a_time(session)
        known = _known(session, platform, user_id)
        if known is not None:
            return known
        ensure_defaults(session)
        free = _free_name(session, names.clean(name))
        rules = workspaces.rules(session, platform, tenant)
        if user_id in rules.admitted:
            return _take_in(session, free, platform, user_id, Role(rules.admitted[user_id]))
        if rules.closed:
            raise Refused("New people cannot join from here.", hint=f"An admin can let you in: /admit {_bare(user_id)}")
        if guest:
            return _take_in(session, free, platform, user_id, _guest_role(rules, _bare(user_id)))
        elsewhere = platform == "discord" and not rules.first and tenant not in desk.settings.discord_guilds
        if elsewhere and rules.role is None:
            hint = f"An admin can let you in there: /admit {_bare(user_id)}, or everybody: /workspace newcomers:viewer"
            raise Refused("People of this server cannot join yet.", hint=hint)
        usual = newcomer_role(session, desk.settings, platform)
        return _take_in(session, free, platform, user_id, usual if usual is Role.ADMIN else rules.role or usual)


def _bare(user_id: str) -> str:
    """The platform's own id of an account, without its workspace's."""
    return user_id.rpartition("/")[2]


def _guest_role(rules: workspaces.Rules, known_as: str) -> Role:
    """What guests are here. Raises Refused where they are not let in."""
    if rules.guest_role is None:
        hint = f"An admin can let you in: /admit {known_as}, or all guests: /workspace guests:viewer"
        raise Refused("Guests and people of other companies are not let in here.", hint=hint)
    return rules.guest_role


def account_of(session: Session, text: str, platform: str, tenant: str) -> tuple[str, Member | None]:
    """The account here that is meant by a mention, the platform's id or a name, and its Member if it has one.

    Raises UnknownMember.
    """
    bare = text.strip().removeprefix("@")
    user = team.mentioned(text) or (bare if _USER_ID.fullmatch(bare) else None)
    if user is not None:
        user_id = user if platform == "discord" else f"{tenant}/{user}"
        return user_id, members.by_handle(session, platform, user_id)
    member = team.find(session, text, platform=platform, tenant=tenant)
    here = [one for one in members.handles(session, member.id or 0) if one.platform == platform and one.active]
    here = [one for one in here if platform == "discord" or one.user_id.startswith(f"{tenant}/")]
    if not here:
        raise UnknownMember(f"{member.name} has no account here.", hint="Their refusal names the id to use.", given=text[:60])
    return here[-1].user_id, member


def _known(session: Session, platform: str, user_id: str) -> Member | None:
    handle = members.handle(session, platform, user_id)
    member = members.by_id(session, handle.member_id) if handle else None
    if handle is None or member is None:
        return None
    if handle.active and member.active:
        return member
    gone = f"{member.name} is no longer active here." if handle.active else "This account has been closed or has left."
    raise Refused(gone, hint="An admin can change that.", member=member.name)


def join_room(desk: Desk, name: str) -> Member:
    """The Member who picked `name` at the room's door: whoever has that name already, else a newcomer.

    The room is a local place among people who trust each other: a name is enough. Raises BadInput, TooLong, DatabaseUnavailable,
    and Refused for the name of somebody who was deactivated.
    """
    return _by_name(desk, name, ROOM, role=None)


def first_admin(session: Session, name: str) -> Member:
    """The Member of this name as the first admin, taken in if new. Raises BadInput, TooLong, Refused for a deactivated one."""
    shown = names.clean(name)
    known = members.by_key(session, names.key(shown))
    if known is None:
        ensure_defaults(session)
        return _take_in(session, shown, ROOM, names.key(shown), Role.ADMIN)
    if not known.active:
        raise Refused(f"{known.name} is no longer active here.", hint="Use another name.", member=known.name)
    before, known.role = known.role, Role.ADMIN
    members.save(session, known)
    was, becomes = {"role": before.value}, {"role": Role.ADMIN.value, "name": known.name}
    record(session, Event(Action.MEMBER_ROLE_CHANGED, subject(known), by=known, before=was, after=becomes))
    return known


def member_by_openid(session: Session, settings: Settings, known: Identity) -> Member:
    """The Member whom an identity provider names: by their account there, by Slack, by a verified e-mail, else a newcomer.

    Raises Refused, BadInput.
    """
    members.one_at_a_time(session)
    domain = known.email.rpartition("@")[2]
    if settings.openid_domains and domain not in {one.casefold().lstrip("@") for one in settings.openid_domains}:
        raise Refused("This address may not sign in here.", hint="Use the account that your team gave you.")
    account = account_of_identity(known)
    member = _known(session, OPENID, account)
    if member is None:
        member = _joined_by(session, settings, known) or _by_openid(session, settings, known, account)
        if members.handle(session, OPENID, account) is None:
            _add_account(session, member, OPENID, account)
    if known.email and members.handle(session, EMAIL, known.email) is None:
        _add_account(session, member, EMAIL, known.email)
    return member


def _joined_by(session: Session, settings: Settings, known: Identity) -> Member | None:
    """Who is here already under another account that is the same person's. Raises Refused for one who was deactivated."""
    if known.slack and (member := _known(session, "slack", known.slack)) is not None:
        return member
    return _known(session, EMAIL, known.email) if known.email and settings.openid_join_email else None


def _by_openid(session: Session, settings: Settings, known: Identity, account: str) -> Member:
    """A newcomer from an identity provider; never an admin. Raises Refused where nobody new is taken in."""
    wanted = settings.openid_newcomers
    anybody = known.issuer.rstrip("/") in OPEN_TO_ANYBODY and not settings.openid_domains
    if wanted == workspaces.NOBODY or anybody:
        raise Refused(
            "Nobody here goes by this account.", hint="Ask an admin, or sign in with a link: /signin in Slack or Discord."
        )
    role = configured_role(settings.model_copy(update={"newcomer_role": wanted}) if wanted else settings)
    ensure_defaults(session)
    name = _free_name(session, names.clean((known.name or known.email.partition("@")[0] or "Member")[: names.LONGEST]))
    return _take_in(session, name, OPENID, account, Role.LEAD if role is Role.ADMIN else role)


def _add_account(session: Session, member: Member, platform: str, user_id: str) -> None:
    members.add_handle(session, member.id, platform, user_id)
    record(session, Event(Action.MEMBER_HANDLE_ADDED, subject(member), by=member, after={"platform": platform}))


def at_terminal(desk: Desk, name: str = "") -> tuple[Member, bool]:
    """The Member for whom the command line speaks, and whether just created.

    `--as NAME` is whoever has that name. Without it, it is the operating system's user, who holds the data and the settings
    anyway and is created as an admin the first time. Raises UnknownMember, BadInput, TooLong, DatabaseUnavailable.
    """
    known = known_at_terminal(desk, name)
    if known is not None:
        return known, False
    if not name:
        return _by_name(desk, system_user(), CLI, role=Role.ADMIN), True
    shown = names.clean(name)
    with desk.reading() as session:
        near = names.nearest(shown, [one.name for one in members.everybody(session)])
    raise UnknownMember(
        f"There is no member called `{shown}`.",
        suggestions=near,
        hint="" if near else f"`slate join {quote(shown)}` creates one.",
    )


def known_at_terminal(desk: Desk, name: str = "") -> Member | None:
    """The Member for whom the command line speaks, if there is one. Raises BadInput, DatabaseUnavailable."""
    with desk.reading() as session:
        return members.by_key(session, names.key(name or system_user()))


def join_at_terminal(desk: Desk, name: str) -> tuple[Member, bool]:
    """The Member of this name, and whether just created. Raises BadInput, TooLong, DatabaseUnavailable."""
    known = known_at_terminal(desk, names.clean(name))
    return (known, False) if known is not None else (_by_name(desk, name, CLI, role=None), True)


def newcomer_role(session: Session, settings: Settings, platform: str) -> Role:
    """The very first Member is admin, and so is the first who comes by chat; everybody later gets the configured role."""
    first = not (members.anybody(session) if platform == CLI else members.anybody_beyond(session, CLI))
    return Role.ADMIN if first else configured_role(settings)


def configured_role(settings: Settings) -> Role:
    """SLATE_NEWCOMER_ROLE as a Role. Raises BadInput."""
    try:
        return Role(settings.newcomer_role.strip().casefold())
    except ValueError as problem:
        wrong = f"SLATE_NEWCOMER_ROLE is {settings.newcomer_role!r}, which is no role."
        raise BadInput(wrong, hint=f"Set it to one of: {', '.join(Role)}.") from problem


def _by_name(desk: Desk, name: str, platform: str, *, role: Role | None) -> Member:
    shown = names.clean(name)
    key = names.key(shown)
    with desk.writing() as session:
        members.one_at_a_time(session)
        ensure_defaults(session)
        known = members.by_key(session, key)
        if known is None:
            if role is None and names.skeleton(shown) in _looks(session):
                raise BadInput("This name looks like one that is taken.", hint="Choose another one, or type yours by hand.")
            return _take_in(session, shown, platform, key, role or newcomer_role(session, desk.settings, platform))
        if not known.active:
            raise Refused(f"{known.name} is no longer active here.", hint="An admin can change that.", member=known.name)
        if members.by_handle(session, platform, key) is None and known.id is not None:
            members.add_handle(session, known.id, platform, key)
            record(session, Event(Action.MEMBER_HANDLE_ADDED, subject(known), by=known, after={"platform": platform}))
        return known


def subject(member: Member) -> str:
    """How the audit calls a Member."""
    return f"member/{member.id}"


def _take_in(session: Session, name: str, platform: str, user_id: str, role: Role) -> Member:
    member = members.add(session, name, names.key(name), role)
    assert member.id is not None, "flushed, so numbered"
    members.add_handle(session, member.id, platform, user_id)
    after = {"name": name, "role": role.value, "platform": platform}
    record(session, Event(Action.MEMBER_JOINED, subject(member), by=member, after=after))
    return member


def _free_name(session: Session, name: str) -> str:
    """`name`, or `name 2` … when others have it."""
    free, count = name, 1
    looks = _looks(session)
    while names.skeleton(free) in looks:
        count += 1
        free = f"{name[: names.LONGEST - len(str(count)) - 1]} {count}"
    return free


def _looks(session: Session) -> set[str]:
    """What the names look like that are taken: everybody's, and Slate's own."""
    return {names.skeleton(one.name) for one in members.everybody(session)} | {names.skeleton("Slate")}


def system_user() -> str:
    """The name of whoever runs this process. Raises BadInput."""
    try:
        return getpass.getuser()
    except (KeyError, OSError) as problem:
        raise BadInput("The operating system does not say who you are.", hint="Say it with --as NAME.") from problem
