"""What leaves the house tells what its profile lets it tell, keeps its disclosure and its history, and nothing else."""

from __future__ import annotations

import io
import json
import random
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from core import files
from core.desk import Desk
from core.errors import BadInput, Conflict, NotFound, Refused, WouldLeak
from core.exports import export, leak_check, package, profiles, strip, transcode
from core.exports.export import Wish
from core.formats import kinds
from core.provenance import embed, policies, xmp
from core.provenance.disclosure import SourceType
from core.provenance.seal import keys, manifest, names, read, sign
from core.provenance.xmp import Policy
from core.settings import Settings
from storage.blobs import PIECE
from storage.files import assets, exports
from storage.people import audit, members
from storage.tables import Asset, Member, Project, Role
from tests.core.files.test_files import made
from tests.core.graphs import image_to_image, text_to_image
from tests.core.planting import disclosed, planted_asset
from tests.core.provenance.test_embedding import sources, stated
from tests.makers import make_member, make_project
from tests.pictures import SAMPLES, comfy_png, encoded, scene

SECRETS = {
    "prompt": "a confidential perfume bottle",
    "person": "Zebediah Quux",
    "client": "Wintermute Industries",
    "path": "/mnt/nas/secret/ref.png",
    "chat id": "U07SECRET99",
    "shot": "shq-0042",
}


class House:
    """A desk with a member, a project and an authority."""

    def __init__(self, desk: Desk) -> None:
        keys.init(desk.settings.keys, "Studio")
        self.desk = replace(desk, settings=desk.settings.model_copy(update={"team": "Studio", "name_people": True}))
        with desk.writing() as session:
            self.mia: Member = make_member(session, SECRETS["person"], Role.LEAD)
            self.vic: Member = make_member(session, "Vic Low", Role.VIEWER)
            self.project: Project = make_project(session, SECRETS["client"], "Undisclosed Launch")
            members.add_handle(session, self.mia.id or 0, "slack", SECRETS["chat id"])

    def render(self, picture: bytes, graph: dict[str, dict[str, object]] | None = None, **more: object) -> Asset:
        told = {
            "member": self.mia.name,
            "client": SECRETS["client"],
            "project": self.project.slug,
            "shot": SECRETS["shot"],
            "member_id": self.mia.id,
            "project_id": self.project.id,
            "graph": graph or secretive(),
            "inputs": {"prompt": SECRETS["prompt"], "reference": SECRETS["path"]},
        }
        draft = files.finish(self.desk, made(**(told | more)), picture, "a.png", 0)
        with self.desk.writing() as session:
            return assets.add(session, draft)

    def credentials(self, asset: Asset) -> read.Credentials:
        found = read.read(self.desk.settings, self.desk.blobs.get(asset.sha256), asset.mime)
        assert found is not None
        return found


@pytest.fixture
def house(desk: Desk) -> House:
    return House(desk)


def secretive() -> dict[str, dict[str, object]]:
    graph = text_to_image()
    graph["6"]["inputs"]["text"] = SECRETS["prompt"]
    graph["99"] = {"class_type": "Note", "inputs": {"text": f"for {SECRETS['client']}, see {SECRETS['path']}"}}
    return graph


def holds_none(data: bytes) -> bool:
    found = [name for name, word in SECRETS.items() if word.lower().encode() in data.lower() or word.encode("utf-16-be") in data]
    assert found == []
    return True


# Bare files


@pytest.mark.parametrize("name", [name for name, (mime, _) in sources().items() if mime in strip.LOSSLESS])
def test_a_bare_file_shows_the_same_and_says_nothing(name: str) -> None:
    mime, source = sources()[name]
    packet = xmp.packet({"photoshop:Credit": SECRETS["client"]})
    worded = embed.embed(
        source, mime, embed.record_of({"by": SECRETS["person"]}), SECRETS["prompt"] + "\nSteps: 1, Seed: 2", packet
    )

    stripped = strip.bare(worded, mime)

    assert holds_none(stripped)
    assert files.examine(stripped, "x").words == {}
    before, after = files.examine(source, "x"), files.examine(stripped, "x")
    assert (before.pixel_sha256, before.frames, before.seconds) == (after.pixel_sha256, after.frames, after.seconds)
    for foreign in (b"exif", b"botinfo", b"prompt"):
        assert foreign not in stripped.lower() or mime == "image/gif"


def test_which_side_is_up_stays_known_without_the_rest_of_exif() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, SECRETS["person"]
    source = encoded(scene(2, 200, 100), "JPEG", exif=exif.tobytes())

    stripped = strip.bare(source + b"hidden behind the end", "image/jpeg")

    assert holds_none(stripped)
    assert b"hidden" not in stripped
    assert files.examine(stripped, "x").width == 100


# Profiles


def test_a_client_gets_the_picture_its_disclosure_and_its_history_and_not_a_word_more(house: House) -> None:
    first = house.render(comfy_png(scene(1), secretive()))
    graph = image_to_image()
    next(node for node in graph.values() if node["class_type"] == "LoadImage")["inputs"]["image"] = f"x/{first.sha256[:20]}.png"
    parents = [{"asset": first.code, "sha256": first.sha256, "input": "image", "source_type": ""}]
    second = house.render(comfy_png(scene(2), graph), graph, parents=parents, render_code="R-SEC2")

    (left,) = export.leave(house.desk, [second], Wish("client", "Sam at the agency", "final"), by=house.mia)

    data = house.desk.blobs.get(left.asset.sha256)
    assert holds_none(data)
    found = house.credentials(left.asset)
    assert (found.state, found.failures, found.broken) == ("Trusted", (), ())
    assert [one.depth for one in found.steps] == [0, 1, 2]
    assert found.source_type == SourceType.COMPOSITE.value
    assert "c2pa.redacted" in found.step.actions
    assert found.step.actions[-1] == "c2pa.published"
    assert xmp.read(embed.xmp_in(data, "image/png"))["Iptc4xmpExt:DigitalSourceType"] == SourceType.COMPOSITE.value
    assert files.examine(data, "x").pixel_sha256 == second.pixel_sha256
    assert left.ready.copy.same_pixels
    assert b"caBX" in house.desk.blobs.get(second.sha256), "the original stays as it was"
    assert SECRETS["prompt"].encode() in house.desk.blobs.get(second.sha256)


@pytest.mark.parametrize("form", ["png", "jpeg", "webp", "avif"])
def test_a_converted_copy_keeps_what_its_format_can_carry(house: House, form: str) -> None:
    asset = house.render(comfy_png(scene(1, 300, 200), secretive()))
    wish = Wish("client", own=(profiles.rule("format", form), profiles.rule("size", "150")))

    (left,) = export.leave(house.desk, [asset], wish, by=house.mia)

    data = house.desk.blobs.get(left.asset.sha256)
    assert holds_none(data)
    assert kinds.mime_of(data, "") == profiles.FORMATS[form]
    assert (left.asset.width, left.asset.height) == (150, 100)
    found = house.credentials(left.asset)
    assert found.state == "Trusted"
    assert {"c2pa.opened", "c2pa.resized"} <= set(found.step.actions)
    assert xmp.read(embed.xmp_in(data, left.asset.mime))["Iptc4xmpExt:DigitalSourceType"] == found.source_type


def test_the_public_learns_least_and_still_that_a_model_made_it(house: House) -> None:
    asset = house.render(comfy_png(scene(1), secretive()))

    (left,) = export.leave(house.desk, [asset], Wish("public"), by=house.mia)

    found = house.credentials(left.asset)
    assert left.asset.mime == "image/jpeg"
    assert [one.label != "" for one in found.steps] == [True, False], "its original is named and shows nothing of its own"
    assert found.statement is not None
    assert found.statement["disclosure"]["source_type"] == SourceType.TRAINED.value
    assert "parents" not in found.statement
    assert holds_none(house.desk.blobs.get(left.asset.sha256))


def test_the_team_and_the_archive_get_the_original_byte_for_byte(house: House) -> None:
    asset = house.render(comfy_png(scene(1), secretive()))
    for profile in ("team", "archive"):
        (left,) = export.leave(house.desk, [asset], Wish(profile), by=house.mia)
        assert left.asset.sha256 == left.export.source_sha256 == asset.sha256
        assert left.export.removed == []


def test_a_project_changes_a_profile_and_an_export_may_go_beyond_it(house: House) -> None:
    asset = house.render(comfy_png(scene(1), secretive()))
    rules = dict(
        profiles.rule(name, text) for name, text in (("work", "yes"), ("naming", "{project}_{shot}_{number}"), ("format", "jpg"))
    )

    changed = export.set_profile(house.desk, house.project, "client", rules, by=house.mia)
    (left,) = export.leave(house.desk, [asset], Wish("client"), by=house.mia)

    assert changed.work
    assert left.export.filename == f"{house.project.slug.replace(' ', '-')}_shq-0042_001.jpg"
    assert SECRETS["client"].encode() in house.desk.blobs.get(left.asset.sha256)
    assert SECRETS["prompt"].encode() not in house.desk.blobs.get(left.asset.sha256)
    with pytest.raises(Refused):
        export.set_profile(house.desk, house.project, "client", {}, by=house.vic)
    with pytest.raises(Refused):
        export.leave(house.desk, [asset], Wish("client"), by=house.vic)


@pytest.mark.parametrize(
    ("name", "text"),
    [("words", "perhaps"), ("size", "-1"), ("quality", "0"), ("format", "exe"), ("naming", "{secret}"), ("x", "y")],
)
def test_rules_that_make_no_sense_are_refused(name: str, text: str) -> None:
    with pytest.raises(BadInput):
        profiles.rule(name, text)
    with pytest.raises(NotFound):
        profiles.named("cleint")


def test_every_export_is_logged_with_both_hashes_who_to_whom_and_why(house: House) -> None:
    asset = house.render(comfy_png(scene(1), secretive()))
    (left,) = export.leave(house.desk, [asset], Wish("client", "Sam", "approval"), by=house.mia)

    with house.desk.reading() as session:
        (event,) = [one for one in audit.about(session, asset.code) if one.action == "asset:exported"]
        (row,) = exports.of_asset(session, asset.id or 0)
        copies = assets.copies(session, asset.id or 0)
    assert event.actor_id == house.mia.id
    assert event.after["source_sha256"] == asset.sha256
    assert event.after["sha256"] == left.asset.sha256
    assert (event.after["to"], event.after["why"]) == ("Sam", "approval")
    assert row.removed
    assert [one.id for one in copies] == [left.asset.id]
    with pytest.raises(Conflict, match="an export itself"):
        export.leave(house.desk, [left.asset], Wish("client"), by=house.mia)


def test_what_would_still_leak_is_not_made_and_says_what_it_is(house: House, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Somebody else's signed manifest cannot be redacted by us without their say, and it names our client."""
    elsewhere = Settings(data=tmp_path_factory.mktemp("elsewhere"))
    keys.init(elsewhere.keys, "Agency")
    foreign = manifest.of_output(stated(), Policy(), [])
    foreign.definition["title"] = f"{SECRETS['client']} master"
    source = sign.seal(elsewhere, encoded(scene(3)), "image/png", foreign).data
    digest = house.desk.blobs.put(source)
    parents = [{"asset": "A-7Q0D", "sha256": digest, "input": "image", "source_type": ""}]
    asset = house.render(comfy_png(scene(1), secretive()), parents=parents)

    dry = export.prepare(house.desk, asset, Wish("client"), by=house.mia)
    assert {one.what for one in dry.leaks} == {"client"}
    with pytest.raises(WouldLeak, match="client"):
        export.leave(house.desk, [asset], Wish("client"), by=house.mia)
    with house.desk.reading() as session:
        assert not exports.of_asset(session, asset.id or 0)
    (left,) = export.leave(house.desk, [asset], Wish("client", own=(("lineage", False),)), by=house.mia)
    assert holds_none(house.desk.blobs.get(left.asset.sha256))


def test_colours_are_turned_into_srgb_when_asked(house: House) -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    asset = house.render(encoded(scene(1), icc_profile=lab))
    (left,) = export.leave(house.desk, [asset], Wish("client", own=(("colour", "srgb"),)), by=house.mia)
    with Image.open(io.BytesIO(house.desk.blobs.get(left.asset.sha256))) as image:
        assert "icc_profile" not in image.info
    (kept,) = export.leave(house.desk, [asset], Wish("client", own=(("format", "jpeg"),)), by=house.mia)
    with Image.open(io.BytesIO(house.desk.blobs.get(kept.asset.sha256))) as image:
        assert image.info["icc_profile"] == lab


def test_a_film_leaves_without_its_words_and_plays_as_before(house: House) -> None:

    asset = house.render((SAMPLES / "comfyui_video.mp4").read_bytes())
    (left,) = export.leave(house.desk, [asset], Wish("client"), by=house.mia)

    data = house.desk.blobs.get(left.asset.sha256)
    assert holds_none(data)
    assert (left.asset.mime, left.asset.seconds) == ("video/mp4", asset.seconds)
    assert house.credentials(left.asset).state == "Trusted"


# Adversarial


def test_no_planted_secret_leaves_for_a_client(tmp_path: Path) -> None:
    """Secrets in every field and every chunk of many assets, looked for in every byte of their copies."""
    settings = Settings(data=tmp_path, team="Studio")
    keys.init(settings.keys, "Studio")
    policy, chance = policies.of(settings), random.Random(7)
    for number in range(40):
        original, planted = planted_asset(chance, number, settings)
        form = chance.choice(["", "png", "jpeg", "webp"])
        profile = replace(profiles.named(chance.choice(["client", "public"])), format=form)

        made_copy = transcode.copy(settings, original, profile, policy)

        assert made_copy.sealed.state == (sign.SEALED if made_copy.mime in names.SEALABLE else sign.UNSEALED)
        assert disclosed(made_copy), (number, original.mime)
        found = leak_check.found_in(made_copy.data, planted)
        assert found == (), (number, profile.name, original.mime, found)
        assert leak_check.found_in(original.data, planted), "the original does hold them"


def test_words_are_found_however_they_are_written() -> None:
    secret = (leak_check.Secret("x", 'Größe "L" & <Söhne>'), leak_check.Secret("id", "Mia"))
    spelt = [
        secret[0].word.encode(),
        secret[0].word.encode("utf-16-le"),
        json.dumps(secret[0].word).encode(),
        'Größe "L" &amp; &lt;Söhne&gt;'.encode(),
        secret[0].word.upper().replace("SS", "ß").encode() + secret[0].word.encode(),
    ]
    for one in spelt:
        assert leak_check.found_in(b"\x00\xff" + one + b"\x00", secret) == (secret[0],)
    assert leak_check.found_in(b"\x00made by Mia Chen\x00", secret) == (secret[1],)
    assert leak_check.found_in(b"\x00\xffMia\x00\xff", secret) == (), "three letters between pixels are chance"
    assert leak_check.found_in(b"how to manage an analysis", (leak_check.Secret("person", "Ana"),)) == (), (
        "a part of a word is no name"
    )
    assert leak_check.found_in(b"by the studio Mia and sons", secret, allowed="Studio Mia") == ()


def test_an_export_holds_one_file_at_a_time_and_its_package_none(house: House) -> None:
    noise = [encoded(Image.effect_noise((1100, 1000), 90 + at).convert("RGB")) for at in range(3)]
    left = export.leave(house.desk, [house.render(one) for one in noise], Wish("team", "Sam"), by=house.mia)
    assert [len(one.ready.copy.data) + len(one.ready.copy.sealed.data) for one in left] == [0, 0, 0]
    tracemalloc.start()
    try:
        digest = package.zipped(house.desk, left)
        held = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    whole = house.desk.blobs.get(digest)
    assert held < 3 * PIECE < len(whole)
    with zipfile.ZipFile(io.BytesIO(whole)) as packed:
        assert [packed.read(one.export.filename) for one in left] == [house.desk.blobs.get(one.asset.sha256) for one in left]
