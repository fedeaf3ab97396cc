"""Two results beside each other, the takes of a sitting, and a lineage as a drawing."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta

import numpy as np
from PIL import Image

from core.lineage import drawing as lineage_drawing
from core.lineage import family
from core.review import compare, sessions
from storage.tables import Asset, Origin
from tests.core.graphs import image_to_image, text_to_image
from tests.core.importing.conftest import Studio, studio
from tests.pictures import comfy_png, encoded, scene

__all__ = ["studio"]
START = 1_750_000_000.0


def _prompted(text: str, seed: int) -> dict[str, object]:
    graph = text_to_image(seed=seed)
    next(node for node in graph.values() if node["class_type"] == "CLIPTextEncode")["inputs"]["text"] = text
    return graph


def test_settings_words_and_pixels_that_differ_are_told(studio: Studio) -> None:
    studio.put("a.png", comfy_png(scene(1), _prompted("a red barn at dusk", 1)))
    studio.put("b.png", comfy_png(scene(1, take=1), _prompted("a blue barn at dusk, fog", 2)))
    studio.ingest()
    studio.finish()
    one, other = studio.asset("a.png"), studio.asset("b.png")
    with studio.desk.reading() as session:
        seen = compare.compare(session, one, other)

    differences = {each.name: (each.one, each.other) for each in seen.differences}
    assert set(differences) == {"prompt", "seed"}
    assert differences["seed"] == ("1", "2")
    assert (seen.only_one, seen.only_other) == ("red … dusk", "blue … dusk, fog")
    assert "sampler" in seen.same
    assert seen.bits is not None

    sheet = Image.open(io.BytesIO(compare.picture(studio.desk, one, other) or b""))
    assert sheet.width > 3 * sheet.height
    same = Image.open(io.BytesIO(compare.picture(studio.desk, one, one) or b""))
    middle = np.asarray(same)[:, same.width // 2 - 40 : same.width // 2 + 40]
    assert int(middle.max()) == 0


def test_pictures_of_other_shapes_and_files_without_one_can_be_compared(studio: Studio) -> None:
    studio.put("wide.png", encoded(scene(1, 300, 100)))
    studio.put("tall.png", encoded(scene(2, 100, 300)))
    studio.ingest()
    wide, tall = studio.asset("wide.png"), studio.asset("tall.png")
    assert compare.picture(studio.desk, wide, tall) is None
    studio.finish()
    assert compare.picture(studio.desk, studio.asset("wide.png"), studio.asset("tall.png"))


def test_a_sitting_ends_with_a_pause(studio: Studio) -> None:
    for number, minutes in enumerate((0, 10, 50, 120, 121)):
        studio.put(f"{number}.png", comfy_png(scene(number), text_to_image(seed=number)), at=START + 60 * minutes)
    studio.ingest(by=studio.mia)
    with studio.desk.reading() as session:
        morning = sessions.of(session, studio.asset("1.png"))
        later = sessions.of(session, studio.asset("4.png"))
    assert [one.filename for one in morning.takes] == ["0.png", "1.png", "2.png"]
    assert [one.filename for one in later.takes] == ["3.png", "4.png"]
    assert morning.ended - morning.began == timedelta(minutes=50)


def test_a_lineage_goes_over_copies_that_left_the_house(studio: Studio) -> None:
    studio.render("a.png", 1)
    studio.render("b.png", 2)
    studio.ingest()
    one, two = studio.asset("a.png"), studio.asset("b.png")
    with studio.desk.writing() as session:
        kept = session.get_one(Asset, two.id)
        kept.copy_of, kept.origin = one.id, Origin.EXPORT
        session.add(kept)
    with studio.desk.reading() as session:
        results = family.of(session, studio.asset("a.png")).results
        sources = family.of(session, studio.asset("b.png")).sources
    assert [(step.asset.id, step.name) for step in results] == [(two.id, "export")]
    assert [(step.asset.id, step.name) for step in sources] == [(one.id, "export")]


def test_a_lineage_is_drawn_from_left_to_right(studio: Studio) -> None:
    source = encoded(scene(5))
    studio.put("source.png", source)
    for number in (1, 2):
        graph = image_to_image()
        next(node for node in graph.values() if node["class_type"] == "LoadImage")["is_changed"] = [
            hashlib.sha256(source).hexdigest()
        ]
        studio.put(f"made{number}.png", comfy_png(scene(number), graph))
    studio.ingest()
    with studio.desk.reading() as session:
        drawing = lineage_drawing.draw(family.of(session, studio.asset("source.png")))
        alone = lineage_drawing.draw(family.of(session, studio.asset("made1.png")))

    places = {box.asset.filename: box for box in drawing.boxes}
    assert places["source.png"].current
    assert places["source.png"].x < places["made1.png"].x == places["made2.png"].x
    assert places["made1.png"].y != places["made2.png"].y
    assert len(drawing.lines) == 2
    assert [box.asset.filename for box in alone.boxes] == ["source.png", "made1.png"]
