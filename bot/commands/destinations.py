"""The commands webhooks and dams: which other programs are told of events, or get files."""

from __future__ import annotations

from sqlmodel import Session

from bot.cards import Answer, Button, Card, Field
from bot.commands.command import Asked
from bot.formatting import when
from core.deliveries import destinations
from core.deliveries.destinations import DestinationWish, Saved
from core.errors import BadInput, MissingInput, NotFound
from core.people import projects, team
from core.people.roles import Permission, allow
from core.schemas.destinations import (
    DeliverySchema,
    DeliveryTotals,
    DestinationDetail,
    DestinationList,
    DestinationSchema,
    RemovedDestination,
)
from core.text import names
from storage import deliveries
from storage.deliveries import DeliveryCounts
from storage.people import projects as storage_projects
from storage.tables import Client, Delivery, DeliveryAttempt, DeliveryState, Destination, Member, OutgoingEvent, Via

ALL = "all"
"""Stands for every project or client."""
_SHOWN, _MOST = 10, 100
_OWN = ("profile", "path", "sidecar", "user", "format")
_SECRET = "Its secret is shown this once. Requests are signed with it as Standard Webhooks says (docs/webhooks.md)."


def webhooks(asked: Asked) -> Answer:
    """Tell other programs of events by signed HTTP requests (Standard Webhooks).

    Without options it lists webhooks, or shows one with its newest deliveries. Each event is sent in order for each picture, and
    again over three days until it is taken. What was not taken in the end is listed and can be sent again. With `profile`, a link
    to the exported file comes with it.
    /webhooks
    /webhooks dam url:https://dam.example/slate events:asset.approved,asset.rejected
    /webhooks dam test:yes
    /webhooks dam secret:new
    /webhooks dam as:@ana
    /webhooks dam replay:dead
    /webhooks dam on:no
    """
    return _answered(asked, (Via.WEBHOOK,), "webhook")


def dams(asked: Asked) -> Answer:
    """Bring approved files into the folder of a DAM, by WebDAV, on this machine or in S3.

    Nextcloud and many others speak WebDAV. The file is exported with the profile (default: client) and put at `path`, with a
    sidecar beside it. An event that comes later for the same picture puts it there anew.
    /dams
    /dams cloud url:https://cloud.example/remote.php/dav/files/slate/Renders user:slate
    /dams cloud events:asset.approved,asset.tagged profile:team path:{client}/{shot}/{asset}
    /dams cloud test:yes
    """
    return _answered(asked, (Via.WEBDAV, Via.FOLDER, Via.S3), "DAM")


def _answered(asked: Asked, kinds: tuple[Via, ...], what: str) -> Answer:
    name = asked.line.rest(0)
    with asked.desk.reading() as session:
        allow(session, asked.member, Permission.MANAGE_DESTINATIONS, None)
        if not name:
            if asked.line.options:
                raise MissingInput(f"Which {what} is meant?", hint=f"Write its name: /{asked.command.name} NAME …", input="name")
            return _list(session, kinds, what)
        known = deliveries.by_key(session, names.key(name))
        if known is not None and known.via not in kinds:
            hint = f"See /{'webhooks' if known.via is Via.WEBHOOK else 'dams'} {known.name}."
            raise BadInput(f"{known.name} is no {what}.", hint=hint)
    return _done(asked, name, kinds, what) or _shown(asked, name)


def _done(asked: Asked, name: str, kinds: tuple[Via, ...], what: str) -> Answer | None:
    """The answer to what is to be done with it; None when nothing is."""
    desk, by = asked.desk, asked.member
    if asked.switch("remove"):
        gone = destinations.remove(desk, name, by=by)
        text = f"**{gone.name}** is removed. It is told of nothing any more."
        return Answer(text, private=True, schema=RemovedDestination(removed=gone.name))
    if asked.option("secret"):
        saved = destinations.new_secret(desk, name, by=by)
        text = f"{_SECRET} Requests are signed with the old one, too, for "
        text += f"{destinations.OLD_SECRET_DAYS} days."
        return _shown(asked, name, text, secret=saved.secret)
    if asked.option("on"):
        on = asked.switch("on")
        saved = destinations.switch(desk, name, on, by=by)
        state = "on" if on else "off"
        return _shown(asked, name, f"**{saved.destination.name}** is {state}{'' if saved.changed else ' already'}.")
    if asked.option("replay") or asked.option("since") or asked.option("until"):
        return _replayed(asked, name)
    if asked.switch("test"):
        made = destinations.try_out(desk, name, by=by)
        return _shown(asked, name, f"A test is on its way: {made.code}.")
    wish = _wish(asked, kinds)
    if wish is None:
        return None
    saved = destinations.save(desk, name, wish, by=by)
    return _shown(asked, name, _saved(saved, what), secret=saved.secret)


def _saved(saved: Saved, what: str) -> str:
    one = saved.destination
    if saved.new:
        secret = f" {_SECRET}" if saved.secret else ""
        return f"The {what} **{one.name}** is added.{secret}"
    return f"**{one.name}** is changed." if saved.changed else f"**{one.name}** is so already."


def _replayed(asked: Asked, name: str) -> Answer:
    wanted = asked.option("replay")
    if wanted and wanted.casefold() != "dead" and not wanted.casefold().startswith("d-"):
        raise BadInput(
            f"`replay` is dead or the id of a delivery, not `{wanted[:40]}`.", hint="Write replay:dead.", input="replay"
        )
    code = wanted if wanted.casefold() != "dead" else ""
    since, until = (None, None) if wanted else (asked.day("since"), asked.day("until"))
    count = destinations.replay(asked.desk, name, by=asked.member, code=code, since=since, until=until)
    text = f"{count} deliver{'y is' if count == 1 else 'ies are'} sent again." if count else "There is nothing to send again."
    return _shown(asked, name, text)


def _wish(asked: Asked, kinds: tuple[Via, ...]) -> DestinationWish | None:
    given = dict(asked.line.options)
    given.pop("limit", None)
    if not given:
        return None
    project, client = given.get("project", ""), given.get("client", "")
    with asked.desk.reading() as session:
        default = kinds[0] if "url" in given and deliveries.by_key(session, names.key(asked.line.rest(0))) is None else None
        return DestinationWish(
            via=Via(given["via"]) if given.get("via") else default,
            url=given.get("url"),
            kinds=given.get("events"),
            project=projects.find(session, project) if project not in ("", ALL) else None,
            client=_client(session, client) if client not in ("", ALL) else None,
            everywhere=ALL in (project, client),
            options={key: given[key] for key in _OWN if key in given},
            password=given.get("password"),
            acts_as=_acting(session, asked, given["as"]) if given.get("as") else None,
        )


def _acting(session: Session, asked: Asked, name: str) -> Member:
    return team.find(session, name, platform=asked.place.platform, tenant=asked.place.tenant)


def _client(session: Session, name: str) -> Client:
    found = storage_projects.client_by_key(session, names.key(name))
    if found is None:
        known = [one.name for one in storage_projects.clients(session)]
        raise NotFound(f"There is no client {name[:60]}.", suggestions=names.nearest(name, known, 1), input="client")
    return found


def _list(session: Session, kinds: tuple[Via, ...], what: str) -> Answer:
    found = [one for one in deliveries.everything(session) if one.via in kinds]
    counted = deliveries.counts(session, [one.id for one in found])
    fields = []
    for one in found:
        waiting, dead = counted[one.id].waiting, counted[one.id].dead
        line = f"{one.url} · {', '.join(one.kinds)} · {_state(one)}"
        line += f" · {waiting} waiting" if waiting else ""
        line += f" · {dead} dead" if dead else ""
        fields.append(Field(one.name, line, short=False))
    title = f"{len(found)} {what}{'' if len(found) == 1 else 's'}" if found else f"No {what} yet"
    told = DestinationList(destinations=[_destination(session, one, counted[one.id]) for one in found], count=len(found))
    return Answer(cards=(Card(title, fields=tuple(fields)),), private=True, schema=told)


def _shown(asked: Asked, name: str, text: str = "", *, secret: str = "") -> Answer:
    """One destination: what it is, how its deliveries stand, the newest ones."""
    with asked.desk.reading() as session:
        one = destinations.find(session, name)
        newest = deliveries.newest(session, one.id, limit=asked.count("limit", _SHOWN, _MOST))
        last = deliveries.last_attempts(session, [held.id for held, _ in newest])
        counted = deliveries.counts(session, [one.id])[one.id]
        fields = [
            Field("Address", one.url, short=False),
            Field("Events", ", ".join(one.kinds)),
            Field("State", _state(one)),
            Field("Deliveries", f"{counted.delivered} delivered, {counted.waiting} waiting, {counted.dead} dead"),
        ]
        told = destinations.told(session, one)
        fields += [
            Field(label, told[key])
            for key, label in (
                ("project", "Project"),
                ("client", "Client"),
                ("profile", "Profile"),
                ("path", "Path"),
                ("as", "Acts as"),
            )
            if told.get(key)
        ]
        fields += [Field(held.code, _delivery(held, event, last.get(held.id)), short=False) for held, event in newest]
        shown = _destination(session, one, counted)
        detail = DestinationDetail(
            destination=shown,
            deliveries=[_sent(held, event, last.get(held.id)) for held, event in newest],
            **({"secret": secret} if secret else {}),
        )
        card = Card(one.name, fields=tuple(fields), buttons=_buttons(asked.command.name, one, counted.dead))
    return Answer(text, cards=(card,), private=True, copy=secret, secret=bool(secret), schema=detail)


def _buttons(command: str, one: Destination, dead: int) -> tuple[Button, ...]:
    again = (Button(command, f"{one.name} replay:dead", "Send dead ones again"),) if dead else ()
    if one.off_since is not None:
        return (Button(command, f"{one.name} on:yes", "Switch on"), *again)
    return (Button(command, f"{one.name} test:yes", "Test"), Button(command, f"{one.name} on:no", "Switch off"), *again)


def _state(one: Destination) -> str:
    return f"off since {when(one.off_since)}: {one.off_because}" if one.off_since else "on"


def _delivery(held: Delivery, event: OutgoingEvent, last: DeliveryAttempt | None) -> str:
    about = f" of {event.subject}" if event.subject != event.message else ""
    told = f"{event.kind}{about}, {when(event.at)}: {held.state.value}"
    if held.state is DeliveryState.WAITING and held.tries and last is not None and last.problem:
        return f"{told}, tried {held.tries} times, again {when(held.due_at)}. {last.problem}"
    if held.state is DeliveryState.DEAD and last is not None:
        return f"{told}. {last.problem}"
    return f"{told}{f' as {held.there}' if held.there else ''}"


def _destination(session: Session, one: Destination, counted: DeliveryCounts) -> DestinationSchema:
    told = destinations.told(session, one)
    return DestinationSchema(
        name=one.name,
        via=one.via.value,
        url=one.url,
        events=list(one.kinds),
        project=told["project"],
        client=told["client"],
        profile=told.get("profile", ""),
        path=told.get("path", ""),
        sidecar=told.get("sidecar", ""),
        user=told.get("user", ""),
        cloudevents=bool(told.get("cloudevents")),
        acts_as=told["as"],
        on=one.off_since is None,
        off_because=one.off_because,
        totals=DeliveryTotals(waiting=counted.waiting, delivered=counted.delivered, dead=counted.dead),
    )


def _sent(held: Delivery, event: OutgoingEvent, last: DeliveryAttempt | None) -> DeliverySchema:
    return DeliverySchema(
        delivery=held.code,
        event=event.kind,
        message=event.message,
        subject=event.subject if event.subject != event.message else "",
        at=event.at,
        state=held.state.value,
        tries=held.tries,
        status=last.status if last else None,
        problem=last.problem if last else "",
        there=held.there,
    )
