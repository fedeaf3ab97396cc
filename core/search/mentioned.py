"""A verdict or an export that a question speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.search import Relation


@dataclass
class MentionedEvent:
    """A verdict or an export that is spoken of; `at` is its place in the words."""

    at: int
    relation: Relation
    values: tuple[str, ...]
    negated: bool = False
    verbal: bool = False
    """Whether it is what somebody does or did, rather than how a picture is."""
    member: tuple[int, str] | None = None
    ever: bool = False
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    when: str = ""
