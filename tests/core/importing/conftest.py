"""An archive of a studio that worked before Slate, and people to take it in."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core.desk import Desk
from core.importing import scan, second_phase, sources
from core.importing.attribution import Terms, rules_of
from core.people import projects
from storage.files import assets, imports
from storage.tables import Asset, FoundFile, Intake, Member, Role
from tests.core.graphs import text_to_image
from tests.makers import make_member
from tests.pictures import comfy_png, scene


@dataclass
class Studio:
    """A desk, a folder of old pictures, and a lead."""

    desk: Desk
    folder: Path
    ana: Member
    mia: Member

    def put(self, name: str, data: bytes, *, at: float = 1_750_000_000.0) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (at, at))
        return path

    def render(self, name: str, number: int = 1, **graph: Any) -> Path:
        """An old ComfyUI picture."""
        return self.put(name, comfy_png(scene(number), text_to_image(**graph), note=number))

    def ingest(self, *rules: str, place: Path | str | None = None, again: bool = False, **terms: Any) -> Intake:
        found = sources.open_place(str(place or self.folder), closed=sources.closed_places(self.desk.settings))
        return scan.read(self.desk, found, by=self.ana, terms=Terms(rules_of(rules), **terms), again=again)

    def finish(self) -> int:
        return second_phase.finish_all(self.desk)

    def asset(self, name: str) -> Asset:
        """The Asset of the file of that name."""
        with self.desk.reading() as session:
            (found,) = [one for one in self.everything() if one.filename == name]
            return session.get_one(Asset, found.id)

    def everything(self) -> list[Asset]:
        with self.desk.reading() as session:
            return list(assets.many(session, range(1, 500)).values())

    def report(self, intake: Intake) -> dict[str, str]:
        with self.desk.reading() as session:
            return {os.path.basename(one.place): one.problem for one in imports.refused(session, intake.id)}

    def found(self, name: str) -> FoundFile:
        with self.desk.reading() as session:
            return next(one for one in imports.copies(session, self.asset(name).id) if one.place.endswith(name))


@pytest.fixture
def studio(desk: Desk, tmp_path: Path) -> Studio:
    folder = tmp_path / "renders"
    folder.mkdir()
    with desk.writing() as session:
        projects.ensure_defaults(session)
        ana, mia = make_member(session, "Ana Ruiz", Role.LEAD), make_member(session, "Mia Chen")
    return Studio(desk, folder, ana, mia)
