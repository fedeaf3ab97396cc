"""Reads the docstring of a function by its dotted name from the source, without importing the module."""

from __future__ import annotations

import ast
import sys
from functools import cache
from importlib import import_module
from inspect import cleandoc
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[2]


def docstring(target: str) -> str:
    """The cleaned docstring of `package.module:function`; empty where it has none. Raises KeyError for no such function."""
    module, _, function = target.partition(":")
    return _docstrings(module)[function]


def load(target: str) -> Any:
    """The function itself: its module is imported."""
    module, _, function = target.partition(":")
    return getattr(sys.modules.get(module) or import_module(module), function)


@cache
def _docstrings(module: str) -> dict[str, str]:
    path = _ROOT.joinpath(*module.split(".")).with_suffix(".py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {one.name: cleandoc(ast.get_docstring(one) or "") for one in tree.body if isinstance(one, ast.FunctionDef)}
