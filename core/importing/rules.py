"""Tells from where a file lies whose it is: patterns such as `{client}/{project}/{shot}_*.png`, the first that fits.

`{by}`, `{client}`, `{project}` and `{shot}` stand for a part of a name, `*` for any part of one, `**` for any folders.

>>> rule = PathRule.read("{client}/{project}/**/{shot}_*")
>>> rule.told("Acme/spring/final/sh010_v2_00001_.png")
{'client': 'Acme', 'project': 'spring', 'shot': 'sh010'}
>>> rule.told("loose.png")
{}
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import BadInput

FACETS = ("by", "client", "project", "shot")
"""What can be told of a file, and may have to be confirmed."""
_PART = re.compile(r"\{(\w*)\}|\*\*/?|\*|[^{*]+|.", re.DOTALL)


_LONGEST = 2_000
_Piece = tuple[str, str]
"""(what it is: `text`, `name`, `*`, `**` or `**/`; the text or name it stands for)."""


@dataclass(frozen=True)
class PathRule:
    """One pattern over the path below the place, with `/` between folders; it must fit the whole path."""

    text: str
    pieces: tuple[_Piece, ...]

    @classmethod
    def read(cls, text: str) -> PathRule:
        """Raises BadInput for a pattern that says something else."""
        pieces = list[_Piece]()
        for part in _PART.finditer(text.strip().lstrip("/")):
            name = part[1]
            if name is not None and (name not in FACETS or ("name", name) in pieces):
                hint = f"There are {', '.join('{' + one + '}' for one in FACETS)}, each once; `*` is any text, `**` any folders."
                raise BadInput(f"The rule `{text[:100]}` cannot be used: `{part[0]}`.", hint=hint)
            kind = "name" if name else part[0] if part[0] in ("*", "**", "**/") else "text"
            pieces.append((kind, name or part[0]))
        if not any(kind == "name" for kind, _ in pieces):
            raise BadInput(f"The rule `{text[:100]}` names no field.", hint="Such as `{client}/{project}/{shot}_*`.")
        return cls(text, tuple(pieces))

    def told(self, path: str) -> dict[str, str]:
        """Facet -> text, or nothing where the path does not fit."""
        found = _fit(self.pieces, path[:_LONGEST])
        return {name: value.strip() for name, value in found.items() if value.strip()} if found is not None else {}


def first_that_fits(rules: Sequence[PathRule], path: str) -> dict[str, str]:
    return next((told for rule in rules if (told := rule.told(path))), {})


@dataclass(frozen=True)
class _State:
    """So many pieces fit up to a place; `open` is where the name that is being read began, or -1."""

    piece: int
    at: int
    open: int = -1
    told: tuple[tuple[str, str], ...] = ()


def _fit(pieces: Sequence[_Piece], path: str) -> dict[str, str] | None:
    """What the names stand for, or None. Names take as little as they can, `*` and `**` as much.

    Each piece is tried at each place once at most, so a pattern of many stars costs pieces times letters.
    """
    waiting, tried = [_State(0, 0)], set[tuple[int, int, bool]]()
    while waiting:
        state = waiting.pop()
        key = (state.piece, state.at, state.open >= 0)
        if key in tried:
            continue
        tried.add(key)
        if state.piece == len(pieces):
            if state.at == len(path):
                return dict(state.told)
            continue
        waiting.extend(_ways(pieces[state.piece], state, path))
    return None


def _ways(piece: _Piece, state: _State, path: str) -> list[_State]:
    """How it may go on from a state, the best way last."""
    kind, said = piece
    ahead = path[state.at : state.at + 1]
    if kind == "text":
        fits = path.startswith(said, state.at)
        return [_State(state.piece + 1, state.at + len(said), told=state.told)] if fits else []
    on = _State(state.piece + 1, state.at, told=state.told)
    if kind == "name":
        more = [_State(state.piece, state.at + 1, max(state.open, 0) if state.open >= 0 else state.at, state.told)]
        done = [_State(on.piece, on.at, told=(*state.told, (said, path[state.open : state.at])))] if state.open >= 0 else []
        return (more if ahead not in ("", "/") else []) + done
    if kind == "**/":
        ends = [at + 1 for at in range(state.at, len(path)) if path[at] == "/"]
        return [on, *(_State(on.piece, at, told=state.told) for at in ends)]
    longer = ahead != "" and (kind == "**" or ahead != "/")
    return [on, *([_State(state.piece, state.at + 1, told=state.told)] if longer else [])]
