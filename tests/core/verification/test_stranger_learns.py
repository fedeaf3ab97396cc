"""What a stranger learns of `/verify`: a file that others brought here is told, and costs, what an unknown one does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import event

from core import files
from core.recognition import keypoint_match
from core.security.sandbox import SandboxPool
from core.verification import verify
from storage.blobs import FolderBlobs
from storage.files import assets
from tests.core.exports.test_export import House, house, secretive  # noqa: F401  (a fixture)
from tests.films import film, views
from tests.pictures import comfy_png, encoded, scene

_LISTED = re.compile(r"IN \((NULL\) AND \(1 != 1|[^()]*(\([^()]*\)[^()]*)*)\)")
"""The ids that a statement is about, however many."""


@contextmanager
def operations(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:  # noqa: F811
    """What is done from here on: statements, calls of the sandbox, files read from the store."""
    done: list[str] = []
    with monkeypatch.context() as patch:
        call, get = SandboxPool.call, FolderBlobs.get

        def called(pool: SandboxPool, name: str, *given: Any, **more: Any) -> Any:
            done.append(f"sandbox {name}")
            return call(pool, name, *given, **more)

        def got(store: FolderBlobs, digest: str) -> bytes:
            done.append("file")
            return get(store, digest)

        def executed(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            done.append(_LISTED.sub("IN (…)", " ".join(statement.split())))

        patch.setattr(SandboxPool, "call", called)
        patch.setattr(FolderBlobs, "get", got)
        engine = house.desk.database.engine
        event.listen(engine, "before_cursor_execute", executed)
        try:
            yield done
        finally:
            event.remove(engine, "before_cursor_execute", executed)


def cropped(image: Image.Image) -> Image.Image:
    return image.crop((20, 16, image.width - 40, image.height - 30))


def still(data: bytes) -> Image.Image:
    with Image.open(BytesIO(data)) as image:
        return image.convert("RGB")


def test_a_file_that_others_brought_here_costs_a_stranger_what_an_unknown_one_does(
    house: House,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours, theirs, clip = comfy_png(scene(1, 512, 384), secretive()), scene(44, 512, 384), film(views(3, 2.0))
    asked = {
        "the same file": ("a.png", encoded(theirs)),
        "another encoding": ("a.jpg", encoded(theirs, "JPEG")),
        "a part": ("b.jpg", encoded(cropped(theirs), "JPEG")),
        "a film": ("a.mp4", clip),
        "a picture of a film": ("c.jpg", encoded(views(3, 2.0)[4], "JPEG")),
        "its export": ("d.png", encoded(theirs.resize((300, 225)))),
    }

    def told() -> dict[str, tuple[dict[str, Any], list[str]]]:
        found = {}
        for name, (filename, data) in asked.items():
            with operations(house, monkeypatch) as done:
                found[name] = verify.verify_for_stranger(house.desk, data, filename).schema().as_json(), list(done)
        return found

    def keep(data: bytes, filename: str, **more: Any) -> int:
        draft = files.keep(house.desk, data, filename, member_id=house.mia.id or 0, project_id=house.project.id or 0)
        with house.desk.writing() as session:
            kept = assets.add(session, draft)
            for key, value in more.items():
                setattr(kept, key, value)
            session.add(kept)
            session.flush()
            return kept.id or 0

    house.render(ours)
    keypoint_match.note(house.desk)
    unknown = told()
    brought = keep(encoded(theirs), "a.png")
    keep(clip, "a.mp4")
    keep(encoded(theirs.resize((300, 225))), "d.png", origin="export", copy_of=brought)
    keypoint_match.note(house.desk)
    known = told()
    assert verify.verify(house.desk, *asked["a part"][::-1]).asset is not None, "members are told"
    for name in asked:
        assert known[name][0] == unknown[name][0], name
        assert known[name][1] == unknown[name][1], name


def test_what_the_desk_made_is_found_among_any_number_of_files_that_look_like_it(house: House) -> None:  # noqa: F811
    look = scene(5)
    asset = house.render(comfy_png(look, secretive()))
    for number in range(14):
        draft = files.keep(
            house.desk, encoded(look, "JPEG", quality=70 + number), f"{number}.jpg", member_id=house.mia.id or 0,
            project_id=house.project.id or 0,
        )  # fmt: skip
        with house.desk.writing() as session:
            assets.add(session, draft)
    assert verify.verify_for_stranger(house.desk, encoded(look, "JPEG", quality=60), "x.jpg").made_here, asset.code
