"""Keeps the data folder for the account that Slate runs under, and says what others could read or reach."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from core.security import exposure
from core.settings import Settings

log = structlog.get_logger(__name__)
_OTHERS = 0o077


def tighten(folder: Path) -> None:
    """Take the rights of everybody else from the data folder, where there is one; what cannot be changed is logged."""
    try:
        mode = stat.S_IMODE(folder.stat().st_mode)
        if mode & _OTHERS:
            folder.chmod(mode & ~_OTHERS)
    except FileNotFoundError:
        return
    except OSError as problem:
        log.warning("data.open-to-others", folder=str(folder), why=problem.strerror)


def problems(settings: Settings) -> Iterator[str]:
    """What others on this machine or its network could read or reach, as sentences."""
    for path in (settings.data, settings.data / "room.key", settings.keys / "root.key", settings.keys / "seal.key"):
        if _open_to_others(path):
            yield f"{path.name} can be read by other accounts of this machine."
    if settings.seal_key and _open_to_others(settings.seal_key):
        yield "The file of SLATE_SEAL_KEY can be read by other accounts of this machine."
    redis = urlsplit(settings.redis_url)
    if redis.hostname and not exposure.loopback(redis.hostname):
        if not redis.password:
            yield "The Redis of SLATE_REDIS_URL asks for no password: whoever reaches it can hold up and drop work."
        if redis.scheme != "rediss":
            yield "The Redis of SLATE_REDIS_URL is spoken to without TLS."
    if problem := exposure.refusal(settings):
        yield problem
    beyond = not (settings.base_url.startswith("https:") or exposure.loopback(urlsplit(settings.base_url).hostname or ""))
    if settings.sign_in != "name" and beyond:
        yield "People sign in without TLS: put a proxy with HTTPS in front, and set SLATE_PUBLIC_URL to its https:// address."
    if settings.room_trusted and settings.sign_in == "name" and not exposure.loopback(settings.host):
        yield "Everybody who reaches the web process may be whoever they say (SLATE_ROOM_TRUSTED)."


def _open_to_others(path: Path) -> bool:
    try:
        about = os.stat(path)
    except OSError:
        return False
    return bool(stat.S_IMODE(about.st_mode) & _OTHERS)
