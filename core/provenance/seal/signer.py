"""Who signs: the certificate and key that the settings name, or those of the development authority in the data folder.

A key in a KMS or HSM stays there: `SLATE_SEAL_CALLBACK=package.module:function` names a function that signs bytes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path

from c2pa import C2paError, C2paSignerInfo, C2paSigningAlg, Signer

from core.errors import SealUnavailable
from core.provenance.seal import signing
from core.provenance.seal.keys import Held, problem_with
from core.provenance.seal.names import SWITCHED_OFF
from core.settings import Settings
from storage.clock import now

_ALGORITHMS = {one.name.casefold(): one for one in C2paSigningAlg}


@dataclass(frozen=True)
class Hand:
    """What signs, and what is known of its certificate."""

    held: Held
    signer: Signer
    sign: Callable[[bytes], bytes]
    """Signs a few bytes as COSE wants it; raises SealUnavailable."""
    alg: str
    stamps: bool
    """Whether it asks for time stamps."""


def hand(settings: Settings, *, stamped: bool = True) -> Hand:
    """The one to sign with. Raises SealUnavailable, which says why there is none."""
    if not settings.seal:
        raise SealUnavailable(SWITCHED_OFF, hint="Set SLATE_SEAL=true.")
    certificate, key = certificate_path(settings), key_path(settings)
    url = settings.tsa_url if stamped else ""
    made = _made(os.getpid(), str(certificate), str(key), _age(certificate), settings.seal_callback, settings.seal_alg, url)
    if problem := problem_with(made.held, now()):
        raise SealUnavailable(
            f"Nothing can be signed: {problem}.", hint="Renew it; `slate keys rotate` does so for a development one."
        )
    return made


def certificate_path(settings: Settings) -> Path:
    return settings.seal_certificate or settings.keys / "seal.pem"


def key_path(settings: Settings) -> Path:
    return settings.seal_key or settings.keys / "seal.key"


def held(settings: Settings) -> Held:
    """What is known of the certificate in use. Raises SealUnavailable, BadInput."""
    return Held.of(_read(certificate_path(settings)))


@lru_cache(maxsize=8)
def _made(_pid: int, certificate: str, key: str, _age: float, callback: str, alg: str, url: str) -> Hand:
    """Signers do not survive a fork, nor outlive a change of their files: so both are part of what is remembered."""
    chain = Held.of(_read(Path(certificate)))
    if alg not in _ALGORITHMS:
        raise SealUnavailable(f"SLATE_SEAL_ALG `{alg}` is not known.", hint=f"It is one of {', '.join(_ALGORITHMS)}.")
    try:
        sign = _safely(_function(callback)) if callback else signing.with_key(_read(Path(key)), alg)
        if callback:
            signer = Signer.from_callback(sign, _ALGORITHMS[alg], chain.chain.decode(), url or None)
        else:
            signer = Signer.from_info(C2paSignerInfo(alg.encode(), chain.chain, _read(Path(key)), url.encode() or None))
    except (C2paError, ValueError, RuntimeError) as problem:
        said = str(problem).splitlines()[0][:200] if str(problem) else type(problem).__name__
        raise SealUnavailable(
            f"The seal's certificate and key cannot be used: {said}.", hint="`slate doctor` tells more."
        ) from problem
    return Hand(chain, signer, sign, alg, bool(url))


def asking(alg: str, certificates: str, sign: Callable[[bytes], bytes]) -> Signer:
    """A signer without a key, which has the few bytes that a seal is made of signed elsewhere."""
    return Signer.from_callback(sign, _ALGORITHMS[alg], certificates, None)


def _safely(function: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """The same, whatever goes wrong in it being told as SealUnavailable."""

    def sign(data: bytes) -> bytes:
        try:
            return function(data)
        except Exception as problem:
            raise SealUnavailable(f"SLATE_SEAL_CALLBACK failed: {type(problem).__name__}.") from problem

    return sign


def _function(name: str) -> Callable[[bytes], bytes]:
    module, _, function = name.partition(":")
    try:
        found = getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError) as problem:
        raise SealUnavailable(
            f"SLATE_SEAL_CALLBACK `{name}` cannot be loaded.", hint="Write it as package.module:function."
        ) from problem
    if not callable(found):
        raise SealUnavailable(f"SLATE_SEAL_CALLBACK `{name}` is no function.", hint="Write it as package.module:function.")
    called: Callable[[bytes], bytes] = found
    return called


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        hint = "`slate keys init` makes a development key, or set SLATE_SEAL_CERTIFICATE and SLATE_SEAL_KEY."
        raise SealUnavailable(f"{path.name} of the seal cannot be read: {problem.strerror}.", hint=hint) from problem


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
