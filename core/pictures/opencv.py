"""Gives OpenCV, imported when it is first needed and bound to one thread."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any


@cache
def cv() -> Any:
    """The module `cv2`. Every process of Slate has its own share of the machine, so OpenCV starts no threads of its own."""
    opencv = import_module("cv2")
    opencv.setNumThreads(1)
    opencv.ocl.setUseOpenCL(False)
    return opencv
