"""Commands on signing in on the web: signin, sessions."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlmodel import Session

from bot.cards import Answer, Button, Card, Field
from bot.commands.command import Asked
from bot.formatting import when
from core.errors import BadInput
from core.people import sessions, signin, team
from core.schemas.people import EndedSessions, SessionList, SessionSchema, SignInSchema
from storage.tables import Member, WebSession

_SESSION = re.compile(r"session/(\d{1,18})")
_SHOWN, _MOST = 15, 100
_WAYS = {"name": "by name", "link": "with a link", "first-admin": "with the link for the first admin"}
_BROWSERS = ("Edg", "OPR", "Firefox", "Chrome", "Safari")
_CALLED = {"Edg": "Edge", "OPR": "Opera"}


def offer(asked: Asked) -> Answer:
    """Get a link to sign in on the web as yourself: it works once, for ten minutes.

    Only you see the link. Whoever opens it is signed in as you, so do not pass it on.
    /signin
    """
    address = signin.offer_link(asked.desk, asked.member, platform=asked.place.platform)
    said = f"Open this within {signin.MINUTES} minutes to sign in as {asked.member.name}. It works once; do not pass it on."
    return Answer(f"{said}\n{address}", private=True, schema=SignInSchema(address=address, minutes=signin.MINUTES))


def listed(asked: Asked) -> Answer:
    """List where you are signed in on the web, and end sessions you do not know.

    Admins see and end everybody's. `revoke:yes` ends a session, or all of a person's.
    /sessions
    /sessions session/12 revoke:yes
    /sessions @ana revoke:yes
    """
    word, revoke = asked.line.rest(0), asked.switch("revoke")
    row = _SESSION.fullmatch(word)
    if row and revoke:
        with asked.desk.writing() as session:
            whose = sessions.end(session, int(row[1]), by=asked.member)
        return Answer(
            f"Session {row[1]} of {whose.name} has ended.", private=True, schema=EndedSessions(ended=1, member=whose.name)
        )
    if row:
        raise BadInput("To end a session, add `revoke:yes`.", hint=f"Write /sessions {word} revoke:yes.", input="revoke")
    with asked.desk.writing() if revoke else asked.desk.reading() as session:
        member = _member(session, asked, word)
        if revoke:
            ended = sessions.end_all(session, member, by=asked.member)
            text = f"{ended} session{'' if ended == 1 else 's'} of {member.name} {'has' if ended == 1 else 'have'} ended."
            return Answer(text, private=True, schema=EndedSessions(ended=ended, member=member.name))
        found = sessions.listed(session, asked.desk.settings, member, by=asked.member)
    return _list(member, found[: asked.count("limit", _SHOWN, _MOST)], len(found))


def _member(session: Session, asked: Asked, name: str) -> Member:
    return team.find(session, name, platform=asked.place.platform, tenant=asked.place.tenant) if name else asked.member


def _list(member: Member, shown: Sequence[WebSession], count: int) -> Answer:
    fields = tuple(Field(f"session/{one.id}", _line(one), short=False) for one in shown)
    buttons = tuple(Button("sessions", f"session/{one.id} revoke:yes", f"End {one.id}") for one in shown[:5])
    title = f"{count} session{'' if count == 1 else 's'} of {member.name}" if count else f"{member.name} is signed in nowhere"
    card = Card(title, text="" if count else "/signin gives a link.", fields=fields, buttons=buttons)
    told = SessionList(sessions=[_schema(one) for one in shown], count=count)
    return Answer(cards=(card,), private=True, schema=told)


def _line(one: WebSession) -> str:
    browser = _browser(one.browser)
    return f"{browser}, signed in {_WAYS.get(one.way, one.way)} {when(one.created_at)}, last used {when(one.seen_at)}"


def _browser(agent: str) -> str:
    """The name of a browser, by its User-Agent.

    >>> _browser("Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0"), _browser("")
    ('Edge', 'unknown browser')
    """
    found = next((one for one in _BROWSERS if f"{one}/" in agent), "")
    return _CALLED.get(found, found) or agent[:40] or "unknown browser"


def _schema(one: WebSession) -> SessionSchema:
    return SessionSchema(
        session=f"session/{one.id}", way=one.way, browser=one.browser, since=one.created_at, last_used=one.seen_at
    )
