"""A time-stamping service of one's own (RFC 3161), for teams without a way to a public one: a request's bytes in, a reply's out.

It is trusted by whoever trusts the team's root. `slate stamp serve` puts it behind an address for SLATE_TSA_URL.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime
from pathlib import Path

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from core.errors import BadInput, SealUnavailable

POLICY = "1.3.6.1.4.1.62558.999.1"
_HASHES = {"sha256": 32, "sha384": 48, "sha512": 64}
MOST = 64 * 1024


class Stamper:
    """Signs what it is shown together with the time."""

    def __init__(self, folder: Path) -> None:
        """Raises SealUnavailable where the stamping certificate is not there."""
        try:
            chain = (folder / "stamp.pem").read_bytes()
            key = serialization.load_pem_private_key((folder / "stamp.key").read_bytes(), None)
            self._certificates = x509.load_pem_x509_certificates(chain)
        except (OSError, ValueError) as problem:
            raise SealUnavailable(
                "The time-stamping certificate cannot be read.", hint="`slate keys init` makes one."
            ) from problem
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise SealUnavailable(
                "The time-stamping key is of another kind than Slate makes.", hint="Run `slate keys init` again."
            )
        self._key = key

    def reply(self, request: bytes, *, at: datetime | None = None) -> bytes:
        """The reply to one request. Raises BadInput for what is none."""
        try:
            asked = tsp.TimeStampReq.load(request[:MOST], strict=True)
            imprint, nonce = asked["message_imprint"], asked["nonce"]
            algorithm = imprint["hash_algorithm"]["algorithm"].native
            digest = imprint["hashed_message"].native
        except (ValueError, TypeError, KeyError) as problem:
            raise BadInput("This is no time-stamp request.") from problem
        if _HASHES.get(algorithm) != len(digest):
            raise BadInput("This request asks for a hash that is not taken.", hint="SHA-256, SHA-384 and SHA-512 are.")
        info = tsp.TSTInfo(
            {
                "version": "v1",
                "policy": POLICY,
                "message_imprint": imprint,
                "serial_number": secrets.randbits(63) | 1,
                "gen_time": at or datetime.now(UTC).replace(microsecond=0),
                "accuracy": {"seconds": 1},
                "ordering": False,
            }
            | ({"nonce": nonce.native} if nonce.native is not None else {})
        )
        token = cms.ContentInfo({"content_type": "signed_data", "content": self._signed(info.dump())})
        return bytes(tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump())

    def _signed(self, info: bytes) -> cms.SignedData:
        leaf = self._certificates[0]
        der = [one.public_bytes(serialization.Encoding.DER) for one in self._certificates]
        own = asn1_x509.Certificate.load(der[0])
        attributes = cms.CMSAttributes(
            [
                {"type": "content_type", "values": ["tst_info"]},
                {"type": "message_digest", "values": [hashlib.sha256(info).digest()]},
                {"type": "signing_certificate_v2", "values": [_names(der[0])]},
            ]
        )
        signature = self._key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256()))
        assert leaf.serial_number == own.serial_number
        signer = cms.SignerInfo(
            {
                "version": "v1",
                "sid": cms.SignerIdentifier(
                    {
                        "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                            {"issuer": own.issuer, "serial_number": own.serial_number}
                        )
                    }
                ),
                "digest_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
                "signed_attrs": attributes,
                "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
                "signature": signature,
            }
        )
        return cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [{"algorithm": "sha256"}],
                "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(info)},
                "certificates": [asn1_x509.Certificate.load(one) for one in der],
                "signer_infos": [signer],
            }
        )


def _names(certificate: bytes) -> tsp.SigningCertificateV2:
    """Which certificate signed, by its hash, so that no other can be put in its place (RFC 5816)."""
    return tsp.SigningCertificateV2({"certs": [{"cert_hash": hashlib.sha256(certificate).digest()}]})
