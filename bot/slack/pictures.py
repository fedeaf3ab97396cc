"""Pictures on their way into Slack: each file is uploaded once a workspace, and remembered with the messages that show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

import structlog
from sqlmodel import Session

from bot.cards import Picture
from bot.slack.api import Api
from bot.slack.block_kit import SHOWN_INLINE
from bot.slack.limits import ALT, CARD_PICTURES
from bot.slack.rich_text import cut, shown
from bot.slack.workspaces import PLATFORM
from core.desk import Desk
from core.errors import StoreError
from core.files import stored
from core.formats import kinds
from storage.chat import posts
from storage.files import assets
from storage.tables import Asset, Post

log = structlog.get_logger(__name__)

MOST_BYTES = 20 * 1024 * 1024
"""Of a picture that is shown itself; a larger one is shown by its preview, with a link to its page."""
MOST_SHARED = 200 * 1024 * 1024
"""Of a film, a sound or a file that is put into the thread below its card; a larger one is only linked."""


def files_for(api: Api, desk: Desk, pictures: Sequence[Picture], post: Post | None = None) -> dict[str, str]:
    """Slack's ids of what can be shown of the pictures, by digest: known already, or uploaded now and remembered in `post`.

    Raises ChatBusy, ChatRefused; what was uploaded until then is remembered.
    """
    known = _known(desk, api.installed.tenant, pictures, post)
    for one in pictures[:CARD_PICTURES]:
        digest, data = _what_to_show(desk, one, known)
        if data:
            known[digest] = _upload(api, data, _name(one, data), one.alt)
            if post is not None and post.id is not None:
                with desk.writing() as session:
                    posts.keep(session, post.id, files={**post.kept.get("files", {}), **known})
    return known


def share(api: Api, desk: Desk, pictures: Sequence[Picture], post: Post, message_ref: str) -> None:
    """Put what an image block cannot play (films, sounds, animations, other files) into the thread of its message, once."""
    done = list(post.kept.get("shared", []))
    for one in pictures:
        if one.mime in SHOWN_INLINE or one.sha256 in done or one.size > MOST_SHARED:
            continue
        data = _bytes(desk, one.sha256)
        if not data or len(data) > MOST_SHARED:
            continue
        about = {"file": data, "filename": _filename(desk, one), "title": one.asset, "alt_txt": _alt(one.alt)}
        api.do("files_upload_v2", channel=post.channel_id, thread_ts=post.thread_ref or message_ref, **about)
        done.append(one.sha256)
        with desk.writing() as session:
            posts.keep(session, post.id or 0, shared=done)


def _known(desk: Desk, tenant: str, pictures: Sequence[Picture], post: Post | None) -> dict[str, str]:
    """What other messages in the same workspace about the same assets have uploaded."""
    found: dict[str, str] = {}
    with desk.reading() as session:
        for one in pictures:
            for other in _about(session, one.asset):
                if (other.platform, other.tenant) == (PLATFORM, tenant):
                    found |= other.kept.get("files", {})
    return found | (post.kept.get("files", {}) if post is not None else {})


def _about(session: Session, code: str) -> Iterator[Post]:
    asset: Asset | None = assets.by_code(session, code) if code else None
    if asset is not None:
        yield from posts.of_asset(session, asset.id or 0)
        yield from posts.of_render(session, asset.render_id) if asset.render_id else ()


def _what_to_show(desk: Desk, picture: Picture, known: dict[str, str]) -> tuple[str, bytes]:
    """(digest, bytes to upload): the original where Slack can show it, else its still; no bytes when there is nothing to do."""
    if picture.sha256 in known or (picture.preview and picture.preview in known):
        return "", b""
    if picture.mime in SHOWN_INLINE and picture.size <= MOST_BYTES:
        data = _bytes(desk, picture.sha256)
        if 0 < len(data) <= MOST_BYTES:
            return picture.sha256, data
    return picture.preview, _bytes(desk, picture.preview) if picture.preview else b""


def _bytes(desk: Desk, digest: str) -> bytes:
    try:
        return stored.read(desk, digest)
    except StoreError as problem:
        log.warning("slack.no-bytes", digest=digest, problem=str(problem))
        return b""


def _upload(api: Api, data: bytes, filename: str, alt: str) -> str:
    answer = api.do("files_upload_v2", file=data, filename=filename, alt_txt=_alt(alt))
    files: list[dict[str, str]] = answer["files"]
    return files[0]["id"]


def _alt(text: str) -> str:
    return cut(shown(text) or "A picture", ALT)


def _name(picture: Picture, data: bytes) -> str:
    kind = kinds.mime_of(data, "").removeprefix("image/")
    return f"{picture.asset or 'picture'}.{'jpg' if kind == 'jpeg' else kind or 'bin'}"


def _filename(desk: Desk, picture: Picture) -> str:
    with desk.reading() as session:
        asset = assets.by_code(session, picture.asset) if picture.asset else None
    return f"{picture.asset}{PurePosixPath(asset.filename).suffix[:10] if asset else ''}"
