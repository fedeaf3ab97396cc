"""The certificates behind the seal: a small authority of one's own for a start, or the team's certificate by setting.

    keys/root.pem          the authority; hand it to whoever should be able to trust your files
    keys/root.key          keep it away from the machine once you have it elsewhere; it is only needed to rotate
    keys/seal.pem          the leaf that signs, with the intermediate behind it
    keys/seal.key
    keys/stamp.pem, .key   for the time-stamping service `slate stamp serve` (RFC 3161)
    keys/former/           leaves that were rotated out; files they signed stay valid until those expire, or longer when stamped

The profile is that of C2PA 2.x, 14.5: v3, ES256, subject and authority key ids, digitalSignature alone, and both extended usages,
for readers know one or the other.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from core.errors import BadInput, Conflict

CLAIM_SIGNING = ObjectIdentifier("1.3.6.1.4.1.62558.2.1")
_DOCUMENTS = ObjectIdentifier("1.3.6.1.5.5.7.3.36")
ROOT_DAYS, MIDDLE_DAYS, LEAF_DAYS = 3650, 3000, 730
WARN_DAYS = 42
"""Six weeks before a leaf expires the doctor begins to say so."""
_EARLY = timedelta(minutes=5)

Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Held:
    """A certificate chain (leaf first) and what is known of the leaf."""

    chain: bytes
    subject: str
    issuer: str
    serial: str
    begins: datetime
    ends: datetime

    def days_left(self, now: datetime) -> int:
        return (self.ends - now).days

    @classmethod
    def of(cls, chain: bytes) -> Held:
        """Raises BadInput for what is no certificate."""
        try:
            leaf = x509.load_pem_x509_certificates(chain)[0]
        except (ValueError, IndexError) as problem:
            raise BadInput("The seal's certificate cannot be read.", hint="It must be PEM, the leaf first.") from problem
        return cls(
            chain,
            _name(leaf.subject),
            _name(leaf.issuer),
            str(leaf.serial_number),
            leaf.not_valid_before_utc,
            leaf.not_valid_after_utc,
        )


def problem_with(held: Held, now: datetime) -> str:
    """Why files must not be signed with this certificate, in words; empty when they may."""
    leaf = x509.load_pem_x509_certificates(held.chain)[0]
    if not held.begins <= now <= held.ends:
        return f"the certificate of {held.subject} is good from {held.begins:%d %B %Y} to {held.ends:%d %B %Y}, which is not now"
    if leaf.issuer == leaf.subject:
        return f"the certificate of {held.subject} is signed by itself, which no verifier takes"
    extensions = leaf.extensions
    try:
        usages = set(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
        authority = extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return f"the certificate of {held.subject} does not say what it is for"
    if authority or not usages & {ExtendedKeyUsageOID.EMAIL_PROTECTION, CLAIM_SIGNING, _DOCUMENTS}:
        return f"the certificate of {held.subject} is not one for signing documents or claims"
    return ""


def init(folder: Path, team: str, *, now: datetime | None = None) -> bool:
    """Make an authority, a leaf and a time-stamping certificate in `folder`; False when there is one, which is left alone.

    Written beside and moved into place whole, so that two processes that do this at once agree. Raises BadInput for a folder
    that cannot be written.
    """
    if (folder / "root.pem").exists():
        return False
    moment = now or datetime.now(UTC)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=".keys-", dir=folder.parent))
        _authority(beside, team or "Slate", moment)
        try:
            beside.rename(folder)
        except OSError:
            if not (folder / "root.pem").exists():
                raise
            return False
    except OSError as problem:
        raise BadInput(f"Keys cannot be written to {folder}: {problem.strerror}.", hint="Check the folder's rights.") from problem
    return True


def rotate(folder: Path, team: str, *, now: datetime | None = None) -> Held:
    """A new leaf of the same authority; the former one is kept beside. Raises Conflict where the intermediate's key is gone."""
    moment = now or datetime.now(UTC)
    try:
        middle = x509.load_pem_x509_certificate((folder / "intermediate.pem").read_bytes())
        key = serialization.load_pem_private_key((folder / "intermediate.key").read_bytes(), None)
    except (OSError, ValueError) as problem:
        hint = "Bring intermediate.pem and intermediate.key back for this, or run `slate keys init` in a new folder."
        raise Conflict("There is no intermediate certificate with its key here.", hint=hint) from problem
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    before = Held.of((folder / "seal.pem").read_bytes())
    former = folder / "former"
    former.mkdir(mode=0o700, exist_ok=True)
    _write(former / f"{before.begins:%Y%m%d}-{before.serial[:12]}.pem", before.chain)
    _leaf(folder, "seal", team or "Slate", middle, key, moment, [ExtendedKeyUsageOID.EMAIL_PROTECTION, CLAIM_SIGNING])
    return Held.of((folder / "seal.pem").read_bytes())


def _authority(folder: Path, team: str, now: datetime) -> None:
    root_key, middle_key = _key(), _key()
    root = _signed(f"{team} root (development)", team, root_key, None, root_key, now, ROOT_DAYS)
    middle = _signed(f"{team} intermediate (development)", team, middle_key, root, root_key, now, MIDDLE_DAYS, depth=0)
    for name, made, key in (("root", root, root_key), ("intermediate", middle, middle_key)):
        _write(folder / f"{name}.pem", _pem(made))
        _write(folder / f"{name}.key", _pem(key))
    _leaf(folder, "seal", team, middle, middle_key, now, [ExtendedKeyUsageOID.EMAIL_PROTECTION, CLAIM_SIGNING])
    _leaf(folder, "stamp", team, middle, middle_key, now, [ExtendedKeyUsageOID.TIME_STAMPING])


def _leaf(
    folder: Path, name: str, team: str, issuer: x509.Certificate, key: Key, now: datetime, usages: Sequence[ObjectIdentifier]
) -> None:
    own = _key()
    made = _signed(f"{team} {name} (development)", team, own, issuer, key, now, LEAF_DAYS, usages=usages)
    _write(folder / f"{name}.key", _pem(own))
    _write(folder / f"{name}.pem", _pem(made) + _pem(issuer))


def _signed(
    name: str,
    team: str,
    key: Key,
    issuer: x509.Certificate | None,
    issuer_key: Key,
    now: datetime,
    days: float,
    *,
    depth: int | None = None,
    usages: Sequence[ObjectIdentifier] = (),
) -> x509.Certificate:
    """One certificate; without usages it is an authority's."""
    subject = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, team[:64]), x509.NameAttribute(NameOID.COMMON_NAME, name[:64])]
    )
    ends = now + timedelta(days=days)
    if issuer is not None:
        ends = min(ends, issuer.not_valid_after_utc)
    authority = not usages
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLY)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(authority, depth if authority else None), critical=True)
        .add_extension(_use(authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if usages:
        made = made.add_extension(x509.ExtendedKeyUsage(usages), critical=True)
    return made.sign(issuer_key, hashes.SHA256())


def _use(authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority, key_cert_sign=authority, crl_sign=authority, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def _pem(what: x509.Certificate | Key) -> bytes:
    if isinstance(what, x509.Certificate):
        return what.public_bytes(serialization.Encoding.PEM)
    return what.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all; keys for their owner only."""
    handle, beside = tempfile.mkstemp(prefix=".", dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(beside).chmod(0o600 if path.suffix == ".key" else 0o644)
    Path(beside).replace(path)


def _name(name: x509.Name) -> str:
    """`CN, O` as people read it."""
    parts = [
        str(one.value) for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME) for one in name.get_attributes_for_oid(kind)
    ]
    return ", ".join(parts)
