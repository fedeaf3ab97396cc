"""Counts the rooms of the tree by its import graph: modules at each floor's root, arrows between rooms, and cycles.

    python -m benchmarks.rooms

A package on the second level is a room, and so is a module at a floor's root. Imports inside functions count like any other.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import grimp

FLOORS = ("hooks", "bot", "core", "storage")


def main() -> None:
    graph = grimp.build_graph(*FLOORS, cache_dir=None)
    modules = {one: set(graph.find_modules_directly_imported_by(one)) for one in graph.modules}
    arrows = {(_room(one), _room(other)) for one, others in modules.items() for other in others}
    rooms: dict[str, set[str]] = {}
    for one, other in arrows:
        if one != other:
            rooms.setdefault(one, set()).add(other)
    print("modules at a root:", ", ".join(f"{floor} {len(list(Path(floor).glob('*.py')))}" for floor in FLOORS))
    print("arrows between rooms:", sum(len(others) for others in rooms.values()))
    for floor in FLOORS:
        inside = {one: {other for other in others if other.startswith(floor)} for one, others in rooms.items()}
        print(f"  in {floor}:", sum(len(others) for one, others in inside.items() if one.startswith(floor)))
    print("cycles of rooms:", sorted(_cycles(rooms)) or "none")
    print("cycles of modules:", sorted(_cycles(modules)) or "none")


def _room(module: str) -> str:
    return ".".join(module.split(".")[:2])


def _cycles(arrows: dict[str, set[str]]) -> Iterable[tuple[str, ...]]:
    """Groups in which each reaches each other (as sets: everything reachable both ways)."""
    reach = {one: _reached(arrows, one) for one in arrows}
    return {
        tuple(sorted({one} | {other for other in reach[one] if one in reach.get(other, ())}))
        for one in arrows
        if one in reach[one]
    }


def _reached(arrows: dict[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    left = list(arrows.get(start, ()))
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left.extend(arrows.get(one, ()))
    return found


if __name__ == "__main__":
    main()
