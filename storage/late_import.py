"""Stands for a library that is imported when it is first used, because loading it takes long and not every process needs it."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class Late:
    """`redis = Late("redis")` stands for `import redis`, which is there under `TYPE_CHECKING` for the type checker."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._name), name)
