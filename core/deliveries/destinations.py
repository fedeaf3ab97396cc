"""Destinations: webhooks and DAMs are added, changed, tried out, switched off and on, removed, and sent to again. Admins only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlmodel import Session

from core.deliveries import files, reaching, signing
from core.desk import Desk
from core.errors import BadInput, Conflict, MissingInput, NotFound
from core.events import Event, outgoing, record
from core.events.actions import Action
from core.events.outgoing import FILE_KINDS, EventData
from core.exports import profiles
from core.people.roles import Permission, allow
from core.security.encryption import vault
from core.settings import Settings
from core.text import names
from storage import deliveries, ids
from storage.clock import now
from storage.people import members, projects
from storage.tables import Client, Delivery, Destination, Member, OutgoingEvent, Project, Via

OLD_SECRET_DAYS = 2
"""How long the secret before the newest signs as well."""
DEFAULT_KINDS = {Via.WEBHOOK: ["*"], Via.WEBDAV: ["asset.approved"], Via.FOLDER: ["asset.approved"], Via.S3: ["asset.approved"]}
SIDECARS = ("xmp", "json", "both", "none")
MOST = 100
"""Destinations at a time."""
_PATTERN = re.compile(r"[a-z*]+(\.[a-z_*]+)?")


@dataclass(frozen=True)
class DestinationWish:
    """What somebody wants of a destination; None leaves as it is, or as it is by default for a new one."""

    via: Via | None = None
    url: str | None = None
    kinds: str | None = None
    project: Project | None = None
    client: Client | None = None
    everywhere: bool = False
    """Of all projects and clients again."""
    options: Mapping[str, str] = field(default_factory=dict)
    """profile, path, sidecar, user, format."""
    password: str | None = None
    acts_as: Member | None = None
    """Who acts here for what a webhook says to us."""


@dataclass(frozen=True)
class Saved:
    """A destination as it is now; `secret` is told once, when it is made."""

    destination: Destination
    secret: str = ""
    new: bool = False
    changed: bool = True


def find(session: Session, name: str) -> Destination:
    """The destination of this name. Raises NotFound."""
    found = deliveries.by_key(session, names.key(name))
    if found is None:
        known = [one.name for one in deliveries.everything(session)]
        hint = f"There are {', '.join(known[:20])}." if known else "None was added yet."
        raise NotFound(f"There is no destination {name[:60]}.", suggestions=names.nearest(name, known, 1), hint=hint)
    return found


def save(desk: Desk, name: str, wish: DestinationWish, *, by: Member) -> Saved:
    """Add a destination, or change what is wished of it. Raises Refused, BadInput, MissingInput, TooLong, Conflict."""
    with desk.writing() as session:
        allow(session, by, Permission.MANAGE_DESTINATIONS, None)
        known = deliveries.by_key(session, names.key(name))
        if known is None:
            return _added(session, desk.settings, names.clean(name), wish, by)
        before = told(session, known)
        _apply(desk.settings, known, wish)
        after = told(session, known)
        if before == after and not wish.password:
            return Saved(known, changed=False)
        deliveries.save(session, known)
        differ = {key: value for key, value in after.items() if before[key] != value}
        old = {key: before[key] for key in differ}
        record(session, Event(Action.DESTINATION_CHANGED, _subject(known), by=by, before=old, after=differ))
        return Saved(known)


def _added(session: Session, settings: Settings, name: str, wish: DestinationWish, by: Member) -> Saved:
    if not wish.url:
        raise MissingInput(f"There is no destination {name}, and a new one needs an address.", hint="Give its url.", input="url")
    if len(deliveries.everything(session)) >= MOST:
        raise Conflict(f"There are {MOST} destinations already.", hint="Remove one that is not needed.")
    via = wish.via or Via.WEBHOOK
    made = Destination(
        name=name, name_key=names.key(name), via=via, url="", kinds=list(DEFAULT_KINDS[via]), member_id=by.id or 0, options={}
    )
    secret = signing.new_secret() if via is Via.WEBHOOK else ""
    made.secret = vault(settings).seal(secret) if secret else ""
    _apply(settings, made, replace(wish, via=via))
    deliveries.add_destination(session, made)
    record(session, Event(Action.DESTINATION_ADDED, _subject(made), by=by, after=told(session, made)))
    return Saved(made, secret, new=True)


def _apply(settings: Settings, one: Destination, wish: DestinationWish) -> None:
    """Take over what is wished, if it can be. Raises BadInput."""
    if wish.via is not None and wish.via is not one.via:
        raise BadInput(f"{one.name} is a {one.via.value}.", hint="Add another one under another name.", input="via")
    if wish.url is not None:
        one.url = _address(settings, one.via, wish.url)
    if wish.kinds is not None:
        one.kinds = patterns(wish.kinds) or list(DEFAULT_KINDS[one.via])
    if wish.everywhere:
        one.project_id = one.client_id = None
    if wish.project is not None:
        one.project_id, one.client_id = wish.project.id, None
    if wish.client is not None:
        one.project_id, one.client_id = None, wish.client.id
    one.options = _options(one.via, {**one.options}, wish.options)
    if wish.acts_as is not None:
        if one.via is not Via.WEBHOOK:
            raise BadInput(f"A {one.via.value} says nothing to us.", input="as")
        one.options = {**one.options, "as": wish.acts_as.id}
    if wish.password:
        if one.via is not Via.WEBDAV:
            raise BadInput(f"A {one.via.value} takes no password.", input="password")
        one.secret = vault(settings).seal(wish.password)
    if one.via is not Via.WEBHOOK and not any(outgoing.wants(one.kinds, kind) for kind in FILE_KINDS):
        raise BadInput("No file belongs to these events.", hint="Use asset.approved, for one.", input="events")


def _address(settings: Settings, via: Via, url: str) -> str:
    if via in (Via.WEBHOOK, Via.WEBDAV):
        return reaching.checked(settings, url)
    if via is Via.S3:
        if not url.startswith("s3://") or len(url) < 8 or len(url) > 500:
            raise BadInput("This is not a bucket.", hint="Write s3://bucket/folder.", input="url")
        return url
    folder = Path(url)
    allowed = [one.resolve() for one in settings.delivery_folders]
    if not folder.is_absolute() or not any(folder.resolve().is_relative_to(one) for one in allowed):
        hint = "Whoever runs Slate names the folders that may be written in SLATE_DELIVERY_FOLDERS."
        raise BadInput("Files may not be delivered into this folder.", hint=hint, input="url")
    return str(folder)


def _options(via: Via, have: dict[str, Any], wished: Mapping[str, str]) -> dict[str, Any]:
    """The options with what is wished; each is checked. Raises BadInput, NotFound."""
    for name, text in wished.items():
        if name == "profile":
            have["profile"] = profiles.named(text).name if text else ""
        elif name == "format" and via is Via.WEBHOOK:
            have["cloudevents"] = text == "cloudevents"
        elif name == "path" and via is not Via.WEBHOOK:
            have["path"] = files.check_path(text) if text else ""
        elif name == "sidecar" and via is not Via.WEBHOOK:
            have["sidecar"] = text
        elif name == "user" and via is Via.WEBDAV:
            have["user"] = names.clean(text, "user") if text else ""
        else:
            raise BadInput(f"A {via.value} takes no `{name}`.", input=name)
    if via is not Via.WEBHOOK:
        have.setdefault("profile", "client")
        have.setdefault("sidecar", "xmp")
    return have


def new_secret(desk: Desk, name: str, *, by: Member) -> Saved:
    """A new secret for a webhook; the one before signs as well for two days. Raises Refused, NotFound, BadInput."""
    with desk.writing() as session:
        allow(session, by, Permission.MANAGE_DESTINATIONS, None)
        one = find(session, name)
        if one.via is not Via.WEBHOOK:
            raise BadInput(f"{one.name} is a {one.via.value} and has no secret of ours.", hint="Give its new password.")
        secret = signing.new_secret()
        one.old_secret, one.old_secret_ends = one.secret, now() + timedelta(days=OLD_SECRET_DAYS)
        one.secret = vault(desk.settings).seal(secret)
        deliveries.save(session, one)
        record(session, Event(Action.DESTINATION_SECRET_CHANGED, _subject(one), by=by))
        return Saved(one, secret)


def switch(desk: Desk, name: str, on: bool, *, by: Member) -> Saved:
    """Switch a destination off, so that it is told of nothing new and what waits stays; or on again. Raises Refused, NotFound."""
    with desk.writing() as session:
        allow(session, by, Permission.MANAGE_DESTINATIONS, None)
        one = find(session, name)
        if on == (one.off_since is None):
            return Saved(one, changed=False)
        one.off_since, one.off_because = (None, "") if on else (now(), f"{by.name} switched it off.")
        deliveries.save(session, one)
        action = Action.DESTINATION_SWITCHED_ON if on else Action.DESTINATION_SWITCHED_OFF
        record(session, Event(action, _subject(one), by=by))
        return Saved(one)


def remove(desk: Desk, name: str, *, by: Member) -> Destination:
    """Remove a destination; what was delivered stays on record, and its name is free again. Raises Refused, NotFound."""
    with desk.writing() as session:
        allow(session, by, Permission.MANAGE_DESTINATIONS, None)
        one = find(session, name)
        subject = _subject(one)
        one.removed_at, one.name_key = now(), f"{one.name_key}\n{one.id}"
        one.secret = one.old_secret = ""
        deliveries.save(session, one)
        record(session, Event(Action.DESTINATION_REMOVED, subject, by=by))
        return one


def try_out(desk: Desk, name: str, *, by: Member) -> Delivery:
    """Send a test event to a destination, and to it alone. Raises Refused, NotFound, Conflict when it is off."""
    with desk.writing() as session:
        allow(session, by, Permission.MANAGE_DESTINATIONS, None)
        one = find(session, name)
        if one.off_since is not None:
            raise Conflict(f"{one.name} is off.", hint="Switch it on first.")
        said = EventData(actor=by.name, maker="", client="", project="", project_name="", change={"note": "A test of Slate."})
        message = f"msg_{uuid4().hex}"
        event = OutgoingEvent(message=message, kind=outgoing.TEST, subject=message, data=said.model_dump(mode="json"))
        [made] = deliveries.add_event(session, event, [one.id])
        return made


def replay(
    desk: Desk,
    name: str,
    *,
    by: Member,
    code: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> int:
    """Send ended deliveries again, with the ids they had: one, those of a time, or all dead ones; how many.

    Raises Refused, NotFound.
    """
    with desk.writing() as session:
        allow(session, by, Permission.MANAGE_DESTINATIONS, None)
        one = find(session, name)
        row = ids.number("D", code) if code else None
        known = deliveries.delivery(session, row) if row is not None else None
        if code and (known is None or known.destination_id != one.id):
            raise NotFound(f"{one.name} has no delivery {code[:20]}.", hint="Its newest ones are shown with it.")
        count = deliveries.replay(session, one.id, now(), row=row, since=since, until=until)
        if count:
            record(session, Event(Action.DESTINATION_REPLAYED, _subject(one), by=by, after={"deliveries": count}))
        return count


def patterns(text: str) -> list[str]:
    """Patterns of kinds, separated by commas; each must fit a kind there is. Raises BadInput.

    >>> patterns("asset.approved, render.*")
    ['asset.approved', 'render.*']
    """
    found = [part.strip().casefold() for part in text.split(",") if part.strip()]
    for one in found:
        if not _PATTERN.fullmatch(one) or not any(fnmatchcase(kind, one) for kind in outgoing.KINDS):
            known = ", ".join(kind for kind in outgoing.KINDS if kind != outgoing.TEST)
            raise BadInput(f"There is no event `{one[:40]}`.", hint=f"There are {known}; `asset.*` and `*` take several.")
    return found


def told(session: Session, one: Destination) -> dict[str, Any]:
    """What may be shown of a destination: everything but secrets."""
    project = projects.by_id(session, one.project_id) if one.project_id else None
    client = projects.client(session, one.client_id) if one.client_id else None
    acting = members.by_id(session, int(one.options["as"])) if one.options.get("as") else None
    return {
        "name": one.name,
        "via": one.via.value,
        "url": one.url,
        "events": ", ".join(one.kinds),
        "project": project.slug if project else "",
        "client": client.name if client else "",
        **{key: value for key, value in sorted(one.options.items()) if key != "as"},
        "as": acting.name if acting else "",
    }


def _subject(one: Destination) -> str:
    return f"destination/{one.name}"
