"""Certificates over time: what outlives them, what does not, how it is renewed in time, and what is withdrawn."""

from __future__ import annotations

import base64
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import c2pa
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from core import files as core_files
from core.desk import Desk
from core.errors import BadInput, Conflict, SealUnavailable
from core.files import reseal
from core.operations import seal_check
from core.provenance import embed
from core.provenance.disclosure import SourceType
from core.provenance.seal import context, keys, manifest, read, revocation, sign
from core.provenance.seal import signer as seal_signer
from core.provenance.seal.manifest import Ingredient
from core.provenance.xmp import Policy
from core.settings import Settings
from core.verification import verify
from core.verification.verify import Outcome
from storage.blobs import open_blobs
from storage.database import Database
from storage.files import assets
from storage.people import audit
from storage.queue import Queue
from storage.tables import Asset
from tests.core.files.test_files import made
from tests.core.graphs import text_to_image
from tests.core.provenance.test_embedding import stated
from tests.core.provenance.test_seal import chain, credentials, plan, stamps
from tests.makers import make_member, make_project
from tests.pictures import comfy_png, encoded, scene
from tests.waiting import until

CLAIMS = (ExtendedKeyUsageOID.EMAIL_PROTECTION, keys.CLAIM_SIGNING)


@pytest.fixture
def own(tmp_path: Path, sqlite_url: str, redis_url: str) -> Settings:
    settings = Settings(data=tmp_path / "house", team="Studio", database_url=sqlite_url, redis_url=redis_url)
    keys.init(settings.keys, settings.team)
    return settings


@pytest.fixture
def files(own: Settings) -> Iterator[Desk]:
    desk = Desk(own, Database(own.database), open_blobs(own.blobs), Queue(own.redis))
    yield desk
    desk.close()


def authority(settings: Settings) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = serialization.load_pem_private_key((settings.keys / "intermediate.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return x509.load_pem_x509_certificate((settings.keys / "intermediate.pem").read_bytes()), key


def issue(settings: Settings, name: str, days: float, usages: tuple[x509.ObjectIdentifier, ...] = CLAIMS) -> datetime:
    """A certificate of the house for so long, in the place of the one there; until when it is good."""
    issuer, issuer_key = authority(settings)
    key = keys._key()
    leaf = keys._signed(f"Studio {name}", "Studio", key, issuer, issuer_key, datetime.now(UTC), days, usages=usages)
    (settings.keys / f"{name}.key").write_bytes(keys._pem(key))
    (settings.keys / f"{name}.pem").write_bytes(keys._pem(leaf) + keys._pem(issuer))
    seal_signer._made.cache_clear()
    return leaf.not_valid_after_utc


def made_from(parent: bytes, number: int, settings: Settings) -> bytes:
    told = stated(disclosure={"how": "altered", "source_type": SourceType.COMPOSITE.value, "base": "image", "done": "edited"})
    ingredient = Ingredient("input-1", "A-1", "image/png", parent, "parentOf")
    return sign.seal(settings, encoded(scene(number)), "image/png", manifest.of_output(told, Policy(), [ingredient])).data


def state_for_others(settings: Settings, data: bytes) -> str:
    """What c2pa's own reader says with the house on its trust list."""
    return str(c2pa.Reader("image/png", io.BytesIO(data), context=context.reading(settings)).get_validation_state())


def kept(desk: Desk, number: int = 10) -> Asset:
    """An output of a render, kept."""
    with desk.writing() as session:
        mia, project = make_member(session, f"Mia {number}"), make_project(session, f"Client {number}")
        ids = {"member_id": mia.id or 0, "project_id": project.id or 0}
    draft = core_files.finish(desk, made(**ids), comfy_png(scene(number), text_to_image()), "a.png", 0)
    with desk.writing() as session:
        return assets.add(session, draft)


# When a certificate runs out


def test_what_a_certificate_that_ran_out_has_signed(files: Desk, own: Settings) -> None:
    """Everything is signed with certificates that are good for ten seconds, also that of the time stamps; then they are not."""
    verify.verify(files, encoded(scene(9)), "a.png")  # what reads files has started before the seconds run
    seal_ends = issue(own, "seal", 10 / 86400)
    stamp_ends = issue(own, "stamp", 10 / 86400, (ExtendedKeyUsageOID.TIME_STAMPING,))
    plain = sign.seal(own, encoded(scene(1)), "image/png", plan()).data
    second = made_from(plain, 2, own)
    with stamps(own) as url:
        stamping = own.model_copy(update={"tsa_url": url})
        stamped = sign.seal(stamping, encoded(scene(3)), "image/png", plan()).data
        keys.rotate(own.keys, own.team)
        child = made_from(second, 4, own)
        child_stamped = made_from(second, 5, stamping)
    before = {name: verify.verify(files, data, "a.png").outcome for name, data in {"plain": plain, "child": child}.items()}
    assert before == {"plain": Outcome.PROVED, "child": Outcome.PROVED}

    until(lambda: datetime.now(UTC) > max(seal_ends, stamp_ends) + timedelta(seconds=1), "the certificates run out")

    assert verify.verify(files, stamped, "a.png").outcome is Outcome.PROVED, "a time stamp outlives both certificates"
    expired = verify.verify(files, plain, "a.png")
    assert expired.outcome is Outcome.EXPIRED
    assert "has expired, and without a time stamp nothing tells when that was." in expired.sentence
    assert verify.verify(files, child, "a.png").outcome is Outcome.PROVED, (
        "what went in was good when it did, and the child's signature says so: no rotation breaks what was made from it"
    )
    assert (state_for_others(own, child), state_for_others(own, child_stamped)) == ("Valid", "Trusted"), (
        "others go by the oldest certificate behind a file, unless all that went in was stamped along"
    )
    late = verify.verify(files, made_from(plain, 6, own), "a.png")
    assert late.outcome is Outcome.BROKEN_HISTORY, "a picture made from one that had expired already says so"
    assert [code for _, code in late.credentials.broken] == ["signingCredential.expired"]  # type: ignore[union-attr]


def test_a_file_without_a_time_stamp_is_renewed_before_its_certificate_runs_out(desk: Desk) -> None:
    own = desk.settings
    keys.init(own.keys, "Studio")
    issue(own, "seal", 20)
    first, second = kept(desk, 11), kept(desk, 12)
    assert [one.code for one in reseal.ending(desk)] == [first.code, second.code]
    assert [one.code for one in reseal.ending(desk, after=first.id or 0)] == [second.code]
    found = [one for one in seal_check.look(desk) if "2 files without a time stamp turn invalid" in one.text]
    assert found[0].fix.startswith("`slate seal --renew`")
    with pytest.raises(Conflict, match="good no longer than it is"):
        reseal.renew(desk, first)

    renewed_by = keys.rotate(own.keys, "Studio")
    done = reseal.renew(desk, first)
    with stamps(own) as url:
        stamping = replace(desk, settings=own.model_copy(update={"tsa_url": url}))
        stamped = reseal.renew(stamping, second)
        with pytest.raises(Conflict, match="outlives its certificate"):
            reseal.renew(stamping, stamped)

    assert reseal.ending(desk) == []
    assert (done.seal["serial"], done.seal["renews"]) == (renewed_by.serial, first.sha256)
    assert stamped.seal["stamped"]
    for before, after in ((first, done), (second, stamped)):
        data = desk.blobs.get(after.sha256)
        told = credentials(own, data)
        assert (told.state, told.step.actions) == ("Trusted", ("c2pa.opened",))
        assert [one.relationship for one in told.steps] == ["", "parentOf"]
        assert told.source_type == SourceType.TRAINED.value
        assert (told.statement or {})["id"] == after.statement["id"]
        assert told.bindings["app.slatedesk.phash256.1"] == after.phash
        assert desk.blobs.has(after.seal["manifest"])
        assert embed.strip(data) == embed.strip(desk.blobs.get(before.sha256))
    with desk.reading() as session:
        assert audit.about(session, first.code)[-1].after["renews"] == first.sha256


def test_a_renewal_that_cannot_be_made_leaves_the_file_as_it_was(files: Desk) -> None:
    asset = kept(files)
    away = replace(files, settings=files.settings.model_copy(update={"tsa_url": "http://127.0.0.1:9/"}))
    with pytest.raises(Conflict, match="cannot be renewed now"):
        reseal.renew(away, asset)
    (files.settings.keys / "seal.pem").unlink()
    with pytest.raises(SealUnavailable):
        reseal.renew(files, asset)
    with files.reading() as session:
        now = assets.by_id(session, asset.id or 0)
    assert now is not None
    assert (now.sha256, now.seal) == (asset.sha256, asset.seal)


# What is withdrawn


def withdraw(settings: Settings, serial: str, since: datetime, *, newer: datetime | None = None) -> bytes:
    issuer, key = authority(settings)
    entry = x509.RevokedCertificateBuilder().serial_number(int(serial)).revocation_date(since).build()
    made = x509.CertificateRevocationListBuilder().issuer_name(issuer.subject).last_update(since)
    made = made.next_update(newer or datetime.now(UTC) + timedelta(days=30)).add_revoked_certificate(entry)
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def test_a_revocation_list_withdraws_what_was_signed_after_and_not_what_a_time_stamp_proves_older(own: Settings) -> None:
    plain = chain(own, 2)[-1]
    with stamps(own) as url:
        stamped = sign.seal(own.model_copy(update={"tsa_url": url}), encoded(scene(3)), "image/png", plan()).data
    serial = credentials(own, plain).step.serial
    later, earlier = datetime.now(UTC) + timedelta(hours=1), datetime.now(UTC) - timedelta(hours=1)

    found, path = revocation.keep(own.keys, withdraw(own, serial, later))
    assert (list(found.entries), found.is_old(datetime.now(UTC))) == ([serial], False)
    assert (credentials(own, plain).revoked, credentials(own, stamped).revoked) == (True, False)
    assert [code for _, code in credentials(own, plain).broken] == ["signingCredential.revoked"], "its parent, too"

    revocation.keep(own.keys, withdraw(own, serial, earlier))
    assert credentials(own, stamped).revoked
    assert list(own.keys.glob("*.crl")) == [path], "the newer list of an authority takes the place of the older"


def test_a_list_that_is_none_is_refused_and_one_that_is_out_of_date_is_told(files: Desk, tmp_path: Path) -> None:
    own = files.settings
    for nonsense in (b"", b"-----BEGIN X509 CRL-----\n!", b"\x30\x84\xff\xff\xff\xff"):
        with pytest.raises(BadInput, match="no revocation list"):
            revocation.keep(own.keys, nonsense)
    assert not list(own.keys.glob("*.crl"))
    yesterday = datetime.now(UTC) - timedelta(days=1)
    revocation.keep(own.keys, withdraw(own, "12345", yesterday - timedelta(days=9), newer=yesterday))
    (own.keys / "junk.crl").write_bytes(b"junk")

    told = [one.text for one in seal_check.look(files)]

    assert any("Studio intermediate" in text and "out of date" in text for text in told)
    assert any("junk.crl" in text and "no revocation list" in text for text in told)


class Responder(BaseHTTPRequestHandler):
    """An authority that answers (OCSP) for one certificate, as `server.status` says."""

    def do_GET(self) -> None:
        self._answer(base64.b64decode(unquote(self.path[1:])))

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, body: bytes) -> None:
        server: Any = self.server
        now, gone = datetime.now(UTC), server.status is ocsp.OCSPCertStatus.REVOKED
        answer = ocsp.OCSPResponseBuilder().add_response(
            cert=server.leaf,
            issuer=server.issuer,
            algorithm=ocsp.load_der_ocsp_request(body).hash_algorithm,
            cert_status=server.status,
            this_update=now - timedelta(minutes=1),
            next_update=now + timedelta(days=1),
            revocation_time=now - timedelta(hours=1) if gone else None,
            revocation_reason=x509.ReasonFlags.key_compromise if gone else None,
        )
        answer = answer.responder_id(ocsp.OCSPResponderEncoding.HASH, server.own).certificates([server.own])
        data = answer.sign(server.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def responder(settings: Settings) -> Iterator[Any]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Responder) as served:
        server: Any = served
        server.issuer, issuer_key = authority(settings)
        server.key, at, day = keys._key(), datetime.now(UTC), timedelta(days=1)
        usage = [ExtendedKeyUsageOID.OCSP_SIGNING]
        server.own = keys._signed("Studio ocsp", "Studio", server.key, server.issuer, issuer_key, at, 1, usages=usage)
        server.leaf_key = keys._key()
        where = x509.UniformResourceIdentifier(f"http://127.0.0.1:{server.server_address[1]}/")
        names = [x509.NameAttribute(NameOID.COMMON_NAME, "leaf"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Studio")]
        made = x509.CertificateBuilder(server.issuer.subject, x509.Name(names), server.leaf_key.public_key())
        made = made.serial_number(x509.random_serial_number()).not_valid_before(at - day).not_valid_after(at + day)
        made = made.add_extension(x509.BasicConstraints(False, None), True).add_extension(keys._use(False), True)
        made = made.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False)
        made = made.add_extension(x509.ExtendedKeyUsage(CLAIMS), True)
        access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, where)
        server.leaf = made.add_extension(x509.AuthorityInformationAccess([access]), False).sign(issuer_key, hashes.SHA256())
        server.url = where.value
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def signed_with_an_answer(settings: Settings, server: Any) -> bytes:
    """A file as another program makes it, that has its authority's answer on its certificate inside: of two generations, for c2pa
    asks for the certificates of what went in."""
    config = {
        "verify": {"ocsp_fetch": True, "remote_manifest_fetch": False, "verify_after_sign": False},
        "core": {"allowed_network_hosts": [server.url.rstrip("/")]},
        "builder": {
            "certificate_status_fetch": "all",
            "certificate_status_should_override": True,
            "thumbnail": {"enabled": False},
        },
        "trust": {"user_anchors": context.anchors(settings), "trust_config": context._USAGES},
    }
    pems = keys._pem(server.leaf) + keys._pem(server.issuer), keys._pem(server.leaf_key)
    signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(b"es256", *pems, None))
    opened = {"action": "c2pa.opened", "parameters": {"ingredientIds": ["first"]}}
    first, second = io.BytesIO(), io.BytesIO()
    c2pa.Builder(plan().definition, context=c2pa.Context.from_dict(config)).sign(
        signer, "image/png", io.BytesIO(encoded(scene(1))), first
    )
    again = {"title": "second", "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [opened]}}]}
    builder = c2pa.Builder(again, context=c2pa.Context.from_dict(config))
    builder.add_ingredient(
        {"title": "first", "relationship": "parentOf", "label": "first"}, "image/png", io.BytesIO(first.getvalue())
    )
    builder.sign(signer, "image/png", io.BytesIO(first.getvalue()), second)
    return second.getvalue()


def test_an_answer_of_the_authority_inside_the_file_is_believed_and_nobody_is_asked(files: Desk) -> None:
    with responder(files.settings) as server:
        server.status = ocsp.OCSPCertStatus.GOOD
        good = signed_with_an_answer(files.settings, server)
        server.status = ocsp.OCSPCertStatus.REVOKED
        gone = signed_with_an_answer(files.settings, server)

    labels = json.loads(c2pa.Reader("image/png", io.BytesIO(good), context=context.reading(files.settings)).json())["manifests"]
    assert any(one["label"] == "c2pa.certificate-status" for told in labels.values() for one in told["assertions"])
    assert verify.verify(files, good, "a.png").outcome is Outcome.PROVED
    assert verify.verify(files, gone, "a.png").outcome is Outcome.REVOKED
    assert read.read(files.settings, gone, "image/png").revoked  # type: ignore[union-attr]
