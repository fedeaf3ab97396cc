"""Proved, signed by somebody unknown, edited, tampered, recognised, unknown: never mixed up, and no person is told."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from PIL import Image, ImageFile

from core import files
from core.errors import BadInput, Conflict, NotFound, Refused, TooLong
from core.formats import png
from core.provenance.seal import keys, manifest, sign
from core.provenance.seal.manifest import Ingredient
from core.provenance.xmp import Policy
from core.security import safe_fetch
from core.security.public_addresses import public
from core.settings import Settings
from core.verification import restore, verify
from core.verification.verify import Outcome
from storage.files import assets
from storage.people import audit
from tests.core.exports.test_export import SECRETS, House, secretive
from tests.core.provenance.test_embedding import stated
from tests.core.provenance.test_seal import chain, plan
from tests.pictures import comfy_png, encoded, scene, with_chunk


@pytest.fixture
def house(desk: object) -> House:
    return House(desk)  # type: ignore[arg-type]


def outcome(house: House, data: bytes, name: str = "a.png") -> Outcome:
    return verify.verify(house.desk, data, name).outcome


def original(house: House, number: int = 1) -> tuple[bytes, str]:
    asset = house.render(comfy_png(scene(number), secretive()), render_code=f"R-{number:04}")
    return house.desk.blobs.get(asset.sha256), asset.code


def resaved(data: bytes, kind: str = "JPEG") -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        return encoded(image.convert("RGB"), kind)


def test_every_outcome_is_told_apart(house: House, tmp_path_factory: pytest.TempPathFactory) -> None:
    data, code = original(house)
    elsewhere = Settings(data=tmp_path_factory.mktemp("elsewhere"))
    keys.init(elsewhere.keys, "Agency")
    foreign = sign.seal(elsewhere, encoded(scene(50)), "image/png", plan()).data
    own = [part for part in png.chunks(data) if part.type == b"caBX"]
    seal = data[own[0].start : own[0].end]
    moved = encoded(scene(60))
    broken_parent = bytearray(chain(house.desk.settings, 1)[0])
    broken_parent[-40] ^= 0xFF
    ingredient = Ingredient("input-1", "A-1", "image/png", bytes(broken_parent), "parentOf")
    child = sign.seal(
        house.desk.settings, encoded(scene(61)), "image/png", manifest.of_output(stated(), Policy(), [ingredient])
    ).data

    assert outcome(house, data) is Outcome.PROVED
    assert outcome(house, foreign) is Outcome.SIGNED
    assert outcome(house, child) is Outcome.BROKEN_HISTORY
    assert outcome(house, with_chunk(data, b"tEXt", b"Author\0somebody else")) is Outcome.EDITED
    assert outcome(house, moved[:33] + seal + moved[33:]) is Outcome.TAMPERED
    assert (
        outcome(house, with_chunk(encoded(scene(62)), b"caBX", b"\0\0\0\x20jumb\0\0\0\x18jumdc2pa" + b"\xff" * 64))
        is Outcome.BROKEN
    )
    assert outcome(house, resaved(data, "PNG")) is Outcome.REGISTERED
    assert outcome(house, resaved(data), "a.jpg") is Outcome.RECOGNISED
    assert outcome(house, encoded(scene(99))) is Outcome.UNSIGNED
    edited = verify.verify(house.desk, with_chunk(data, b"tEXt", b"Author\0somebody else"), "a.png")
    assert f"Its pixels are identical to {code}, made here with AI." in edited.sentence
    assert "authentic" not in edited.sentence
    (house.desk.settings.keys / "revoked.txt").write_text(verify.verify(house.desk, data, "a").credentials.step.serial)  # type: ignore[union-attr]
    assert outcome(house, data) is Outcome.REVOKED


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_stripped_jpeg_is_decoded_once_in_a_verification(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    data, _ = original(house)
    decoded: list[str] = []
    load = ImageFile.ImageFile.load

    def counted(image: ImageFile.ImageFile) -> object:
        if image.tile:
            decoded.append(image.format or "")
        return load(image)

    monkeypatch.setattr("core.security.sandbox.process.inside", True)
    monkeypatch.setattr(ImageFile.ImageFile, "load", counted)
    assert outcome(house, resaved(data), "a.jpg") is Outcome.RECOGNISED
    assert decoded.count("JPEG") == 1


def test_no_person_and_no_prompt_is_told_even_of_a_file_that_holds_them(house: House) -> None:
    data, _ = original(house)
    assert SECRETS["prompt"].encode() in data

    told = str(verify.verify(house.desk, data, "a.png").schema().as_json())

    assert [name for name, word in SECRETS.items() if word in told] == []
    assert "trainedAlgorithmicMedia" in told


# Restoring


def test_restoring_is_logged_and_says_how_sure_it_was(house: House) -> None:
    data, code = original(house)

    done = restore.restore(house.desk, resaved(data), "mail.jpg", by=house.mia)

    assert (done.same, done.original.code) == (False, code)
    kept = house.desk.blobs.get(done.asset.sha256)
    assert outcome(house, kept, "mail.jpg") is Outcome.NOT_IDENTICAL
    assert files.examine(kept, "x").pixel_sha256 == files.examine(resaved(data), "x").pixel_sha256
    assert SECRETS["prompt"].encode() not in kept
    with house.desk.reading() as session:
        assert [one.action for one in audit.about(session, code)][-1] == "asset:restored"
    with pytest.raises(Refused):
        restore.restore(house.desk, resaved(data), "mail.jpg", by=house.vic)


def test_what_only_looks_alike_needs_a_person_to_say_so(house: House) -> None:
    takes = [house.render(encoded(scene(7, take=take)), render_code=f"R-T{take:03}", seed=str(take)) for take in (1, 2)]
    with Image.open(io.BytesIO(house.desk.blobs.get(takes[0].sha256))) as image:
        between = encoded(image.convert("RGB").resize((64, 48)).resize((256, 192)), "JPEG", quality=30)
    with pytest.raises(NotFound):
        restore.restore(house.desk, encoded(scene(99), "JPEG"), "x.jpg", by=house.mia)
    with house.desk.reading() as session:
        other = assets.by_code(session, original(house, 33)[1])
    with pytest.raises(Conflict, match="does not look like"):
        restore.restore(house.desk, between, "x.jpg", by=house.mia, original=other)


# Addresses


class Files(BaseHTTPRequestHandler):
    """A web of one machine: a file, a redirect to somewhere inside, a circle, an error, a flood."""

    data: ClassVar[bytes] = encoded(scene(1))

    def do_GET(self) -> None:
        where = {"/inside": "http://169.254.169.254/latest", "/circle": "/circle", "/over": "/files/hero%20shot.png"}.get(
            self.path
        )
        self.send_response(302 if where else 404 if self.path == "/gone" else 200)
        if where:
            self.send_header("Location", where)
        self.end_headers()
        if not where:
            self.wfile.write(self.data if "files" in self.path else b"x" * 3_000_000)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def web() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_file_is_fetched_by_its_address_and_keeps_its_name(web: str) -> None:
    got = safe_fetch.fetch(f"{web}/over", most=1 << 20, private=True)
    assert (got.data, got.filename) == (Files.data, "hero shot.png")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://localhost:8188/system_stats", "http://[::1]/", "http://0.0.0.0/", "http://10.0.0.5/",
        "http://2130706433/",
        "http://169.254.169.254/latest/meta-data", "http://[::ffff:127.0.0.1]/", "http://user@127.0.0.1/", "ftp://example.com/x",
        "file:///etc/passwd", "gopher://127.0.0.1:6379/_x", "http://", "https://no-such-machine.invalid/",
        "http://127.0.0.1:99999/", "", "http://[x", "http://[fec0::1]/", "http://192.0.0.1/", "http://example.com/a b", "http://a\x00b/",
    ],
)  # fmt: skip
def test_an_address_that_leads_inside_is_refused(url: str) -> None:
    with pytest.raises(BadInput):
        safe_fetch.fetch(url, most=1000)


def test_a_redirect_inside_a_circle_an_error_and_a_flood_are_refused(web: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for path, error in (("circle", BadInput), ("gone", BadInput), ("flood", TooLong)):
        with pytest.raises(error):
            safe_fetch.fetch(f"{web}/{path}", most=1 << 20, private=True)
    seen: list[str] = []
    real = safe_fetch._address

    def address(host: str, port: int, reachable: safe_fetch.Reachable, ends: float) -> str:
        seen.append(host)
        return real(host, port, reachable if host == "127.0.0.1" else public, ends)

    monkeypatch.setattr(safe_fetch, "_address", address)
    with pytest.raises(BadInput, match="open Internet"):
        safe_fetch.fetch(f"{web}/inside", most=1 << 20, private=True)
    assert seen == ["127.0.0.1", "169.254.169.254"]
