"""What a server says of itself: nodes, models, version, features; and the little of settings and users a client may ask."""

from __future__ import annotations

import json
import sys

import aiohttp
from aiohttp import web

from hooks.simulator import inventory
from hooks.simulator.folders import MODEL_FOLDERS, Escaped
from hooks.simulator.nodes import NODES
from hooks.simulator.routes import simulator

routes = web.RouteTableDef()
VRAM = 24 * 2**30
RAM = 64 * 2**30


@routes.get("/object_info")
async def object_info(request: web.Request) -> web.Response:
    folders = simulator(request).folders
    return web.json_response({name: node.described(folders) for name, node in NODES.items()})


@routes.get("/object_info/{name}")
async def one_object_info(request: web.Request) -> web.Response:
    node = NODES.get(request.match_info["name"])
    return web.json_response({node.name: node.described(simulator(request).folders)} if node else {})


@routes.get("/models")
async def model_folders(request: web.Request) -> web.Response:
    return web.json_response(list(MODEL_FOLDERS))


@routes.get("/models/{folder}")
async def models(request: web.Request) -> web.Response:
    return web.json_response(simulator(request).folders.model_names(_known(request.match_info["folder"])))


@routes.get("/experiment/models")
async def experiment_folders(request: web.Request) -> web.Response:
    base = simulator(request).folders.models
    return web.json_response(
        [{"name": name, "folders": [str(base / name)]} for name in MODEL_FOLDERS if name not in ("configs", "custom_nodes")]
    )


@routes.get("/experiment/models/{folder}")
async def experiment_models(request: web.Request) -> web.Response:
    folder = _known(request.match_info["folder"])
    folders = simulator(request).folders
    told = []
    for name in folders.model_names(folder):
        facts = (folders.models / folder / name).stat()
        told.append({"name": name, "pathIndex": 0, "modified": facts.st_mtime, "created": facts.st_ctime, "size": facts.st_size})
    return web.json_response(told)


@routes.get("/view_metadata/{folder}")
async def view_metadata(request: web.Request) -> web.Response:
    folders = simulator(request).folders
    name = request.query.get("filename", "")
    if not name.endswith(".safetensors"):
        raise web.HTTPNotFound
    try:
        found = inventory.metadata(folders.within(folders.models / _known(request.match_info["folder"]), name))
    except Escaped:
        found = None
    if found is None:
        raise web.HTTPNotFound
    return web.json_response(found)


def _known(folder: str) -> str:
    if folder not in MODEL_FOLDERS:
        raise web.HTTPNotFound
    return folder


@routes.get("/embeddings")
async def embeddings(request: web.Request) -> web.Response:
    names = simulator(request).folders.model_names("embeddings")
    return web.json_response([name.rsplit(".", 1)[0] for name in names])


@routes.get("/features")
async def features(request: web.Request) -> web.Response:
    return web.json_response(simulator(request).features())


@routes.get("/system_stats")
async def system_stats(request: web.Request) -> web.Response:
    sim = simulator(request)
    system = {
        "os": sys.platform, "ram_total": RAM, "ram_free": RAM // 2, "comfyui_version": sim.knobs.version,
        "python_version": sys.version, "pytorch_version": "simulated", "embedded_python": False,
        "deploy_environment": "simulator",
        "argv": ["simulator", "--name", sim.options.name], "simulated": True, "aiohttp_version": aiohttp.__version__,
    }  # fmt: skip
    device = {
        "name": f"cuda:0 Simulated GPU {sim.options.name}", "type": "cuda", "index": 0, "vram_total": VRAM,
        "vram_free": VRAM // 2, "torch_vram_total": VRAM, "torch_vram_free": VRAM // 2,
    }  # fmt: skip
    return web.json_response({"system": system, "devices": [device]})


@routes.get("/extensions")
async def extensions(request: web.Request) -> web.Response:
    return web.json_response([])


@routes.get("/node_replacements")
@routes.get("/workflow_templates")
@routes.get("/global_subgraphs")
@routes.get("/i18n")
async def nothing(request: web.Request) -> web.Response:
    return web.json_response({})


@routes.get("/users")
async def users(request: web.Request) -> web.Response:
    return web.json_response({"storage": "server", "migrated": False})


@routes.get("/settings")
async def settings(request: web.Request) -> web.Response:
    return web.json_response(simulator(request).settings)


@routes.get("/settings/{name}")
async def setting(request: web.Request) -> web.Response:
    return web.json_response(simulator(request).settings.get(request.match_info["name"]))


@routes.post("/settings/{name}")
async def set_setting(request: web.Request) -> web.Response:
    simulator(request).settings[request.match_info["name"]] = json.loads(await request.text())
    return web.Response()
