"""Assets are kept whole, found by what they are, and know their family, the same on both databases."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from sqlmodel import Session

from storage.database import Database
from storage.files import assets, film_frames, fingerprints
from storage.files.assets import AssetDraft
from storage.tables import Asset, Member, Origin, Project, Render, RenderInput, WorkflowVersion
from tests.makers import make_member, make_project, make_render, make_version


class House:
    """One member, one project, one workflow; makes Assets and says what was made from what."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.member: Member = make_member(session)
        self.project: Project = make_project(session)
        self.version: WorkflowVersion = make_version(session)

    def render(self, **pictures: Asset) -> Render:
        render = make_render(self.session, self.member, self.project, self.version)
        for name, asset in pictures.items():
            self.session.add(RenderInput(render_id=render.id or 0, name=name, asset_id=asset.id or 0))
        self.session.flush()
        return render

    def asset(self, render: Render | None = None, ordinal: int = 0, **more: Any) -> Asset:
        known: dict[str, Any] = {
            "origin": Origin.RENDER if render else Origin.UPLOAD,
            "render_id": render.id if render else None,
            "ordinal": ordinal if render else None,
            "member_id": self.member.id,
            "project_id": self.project.id,
            "sha256": f"{random.getrandbits(256):064x}",
            "source_sha256": f"{random.getrandbits(256):064x}",
            "filename": "a.png",
            "mime": "image/png",
            "size": 5 << 32,
        }
        return assets.add(self.session, AssetDraft(Asset(**(known | more))))

    def made_from(self, **pictures: Asset) -> Asset:
        return self.asset(self.render(**pictures))


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with database.writing() as session:
        yield House(session)


def test_an_asset_is_found_by_its_code_however_it_is_typed(house: House) -> None:
    asset = house.asset()

    assert assets.by_code(house.session, asset.code) == asset
    assert assets.by_code(house.session, asset.code.lower()) == asset
    for nothing in ("A-0000", "A-ZZZZZZZZZZZZ", "R-PF3D", "", "A-", "asset"):
        assert assets.by_code(house.session, nothing) is None


def test_what_a_render_made_comes_in_order(house: House) -> None:
    render = house.render()
    later, first = house.asset(render, 1), house.asset(render, 0)

    assert [one.id for one in assets.of_render(house.session, render.id or 0)] == [first.id, later.id]
    assert assets.output(house.session, render.id or 0, 1) == later
    assert assets.output(house.session, render.id or 0, 2) is None


def test_bytes_are_found_as_they_are_stored_and_as_they_came(house: House) -> None:
    asset = house.asset(sha256="aa" * 32, source_sha256="bb" * 32, pixel_sha256="cc" * 32)

    for digest in ("aa" * 32, "bb" * 32):
        assert list(assets.with_bytes(house.session, digest)) == [asset]
    assert list(assets.with_pixels(house.session, "cc" * 32)) == [asset]
    assert list(assets.with_pixels(house.session, "")) == []


def test_assets_of_other_projects_are_not_seen(house: House) -> None:
    house.asset(sha256="aa" * 32, pixel_sha256="cc" * 32, phash="f0" * 32)
    elsewhere = {(house.project.id or 0) + 1}

    assert list(assets.with_bytes(house.session, "aa" * 32, elsewhere)) == []
    assert list(assets.with_bytes(house.session, "aa" * 32, [])) == []
    assert list(assets.with_pixels(house.session, "cc" * 32, elsewhere)) == []
    assert fingerprints.near(house.session, "f0" * 32, projects=elsewhere) == []
    assert len(fingerprints.near(house.session, "f0" * 32, projects={house.project.id or 0})) == 1


def test_small_pictures_and_rows_come_in_one_go(house: House) -> None:
    shown, bare = house.asset(thumbnail="dd" * 32), house.asset()

    assert assets.thumbnails(house.session, [shown.id or 0, bare.id or 0, 999]) == {shown.id: "dd" * 32}
    assert assets.many(house.session, [shown.id or 0, 999]) == {shown.id: shown}
    assert assets.many(house.session, []) == {}


def test_parents_carry_the_name_of_the_input_and_children_come_oldest_first(house: House) -> None:
    photo, depth = house.asset(), house.asset()
    first, second = house.made_from(image=photo, depth=depth), house.made_from(image=photo)

    assert assets.parents(house.session, first) == [("depth", depth), ("image", photo)]
    assert assets.parents(house.session, photo) == []
    assert list(assets.children(house.session, photo.id or 0)) == [first, second]


def test_lineage_goes_both_ways_nearest_first(house: House) -> None:
    photo = house.asset()
    draft = house.made_from(image=photo)
    final = house.made_from(image=draft, style=photo)
    poster = house.made_from(image=final)

    up = assets.ancestry(house.session, final.id or 0)
    down = assets.descent(house.session, photo.id or 0)

    assert [(one.parent.id, one.name, one.steps) for one in up] == [
        (draft.id, "image", 1),
        (photo.id, "style", 1),
        (photo.id, "image", 2),
    ]
    assert {(one.child.id, one.steps) for one in down} == {(draft.id, 1), (final.id, 1), (final.id, 2), (poster.id, 2)}
    assert [one.steps for one in assets.ancestry(house.session, poster.id or 0, steps=1)] == [1]


def test_a_circle_in_the_family_ends_where_it_closes(house: House) -> None:
    one_render = house.render()
    one = house.asset(one_render)
    other = house.made_from(image=one)
    house.session.add(RenderInput(render_id=one_render.id or 0, name="image", asset_id=other.id or 0))
    house.session.flush()

    assert [(step.parent.id, step.steps) for step in assets.ancestry(house.session, one.id or 0)] == [(other.id, 1), (one.id, 2)]
    assert len(assets.descent(house.session, one.id or 0)) == 2


def test_a_huge_family_is_cut_off_and_not_loaded_whole(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "_FAMILY_LIMIT", 25)
    photo = house.asset()
    for _ in range(3):
        render = house.render(image=photo)
        for ordinal in range(10):
            house.asset(render, ordinal)

    assert len(assets.descent(house.session, photo.id or 0)) == 25


# The fingerprint index


def _flipped(phash: str, bits: list[int]) -> str:
    number = int(phash, 16)
    for bit in bits:
        number ^= 1 << bit
    return f"{number:064x}"


def test_every_hash_within_thirty_one_bits_is_found_nearest_first(house: House) -> None:
    chance = random.Random(7)
    planted = f"{chance.getrandbits(256):064x}"
    wanted = [house.asset(phash=_flipped(planted, chance.sample(range(256), count))) for count in (0, 5, 15, 16, 24, 31)]
    spread = house.asset(phash=_flipped(planted, [16 * band + place for band in range(15) for place in (0, 5)]))
    for _ in range(50):
        house.asset(phash=f"{chance.getrandbits(256):064x}")

    found = fingerprints.near(house.session, planted, within=31)

    assert [one.distance for one in found] == [0, 5, 15, 16, 24, 30, 31]
    assert {one.asset_id for one in found} == {one.id for one in (*wanted, spread)}
    assert [one.distance for one in fingerprints.near(house.session, planted, within=15)] == [0, 5, 15]


def test_a_mirrored_copy_is_found_and_told(house: House) -> None:
    asset = house.asset(phash="0f" * 32)

    found = fingerprints.near(house.session, "33" * 32, mirrored="0f" * 32)

    assert [(one.asset_id, one.distance, one.mirrored) for one in found] == [(asset.id, 0, True)]


def test_where_too_many_share_a_band_all_hashes_are_compared(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprints, "_MOST", 10)
    monkeypatch.setattr(fingerprints, "_PAGE", 7)
    common = "00" * 30
    copies = [house.asset(phash=common + f"{number:04x}") for number in range(40)]

    found = fingerprints.near(house.session, common + "0000", limit=100)

    assert {one.asset_id for one in found} == {one.id for one in copies}


def test_an_asset_without_a_hash_is_not_in_the_index_and_one_can_be_taken_out(house: House) -> None:
    house.asset()
    hashed = house.asset(phash="ab" * 32)
    fingerprints.remove(house.session, hashed.id or 0)

    assert fingerprints.near(house.session, "ab" * 32) == []


@pytest.mark.parametrize("text", ["abc", "z" * 64, "00" * 33])
def test_what_is_no_fingerprint_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"fingerprint|invalid literal"):
        fingerprints.bands(text)


def test_pictures_of_films_are_found_by_their_looks_and_noted_anew(house: House) -> None:
    film, other = (house.asset(phash="") for _ in range(2))
    film_frames.note(house.session, {film.id: [(0, "0f" * 32), (2_500, "f0" * 32)], other.id: [(400, "0f" * 31 + "0e")]})

    found = film_frames.near(house.session, "0f" * 32, mirrored="f0" * 32, within=20)

    assert [(one.asset_id, one.distance, one.second, one.mirrored) for one in found] == [
        (film.id, 0, 0.0, False),
        (film.id, 0, 2.5, True),
        (other.id, 1, 0.4, False),
    ]
    assert len(film_frames.near(house.session, "0f" * 32, mirrored="f0" * 32, within=20, a_film=1)) == 2
    assert film_frames.near(house.session, "0f" * 32, within=20, projects=[(house.project.id or 0) + 1]) == []
    film_frames.note(house.session, {film.id: [(100, "33" * 32)]})
    assert film_frames.seconds_of(house.session, film.id) == [0.1]
    assert [one.asset_id for one in film_frames.near(house.session, "0f" * 32, within=20)] == [other.id]


def test_kinds_that_never_take_a_seal_keep_none_from_being_sealed(house: House) -> None:
    for ordinal in range(5):
        house.asset(house.render(), ordinal, mime="model/gltf-binary", seal_state="unsealed")
    later = house.asset(house.render(), seal_state="unsealed")
    assert [one.code for one in assets.to_seal(house.session, {"unsealed"}, {"image/png"}, 5)] == [later.code]
