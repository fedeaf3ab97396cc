"""How large a picture is, as words people ask by: `1024x768`, `2048+` along its longer edge, square, landscape or portrait.

>>> words_for(1536, 1024)
('1536x1024', 'landscape', '512+', '768+', '1024+', '1536+')
"""

from __future__ import annotations

from functools import lru_cache

STEPS = (512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192)
SHAPES = ("landscape", "portrait", "square")


@lru_cache(1024)
def words_for(width: int, height: int) -> tuple[str, ...]:
    """All that is true of a size in pixels."""
    shape = "square" if width == height else "landscape" if width > height else "portrait"
    return (f"{width}x{height}", shape, *(f"{step}+" for step in STEPS if max(width, height) >= step))
