"""The environment variables as a table: for `slate settings` and docs/settings.md, both from core/settings.py."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from core.settings import Settings

_HIDDEN = "(set, not shown)"


@dataclass(frozen=True)
class Variable:
    """One environment variable."""

    name: str
    """Such as `SLATE_PORT`."""
    value: str
    """Fit to be shown: no passwords, no keys."""
    is_set: bool
    """Whether it was given, rather than the default."""
    help: str


def variables(settings: Settings) -> list[Variable]:
    """Every variable with its value in `settings`."""
    fields = type(settings).model_fields
    return [
        Variable(
            f"SLATE_{name.upper()}",
            _shown(getattr(settings, name), secret=field.repr is False),
            name in settings.model_fields_set,
            field.description or "",
        )
        for name, field in fields.items()
    ]


def table() -> str:
    """All variables with their defaults, as a Markdown table.

    >>> print("\\n".join(table().splitlines()[:3]))
    | Variable | Default | What it does |
    |---|---|---|
    | `SLATE_DATA` | `data` | The folder of everything embedded: database, queue, files, simulated ComfyUI. |
    """
    rows = [
        f"| `SLATE_{name.upper()}` | {_default(field.default)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(["| Variable | Default | What it does |", "|---|---|---|", *rows])


def hide_password(url: str) -> str:
    """The URL without the user's name and password.

    >>> hide_password("rediss://slate:s3cret@queue.example:6379/0")
    'rediss://***@queue.example:6379/0'
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.rpartition("@")[2]
    return parts._replace(netloc=f"***@{parts.netloc.rpartition('@')[2]}").geturl() if "@" in parts.netloc else url


def _default(value: object) -> str:
    shown = _shown(value, secret=False)
    return f"`{shown}`" if shown else "empty"


def _shown(value: object, *, secret: bool) -> str:
    if secret:
        return _HIDDEN if value else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ",".join(_shown(one, secret=False) for one in value)
    return _named_url(str(value))


def _named_url(text: str) -> str:
    """`name=URL` and plain URLs without their passwords; any other text as it is."""
    if "://" not in text:
        return text
    name, equals, url = text.partition("=")
    return f"{name}={hide_password(url)}" if equals and "/" not in name else hide_password(text)
