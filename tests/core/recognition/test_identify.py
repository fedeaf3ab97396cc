"""A picture that comes back is recognised by bytes, pixels, record or looks, and never with more certainty than there is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from PIL import Image, ImageOps
from sqlmodel import Session

from core import files
from core.desk import Desk
from core.errors import BadPicture
from core.files import Made
from core.provenance import embed
from core.recognition.identify import Certainty, recognise
from storage.files import assets
from storage.tables import Asset, Member, Project, WorkflowVersion
from tests.core.graphs import text_to_image
from tests.makers import make_member, make_project, make_render, make_version
from tests.pictures import SAMPLES, comfy_png, encoded, scene, with_chunk


class Studio:
    """A desk with people and a project, where pictures are rendered and uploaded."""

    def __init__(self, desk: Desk, session: Session) -> None:
        self.desk = desk
        self.member: Member = make_member(session)
        self.project: Project = make_project(session)
        self.version: WorkflowVersion = make_version(session)

    def rendered(self, image: Image.Image) -> Asset:
        with self.desk.writing() as session:
            render = make_render(session, self.member, self.project, self.version)
        known: dict[str, Any] = {"render_id": render.id, "member_id": self.member.id, "project_id": self.project.id}
        then = datetime(2026, 1, 1, tzinfo=UTC)
        made = Made(
            render_code=render.code, member="Mia", client="Acme", project="spring", workflow="w", version=1, content_hash="",
            graph=text_to_image(), started_at=then, finished_at=then, **known,
        )  # fmt: skip
        draft = files.finish(self.desk, made, comfy_png(image, text_to_image()), "Slate_00001_.png", 0)
        with self.desk.writing() as session:
            return assets.add(session, draft)

    def uploaded(self, data: bytes) -> Asset:
        draft = files.keep(self.desk, data, "upload.png", member_id=self.member.id or 0, project_id=self.project.id or 0)
        with self.desk.writing() as session:
            return assets.add(session, draft)

    def stored(self, asset: Asset) -> bytes:
        return self.desk.blobs.get(asset.sha256)


@pytest.fixture
def studio(desk: Desk) -> Studio:
    with desk.writing() as session:
        return Studio(desk, session)


def test_the_file_itself_and_the_file_as_comfyui_wrote_it_are_certain(studio: Studio) -> None:
    asset = studio.rendered(scene(1))

    for data in (studio.stored(asset), embed.strip(studio.stored(asset))):
        seen = recognise(studio.desk, data)
        assert (seen.certainty, seen.how) == (Certainty.CERTAIN, "the very same file")
        assert seen.asset is not None
        assert seen.asset.id == asset.id


def test_a_file_that_only_lost_its_metadata_is_certain_by_its_pixels(studio: Studio) -> None:
    asset = studio.rendered(scene(1))
    studio.rendered(scene(2))

    seen = recognise(studio.desk, encoded(scene(1)), "whatever.png")

    assert (seen.certainty, seen.asset and seen.asset.id) == (Certainty.CERTAIN, asset.id)


def test_a_render_is_named_before_an_upload_of_the_same_bytes(studio: Studio) -> None:
    upload = studio.uploaded(encoded(scene(1)))
    asset = studio.rendered(scene(1))

    seen = recognise(studio.desk, encoded(scene(1), compress_level=1))

    assert (seen.certainty, seen.asset and seen.asset.id) == (Certainty.CERTAIN, asset.id)
    assert [one.code for one in seen.others] == [upload.code]


def test_two_renders_of_the_same_pixels_are_told_apart_by_the_record_only(studio: Studio) -> None:
    first, second = studio.rendered(scene(1)), studio.rendered(scene(1))

    bare = recognise(studio.desk, encoded(scene(1)))
    marked = recognise(studio.desk, with_chunk(studio.stored(second), b"tEXt", b"note\0added"))

    assert (bare.certainty, bare.asset and bare.asset.id) == (Certainty.PROBABLE, first.id)
    assert (marked.certainty, marked.asset and marked.asset.id) == (Certainty.CERTAIN, second.id)


COPIES: dict[str, Callable[[Image.Image], bytes]] = {
    "a JPEG": lambda image: encoded(image, "JPEG", quality=70),
    "a small WebP": lambda image: encoded(image.resize((128, 96)), "WEBP", quality=70),
    "grey": lambda image: encoded(image.convert("L")),
    "mirrored": lambda image: encoded(ImageOps.mirror(image), "JPEG"),
}


@pytest.mark.parametrize("change", COPIES.values(), ids=COPIES.keys())
def test_a_re_encoded_copy_is_probable(studio: Studio, change: Callable[[Image.Image], bytes]) -> None:
    asset = studio.rendered(scene(1))
    studio.rendered(scene(2))

    seen = recognise(studio.desk, change(scene(1)))

    assert (seen.certainty, seen.asset and seen.asset.id) == (Certainty.PROBABLE, asset.id)
    assert "match" in seen.how


def test_between_takes_that_look_alike_the_nearest_comes_first_and_is_never_certain(studio: Studio) -> None:
    takes = [studio.rendered(scene(1, take=take)) for take in range(1, 6)]

    for take, asset in enumerate(takes, start=1):
        seen = recognise(studio.desk, encoded(scene(1, take=take), "JPEG", quality=75))
        assert seen.asset is not None
        assert seen.asset.id == asset.id
        assert seen.certainty in (Certainty.PROBABLE, Certainty.SIMILAR)
        assert not any(one.proven for one in seen.others)


def test_two_takes_that_are_nearly_one_picture_are_called_similar(studio: Studio) -> None:
    touched = scene(1)
    touched.putpixel((100, 100), (255, 255, 255))
    studio.rendered(scene(1))
    studio.rendered(touched)

    seen = recognise(studio.desk, encoded(scene(1), "JPEG", quality=80))

    assert seen.certainty is Certainty.SIMILAR
    assert len(seen.others) == 1
    assert seen.others[0].code in seen.how


def test_a_record_moved_into_another_picture_proves_nothing(studio: Studio) -> None:
    asset = studio.rendered(scene(1))
    record = embed.read(studio.stored(asset), "image/png")
    assert record is not None
    forged = embed.embed(encoded(scene(99)), "image/png", record)

    seen = recognise(studio.desk, forged)

    assert (seen.certainty, seen.asset and seen.asset.id) == (Certainty.SIMILAR, asset.id)
    assert "shows another picture" in seen.how


@pytest.mark.parametrize(
    "stated", [{"render": "R-ZZZZ", "output": 0}, {"render": 5}, {"render": "R-PF3D", "output": 10**30}, {"output": True}]
)
def test_a_record_of_nonsense_is_no_claim(studio: Studio, stated: dict[str, Any]) -> None:
    forged = embed.embed(encoded(scene(99)), "image/png", embed.record_of(stated))

    assert recognise(studio.desk, forged).certainty is Certainty.UNKNOWN


def test_a_plain_picture_is_not_proven_by_its_pixels(studio: Studio) -> None:
    studio.rendered(Image.new("RGB", (64, 64), "white"))

    assert recognise(studio.desk, encoded(Image.new("RGB", (64, 64), "white"))).certainty is Certainty.PROBABLE
    assert recognise(studio.desk, encoded(Image.new("RGB", (65, 64), "white"))).certainty is Certainty.UNKNOWN


def test_a_copy_that_somebody_uploaded_before_still_leads_to_the_render_it_came_from(studio: Studio) -> None:
    asset = studio.rendered(scene(1))
    mailed = encoded(scene(1), "JPEG", quality=70)
    upload = studio.uploaded(mailed)

    seen = recognise(studio.desk, mailed)

    assert (seen.certainty, seen.asset and seen.asset.id) == (Certainty.CERTAIN, upload.id)
    assert [one.asset.id for one in seen.others] == [asset.id]
    assert f"made from {asset.code}" in seen.how


def test_an_upload_that_a_later_render_looks_like_was_not_made_from_it(studio: Studio) -> None:
    sketch = encoded(scene(1), "JPEG", quality=70)
    studio.uploaded(sketch)
    studio.rendered(scene(1))

    seen = recognise(studio.desk, sketch)

    assert (seen.certainty, seen.how, seen.others) == (Certainty.CERTAIN, "the very same file", ())


def test_what_may_not_be_seen_is_not_recognised(studio: Studio) -> None:
    asset = studio.rendered(scene(1))
    copies = (
        studio.stored(asset),
        encoded(scene(1)),
        encoded(scene(1), "JPEG"),
        with_chunk(studio.stored(asset), b"tEXt", b"a\0b"),
    )

    for data in copies:
        assert recognise(studio.desk, data, projects={10**6}).certainty is Certainty.UNKNOWN
        assert recognise(studio.desk, data, projects=[]).asset is None
        assert recognise(studio.desk, data, projects={studio.project.id or 0}).asset is not None


def test_a_stranger_is_unknown_and_a_wreck_is_refused(studio: Studio) -> None:
    studio.rendered(scene(1))

    assert recognise(studio.desk, encoded(scene(50))).certainty is Certainty.UNKNOWN
    assert recognise(studio.desk, (SAMPLES / "comfyui_audio.flac").read_bytes()).certainty is Certainty.UNKNOWN
    with pytest.raises(BadPicture):
        recognise(studio.desk, b"not a picture")


@pytest.mark.parametrize("edges", [(3, 2, 253, 190), (0, 0, 250, 188), (6, 4, 256, 192)], ids=["all round", "right", "left"])
@pytest.mark.parametrize("mirrored", [False, True], ids=["plain", "mirrored"])
def test_a_crop_is_told_from_another_take_by_laying_it_over(
    studio: Studio, edges: tuple[int, int, int, int], mirrored: bool
) -> None:
    takes = [studio.rendered(scene(3, take=take)) for take in (1, 2)]
    cropped = scene(3, take=2).crop(edges)
    seen = recognise(studio.desk, encoded(ImageOps.mirror(cropped) if mirrored else cropped, "JPEG", quality=80))

    assert (seen.certainty, seen.asset and seen.asset.id) == (Certainty.PROBABLE, takes[1].id)
    assert "% match" in seen.how
    assert ("mirrored" in seen.how) is mirrored


def test_a_take_that_was_never_kept_is_not_taken_for_one_that_was(studio: Studio) -> None:
    studio.rendered(scene(4, take=1))
    seen = recognise(studio.desk, encoded(scene(4, take=2), "JPEG", quality=90))

    assert seen.certainty in (Certainty.SIMILAR, Certainty.UNKNOWN)


def test_a_candidate_without_small_pictures_is_judged_by_its_hash_alone(studio: Studio) -> None:
    asset = studio.rendered(scene(1))
    with studio.desk.writing() as session:
        kept = session.get_one(Asset, asset.id)
        kept.thumbnail = kept.preview = ""
        session.add(kept)
    seen = recognise(studio.desk, encoded(scene(1), "JPEG", quality=60))

    assert (seen.certainty, seen.others) == (Certainty.PROBABLE, ())
    assert "a re-encoded copy" in seen.how
