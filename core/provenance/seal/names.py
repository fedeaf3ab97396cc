"""Names that stand in manifests: Slate's own assertion and the ways its soft bindings are computed."""

from __future__ import annotations

STATEMENT = "app.slatedesk.statement"
"""Slate's assertion: the statement. What is exported for outsiders has it redacted."""
PREVIEW = "app.slatedesk.preview"
"""What a preview for chats is a preview of: id and digest."""
METADATA = "cawg.metadata"
TRAINING = "cawg.training-mining"
PHASH = "app.slatedesk.phash256.1"
MARK = "app.slatedesk.mark64.1"
PRIVATE = (STATEMENT, METADATA)
"""Assertions that may hold prompts and names; only these can be redacted and only these ever hold them."""

SEALABLE = frozenset(
    {"image/png", "image/jpeg", "image/webp", "image/avif", "image/gif", "image/tiff", "video/mp4", "video/quicktime"}
    | {"audio/flac", "audio/mpeg", "audio/wav"}
)
"""Kinds into which a manifest goes. WebM, Ogg and GLB take none: they have their words and XMP, unsigned."""
