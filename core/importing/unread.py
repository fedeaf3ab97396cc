"""Counts, for the report of an import, the files that hold words which nothing understood, by what these look like."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from sqlmodel import Session

from core.generators import NOT_UNDERSTOOD
from storage.files import imports

_SHAPE = re.compile(re.escape(NOT_UNDERSTOOD) + r" (.+?)\.(?= |$)")
_SHOWN = 3


@dataclass(frozen=True)
class UnreadWords:
    """How many files, and how many of them for each thing their words look like; a file may count for several."""

    files: int
    shapes: tuple[tuple[str, int], ...]

    def sentence(self) -> str:
        """What an archivist reads; empty where everything was understood.

        >>> UnreadWords(312, (("JSON with `tea`", 290), ("text", 22))).sentence()
        '312 files hold words that were not understood: 290 look like JSON with `tea`, 22 like text.'
        """
        if not self.files:
            return ""
        named = [f"{many:,} {'look ' if at == 0 and many > 1 else 'looks ' if at == 0 else ''}like {shape}"
                 for at, (shape, many) in enumerate(self.shapes[:_SHOWN])]  # fmt: skip
        more = sum(many for _, many in self.shapes[_SHOWN:])
        named += [f"{more:,} like something else"] if more else []
        holds = "files hold" if self.files != 1 else "file holds"
        return f"{self.files:,} {holds} words that were not understood: {', '.join(named)}."


def of_intake(session: Session, intake_id: int) -> UnreadWords:
    """The count for one import."""
    total, shapes = 0, Counter[str]()
    for problem, many in imports.problems_like(session, intake_id, NOT_UNDERSTOOD):
        total += many
        for shape in {found[1] for found in _SHAPE.finditer(problem)}:
            shapes[shape] += many
    return UnreadWords(total, tuple(shapes.most_common()))
