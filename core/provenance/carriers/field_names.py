"""The names of what is written into files, and how much of it is read back."""

from __future__ import annotations

RECORD, PARAMETERS, XMP = "slate.record", "parameters", "xmp"
MOST = 16 << 20
"""Bytes of text that are read from one file."""
CUT_OFF = "The file is cut off."
COMPLETE = "Send the complete file."
