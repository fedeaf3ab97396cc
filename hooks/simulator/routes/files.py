"""/view and the uploads."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import mimetypes
import os
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.web_request import FileField
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from hooks.simulator.folders import Escaped, Folders
from hooks.simulator.routes import simulator

routes = web.RouteTableDef()
DANGEROUS = frozenset(
    {
        "text/html",
        "text/html-sandboxed",
        "application/xhtml+xml",
        "text/javascript",
        "application/javascript",
        "text/css",
        "image/svg+xml",
        "application/xml",
        "text/xml",
    }
)


@routes.get("/view")
async def view(request: web.Request) -> web.StreamResponse:
    sim = simulator(request)
    if sim.knobs.view_seconds:
        await asyncio.sleep(sim.knobs.view_seconds)
    path = _place(sim.folders, request.query)
    if not path.is_file() or sim.knobs.take("view_missing"):
        raise web.HTTPNotFound
    disposition = {"Content-Disposition": f'filename="{path.name}"'}
    if sim.knobs.take("view_empty"):
        return web.Response(body=b"", content_type=_type(path), headers=disposition)
    if sim.knobs.take("view_cut"):
        data = path.read_bytes()
        return web.Response(body=data[: len(data) // 2], content_type=_type(path), headers=disposition)
    if sim.knobs.take("view_short"):
        return await _half(request, path)
    if "preview" in request.query:
        return _preview(path, request.query["preview"], disposition)
    if request.query.get("channel") in ("rgb", "a"):
        return _channel(path, request.query["channel"], disposition)
    kind = _type(path)
    if kind in DANGEROUS:
        kind, disposition = "application/octet-stream", {"Content-Disposition": f'attachment; filename="{path.name}"'}
    return web.FileResponse(path, headers={**disposition, "Content-Type": kind, "X-Content-Type-Options": "nosniff"})


def _place(folders: Folders, query: Any) -> Path:
    """Where the asked-for file would be; 400, 403 or 404 for what leads elsewhere."""
    if "filename" not in query:
        raise web.HTTPNotFound
    name, base = folders.annotated(query["filename"], "output")
    kind = folders.kind(query.get("type", "output")) if name == query["filename"] else base
    if not name or name.startswith("/") or ".." in name or kind is None:
        raise web.HTTPBadRequest
    try:
        folder = folders.within(kind, query.get("subfolder", ""))
    except (Escaped, ValueError):
        raise web.HTTPForbidden from None
    return folder / os.path.basename(name)


def _type(path: Path) -> str:
    return mimetypes.guess_type(path.name)[0] or "application/octet-stream"


async def _half(request: web.Request, path: Path) -> web.StreamResponse:
    data = path.read_bytes()
    answer = web.StreamResponse(headers={"Content-Type": _type(path), "Content-Length": str(len(data))})
    await answer.prepare(request)
    await answer.write(data[: len(data) // 2])
    await asyncio.sleep(0.05)  # let the half get out before the connection is cut
    if request.transport is not None:
        request.transport.abort()
    return answer


def _preview(path: Path, asked: str, headers: dict[str, str]) -> web.Response:
    """`jpeg` or `webp`, with `;quality`; everything else is webp. Nothing embedded survives."""
    kind, *rest = asked.split(";")
    kind = kind if kind in ("jpeg", "webp") else "webp"
    quality = int(rest[-1]) if rest and rest[-1].isdigit() else 90
    file = io.BytesIO()
    with Image.open(path) as picture:
        (picture.convert("RGB") if kind == "jpeg" else picture).save(file, kind, quality=quality)
    return web.Response(body=file.getvalue(), content_type=f"image/{kind}", headers=headers)


def _channel(path: Path, channel: str, headers: dict[str, str]) -> web.Response:
    file = io.BytesIO()
    with Image.open(path) as picture:
        if channel == "rgb":
            made = Image.fromarray(_array(picture.convert("RGB")))
        else:
            made = Image.new("RGBA", picture.size)
            made.putalpha(picture.getchannel("A") if "A" in picture.getbands() else Image.new("L", picture.size, 255))
    made.save(file, "PNG")
    return web.Response(body=file.getvalue(), content_type="image/png", headers=headers)


def _array(picture: Image.Image) -> Any:
    import numpy as np

    return np.asarray(picture)


@routes.post("/upload/image")
async def upload_image(request: web.Request) -> web.Response:
    asked = await request.post()
    return _upload(simulator(request).folders, asked, None)


@routes.post("/upload/mask")
async def upload_mask(request: web.Request) -> web.Response:
    """An original that is not there is answered with a name although nothing was written."""
    folders = simulator(request).folders
    asked = await request.post()
    original = json.loads(str(asked["original_ref"]))
    query = {"type": "output", **original}
    return _upload(folders, asked, _place(folders, query))


def _upload(folders: Folders, asked: Any, original: Path | None) -> web.Response:
    field = asked.get("image")
    if not isinstance(field, FileField) or not field.filename:
        raise web.HTTPBadRequest
    kind, subfolder = str(asked.get("type", "input")), str(asked.get("subfolder", ""))
    base = folders.kind(kind)
    assert base is not None, "an unknown type is trouble"
    try:
        path = folders.within(base, os.path.normpath(subfolder), field.filename)
    except Escaped:
        raise web.HTTPBadRequest from None
    (base / os.path.normpath(subfolder)).mkdir(parents=True, exist_ok=True)
    data = field.file.read()
    if str(asked.get("overwrite", "")) not in ("true", "1"):
        path = _free(path, data)
    if original is not None:
        _masked(path, data, original)
    elif not path.exists() or path.read_bytes() != data:
        path.write_bytes(data)
    return web.json_response({"name": path.name, "subfolder": subfolder, "type": kind})


def _free(path: Path, data: bytes) -> Path:
    """The path, or `name (1).png` and so on if other bytes are there already."""
    mark, stem, counter = hashlib.sha256(data).digest(), path, 1
    while path.exists() and hashlib.sha256(path.read_bytes()).digest() != mark:
        path = stem.with_name(f"{stem.stem} ({counter}){stem.suffix}")
        counter += 1
    return path


def _masked(path: Path, mask: bytes, original: Path) -> None:
    """The original's colours with the mask's alpha, and the original's texts."""
    if not original.is_file():
        return
    with Image.open(original) as picture, Image.open(io.BytesIO(mask)) as cover:
        info = PngInfo()
        for key, value in getattr(picture, "text", {}).items():
            info.add_text(key, value)
        made = picture.convert("RGBA")
        made.putalpha(cover.convert("RGBA").getchannel("A").resize(picture.size))
        made.save(path, "PNG", pnginfo=info, compress_level=4)
