"""Signs bytes with a private key, in the form that COSE gives each algorithm (RFC 9053, RFC 8230)."""

from __future__ import annotations

from collections.abc import Callable

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

_HASHES: dict[str, hashes.HashAlgorithm] = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}


def with_key(pem: bytes, alg: str) -> Callable[[bytes], bytes]:
    """What signs with this key by `es256` … `ps512` or `ed25519`. Raises ValueError for a key that is of another kind."""
    try:
        key = serialization.load_pem_private_key(pem, None)
    except TypeError as problem:
        raise ValueError("the key is locked with a password") from problem
    if isinstance(key, ed25519.Ed25519PrivateKey) and alg == "ed25519":
        return key.sign
    digest = _HASHES.get(alg[2:])
    if isinstance(key, ec.EllipticCurvePrivateKey) and alg[:2] == "es" and digest:
        return _by_curve(key, digest)
    if isinstance(key, rsa.RSAPrivateKey) and alg[:2] == "ps" and digest:
        return _by_rsa(key, digest)
    raise ValueError(f"the key is not one for {alg}")


def _by_curve(key: ec.EllipticCurvePrivateKey, digest: hashes.HashAlgorithm) -> Callable[[bytes], bytes]:
    size = (key.curve.key_size + 7) // 8

    def sign(data: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(data, ec.ECDSA(digest)))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    return sign


def _by_rsa(key: rsa.RSAPrivateKey, digest: hashes.HashAlgorithm) -> Callable[[bytes], bytes]:
    def sign(data: bytes) -> bytes:
        return key.sign(data, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)

    return sign
