"""A file from anywhere -> an Asset with its facts: examine it, make its small pictures, and draft the Asset of a Render's output.

All work on files is done outside any transaction; `storage.files.assets.add` then writes the draft.
"""

from core.files.inspect import Examined, Limits, examine, glance, limits_of, look, said
from core.files.previews import make_preview, make_thumbnail
from core.files.store import finish, keep, models_of, put, put_sealed, said_of, take_back
from core.provenance.statement import Made
from storage.files.assets import AssetDraft

__all__ = [
    "AssetDraft",
    "Examined",
    "Limits",
    "Made",
    "examine",
    "finish",
    "glance",
    "keep",
    "limits_of",
    "look",
    "make_preview",
    "make_thumbnail",
    "models_of",
    "put",
    "put_sealed",
    "said",
    "said_of",
    "take_back",
]
