"""The room's addresses: the door, the channels, the feed, files, and what people send."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from pydantic import BaseModel, Field, ValidationError
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from bot import identity
from bot.emoji import meanings
from bot.request import ChatPlace
from bot.web import actions, files
from bot.web.app_state import House, NotJoined, enter, house, open_to, visitor
from bot.web.feed import Reader, read_cursor, stream, write_cursor
from bot.web.message_views import face, message_views, zone_of
from bot.web.room_chat import PLATFORM, ring
from bot.web.session import let_in, see_out, token_of
from bot.web.sidebar import shelves
from bot.web.signin_routes import about, door, local
from core.errors import BadInput, Conflict, NotFound, Refused, UnknownProject
from core.events import Event, record
from core.events.actions import Action
from core.people import projects as core_projects
from core.people import sessions
from core.people.roles import Permission, may
from core.schemas.room import CompletionSchema, GoSchema, RoomAnswer, UploadSchema
from core.text import names
from storage import ids
from storage.chat import room
from storage.people import members, projects
from storage.rendering import workflows
from storage.tables import Channel, Member, Project, RoomMessage, Workflow

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
Home = Annotated[House, Depends(house)]
Me = Annotated[Member, Depends(visitor)]
Body = TypeVar("Body", bound=BaseModel)

_PAGE = 50
_LONGEST_BODY = 1024 * 1024
_MORE_EMOJI = ("👍", "❤️", "😂", "🎉", "👀", "🙏", "🔥", "🤔")


class Joining(BaseModel):
    """What the door asks."""

    name: str
    time_zone: str = Field("UTC", max_length=64)


class Opening(BaseModel):
    """A channel to open: in a project that exists, or in a new one of a client."""

    name: str
    project: str = ""
    client: str = ""
    new_project: str = ""


class ReadMark(BaseModel):
    """How far the member has read."""

    message: int


async def body(request: Request, kind: type[Body]) -> Body:
    """The JSON body as a value. Raises BadInput, TooLong."""
    try:
        return kind.model_validate_json(await files.read(request, _LONGEST_BODY))
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "request"
        raise BadInput(f"`{where}`: {first['msg']}.", hint="Reload the page and try again.") from problem


# The door


@router.get("/", response_model=None)
def front(request: Request, home: Home) -> Response:
    """The first channel, or the door."""
    try:
        member = visitor(request)
    except NotJoined:
        return HTMLResponse(door(home, local(request.query_params.get("next", ""))))
    with home.desk.reading() as session:
        open_ = open_to(session, member)
    first = next((one for one in open_ if one.channel_id == core_projects.GENERAL), open_[0] if open_ else None)
    if first is None:
        return HTMLResponse(home.templates.html("empty.html", me=face(member.name)))
    return RedirectResponse(home.templates.address(first.channel_id), 303)


@router.post("/join")
async def join(request: Request, home: Home) -> JSONResponse:
    wanted = await body(request, Joining)
    name, token = await run_in_threadpool(_join, home, request, wanted)
    response = JSONResponse(GoSchema(name=name, go=local(request.query_params.get("next", "")) or "/").as_json())
    let_in(response, token, home.desk.settings)
    return response


def _join(home: House, request: Request, wanted: Joining) -> tuple[str, str]:
    """The name and the token of a session. Raises Refused where a name is not enough."""
    if home.desk.settings.sign_in != "name":
        raise Refused("A name is not enough to sign in here.", hint="Type /signin in Slack or Discord, and open the link.")
    joined = identity.join_room(home.desk, wanted.name)
    with home.desk.writing() as session:
        member = members.by_id(session, joined.id) or joined
        member.time_zone = wanted.time_zone
        token = sessions.begin(session, member, sessions.Way.NAME, **about(request, home))
    return member.name, token


@router.post("/leave")
def leave(request: Request, home: Home) -> JSONResponse:
    """Out of the room: this session, and every copy of its cookie, ends."""
    response = JSONResponse(GoSchema(go="/").as_json())
    if token := token_of(request, home.desk.settings):
        with home.desk.writing() as session:
            sessions.sign_out(session, token)
    see_out(response, home.desk.settings)
    return response


# Channels


@router.get("/c/{slug}")
def channel_page(slug: str, home: Home, me: Me) -> HTMLResponse:
    """The channel with its newest messages."""
    return HTMLResponse(_room_page(home, me, slug, None))


@router.get("/c/{slug}/t/{root}")
def thread_page(slug: str, root: int, home: Home, me: Me) -> HTMLResponse:
    """The channel with one thread open beside it."""
    return HTMLResponse(_room_page(home, me, slug, root))


@router.get("/c/{slug}/t/{root}/panel")
def thread_panel(slug: str, root: int, home: Home, me: Me) -> HTMLResponse:
    """The thread alone."""
    with home.desk.reading() as session:
        channel, _project = enter(session, me, slug)
        return HTMLResponse(home.templates.part("thread.html", "thread", *_thread(session, channel, root, me)))


@router.get("/c/{slug}/older")
def older(slug: str, before: int, home: Home, me: Me) -> HTMLResponse:
    """The page of messages before message `before`."""
    with home.desk.reading() as session:
        channel, _project = enter(session, me, slug)
        rows, more = _page(session, channel, me, before)
        views = message_views(session, rows, me)
    return HTMLResponse(home.templates.part("message.html", "messages", views, more))


def _page(session: Session, channel: Channel, me: Member, before: int | None = None) -> tuple[list[RoomMessage], bool]:
    """A page of messages, oldest first, and whether there are older ones."""
    rows = room.page(session, channel.id or 0, seen_by=me.id or 0, before=before, limit=_PAGE + 1)
    return list(rows[-_PAGE:]), len(rows) > _PAGE


def _room_page(home: House, me: Member, slug: str, root: int | None) -> str:
    with home.desk.reading() as session:
        channel, project = enter(session, me, slug)
        open_ = open_to(session, me)
        cursor = room.revisions(session, [one.id for one in open_ if one.id is not None])  # before the messages: none is missed
        rows, more = _page(session, channel, me)
        known = workflows.everything(session)
        return home.templates.html(
            "room.html",
            me=face(me.name), channel=channel, project=project, client=core_projects.client_of(session, project),
            shelves=shelves(session, me, slug), projects=projects.everything(session),
            may_open=may(session, me, Permission.MANAGE_CHANNELS, None),
            may_found=may(session, me, Permission.MANAGE_PROJECTS, None),
            messages=message_views(session, rows, me), more=more,
            read=room.read_up_to(session, me.id or 0, channel.id or 0), cursor=write_cursor(cursor),
            thread=_thread(session, channel, root, me) if root else None,
            emoji=[*meanings(home.desk.settings).items(), *((one, "") for one in _MORE_EMOJI)],
            upload_mb=home.desk.settings.max_upload_mb, workflows=known, zone=str(zone_of(me)), example=_example(known),
        )  # fmt: skip


def _example(known: Sequence[Workflow]) -> str:
    """A command that works here, for somebody who sees an empty channel."""
    names_ = [one.name for one in known]
    name = "text-to-image" if "text-to-image" in names_ else names_[0] if names_ else ""
    return f"/render {name} a red running shoe on wet asphalt, low sun" if name else ""


def _thread(session: Session, channel: Channel, root: int, me: Member) -> tuple[Any, ...]:
    first = room.message(session, root)
    if first is None or first.channel_id != channel.id or first.thread_id or first.only_for not in (None, me.id):
        raise NotFound("There is no such thread in this channel.", hint=f"Open #{channel.name} and look for it there.")
    answers = room.thread(session, root, seen_by=me.id or 0)
    return channel, message_views(session, [first], me)[0], message_views(session, answers, me)


@router.post("/channels")
async def open_channel(request: Request, home: Home, me: Me) -> JSONResponse:
    wanted = await body(request, Opening)
    slug = await run_in_threadpool(_open_channel, home, me, wanted)
    return JSONResponse(GoSchema(go=home.templates.address(slug)).as_json())


def _open_channel(home: House, me: Member, wanted: Opening) -> str:
    slug = names.slug(names.clean(wanted.name.lstrip("#"), "channel name"))
    if not slug:
        raise BadInput("The channel's name has no letters or digits.", hint="Choose a name that has some.")
    with home.desk.writing() as session:
        if projects.channel(session, PLATFORM, slug) is not None:
            raise Conflict(f"There is a channel #{slug} already.", hint="Choose it from the list, or use another name.")
        project = _project_for(session, me, wanted)
        core_projects.bind_channel(session, PLATFORM, slug, slug, project, by=me)
        ring(home.desk, session)
    return slug


def _project_for(session: Session, me: Member, wanted: Opening) -> Project:
    if wanted.new_project:
        return core_projects.add(session, wanted.client, wanted.new_project, by=me)
    if not wanted.project:
        raise UnknownProject("A channel belongs to a project.", hint="Choose one, or name a new one and its client.")
    return core_projects.find(session, wanted.project)


# Talk


def _told(answer: RoomAnswer) -> JSONResponse:
    return JSONResponse(answer.as_json())


@router.post("/c/{slug}/say")
async def say(slug: str, request: Request, home: Home, me: Me) -> JSONResponse:
    return _told(await run_in_threadpool(actions.say, home, me, slug, await body(request, actions.Saying)))


@router.post("/c/{slug}/fill")
async def fill(slug: str, request: Request, home: Home, me: Me) -> JSONResponse:
    return _told(await run_in_threadpool(actions.fill, home, me, slug, await body(request, actions.Filling)))


@router.post("/c/{slug}/press")
async def press(slug: str, request: Request, home: Home, me: Me) -> JSONResponse:
    return _told(await run_in_threadpool(actions.press, home, me, slug, await body(request, actions.Pressing)))


@router.post("/c/{slug}/react")
async def react(slug: str, request: Request, home: Home, me: Me) -> JSONResponse:
    return _told(await run_in_threadpool(actions.react, home, me, slug, await body(request, actions.Reacting)))


@router.post("/c/{slug}/read")
async def read(slug: str, request: Request, home: Home, me: Me) -> JSONResponse:
    wanted = await body(request, ReadMark)

    def mark() -> None:
        with home.desk.writing() as session:
            channel, _project = enter(session, me, slug)
            room.mark_read(session, me.id or 0, channel.id or 0, wanted.message)

    await run_in_threadpool(mark)
    return JSONResponse({})


@router.get("/c/{slug}/complete")
def complete(slug: str, text: str, cursor: int, home: Home, me: Me) -> JSONResponse:
    """What may stand where the cursor is, best first."""
    with home.desk.reading() as session:
        _channel, project = enter(session, me, slug)
    place = ChatPlace(PLATFORM, slug, "", project)
    found = home.commands.complete(home.desk, me, place, text[:4000], min(cursor, 4000))
    return JSONResponse([CompletionSchema(value=one.value, label=one.label, help=one.help).as_json() for one in found])


@router.get("/feed", response_model=None)
async def feed(request: Request, channel: str, home: Home, me: Me, since: str = "") -> Response:
    reader = Reader(me.id or 0, channel, request.state.session, read_cursor(request.headers.get("last-event-id") or since))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream(home, reader), media_type="text/event-stream", headers=headers)


# Files


@router.post("/uploads")
async def upload(request: Request, home: Home, me: Me, name: str = "picture") -> JSONResponse:
    data = await files.read_upload(request, home.desk)
    kept, receipt, warning = await run_in_threadpool(files.keep, home, me, name, data)
    told = UploadSchema(receipt=receipt, filename=kept.filename, mime=kept.mime, size=kept.size, warning=warning)
    return JSONResponse(told.as_json())


@router.get("/files/m{row}/{digest}", response_model=None)
def attachment(row: int, digest: str, home: Home, me: Me) -> Response:
    """A file that came with a message."""
    with home.desk.reading() as session:
        kept = files.attachment_of(session, me, row, digest)
    return files.send(home.desk, digest, kept.mime, kept.filename)


@router.get("/files/{code}/{digest}", response_model=None)
def asset_file(code: str, digest: str, home: Home, me: Me, request: Request, download: bool = False) -> Response:
    """An asset's original, preview or thumbnail. Whoever gets the original is in the audit log; a film that goes on, once."""
    with home.desk.reading() as session:
        asset, mime = files.blob_of_asset(session, me, code, digest)
    if digest == asset.sha256 and files.from_the_start(request):
        action = Action.ASSET_DOWNLOADED if download else Action.ASSET_VIEWED
        with home.desk.writing() as session:
            record(session, Event(action, asset.code, by=me, after={"sha256": digest}, asset_id=asset.id))
    return files.send(home.desk, digest, mime, asset.filename, download=download)


@router.get("/previews/{code}", response_model=None)
def live_preview(code: str, home: Home, me: Me) -> Response:
    """The newest preview picture of a running render; 204 when there is none, which is no error: it may have just ended."""
    picture = home.desk.queue.preview(ids.number("R", code) or 0)
    kind = files.kind_of(picture) if picture else ""
    if picture is None or not kind.startswith("image/"):
        return Response(status_code=204)
    return Response(picture, media_type=kind, headers={"Cache-Control": "no-store"})
