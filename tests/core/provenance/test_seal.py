"""The seal: signed into every kind of file that takes it, readable by anybody, honest about what is broken."""

from __future__ import annotations

import http.server
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import c2pa
import numpy as np
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import ExtendedKeyUsageOID
from PIL import Image

from bot.cli.keys import stamping_server
from core import files as core_files
from core.desk import Desk
from core.errors import BadInput, Conflict
from core.files import previews, reseal
from core.operations import seal_check
from core.operations.findings import State
from core.provenance import embed, xmp
from core.provenance.disclosure import SourceType
from core.provenance.seal import iscc, keys, manifest, names, read
from core.provenance.seal import sign as seal_sign
from core.provenance.seal.manifest import Ingredient, ManifestPlan
from core.provenance.seal.timestamp import Stamper
from core.provenance.xmp import Policy
from core.settings import Settings
from storage.blobs import digest_of, open_blobs
from storage.database import Database
from storage.files import assets
from storage.queue import Queue
from storage.tables import Post
from tests.core.exports.test_strip import wave
from tests.core.files.test_files import made
from tests.core.graphs import image_to_image, text_to_image
from tests.core.provenance.test_embedding import sources, stated
from tests.makers import make_member, make_project
from tests.pictures import SAMPLES, claiming, comfy_png, encoded, scene, with_chunk

SOURCE_TYPE = "Iptc4xmpExt:DigitalSourceType"


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    """Settings with a development authority."""
    settings = Settings(data=tmp_path / "house", team="Studio")
    assert keys.init(settings.keys, settings.team)
    return settings


@pytest.fixture
def files(own: Settings, sqlite_url: str) -> Desk:
    """A desk of which the file store and the keys are used, and an empty memory."""
    own = own.model_copy(update={"database_url": sqlite_url})
    return Desk(own, Database(own.database), open_blobs(own.blobs), Queue(own.redis))


def plan(**more: object) -> ManifestPlan:
    return manifest.of_output(stated(**more), Policy(provider="Studio"), [])


def credentials(settings: Settings, data: bytes, mime: str = "image/png") -> read.Credentials:
    found = read.read(settings, data, mime)
    assert found is not None
    return found


# Into every kind of file


@pytest.mark.parametrize("name", [name for name, (mime, _) in sources().items() if mime in names.SEALABLE])
def test_every_kind_that_takes_a_manifest_is_sealed_and_keeps_all_it_had(own: Settings, name: str) -> None:
    mime, source = sources()[name]
    packet = xmp.write(stated(), Policy())
    marked = embed.embed(source, mime, embed.record_of(stated()), "x\nSteps: 1, Seed: 2", packet)

    sealed = seal_sign.seal(own, marked, mime, plan())

    assert (sealed.state, sealed.why) == (seal_sign.SEALED, "")
    found = credentials(own, sealed.data, mime)
    assert (found.state, found.failures) == ("Trusted", ())
    assert found.source_type == SourceType.TRAINED.value
    assert embed.xmp_in(sealed.data, mime) == packet
    assert (embed.read(sealed.data, mime) or {})["statement"] == stated()
    if (mime.startswith("image/") and mime != "image/avif") or mime == "audio/flac":
        assert embed.strip(sealed.data, mime) == source


def test_a_sound_as_wav_is_sealed_behind_what_it_had(own: Settings) -> None:
    sealed = seal_sign.seal(own, wave(b"rain"), "audio/wav", plan())

    assert (sealed.state, sealed.why) == (seal_sign.SEALED, "")
    found = credentials(own, sealed.data, "audio/wav")
    assert (found.state, found.failures, found.source_type) == ("Trusted", (), SourceType.TRAINED.value)
    assert wave(b"rain")[12:] in sealed.data
    broken = sealed.data.replace(b"rain", b"rain"[::-1], 1)
    assert credentials(own, broken, "audio/wav").state == "Invalid"


def test_a_kind_that_takes_none_is_left_as_it_is_and_says_so(own: Settings) -> None:
    sealed = seal_sign.seal(own, b"\x1a\x45\xdf\xa3 film", "video/webm", plan())

    assert (sealed.data, sealed.state) == (b"\x1a\x45\xdf\xa3 film", seal_sign.UNSEALED)
    assert "video/webm takes no C2PA manifest" in sealed.why


def test_the_fingerprint_that_others_can_compute_outlives_what_chats_do() -> None:
    picture = scene(3, 900, 600)
    framed = Image.new("RGB", (1000, 700), "white")
    framed.paste(picture, (50, 50))
    unit = iscc.unit(picture)
    assert (unit[:4], len(unit)) == ("2107", 68)
    copies = [picture.resize((450, 300)), Image.open(io.BytesIO(encoded(picture, "JPEG", quality=50))), framed]
    for copy in copies:
        assert (int(iscc.unit(copy.convert("RGB")), 16) ^ int(unit, 16)).bit_count() <= 24
    assert (int(iscc.unit(scene(4, 900, 600)), 16) ^ int(unit, 16)).bit_count() > 60


def test_the_manifest_says_what_the_statement_says(own: Settings) -> None:
    sealed = seal_sign.seal(own, encoded(scene(1)), "image/png", plan())
    found = credentials(own, sealed.data)

    assert found.step.actions == ("c2pa.created",)
    assert found.step.agents == ("ComfyUI 0.33.0",)
    assert found.step.signer == "Studio seal (development), Studio"
    assert found.training["cawg.ai_generative_training"] == "notAllowed"
    assert found.statement is not None
    assert found.statement["seed"] == "42"
    reader = c2pa.Reader("image/png", io.BytesIO(sealed.data))
    told = json.loads(reader.detailed_json())
    (only,) = told["manifests"].values()
    created = {one["url"].rpartition("/")[2] for one in only["claim"]["created_assertions"]}
    assert {"c2pa.actions.v2", "app.slatedesk.statement", "cawg.metadata", "cawg.training-mining"} <= created
    assert not only["claim"].get("gathered_assertions")
    assert reader.get_validation_state() == "Valid", (
        "a reader that does not know the authority sees it whole, by somebody unknown"
    )


def test_a_seed_and_a_graph_too_large_for_numbers_and_manifests_are_carried_as_text_and_hash(own: Settings) -> None:
    graph = {str(n): {"class_type": "Note", "inputs": {"text": "x" * 900}} for n in range(1200)}
    huge = plan(seed=str(2**64 - 1), graph=graph, inputs={"prompt": "y" * 700_000})

    sealed = seal_sign.seal(own, encoded(scene(1)), "image/png", huge)

    assert sealed.state == seal_sign.SEALED
    found = credentials(own, sealed.data)
    assert found.statement is not None
    assert len(found.statement["statement_sha256"]) == 64
    assert credentials(own, seal_sign.seal(own, encoded(scene(1)), "image/png", plan(seed=str(2**64 - 1))).data).statement == {
        name: value for name, value in stated(seed=str(2**64 - 1)).items() if name != "graph"
    }


# Lineage from the file alone


def chain(own: Settings, generations: int) -> list[bytes]:
    """Pictures, each made from the one before."""
    made = [seal_sign.seal(own, encoded(scene(1)), "image/png", plan()).data]
    for number in range(2, generations + 1):
        told = stated(
            render=f"R-{number:04}",
            disclosure={"how": "altered", "source_type": SourceType.COMPOSITE.value, "base": "image", "done": "edited"},
        )
        parent = Ingredient("input-1", f"A-{number - 1:04}", "image/png", made[-1], "parentOf")
        made.append(seal_sign.seal(own, encoded(scene(number)), "image/png", manifest.of_output(told, Policy(), [parent])).data)
    return made


def test_the_whole_line_is_readable_from_the_last_file_alone(own: Settings) -> None:
    last = chain(own, 4)[-1]
    found = credentials(own, last)

    assert [one.depth for one in found.steps] == [0, 1, 2, 3]
    assert [one.relationship for one in found.steps] == ["", "parentOf", "parentOf", "parentOf"]
    assert found.step.actions == ("c2pa.opened", "c2pa.edited")
    assert found.source_type == SourceType.COMPOSITE.value
    assert found.broken == ()


def test_a_parent_that_was_tampered_with_is_told_although_the_child_reads_trusted(own: Settings) -> None:
    parent = bytearray(chain(own, 1)[0])
    parent[-40] ^= 0xFF
    told = stated(disclosure={"how": "altered", "source_type": SourceType.COMPOSITE.value, "base": "image", "done": "edited"})
    ingredient = Ingredient("input-1", "A-0001", "image/png", bytes(parent), "parentOf")

    sealed = seal_sign.seal(own, encoded(scene(2)), "image/png", manifest.of_output(told, Policy(), [ingredient]))

    found = credentials(own, sealed.data)
    assert (found.state, found.failures) == ("Trusted", ())
    assert [(step.title, code) for step, code in found.broken] == [("R-PF3D #1", "assertion.dataHash.mismatch")]


def test_what_guided_is_an_input_and_not_a_parent(files: Desk) -> None:
    digest = files.blobs.put(encoded(scene(5)))
    upload = f"slate/R-PF3D/{digest[:20]}.png"
    graph = image_to_image()
    next(node for node in graph.values() if node["class_type"] == "LoadImage")["inputs"]["image"] = upload
    parents = [{"asset": "A-7Q0D", "sha256": digest, "input": "image", "source_type": ""}]

    altered = core_files.finish(files, made(graph=graph, parents=parents), encoded(scene(6)), "a.png", 0).asset
    created = core_files.finish(files, made(parents=parents), encoded(scene(6)), "b.png", 0).asset

    steps = credentials(files.settings, files.blobs.get(altered.sha256)).steps
    assert [(one.title, one.relationship) for one in steps] == [("R-PF3D #1", ""), ("A-7Q0D", "parentOf")]
    assert steps[1].thumbnail
    assert credentials(files.settings, files.blobs.get(created.sha256)).steps[1].relationship == "inputTo"
    assert altered.statement["disclosure"]["source_type"] == SourceType.COMPOSITE.value


# Finishing


def test_a_finished_render_is_sealed_and_the_manifest_is_kept_beside_it(files: Desk) -> None:
    source = comfy_png(scene(10), text_to_image())

    asset = core_files.finish(files, made(), source, "a.png", 0).asset
    kept = files.blobs.get(asset.sha256)

    assert asset.seal_state == seal_sign.SEALED
    found = credentials(files.settings, kept)
    assert found.bindings == {"app.slatedesk.phash256.1": asset.phash, "io.iscc.v0": asset.statement["file"]["iscc"]}
    assert xmp.read(embed.xmp_in(kept, "image/png"))["Iptc4xmpExt:DigitalSourceType"] == found.source_type
    assert embed.strip(kept) == source
    beside = files.blobs.get(asset.seal["manifest"])
    again = read.read(files.settings, embed.embed(source, "image/png", None), "image/png", manifest=beside)
    assert again is not None
    assert again.tampered, "the manifest beside the file tells a file that was stripped from one that is whole"


def test_without_keys_the_render_is_kept_and_says_why(tmp_path: Path, sqlite_url: str) -> None:
    settings = Settings(data=tmp_path, database_url=sqlite_url)
    desk = Desk(settings, Database(settings.database), open_blobs(settings.blobs), Queue(settings.redis))

    asset = core_files.finish(desk, made(), encoded(scene(10)), "a.png", 0).asset

    assert asset.seal_state == seal_sign.UNSEALED
    assert "seal.pem" in asset.seal["why"]
    assert desk.blobs.has(asset.sha256)
    assert next(seal_check.look(desk)).state is State.IDLE


def test_what_was_made_without_a_key_is_sealed_later_on_demand(desk: Desk) -> None:
    with desk.writing() as session:
        mia, project = make_member(session), make_project(session)
        ids = {"member_id": mia.id or 0, "project_id": project.id or 0}
    draft = core_files.finish(desk, made(**ids), comfy_png(scene(10), text_to_image()), "a.png", 0)
    with desk.writing() as session:
        asset = assets.add(session, draft)
    assert [one.code for one in reseal.due(desk)] == [asset.code]
    with pytest.raises(Conflict, match=r"cannot be sealed: seal\.pem"):
        reseal.seal(desk, asset)

    keys.init(desk.settings.keys, "Studio")
    done = reseal.seal(desk, asset, by=mia)

    assert (done.seal_state, done.source_sha256) == (seal_sign.SEALED, asset.source_sha256)
    assert credentials(desk.settings, desk.blobs.get(done.sha256)).state == "Trusted"
    assert reseal.due(desk) == []
    before, after = desk.blobs.get(asset.preview), desk.blobs.get(done.preview)
    assert not read.carries(before)
    assert xmp.read(embed.xmp_in(before, "image/jpeg")) == xmp.read(embed.xmp_in(after, "image/jpeg"))
    assert credentials(desk.settings, after, "image/jpeg").state == "Trusted"
    assert done.sha256.encode() in after, "it names the sealed file as its original"
    with pytest.raises(Conflict, match="somebody else"):
        reseal.seal(desk, asset)


def test_a_preview_has_a_small_manifest_of_its_own_that_names_its_original_and_tells_no_words(files: Desk) -> None:
    asset = core_files.finish(files, made(), comfy_png(scene(3, 1500, 800), text_to_image()), "a.png", 0).asset
    data = files.blobs.get(asset.preview)

    found = credentials(files.settings, data, "image/jpeg")

    assert found.state == "Trusted"
    assert found.step.actions == ("c2pa.opened", "c2pa.resized", "c2pa.transcoded")
    assert found.source_type == SourceType.TRAINED.value == xmp.read(embed.xmp_in(data, "image/jpeg"))[SOURCE_TYPE]
    assert [(one.title, one.relationship) for one in found.steps[1:]] == [("R-PF3D #1", "parentOf")]
    assert asset.sha256.encode() in data
    assert found.bindings[names.PHASH] == asset.phash
    plain = previews.preview_of(scene(3, 1500, 800))
    assert len(data) - len(plain) < 8_000, "a preview stays a preview"
    for private in (asset.prompt, "Mia Chen"):
        assert private
        assert private.encode() not in data

    upload = core_files.keep(files, encoded(scene(4, 1500, 800)), "theirs.png", member_id=1, project_id=1).asset
    assert not read.carries(files.blobs.get(upload.preview)), "what was not made here is not signed here"


# Foreign credentials


def test_an_upload_with_credentials_of_its_own_keeps_them_and_becomes_an_ingredient(files: Desk, tmp_path: Path) -> None:
    camera = Settings(data=tmp_path / "elsewhere")
    keys.init(camera.keys, "Camera works")
    theirs = seal_sign.seal(camera, encoded(scene(3), "JPEG"), "image/jpeg", plan()).data

    upload = core_files.keep(files, theirs, "dsc.jpg", member_id=1, project_id=1).asset

    assert upload.seal_state == seal_sign.FOREIGN
    assert (upload.seal["state"], upload.seal["signer"]) == ("Valid", "Camera works seal (development), Camera works")
    assert files.blobs.get(upload.sha256) == theirs
    parents = [{"asset": "A-JBME", "sha256": upload.sha256, "input": "image", "source_type": upload.seal["source_type"]}]
    child = core_files.finish(files, made(parents=parents), encoded(scene(4)), "a.png", 0).asset
    steps = credentials(files.settings, files.blobs.get(child.sha256)).steps
    assert steps[1].signer == "Camera works seal (development), Camera works"
    assert steps[1].failures == ("signingCredential.untrusted",)


# Time stamps


@contextmanager
def stamps(settings: Settings) -> Iterator[str]:
    with stamping_server(Stamper(settings.keys), 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()


def test_a_time_stamp_of_ones_own_service_is_trusted(own: Settings) -> None:
    with stamps(own) as url:
        stamped = own.model_copy(update={"tsa_url": url})
        sealed = seal_sign.seal(stamped, encoded(scene(1)), "image/png", plan())

    assert (sealed.state, sealed.facts["stamped"]) == (seal_sign.SEALED, True)
    found = credentials(own, sealed.data)
    assert (found.state, found.stamped) == ("Trusted", True)


def test_when_the_service_is_down_the_file_is_sealed_and_its_stamp_is_due(desk: Desk) -> None:
    keys.init(desk.settings.keys, "Studio")
    down = replace(desk, settings=desk.settings.model_copy(update={"tsa_url": "http://127.0.0.1:9/"}))
    with down.writing() as session:
        mia, project = make_member(session), make_project(session)
        ids = {"member_id": mia.id or 0, "project_id": project.id or 0}
    draft = core_files.finish(down, made(**ids), encoded(scene(10)), "a.png", 0)
    with down.writing() as session:
        asset = assets.add(session, draft)
    assert asset.seal_state == seal_sign.UNSTAMPED
    assert reseal.seal_due(down) == 0

    with stamps(desk.settings) as url:
        up = replace(desk, settings=desk.settings.model_copy(update={"tsa_url": url}))
        assert reseal.seal_due(up) == 1

    with desk.reading() as session:
        kept = assets.by_id(session, asset.id or 0)
    assert kept is not None
    assert credentials(desk.settings, desk.blobs.get(kept.sha256)).stamped


def test_nonsense_is_no_time_stamp_request(own: Settings) -> None:
    for nonsense in (b"", b"hello", b"\x30\x03\x02\x01\x01", b"\x30\x84\xff\xff\xff\xff"):
        with pytest.raises(BadInput):
            Stamper(own.keys).reply(nonsense)


# Keys


def test_a_key_elsewhere_signs_through_a_function(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    key = serialization.load_pem_private_key((own.keys / "seal.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)

    def sign(data: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    monkeypatch.setattr("tests.core.provenance.test_seal.vault", sign, raising=False)
    elsewhere = own.model_copy(update={"seal_callback": "tests.core.provenance.test_seal:vault"})
    (own.keys / "seal.key").unlink()

    sealed = seal_sign.seal(elsewhere, encoded(scene(1)), "image/png", plan())

    assert sealed.state == seal_sign.SEALED
    assert credentials(own, sealed.data).state == "Trusted"
    for wrong in ("no.such.module:x", "json:nothing", "nonsense"):
        broken = own.model_copy(update={"seal_callback": wrong})
        assert "SLATE_SEAL_CALLBACK" in seal_sign.seal(broken, encoded(scene(1)), "image/png", plan()).why


def test_making_keys_twice_changes_nothing_and_rotating_keeps_old_files_trusted(own: Settings) -> None:
    before = {path.name: path.read_bytes() for path in own.keys.iterdir()}
    assert not keys.init(own.keys, "Other")
    assert {path.name: path.read_bytes() for path in own.keys.iterdir()} == before
    old = seal_sign.seal(own, encoded(scene(1)), "image/png", plan()).data

    renewed = keys.rotate(own.keys, own.team)

    new = seal_sign.seal(own, encoded(scene(1)), "image/png", plan()).data
    assert credentials(own, old).state == credentials(own, new).state == "Trusted"
    assert credentials(own, new).step.serial == renewed.serial != credentials(own, old).step.serial
    assert len(list((own.keys / "former").iterdir())) == 1
    assert all(path.stat().st_mode & 0o077 == 0 for path in own.keys.glob("*.key"))


def test_a_revoked_certificate_is_not_believed_any_more_in_the_file_or_behind_it(own: Settings) -> None:
    first, second = chain(own, 2)
    serial = credentials(own, first).step.serial
    keys.rotate(own.keys, own.team)
    ingredient = Ingredient("input-1", "A-2", "image/png", second, "parentOf")
    third = seal_sign.seal(own, encoded(scene(9)), "image/png", manifest.of_output(stated(), Policy(), [ingredient])).data
    (own.keys / "revoked.txt").write_text(f"# lost laptop\n{serial} 2026-11-24\n")

    assert credentials(own, first).state == "Invalid"
    assert "signingCredential.revoked" in credentials(own, first).failures
    assert {code for _, code in credentials(own, third).broken} == {"signingCredential.revoked"}


def test_bad_certificates_never_cost_a_render_and_the_doctor_says_so(own: Settings, files: Desk) -> None:
    now = datetime.now(UTC)
    key = keys._key()
    long_ago, root_key = now - timedelta(days=1000), keys._key()
    root = keys._signed("r", "T", root_key, None, root_key, long_ago, 5000)
    both = [ExtendedKeyUsageOID.EMAIL_PROTECTION, keys.CLAIM_SIGNING]
    bad = {
        "expired": keys._signed("l", "T", key, root, root_key, long_ago, 30, usages=both),
        "self-signed": keys._signed("l", "T", key, None, key, now, 30, usages=both),
        "wrong usage": keys._signed("l", "T", key, root, root_key, now, 30, usages=[ExtendedKeyUsageOID.SERVER_AUTH]),
        "an authority": root,
    }
    picture = encoded(scene(1))
    for name, certificate in bad.items():
        path = own.data / f"{name}.pem"
        path.write_bytes(keys._pem(certificate) + keys._pem(root))
        (own.data / "x.key").write_bytes(keys._pem(root_key if name == "an authority" else key))
        settings = own.model_copy(update={"seal_certificate": path, "seal_key": own.data / "x.key"})
        sealed = seal_sign.seal(settings, picture, "image/png", plan())
        assert (name, sealed.state, sealed.data) == (name, seal_sign.UNSEALED, picture)
        assert sealed.why
    (own.data / "junk.pem").write_text("junk")
    junk = own.model_copy(update={"seal_certificate": own.data / "junk.pem", "seal_key": own.data / "x.key"})
    assert "cannot be read" in seal_sign.seal(junk, picture, "image/png", plan()).why
    soon = own.model_copy(update={"seal_certificate": own.data / "soon.pem", "seal_key": own.data / "soon.key"})
    (own.data / "soon.pem").write_bytes(
        keys._pem(keys._signed("l", "T", key, root, root_key, now, 20, usages=both)) + keys._pem(root)
    )
    (own.data / "soon.key").write_bytes(keys._pem(key))
    finding = next(seal_check.look(replace(files, settings=soon)))
    assert finding.state is State.WARNING
    assert "expires in" in finding.text


def test_a_folder_that_cannot_be_written_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInput, match="cannot be written"):
        keys.init(tmp_path / "file" / "keys", "T")


# Hostile files


@contextmanager
def listener() -> Iterator[tuple[str, list[str]]]:
    """A server that notes who asks."""
    asked: list[str] = []

    class Noting(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Noting) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/manifest.c2pa", asked
        server.shutdown()
        thread.join()


def test_no_file_makes_slate_speak_to_the_network(files: Desk) -> None:
    with listener() as (url, asked):
        packet = (
            '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            f'<rdf:Description xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="{url}"/></rdf:RDF></x:xmpmeta>'
        )
        luring = with_chunk(encoded(scene(1)), b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet.encode())
        with pytest.raises(c2pa.C2paError):
            c2pa.Reader("image/png", io.BytesIO(luring))
        assert asked, "a reader without Slate's settings does ask: the bait works"
        asked.clear()

        assert read.read(files.settings, luring, "image/png") is None
        core_files.keep(files, luring, "lure.png", member_id=1, project_id=1)
        digest = files.blobs.put(luring)
        parents = [{"asset": "A-1", "sha256": digest, "input": "image", "source_type": ""}]
        child = core_files.finish(files, made(parents=parents), encoded(scene(2)), "a.png", 0).asset

        assert child.seal_state == seal_sign.SEALED
        assert asked == []


def test_garbage_where_a_manifest_should_be_is_no_credentials_and_no_error(files: Desk) -> None:
    whole = chain(files.settings, 1)[0]
    for junk in (b"", b"jumb" * 10, b"\0\0\0\x20jumb\0\0\0\x18jumdc2pa" + b"\xff" * 64, b"\0\0\0\0jumb" + b"c2pa" * 1000):
        data = with_chunk(encoded(scene(1)), b"caBX", junk)
        assert read.read(files.settings, data, "image/png") is None
        assert core_files.keep(files, data, "junk.png", member_id=1, project_id=1).asset.seal_state == ""
    for at in range(40, 2000, 97):
        broken = whole[:at] + bytes((whole[at] ^ 0x55,)) + whole[at + 1 :]
        found = read.read(files.settings, broken, "image/png")
        assert found is None or found.state == "Invalid"


def test_growth_over_twelve_generations_stays_modest(own: Settings) -> None:
    made_from_each_other = chain(own, 12)
    plain = [len(encoded(scene(number))) for number in range(1, 13)]
    overhead = [len(data) - size for data, size in zip(made_from_each_other, plain, strict=True)]

    assert credentials(own, made_from_each_other[-1]).steps[-1].depth == 11
    assert overhead[-1] < 20 * overhead[0], "about 9 KB a generation, most of it what the reader said of the parent"
    assert digest_of(made_from_each_other[0]) != digest_of(made_from_each_other[1])


def test_credentials_with_a_huge_small_picture_are_kept_and_grow_no_further(own: Settings, files: Desk) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (1200, 1600, 3), dtype=np.uint8)
    huge = encoded(Image.fromarray(noise), "JPEG", quality=95)
    assert len(huge) > 2_000_000
    lying = huge[:2] + claiming(60_000, 60_000)
    for thumbnail in (huge, lying):
        theirs = seal_sign.seal(own, encoded(scene(1)), "image/png", replace(plan(), thumbnail=thumbnail)).data
        upload = core_files.keep(files, theirs, "big.png", member_id=1, project_id=1).asset
        parents = [{"asset": "A-1", "sha256": upload.sha256, "input": "image", "source_type": ""}]
        child = core_files.finish(files, made(parents=parents), encoded(scene(2)), "a.png", 0).asset
        found = credentials(own, files.blobs.get(child.sha256))
        assert (found.state, len(found.steps)) == ("Trusted", 2)
        assert child.size < len(theirs) + 150_000, "theirs stands in it once, as signed"
        assert max(len(files.blobs.get(digest)) for digest in (upload.thumbnail, child.thumbnail)) < 60_000


def test_a_manifest_over_the_limits_costs_no_render_and_is_sealed_by_hash_or_told(own: Settings) -> None:
    picture = encoded(scene(1))
    wide = replace(plan(), definition=plan().definition | {"title": "x" * 1_100_000})
    sealed = seal_sign.seal(own, picture, "image/png", wide)
    assert (sealed.state, sealed.data) == (seal_sign.UNSEALED, picture)
    assert sealed.why


def test_files_that_cannot_be_sealed_keep_no_other_from_its_turn(desk: Desk) -> None:
    """Films without a place for a seal, and pictures whose bytes are gone, were made before the one that can be sealed."""
    with desk.writing() as session:
        mia, project = make_member(session), make_project(session)
        ids = {"member_id": mia.id or 0, "project_id": project.id or 0}
    film = (SAMPLES / "comfyui_video.webm").read_bytes()
    made_of = [*([film] * 6), *(encoded(scene(number)) for number in range(12))]
    kept = []
    for number, data in enumerate(made_of):
        draft = core_files.finish(desk, made(render_code=f"R-{number:04}", **ids), data, "a.png", 0)
        with desk.writing() as session:
            kept.append(assets.add(session, draft))
    keys.init(desk.settings.keys, "Studio")
    for lost in kept[6:17]:
        desk.blobs.delete(lost.sha256)

    sealed, after = 0, 0
    for _ in range(4):
        count, after = reseal.seal_some(desk, 5, after=after)
        sealed += count

    with desk.reading() as session:
        last = assets.by_id(session, kept[-1].id or 0)
    assert last is not None
    assert (sealed, last.seal_state) == (1, seal_sign.SEALED)
    assert not {one.mime for one in reseal.due(desk)} & {"video/webm"}


def test_a_card_learns_that_its_picture_was_sealed_late(desk: Desk) -> None:
    with desk.writing() as session:
        mia, project = make_member(session), make_project(session)
        ids = {"member_id": mia.id or 0, "project_id": project.id or 0}
    draft = core_files.finish(desk, made(**ids), encoded(scene(10)), "a.png", 0)
    with desk.writing() as session:
        asset = assets.add(session, draft)
        post = Post(platform="room", channel_id="general", asset_id=asset.id, shown=3, wanted=3, due=False)
        session.add(post)
        session.flush()
        number = post.id or 0
    keys.init(desk.settings.keys, "Studio")

    reseal.seal(desk, asset)

    with desk.reading() as session:
        behind = session.get(Post, number)
    assert behind is not None
    assert (behind.wanted, behind.due) == (4, True)
