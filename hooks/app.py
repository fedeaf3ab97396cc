"""The web process: one FastAPI app with the room, the asset pages and a health check; one table maps errors to status codes."""

from __future__ import annotations

import signal
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import FrameType
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import DataError, SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from bot import commands
from bot.reactions import react
from bot.slack.runtime import Front
from bot.web.api_routes import router as api_routes
from bot.web.app_state import House, NotJoined
from bot.web.asset_routes import router as page_routes
from bot.web.compare_routes import router as compare_routes
from bot.web.guard import HEADERS, Guard
from bot.web.mcp_routes import router as mcp_routes
from bot.web.openid_routes import router as openid_routes
from bot.web.room_routes import router as room_routes
from bot.web.session import signer
from bot.web.signin_routes import router as signin_routes
from bot.web.templating import STATIC, Templates
from bot.web.verify_routes import router as verify_routes
from bot.web.wakeups import Bell
from core import errors
from core.desk import Desk, here
from core.people.openid import openid_provider
from core.schemas.room import RoomProblem
from hooks.health import router as health_routes
from hooks.slack import slack_routes
from hooks.webhooks import router as webhook_routes

log = structlog.get_logger(__name__)

STATUS: dict[type[errors.SlateError], int] = {
    errors.Refused: 403,
    errors.NotFound: 404,
    errors.TooLong: 413,
    errors.TooManyPixels: 413,
    errors.TooCostly: 413,
    errors.BadInput: 422,
    errors.Conflict: 409,
    errors.WouldLeak: 409,
    errors.SandboxBusy: 503,
    errors.IdentityProviderAway: 503,
    errors.SealUnavailable: 503,
    errors.BlobMissing: 410,
    errors.DiskFull: 507,
    errors.DatabaseUnavailable: 503,
    errors.QueueUnavailable: 503,
    errors.BackendUnreachable: 503,
    errors.BackendBusy: 503,
    errors.BackendError: 502,
    errors.ChatBusy: 503,
    errors.SlateError: 500,
}
"""Error -> HTTP status; the nearest class upwards decides."""


def create_app(desk: Desk | None = None) -> FastAPI:
    """The app over `desk` (None: what the environment names)."""
    desk = desk or here()
    bell = Bell(desk.queue)
    app = FastAPI(title="Slate", lifespan=_lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    templates = Templates()
    app.state.house = House(desk, signer(desk.settings), bell, templates, commands, react, openid_provider(desk.settings))
    app.include_router(health_routes)
    app.include_router(webhook_routes)
    app.include_router(page_routes)
    app.include_router(verify_routes)
    app.include_router(compare_routes)
    app.include_router(room_routes)
    app.include_router(signin_routes)
    app.include_router(openid_routes)
    app.include_router(api_routes)
    app.include_router(mcp_routes)
    app.state.slack = Front(desk) if desk.settings.slack else None
    if app.state.slack is not None:
        app.include_router(slack_routes(app.state.slack))
    app.mount("/static", StaticFiles(directory=STATIC))
    app.add_middleware(Guard, settings=desk.settings)
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(desk.settings.trusted_proxies))
    app.add_exception_handler(errors.SlateError, _slate_error)
    app.add_exception_handler(NotJoined, _not_joined)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _odd_request)
    app.add_exception_handler(DataError, _unfit)
    app.add_exception_handler(OverflowError, _unfit)
    app.add_exception_handler(UnicodeError, _unfit)
    app.add_exception_handler(SQLAlchemyError, _unexpected)
    app.add_exception_handler(Exception, _unexpected)
    return app


def status_of(problem: errors.SlateError) -> int:
    return next(STATUS[kind] for kind in type(problem).__mro__ if kind in STATUS)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    house: House = app.state.house
    with _ends_feeds_first(house.bell):
        yield
    house.bell.close()
    house.bell.join()
    if app.state.slack is not None:
        app.state.slack.close()


@contextmanager
def _ends_feeds_first(bell: Bell) -> Iterator[None]:
    """A server told to stop waits for open connections, and a feed never ends by itself: so the same signal ends the feeds."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def stop(number: int, frame: FrameType | None) -> None:
        bell.close()
        handler = before[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


# What people see when something goes wrong


def _slate_error(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, errors.SlateError)
    status = status_of(problem)
    if isinstance(problem, errors.SandboxBusy):  # the sender is told; a line for each would help whoever floods us
        log.debug("web.busy", path=request.url.path)
    elif status >= 500:
        log.error("web.failed", path=request.url.path, code=problem.code, message=problem.message)
    return _answer(request, status, problem.code, problem.message, problem.hint)


def _not_joined(request: Request, problem: Exception) -> Response:
    """Pages lead to the door and back again; programs are told."""
    if request.method == "GET" and _wants_page(request):
        return RedirectResponse(f"/?next={quote(request.url.path)}", 303)
    told = _answer(request, 401, "not-joined", "Nobody is signed in in this browser.", "Open Slate and sign in.")
    told.headers["WWW-Authenticate"] = "Bearer"
    return told


def _http_error(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    said = "There is nothing at this address." if problem.status_code == 404 else str(problem.detail)
    return _answer(request, problem.status_code, "http-error", said, "Go back to the room.")


def _odd_request(request: Request, problem: Exception) -> Response:
    return _answer(request, 422, "bad-input", "This address is not complete.", "Go back to the room and try again from there.")


def _unfit(request: Request, problem: Exception) -> Response:
    """A number or a text in a request that no column holds: there is nothing by that name."""
    return _answer(request, 404, "not-found", "There is nothing at this address.", "Go back to the room.")


def _unexpected(request: Request, problem: Exception) -> Response:
    log.error("web.broken", path=request.url.path, exc_info=problem)
    said = _answer(request, 500, "slate-error", "Slate itself made a mistake here.", "It is in the log. Trying again may help.")
    said.headers.update(HEADERS)  # the last resort answers from outside of the guard
    return said


def _answer(request: Request, status: int, code: str, message: str, hint: str) -> Response:
    if _wants_page(request):
        facts: dict[str, Any] = {"status": status, "code": code, "message": message, "hint": hint}
        return HTMLResponse(request.app.state.house.templates.html("problem.html", **facts), status)
    return JSONResponse(RoomProblem(error=code, message=message, hint=hint).as_json(), status)


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")
