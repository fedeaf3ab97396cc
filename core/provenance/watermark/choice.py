"""Which way of marking is meant: by the settings for new pictures, by name for those that are marked already."""

from __future__ import annotations

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.provenance.seal import names
from core.provenance.watermark.interface import Watermark
from core.provenance.watermark.spread_spectrum import OwnMark
from core.provenance.watermark.trustmark import TrustMark
from core.security.encryption import house_key
from core.settings import Settings

NAMES = frozenset({names.MARK, TrustMark.alg})
"""The ways known here, as manifests name them."""


def wanted(settings: Settings) -> Watermark | None:
    """How new pictures are marked; None where they are not."""
    if settings.watermark == "off":
        return None
    return TrustMark() if settings.watermark == "trustmark" else _own(settings)


def named(settings: Settings, alg: str) -> Watermark | None:
    """The way that a picture says it was marked, whatever is set today; None for one not known here."""
    own = _own(settings)
    return own if alg == own.alg else TrustMark() if alg == TrustMark.alg else None


def identity(settings: Settings, about: str) -> str:
    """The id of one output: to others 64 random bits, here the same however often it is finished."""
    return derived(settings, f"slate mark id {about}", 8).hex()


def derived(settings: Settings, purpose: str, length: int) -> bytes:
    """Bytes that only this house can tell from noise."""
    return HKDF(SHA256(), length=length, salt=None, info=purpose.encode()).derive(house_key(settings).encode())


def _own(settings: Settings) -> OwnMark:
    return OwnMark(derived(settings, "slate mark", 32))
