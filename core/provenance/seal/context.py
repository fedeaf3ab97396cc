"""How manifests are read and written: no network on account of a file, and whom to trust.

Reading a file never fetches anything: what stands in it, such as the address of a remote manifest, was written by others.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from c2pa import Context

from core.provenance.seal import names
from core.provenance.seal.keys import CLAIM_SIGNING
from core.settings import Settings

_USAGES = "\n".join(("1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.36", CLAIM_SIGNING.dotted_string, "1.3.6.1.5.5.7.3.8"))
_CREATED = [
    "c2pa.actions", "c2pa.thumbnail.claim", "c2pa.ingredient", "c2pa.soft-binding",
    "c2pa.time-stamp", names.STATEMENT, names.SEAL, names.PREVIEW, names.METADATA, names.TRAINING,
]  # fmt: skip


def reading(settings: Settings) -> Context:
    """For files of anybody."""
    return trusting(anchors(settings))


def trusting(anchors: str) -> Context:
    """For files of anybody, by these certificates, as PEM."""
    return _context(os.getpid(), anchors, "")


def writing(settings: Settings, *, stamped: bool = True) -> Context:
    """For signing; the only host it may speak to is that of the time-stamping service.

    With one, whatever goes in and has no time stamp of its own is stamped along, so that it outlives its certificate, too.
    """
    return _context(os.getpid(), anchors(settings), urlsplit(settings.tsa_url).netloc.rpartition("@")[2] if stamped else "")


def anchors(settings: Settings) -> str:
    """The certificates trusted: of the authority in the data folder, and of those that the settings name, where there are any."""
    paths = (settings.keys / "root.pem", *settings.trust_anchors)
    return "\n".join(text for path in paths if (text := _text(path)))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""


@lru_cache(maxsize=16)
def _context(_pid: int, anchors: str, host: str) -> Context:
    """Contexts do not survive a fork, so the process is part of what is remembered."""
    config: dict[str, Any] = {
        "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_after_sign": False},
        "core": {"allowed_network_hosts": [host] if host else []},
        "builder": {
            "thumbnail": {"enabled": False},
            "created_assertion_labels": _CREATED,
            "auto_timestamp_assertion": {"enabled": bool(host), "skip_existing": True, "fetch_scope": "all"},
        },
    }
    if anchors:
        config["trust"] = {"user_anchors": anchors, "trust_config": _USAGES}
    return Context.from_dict(config)
