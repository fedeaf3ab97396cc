"""Signing in with an identity provider: there, and back."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse

from bot import identity
from bot.web import limits
from bot.web.app_state import House, house
from bot.web.session import https, let_in
from bot.web.signin_routes import about, local
from core.errors import BadInput, IdentityProviderAway, NotFound, Refused
from core.people import sessions, signin
from core.people.openid import CALLBACK, OpenIdProvider

router = APIRouter(include_in_schema=False)
Home = Annotated[House, Depends(house)]
_COOKIE = "slate_openid"
_MINUTES = 10
_A_MINUTE = 20
_LONGEST = 4000


@router.get("/openid", response_model=None)
def begin(request: Request, home: Home, next: str = "") -> RedirectResponse:
    """To the provider. A cookie ties the way back to this browser."""
    limits.take(home.desk, request, "openid", _A_MINUTE)
    provider = _provider(home)
    state = signin.new_token()
    visit = provider.begin(state)
    with home.desk.writing() as session:
        signin.open_visit(session, state, _MINUTES, {**visit.facts, "next": local(next)})
    response = RedirectResponse(visit.url, 303, headers={"Cache-Control": "no-store"})
    secure = https(home.desk.settings)
    response.set_cookie(_COOKIE, state, max_age=_MINUTES * 60, httponly=True, samesite="lax", secure=secure, path="/openid")
    return response


@router.get(CALLBACK, response_model=None)
def back(request: Request, home: Home, state: str = "", code: str = "", iss: str = "", error: str = "") -> RedirectResponse:
    """From the provider: a session for whoever it says this is."""
    limits.take(home.desk, request, "openid-back", _A_MINUTE)
    provider = _provider(home)
    try:
        token, to = _signed_in(request, home, provider, state, (code[:_LONGEST], iss[:_LONGEST], error[:_LONGEST]))
    except (Refused, BadInput, IdentityProviderAway) as problem:
        signin.note_refusal(home.desk, "openid", problem.message)
        raise
    response = RedirectResponse(to or "/", 303)
    response.delete_cookie(_COOKIE, path="/openid")
    let_in(response, token, home.desk.settings)
    return response


def _signed_in(
    request: Request, home: House, provider: OpenIdProvider, state: str, answer: tuple[str, str, str]
) -> tuple[str, str]:
    """The token of a new session, and where to go. Raises Refused, BadInput, IdentityProviderAway."""
    code, issuer, error = answer
    if not state or not hmac.compare_digest(state.encode(), request.cookies.get(_COOKIE, "").encode("utf-8", "replace")):
        raise Refused("This sign-in was begun in another browser, or has expired.", hint="Begin again from the sign-in page.")
    with home.desk.writing() as session:
        facts = signin.redeem_visit(session, state)
    if error or not code:
        said = "".join(letter for letter in error if letter.isalnum() or letter in "_- ")[:60]
        raise Refused(f"{provider.name} did not sign you in ({said or 'no code'}).", hint="Begin again from the sign-in page.")
    known = provider.finish(facts, code, issuer)
    with home.desk.writing() as session:
        member = identity.member_by_openid(session, home.desk.settings, known)
        return sessions.begin(session, member, sessions.Way.OPENID, **about(request, home)), facts.get("next", "")


def _provider(home: House) -> OpenIdProvider:
    if home.openid is None or home.desk.settings.sign_in == "name":
        raise NotFound("There is no identity provider here.", hint="Go back to the room.")
    return home.openid
