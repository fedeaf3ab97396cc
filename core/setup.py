"""Makes a desk ready to work: schema, defaults, library, known models and backends; safe to do again and again."""

from __future__ import annotations

from collections.abc import Sequence

from core import models, projects, workflows
from core.desk import Desk
from core.settings import Settings
from storage import backends

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


def prepare(desk: Desk, servers: Sequence[Server]) -> None:
    """Migrate, then write what every Slate has: the default project, the shipped workflows, the models and the backends."""
    desk.database.migrate()
    with desk.writing() as session:
        projects.ensure_defaults(session)
        workflows.seed_library(session, desk.settings.models_by_folder)
        if servers:
            backends.sync(session, servers)
    models.scan(desk, desk.settings.models_paths)
