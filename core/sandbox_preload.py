"""Loads what reads files before the sandbox's server forks, so that a worker is ready at once."""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder
from types import ModuleType

from PIL import Image

import core.provenance

_BARE = {"core.files": list(core.__path__), "core.provenance.card": list(core.provenance.__path__)}
"""Packages whose own module brings the database and the queue along, which no reader needs: only modules inside are loaded."""

for name, places in _BARE.items():
    spec = PathFinder.find_spec(name, places)
    if spec is not None and spec.submodule_search_locations is not None:
        package = ModuleType(name)
        package.__path__ = list(spec.submodule_search_locations)
        sys.modules[name] = package

from core.exports import leak_check, transcode  # noqa: E402, F401
from core.files import derivatives  # noqa: E402, F401
from core.provenance.card import picture  # noqa: E402, F401
from core.provenance.seal import read  # noqa: E402, F401

Image.init()
