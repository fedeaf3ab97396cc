"""Makes a desk ready to work: schema, defaults, library, known models and backends; safe to do again and again."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from core import workflows
from core.desk import Desk
from core.errors import BadInput
from core.models import registry
from core.people import projects
from core.provenance.seal import keys
from core.settings import Settings
from storage.rendering import backends

log = structlog.get_logger(__name__)

Server = tuple[str, str]
"""(name, URL) of a ComfyUI."""


def configured_servers(settings: Settings) -> list[Server]:
    """The ComfyUI servers that the settings name; those without a name are called gpu-01, gpu-02 and so on.

    >>> configured_servers(Settings(comfyui_urls="http://10.0.0.5:8188,big=http://10.0.0.9:8188/"))
    [('gpu-01', 'http://10.0.0.5:8188'), ('big', 'http://10.0.0.9:8188')]
    """
    servers = []
    for number, text in enumerate(settings.comfyui_urls, start=1):
        name, equals, url = text.partition("=")
        named = bool(equals) and "/" not in name
        servers.append((name.strip(), url.strip().rstrip("/")) if named else (f"gpu-{number:02}", text.rstrip("/")))
    return servers


def make_keys(settings: Settings) -> None:
    """A development authority, so that a fresh Slate seals, unless the team brought a certificate. Without one Slate goes on."""
    if settings.seal and settings.seal_certificate is None:
        try:
            keys.init(settings.keys, settings.team)
        except BadInput as problem:
            log.error("seal.no-keys", why=problem.message, note="renders are kept without a seal until `slate keys init` works")


def prepare(desk: Desk, servers: Sequence[Server]) -> None:
    """Migrate, then write what every Slate has: the default project, the shipped workflows, the models and the backends."""
    desk.database.migrate()
    make_keys(desk.settings)
    with desk.writing() as session:
        projects.ensure_defaults(session)
        workflows.seed_library(session, desk.settings.models_by_folder)
        if servers:
            backends.sync(session, servers)
    registry.scan(desk, desk.settings.models_paths)
