"""Problems of files that other parts of Slate look for: what examining a file says in these words is acted upon."""

from __future__ import annotations

HIDDEN = "Text is hidden in the lowest bits of its pixels: chats are shown a preview, which has none."
"""The problem of a picture whose own bytes are not shown in chat."""
