"""People who know the code try to have Slate say of a picture what is not so: that it is proved, a camera's, ours, or no AI's."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageCms, ImageDraw, ImageOps

from core import files
from core.errors import Conflict, SlateError
from core.exports import export, strip
from core.exports.export import Wish
from core.formats import png
from core.provenance import embed, xmp
from core.provenance.carriers import jpeg
from core.provenance.seal import keys, manifest, names, read, sign
from core.provenance.seal.manifest import Ingredient, ManifestPlan
from core.recognition import inputs
from core.recognition.identify import Certainty
from core.rendering import context
from core.settings import Settings
from core.verification import restore
from core.verification.verify import Outcome, Verification, credentials_schema, verify, verify_for_stranger
from storage.files import assets, sources
from storage.tables import Asset
from tests.core.exports.test_export import House, secretive
from tests.pictures import comfy_png, encoded, scene, with_chunk

_TERMS = "http://cv.iptc.org/newscodes/digitalsourcetype/"
CAPTURE, EDITS, COMPOSITE = (_TERMS + term for term in ("digitalCapture", "humanEdits", "compositeWithTrainedAlgorithmicMedia"))


def claims(*actions: tuple[str, str], parent: Ingredient | None = None) -> ManifestPlan:
    """A manifest by somebody else's program."""
    told: list[dict[str, Any]] = [
        {"action": name, "digitalSourceType": kind} if kind else {"action": name} for name, kind in actions
    ]
    if parent is not None and parent.relationship == "parentOf":
        told.insert(0, {"action": "c2pa.opened", "parameters": {"ingredientIds": [parent.label]}})
    elif parent is not None:
        told[0]["parameters"] = {"ingredientIds": [parent.label]}
    generator = {"name": "Camera", "version": "1"}
    assertions = [{"label": "c2pa.actions.v2", "data": {"actions": told}}]
    return ManifestPlan(
        {"claim_generator_info": [generator], "title": "IMG_0001", "assertions": assertions}, (parent,) if parent else ()
    )


def stored(png_file: bytes) -> bytes:
    """The chunk with the manifest store."""
    part = next(part for part in png.chunks(png_file) if part.type == b"caBX")
    return png_file[part.start : part.end]


def behind_header(png_file: bytes, *more: bytes) -> bytes:
    return png_file[:33] + b"".join(more) + png_file[33:]


def plain(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB")


def inverting() -> bytes:
    """A colour profile that shows another picture: with red and blue exchanged."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile = profile.replace(b"rXYZ", b"tmp!", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"tmp!", b"bXYZ", 1)
    return bytes(profile)


class World(House):
    """A house with a picture made here with AI, an agency that it trusts, and people who sign with keys of their own."""

    def __init__(self, desk: object, folder: Path) -> None:
        super().__init__(desk)  # type: ignore[arg-type]
        self.unknown, self.agency, self.double = (self.signer(folder / at, who) for at, who in
                                                  (("a", "Adobe Inc."), ("b", "Agency"), ("c", "Studio")))  # fmt: skip
        anchors = (self.agency.keys / "root.pem",)
        self.desk = replace(self.desk, settings=self.desk.settings.model_copy(update={"trust_anchors": anchors}))
        self.ours = self.render(comfy_png(scene(1, 320, 240), secretive()), render_code="R-OURS")
        self.data = self.bytes(self.ours)
        self.image = plain(self.data)
        self.copy = encoded(self.image, "JPEG", quality=85)

    def signer(self, folder: Path, who: str) -> Settings:
        settings = Settings(data=folder)
        keys.init(settings.keys, who)
        return settings

    def bytes(self, asset: Asset) -> bytes:
        return self.desk.blobs.get(asset.sha256)

    def signed(self, data: bytes, plan: ManifestPlan | None = None, by: Settings | None = None) -> bytes:
        mime = files.examine(data, "x").mime
        made = sign.seal(by or self.unknown, data, mime, plan or claims(("c2pa.created", CAPTURE)))
        assert made.manifest, made.why
        return made.data

    def upload(self, data: bytes, name: str = "upload.png") -> Asset:
        draft = files.keep(self.desk, data, name, member_id=self.mia.id or 0, project_id=self.project.id or 0)
        with self.desk.writing() as session:
            return assets.add(session, draft)

    def left(self, asset: Asset, profile: str = "client") -> bytes:
        (one,) = export.leave(self.desk, [asset], Wish(profile), by=self.mia)
        return self.bytes(one.asset)

    def passed_through(self, asset: Asset, code: str) -> bytes:
        """What a run without any model makes of an upload."""
        name = f"x/{asset.sha256[:20]}.png"
        graph: dict[str, Any] = {
            "1": {"class_type": "LoadImage", "inputs": {"image": name}},
            "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "a"}},
        }
        with self.desk.reading() as session:
            taken = context._picture(session, asset)
        taken = context.by_looks(self.desk, asset, taken)
        parent = {"asset": taken.asset, "sha256": taken.sha256, "input": "image", "source_type": taken.source_type}
        made = self.render(encoded(plain(self.bytes(asset))), graph, parents=[parent], render_code=code)
        return self.bytes(made)

    def parent(self, data: bytes, relationship: str = "parentOf") -> Ingredient:
        return Ingredient("input", "something", files.examine(data, "x").mime, data, relationship)

    def restored(self) -> bytes:
        return self.bytes(restore.restore(self.desk, self.copy, "mail.jpg", by=self.mia).asset)


@pytest.fixture
def settings(tmp_path: Path, sqlite_url: str, redis_url: str) -> Settings:
    """One database is enough: what is said of a file is decided above it."""
    return Settings(data=tmp_path / "data", database_url=sqlite_url, redis_url=redis_url)


@pytest.fixture
def world(desk: object, tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(desk, tmp_path_factory.mktemp("others"))


@dataclass(frozen=True)
class Attempt:
    """A file that somebody made, and what Slate must still say of it: that AI had a part, or at least never that none had."""

    make: Callable[[World], bytes]
    says_ai: bool = True
    outcomes: tuple[Outcome, ...] = ()


def written_on(image: Image.Image) -> Image.Image:
    made = image.copy()
    ImageDraw.Draw(made).text((90, 90), "FAKE NEWS", fill="white", font_size=30)
    return made


def defaced(image: Image.Image) -> Image.Image:
    made = image.copy()
    made.paste(ImageChops.offset(scene(77, 320, 240), 10).crop((0, 0, 190, 240)), (130, 0))
    return made


def alpha(image: Image.Image) -> Image.Image:
    made = image.convert("RGBA")
    made.putpixel((0, 0), (*image.getpixel((0, 0)), 254))  # type: ignore[misc]
    return made


def one_pixel(image: Image.Image) -> Image.Image:
    made = image.copy()
    made.putpixel((5, 5), (1, 2, 3))
    return made


def animated(world: World, kind: str) -> bytes:
    extra: dict[str, Any] = {"lossless": True} if kind == "WEBP" else {}
    other = scene(88, 320, 240)
    return encoded(world.image, kind, save_all=True, append_images=[other], duration=100, loop=0, **extra)


def unseen_first(world: World) -> bytes:
    """Our picture as the still of an animated PNG, whose one frame shows another."""
    ours, other = encoded(world.image), encoded(scene(88, 320, 240))
    pieces = b"".join(other[part.start + 8 : part.end - 4] for part in png.chunks(other) if part.type == b"IDAT")
    control = png.chunk(b"acTL", struct.pack(">II", 1, 0))
    frame = png.chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 320, 240, 0, 0, 1, 10, 0, 0))
    return ours[:33] + control + ours[33:-12] + frame + png.chunk(b"fdAT", struct.pack(">I", 1) + pieces) + ours[-12:]


def recoloured(data: bytes, kind: bytes) -> bytes:
    """The same numbers, shown in other colours by a chunk of a PNG."""
    chosen = {b"gAMA": struct.pack(">I", 1_000), b"cICP": bytes((9, 16, 0, 1))}
    chosen[b"cHRM"] = struct.pack(">8I", 31_270, 32_900, 15_000, 6_000, 30_000, 60_000, 64_000, 33_000)
    return behind_header(data, png.chunk(kind, chosen[kind]))


def camera_xmp(data: bytes) -> bytes:
    return embed.embed(data, files.examine(data, "x").mime, None, "", xmp.packet({"Iptc4xmpExt:DigitalSourceType": CAPTURE}))


def packet_of(kind: str) -> bytes:
    return xmp.packet({"Iptc4xmpExt:DigitalSourceType": kind}).encode()


def ai_xmp(data: bytes) -> bytes:
    return embed.embed(data, files.examine(data, "x").mime, None, "", xmp.packet({"Iptc4xmpExt:DigitalSourceType": COMPOSITE}))


def preview_store_in(world: World, data: bytes) -> bytes:
    preview = world.desk.blobs.get(world.ours.preview)
    store = b"".join(preview[part.start : part.end] for part in jpeg.segments(preview) if part.marker == 0xEB)
    return data[:2] + store + data[2:]


NOISE = b"\0\0\0\x20jumb\0\0\0\x18jumdc2pa" + b"\xff" * 64
UNKNOWN = (Outcome.SIGNED,)
PERHAPS = (Outcome.UNSIGNED, Outcome.RECOGNISED)
BROUGHT = (Outcome.BROUGHT,)
ATTEMPTS: dict[str, Attempt] = {
    "our picture signed anew as a camera's": Attempt(lambda w: w.signed(w.data), outcomes=UNKNOWN),
    "our pixels alone, signed as a camera's": Attempt(lambda w: w.signed(encoded(w.image)), outcomes=UNKNOWN),
    "a JPEG of it, signed as a camera's": Attempt(lambda w: w.signed(w.copy), outcomes=UNKNOWN),
    "a WebP of it": Attempt(lambda w: w.signed(encoded(w.image, "WEBP", quality=80)), outcomes=UNKNOWN),
    "half the size": Attempt(lambda w: w.signed(encoded(w.image.resize((160, 120)), "JPEG")), outcomes=UNKNOWN),
    "mirrored": Attempt(lambda w: w.signed(encoded(ImageOps.mirror(w.image), "JPEG")), outcomes=UNKNOWN),
    "cropped by a twentieth": Attempt(lambda w: w.signed(encoded(w.image.crop((8, 6, 312, 234)), "JPEG")), False, UNKNOWN),
    "in grey": Attempt(lambda w: w.signed(encoded(w.image.convert("L").convert("RGB"), "JPEG")), False, UNKNOWN),
    "turned by 180 degrees": Attempt(lambda w: w.signed(encoded(w.image.rotate(180), "JPEG")), False, UNKNOWN),
    "with a word on it": Attempt(lambda w: w.signed(encoded(written_on(w.image), "JPEG")), False, UNKNOWN),
    "with a channel of opacity": Attempt(lambda w: w.signed(encoded(alpha(w.image))), outcomes=UNKNOWN),
    "with one pixel changed": Attempt(lambda w: w.signed(encoded(one_pixel(w.image))), outcomes=UNKNOWN),
    "signed anew with ours as its parent, as edited by hand": Attempt(
        lambda w: w.signed(w.data, claims(("c2pa.edited", EDITS), parent=w.parent(w.data))), outcomes=UNKNOWN
    ),
    "another picture with ours as its input": Attempt(
        lambda w: w.signed(encoded(scene(50)), claims(("c2pa.created", CAPTURE), parent=w.parent(w.data, "inputTo"))),
        outcomes=UNKNOWN,
    ),
    "signed by somebody of our own name": Attempt(lambda w: w.signed(w.data, by=w.double), outcomes=UNKNOWN),
    "another picture, signed by somebody of our own name": Attempt(
        lambda w: w.signed(encoded(scene(51)), by=w.double), False, UNKNOWN
    ),
    "signed as a camera's and changed since": Attempt(
        lambda w: with_chunk(w.signed(w.data), b"tEXt", b"Author\0me"), outcomes=(Outcome.EDITED,)
    ),
    "a JPEG signed as a camera's and changed since": Attempt(lambda w: w.signed(w.copy) + b"x", outcomes=(Outcome.TAMPERED,)),
    "metadata that say camera, unsigned": Attempt(lambda w: camera_xmp(encoded(w.image)), outcomes=(Outcome.REGISTERED,)),
    "metadata that say camera in a JPEG": Attempt(lambda w: camera_xmp(w.copy), outcomes=(Outcome.RECOGNISED,)),
    "two manifest stores, ours and another": Attempt(
        lambda w: behind_header(encoded(w.image), stored(w.data), stored(w.signed(encoded(w.image)))), outcomes=(Outcome.SEVERAL,)
    ),
    "our manifest store twice": Attempt(lambda w: behind_header(w.data, stored(w.data)), outcomes=(Outcome.SEVERAL,)),
    "our manifest store in another picture": Attempt(
        lambda w: behind_header(encoded(scene(52, 320, 240)), stored(w.data)), outcomes=(Outcome.TAMPERED,)
    ),
    "the manifest store of our preview in another picture": Attempt(
        lambda w: preview_store_in(w, encoded(scene(53, 320, 240), "JPEG")), outcomes=(Outcome.TAMPERED,)
    ),
    "a manifest store of noise": Attempt(
        lambda w: with_chunk(encoded(scene(54)), b"caBX", NOISE), False, (Outcome.BROKEN,)
    ),
    "the words of a manifest store in a comment": Attempt(
        lambda w: with_chunk(encoded(scene(55)), b"tEXt", b"Comment\0jumb c2pa"), False, (Outcome.UNSIGNED,)
    ),
    "our pixels under a profile that shows another picture": Attempt(
        lambda w: encoded(w.image, icc_profile=inverting()), outcomes=(Outcome.RECOGNISED,)
    ),
    "our pixels under a gamma that shows them black": Attempt(
        lambda w: recoloured(encoded(w.image), b"gAMA"), outcomes=(Outcome.RECOGNISED,)
    ),
    "our pixels with red and blue exchanged by their primaries": Attempt(
        lambda w: recoloured(encoded(w.image), b"cHRM"), outcomes=(Outcome.RECOGNISED,)
    ),
    "our pixels as those of a film in HDR": Attempt(
        lambda w: recoloured(encoded(w.image), b"cICP"), outcomes=(Outcome.RECOGNISED,)
    ),
    "our pixels as a TIFF under such a profile": Attempt(
        lambda w: encoded(w.image, "TIFF", icc_profile=inverting()), outcomes=(Outcome.RECOGNISED,)
    ),
    "our picture where an animation does not show it": Attempt(unseen_first, False, PERHAPS),
    "an animation that begins with our picture": Attempt(lambda w: animated(w, "PNG"), False, PERHAPS),
    "a WebP animation that begins with our picture": Attempt(
        lambda w: animated(w, "WEBP"), False, PERHAPS
    ),
    "an upload exported for a client": Attempt(lambda w: w.left(w.upload(encoded(scene(60)))), False, BROUGHT),
    "an upload exported for the public": Attempt(lambda w: w.left(w.upload(encoded(scene(61))), "public"), False, BROUGHT),
    "an upload exported for the team": Attempt(
        lambda w: w.left(w.upload(encoded(scene(62))), "team"), False, (Outcome.NEVER_SEALED, Outcome.UNSIGNED)
    ),
    "an upload that somebody unknown signed as a camera's, exported": Attempt(
        lambda w: w.left(w.upload(w.signed(encoded(scene(63))))), False, BROUGHT
    ),
    "an upload that says AI itself, exported": Attempt(lambda w: w.left(w.upload(ai_xmp(encoded(scene(64))))), outcomes=BROUGHT),
    "an upload with a broken manifest": Attempt(
        lambda w: w.bytes(w.upload(with_chunk(w.signed(encoded(scene(65))), b"tEXt", b"a\0b"))), False, (Outcome.TAMPERED,)
    ),
    "an upload that says AI in another place than a packet of its own, exported": Attempt(
        lambda w: w.left(w.upload(encoded(scene(66), "AVIF", xmp=packet_of(COMPOSITE)), "a.avif")), outcomes=BROUGHT
    ),
    "an upload with China's label, exported for the public": Attempt(
        lambda w: w.left(w.upload(with_chunk(encoded(scene(67)), b"tEXt", b'AIGC\0{"Label":"1"}')), "public"), outcomes=BROUGHT
    ),
    "a copy of ours, brought back and exported": Attempt(
        lambda w: w.left(w.upload(w.copy, "mail.jpg")), outcomes=BROUGHT
    ),
    "a recognised copy": Attempt(lambda w: w.restored(), outcomes=(Outcome.NOT_IDENTICAL,)),
    "a recognised copy without its manifest": Attempt(
        lambda w: strip.bare(w.restored(), "image/jpeg"), outcomes=(Outcome.RECOGNISED,)
    ),
    "a recognised copy that somebody unknown signed over": Attempt(
        lambda w: w.signed(w.copy, claims(("c2pa.edited", EDITS), parent=w.parent(w.restored()))), outcomes=UNKNOWN
    ),
    "a recognised copy that somebody trusted signed over": Attempt(
        lambda w: w.signed(w.copy, claims(("c2pa.edited", EDITS), parent=w.parent(w.restored())), w.agency),
        outcomes=(Outcome.NOT_IDENTICAL,),
    ),
    "a recognised copy, brought back and exported": Attempt(
        lambda w: w.left(w.upload(w.restored(), "again.jpg")), outcomes=(Outcome.BROUGHT, Outcome.NOT_IDENTICAL)
    ),
    "our picture signed by somebody trusted as a camera's": Attempt(
        lambda w: w.signed(w.data, by=w.agency), outcomes=(Outcome.CONTRADICTED,)
    ),
    "a JPEG of it signed by somebody trusted as a camera's": Attempt(
        lambda w: w.signed(w.copy, by=w.agency), outcomes=(Outcome.CONTRADICTED,)
    ),
    "a run without a model over a stripped copy of ours": Attempt(
        lambda w: encoded(plain(w.passed_through(w.upload(encoded(w.image)), "R-PASS")), compress_level=1),
        outcomes=(Outcome.REGISTERED,)
    ),
}  # fmt: skip


def refused_or(found: Verification, attempt: Attempt) -> list[str]:
    """What went wrong, in words."""
    wrong = []
    if found.outcome is Outcome.PROVED:
        wrong.append("reads as proved")
    if found.ai is False or (attempt.says_ai and found.ai is not True):
        wrong.append(f"says of AI: {found.ai}")
    if attempt.outcomes and found.outcome not in attempt.outcomes:
        wrong.append(f"is {found.outcome.value}")
    if "authentic" in found.sentence:
        wrong.append("is called authentic")
    if found.outcome is Outcome.SIGNED and not found.sentence.startswith("Unknown signer"):
        wrong.append("an unknown signer is not called so")
    if found.source_type == CAPTURE:
        wrong.append("a camera is told")
    return wrong


@pytest.mark.parametrize("name", ATTEMPTS)
def test_no_attempt_to_launder_a_picture_succeeds(world: World, name: str) -> None:
    attempt = ATTEMPTS[name]
    data = attempt.make(world)
    member, stranger = verify(world.desk, data, "a.png"), verify_for_stranger(world.desk, data, "a.png")
    brought = {Outcome.NEVER_SEALED: Outcome.UNSIGNED}
    assert refused_or(member, attempt) == []
    assert refused_or(stranger, replace(attempt, outcomes=(*attempt.outcomes, *map(brought.get, attempt.outcomes)))) == []  # type: ignore[arg-type]
    assert world.ours.code not in stranger.sentence


CHANGED: dict[str, Callable[[World], bytes]] = {
    "more than half of it exchanged": lambda w: encoded(defaced(w.image), "JPEG"),
    "a word on it": lambda w: encoded(written_on(w.image), "JPEG"),
    "a word on it, with our record": lambda w: embed.embed(
        encoded(written_on(w.image)), "image/png", embed.record_of(w.ours.statement), "", ""
    ),
    "cropped": lambda w: encoded(w.image.crop((16, 12, 304, 228)), "JPEG"),
    "mirrored": lambda w: encoded(ImageOps.mirror(w.image), "JPEG"),
    "under a profile that shows other colours": lambda w: encoded(w.image, "JPEG", quality=92, icc_profile=inverting()),
    "in other colours": lambda w: encoded(Image.merge("RGB", w.image.split()[::-1]), "JPEG"),
    "signed by somebody unknown": lambda w: w.signed(w.copy),
    "recognised and signed before": lambda w: w.restored(),
}


@pytest.mark.parametrize("chosen", [False, True], ids=["by itself", "chosen by a person"])
@pytest.mark.parametrize("name", CHANGED)
def test_what_was_changed_is_given_no_credentials(world: World, name: str, chosen: bool) -> None:
    data = CHANGED[name](world)
    with pytest.raises(SlateError) as told:
        restore.restore(world.desk, data, "x.jpg", by=world.mia, original=world.ours if chosen else None)
    assert told.value.code in ("conflict", "not-found")


def test_a_whole_copy_is_given_a_manifest_that_says_how_well_it_agrees_and_no_more(world: World) -> None:
    done = restore.restore(world.desk, world.copy, "mail.jpg", by=world.mia)
    found = read.read(world.desk.settings, world.bytes(done.asset), "image/jpeg")
    assert found is not None
    assert (found.state, found.states.value, done.same) == ("Trusted", "recognised-not-identical", False)
    assert restore.restore(world.desk, encoded(world.image), "same.png", by=world.mia).same


def test_what_runs_without_a_model_made_of_unknown_pictures_says_nothing_of_ai(world: World) -> None:
    for number, data in enumerate((encoded(scene(70)), world.copy)):
        made = world.passed_through(world.upload(data, f"{number}.jpg"), f"R-PAS{number}")
        found = verify(world.desk, made, "a.png")
        assert found.ai is not False, "an enhanced picture may have been made in any way before"
    generated = world.passed_through(
        world.upload(world.signed(encoded(scene(71)), claims(("c2pa.created", COMPOSITE)))), "R-PAS9"
    )
    assert verify(world.desk, generated, "a.png").ai


@pytest.mark.parametrize("how", ["JPEG", "small", "mirrored"])
def test_what_is_made_of_a_changed_copy_of_an_ai_picture_is_still_labelled_ai(world: World, how: str) -> None:
    images = {"JPEG": world.image, "small": world.image.resize((240, 180)), "mirrored": ImageOps.mirror(world.image)}
    copy = world.upload(encoded(images[how], "JPEG", quality=85), "mail.jpg")
    found = read.read(world.desk.settings, world.passed_through(copy, "R-COPY"), "image/png")
    assert found is not None
    assert found.says_ai


def test_a_photograph_sent_again_is_not_taken_for_what_was_rendered_from_it(world: World) -> None:
    photo = world.upload(encoded(scene(91, 320, 240)), "photo.png")
    parent = {"asset": photo.code, "sha256": photo.sha256, "input": "image", "source_type": ""}
    made = encoded(Image.blend(scene(91, 320, 240), scene(92, 320, 240), 0.1))
    rendered = world.render(comfy_png(plain(made), secretive()), parents=[parent], render_code="R-NEAR")
    with world.desk.writing() as session:
        sources.link(session, rendered.id or 0, "image", photo)
    again = world.upload(encoded(scene(91, 320, 240), "JPEG", quality=90), "again.jpg")
    assert inputs.copied_from(world.desk, again) is None


def test_a_seal_states_exactly_what_was_witnessed(world: World) -> None:
    graph: dict[str, Any] = {
        "1": {"class_type": "LoadImage", "inputs": {"image": f"x/{world.ours.sha256[:20]}.png"}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "a"}},
    }
    parent = {"asset": world.ours.code, "sha256": world.ours.sha256, "input": "image", "source_type": "", "made_here": True}
    edited = world.render(encoded(scene(2)), graph, parents=[parent], render_code="R-EDIT")
    told = {
        "made-here": world.data,
        "edited-from": world.bytes(edited),
        "exported-from": world.left(world.ours),
        "brought-here": world.left(world.upload(encoded(scene(60)))),
    }
    for states, data in told.items():
        found = read.read(world.desk.settings, data, "image/png")
        assert found is not None
        assert found.states.value == states
        assert found.state == "Trusted"


def test_what_an_unknown_signer_states_is_not_told_as_stated(world: World) -> None:
    plan = claims(("c2pa.created", CAPTURE))
    plan.definition["assertions"].append(manifest.seal(names.SealOrigin.MADE))
    found = verify_for_stranger(world.desk, world.signed(encoded(scene(93)), plan), "a.png").credentials
    assert found is not None
    told = credentials_schema(found)
    assert (found.states.value, told.states, told.history[0].states) == ("made-here", None, None)


def test_a_plain_picture_is_not_taken_for_ours(world: World) -> None:
    white = Image.new("RGB", (320, 240), "white")
    world.render(encoded(white), render_code="R-WHITE")
    found = verify_for_stranger(world.desk, encoded(white, "PNG", compress_level=1), "white.png")
    assert (found.made_here, found.ai) == (None, None)


def test_a_photograph_that_went_into_a_render_is_not_taken_for_what_came_out(world: World) -> None:
    photo = world.upload(encoded(scene(90, 320, 240), "JPEG", quality=95), "photo.jpg")
    parent = {"asset": photo.code, "sha256": photo.sha256, "input": "image", "source_type": ""}
    world.render(encoded(scene(90, 320, 240)), parents=[parent], render_code="R-FROM")
    camera = world.signed(world.bytes(photo), by=world.agency)
    found = verify_for_stranger(world.desk, camera, "photo.jpg")
    assert found.outcome in (Outcome.PROVED, Outcome.CONTRADICTED)


def test_members_of_other_projects_learn_no_more_than_strangers(world: World) -> None:
    found = verify(world.desk, encoded(world.image), "a.png", projects=[])
    assert (found.ai, found.made_here, found.asset) == (True, True, None)
    assert world.ours.code not in found.sentence
    assert found.certainty is Certainty.CERTAIN


def test_restoring_needs_the_right_to_export(world: World) -> None:
    with pytest.raises(SlateError):
        restore.restore(world.desk, world.copy, "mail.jpg", by=world.vic)
    with pytest.raises(Conflict):
        restore.restore(world.desk, encoded(defaced(world.image), "JPEG"), "x.jpg", by=world.mia, original=world.ours)
