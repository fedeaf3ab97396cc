"""Files go out in pieces, whatever their size, by whichever way: from the folder, from S3, or by the proxy."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import FileResponse, Response

from bot.web.blob_response import BlobResponse
from core.desk import Desk
from storage.blobs import PIECE, FolderBlobs, open_blobs
from storage.people import audit
from tests.bot.web.test_files import keep_asset
from tests.web import Web, picture

DATA = os.urandom(2_500)


def answered(response: Response, headers: dict[str, str], method: str = "GET") -> tuple[int, dict[str, str], list[bytes]]:
    """(status, headers, the pieces of the body) of a response, as the server gets them."""
    told: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        told.append(message)

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": method, "headers": [(name.encode(), value.encode()) for name, value in headers.items()]}
    with ThreadPoolExecutor(1) as aside:  # a browser of an earlier test may have left its loop running in this thread
        aside.submit(asyncio.run, response(scope, receive, send)).result()
    shown = {name.decode(): value.decode() for name, value in told[0]["headers"]}
    return told[0]["status"], shown, [one["body"] for one in told[1:] if one["body"]]


def in_pieces(start: int, end: int) -> Iterator[bytes]:
    yield from (DATA[at : min(at + 100, end)] for at in range(start, end, 100))


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "bytes=0-99",
        "bytes=100-",
        "bytes=-10",
        "bytes=2499-2499",
        "bytes=0-999999",
        "bytes=2500-",
        "bytes=9000-9001",
        "lines=1-2",
    ],
)
def test_a_range_of_a_streamed_blob_is_that_of_a_file(tmp_path: Path, asked: str) -> None:
    (tmp_path / "same").write_bytes(DATA)
    file = FileResponse(tmp_path / "same", media_type="video/mp4")
    headers = {"range": asked} if asked else {}
    status, shown, body = answered(BlobResponse(in_pieces, len(DATA), "d1", "video/mp4", {"Cache-Control": "private"}), headers)
    right, told, _ = answered(file, headers)
    assert status == (200 if asked == "lines=1-2" else right)
    if status != 416 and asked != "lines=1-2":
        first, last = re.findall(r"\d+", told.get("content-range", f"0-{len(DATA) - 1}"))[:2]
        assert b"".join(body) == DATA[int(first) : int(last) + 1]
        same = ("content-length", "content-range", "accept-ranges", "content-type")
        assert {name: shown.get(name) for name in same} == {name: told.get(name) for name in same}
    assert shown["cache-control"] == "private"
    assert max(map(len, body), default=0) <= 100


def test_a_range_of_another_file_is_answered_with_the_whole_one_and_head_with_none() -> None:
    made = BlobResponse(in_pieces, len(DATA), "d1", "video/mp4", {})
    assert answered(made, {"range": "bytes=0-9", "if-range": '"d1"'})[0] == 206
    made = BlobResponse(in_pieces, len(DATA), "d1", "video/mp4", {})
    assert answered(made, {"range": "bytes=0-9", "if-range": '"d2"'})[0] == 200
    made = BlobResponse(in_pieces, len(DATA), "d1", "video/mp4", {})
    status, shown, body = answered(made, {}, "HEAD")
    assert (status, shown["content-length"], body) == (200, "2500", [])


@pytest.fixture
def in_s3(desk: Desk, s3_url: str, s3_endpoint: str) -> Desk:
    return replace(desk, blobs=open_blobs(s3_url, endpoint=s3_endpoint))


def test_a_film_in_s3_goes_out_in_pieces_and_by_ranges(in_s3: Desk) -> None:
    film = b"\0\0\0\x18ftypmp42" + os.urandom(PIECE * 3)
    with Web(in_s3) as web:
        mia = web.client("Mia")
        asset = keep_asset(web, film, "video/mp4", "film.mp4")
        held: list[int] = []
        right = in_s3.blobs.pieces

        def counted(digest: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
            for piece in right(digest, start, end):
                held.append(len(piece))
                yield piece

        object.__setattr__(in_s3.blobs, "pieces", counted)
        object.__setattr__(in_s3.blobs, "get", None)
        got = mia.get(f"/files/{asset.code}/{asset.sha256}")
        assert got.content == film
        assert got.headers["content-disposition"] == "inline; filename*=UTF-8''film.mp4"
        part = mia.get(f"/files/{asset.code}/{asset.sha256}", headers={"Range": "bytes=4-7"})
        assert (part.status_code, part.content) == (206, b"ftyp")
        assert max(held) <= PIECE


def test_the_proxy_sends_a_file_itself_only_to_those_who_may_have_it(desk: Desk) -> None:
    settings = desk.settings.model_copy(update={"accel_prefix": "/blobs/"})
    with Web(replace(desk, settings=settings)) as web:
        mia = web.client("Mia")
        asset = keep_asset(web, picture("red"), "image/png", "red.png")
        address = f"/files/{asset.code}/{asset.sha256}"
        assert "x-accel-redirect" not in web.client().get(address).headers, "a stranger is told nothing"
        got = mia.get(address, params={"download": "1"})
        assert (got.status_code, got.content) == (200, b"")
        there = got.headers["x-accel-redirect"].removeprefix("/blobs/")
        assert isinstance(desk.blobs, FolderBlobs)
        assert (desk.blobs.root / there).read_bytes() == picture("red")
        assert got.headers["content-disposition"] == "attachment; filename*=UTF-8''red.png"
        assert got.headers["content-type"] == "image/png"
        assert "immutable" in got.headers["cache-control"]
        with desk.reading() as session:
            actions = [one.action for one in audit.about(session, asset.code)]
        assert "asset:downloaded" in actions, "it is written down as ever"
        (desk.blobs.root / there).write_bytes(b"something else")
        assert mia.get(address).json()["error"] == "blob-damaged"
