"""Signs a manifest into a file, as the very last thing that happens to it: whatever changes a byte later breaks it.

Nothing here may ever lose a picture: what cannot be sealed comes back as it was, with the reason.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from c2pa import Builder, C2paError, Context, Signer

from core.errors import BadInput, SandboxBusy, SealUnavailable
from core.provenance.seal import context, names, signer
from core.provenance.seal.manifest import Ingredient, ManifestPlan
from core.security import sandbox
from core.settings import Settings
from storage.clock import now

log = structlog.get_logger(__name__)

SEALED, UNSTAMPED, UNSEALED = "sealed", "unstamped", "unsealed"
"""How a file of ours may be: `unstamped` is sealed but still waits for its time stamp."""
FOREIGN = "foreign"
"""A file from outside that came with credentials of its own."""


@dataclass(frozen=True)
class Sealed:
    """A file after sealing. `manifest` are the manifest's own bytes, to be kept beside; empty when it could not be sealed."""

    data: bytes = field(repr=False)
    state: str
    why: str = ""
    """Why it is not sealed, or not stamped."""
    manifest: bytes = field(default=b"", repr=False)
    facts: Mapping[str, Any] = field(default_factory=dict)


def seal(
    settings: Settings, data: bytes, mime: str, plan: ManifestPlan, *, stamped: bool = True, just_written: bool = False
) -> Sealed:
    """The file with the manifest signed into it, time-stamped where there is a service and it is wanted. Never raises.

    It is taken apart in the sandbox, unless Slate has `just_written` it itself: such a small picture then has a seal of 10 kB
    less, as c2pa leaves less room for a signature by a key that it holds.
    """
    if mime not in names.SEALABLE:
        return Sealed(data, UNSEALED, f"{mime or 'this kind of file'} takes no C2PA manifest")
    try:
        return _sealed(settings, data, mime, plan, stamped=stamped, just_written=just_written)
    except SealUnavailable as problem:
        return _unsealed(data, problem.message, quiet=not settings.seal)
    except (BadInput, SandboxBusy) as problem:
        return _unsealed(data, problem.message)
    except (C2paError, ValueError, RuntimeError, OSError) as problem:
        return _again(settings, data, mime, plan, _said(problem), stamped=stamped)


def _again(settings: Settings, data: bytes, mime: str, plan: ManifestPlan, why: str, *, stamped: bool) -> Sealed:
    """Without a time stamp, where that may have been the trouble."""
    if not settings.tsa_url or not stamped:
        return _unsealed(data, why)
    try:
        made = _sealed(settings, data, mime, plan, stamped=False)
    except (SealUnavailable, BadInput, SandboxBusy, C2paError, ValueError, RuntimeError, OSError) as problem:
        return _unsealed(data, _said(problem))
    log.warning("seal.not-stamped", why=why, note="sealed without a time stamp; the sweeper asks for one again")
    return Sealed(made.data, UNSTAMPED, why, made.manifest, made.facts)


def _sealed(
    settings: Settings, data: bytes, mime: str, plan: ManifestPlan, *, stamped: bool, just_written: bool = False
) -> Sealed:
    """Signed in the sandbox, which asks for the signature. A time-stamping service is only spoken to from here, and only about a
    file that the sandbox has got through."""
    hand = signer.hand(settings, stamped=stamped)
    anchors, chain = context.anchors(settings), hand.held.chain.decode()
    if not just_written:
        signed, manifest = sandbox.asking(hand.sign, _in_sandbox, plan, data, mime, hand.alg, chain, anchors)
    if just_written or hand.stamps:
        signed, manifest = _signed(plan, data, mime, hand.signer, context.writing(settings, stamped=stamped))
    facts = {
        "signer": hand.held.subject,
        "issuer": hand.held.issuer,
        "serial": hand.held.serial,
        "expires": hand.held.ends.isoformat(),
        "stamped": hand.stamps,
        "sealed_at": now().isoformat(),
    }
    return Sealed(signed, SEALED, "", manifest, facts)


@sandbox.sandboxed
def _in_sandbox(plan: ManifestPlan, data: bytes, mime: str, alg: str, chain: str, anchors: str) -> tuple[bytes, bytes]:
    return _signed(plan, data, mime, signer.asking(alg, chain, sandbox.ask), context.trusting(anchors))


def _signed(plan: ManifestPlan, data: bytes, mime: str, hand: Signer, rules: Context) -> tuple[bytes, bytes]:
    """The signed file, and its manifest."""
    shown: dict[str, Any] = {"thumbnail": {"format": "image/jpeg", "identifier": "thumbnail"}} if plan.thumbnail else {}
    named = [_told(one) for one in plan.ingredients if one.ident]
    shown |= {"ingredients": named} if named else {}
    builder = Builder(plan.definition | shown, context=rules)
    if plan.thumbnail:
        builder.add_resource("thumbnail", io.BytesIO(plan.thumbnail))
    for one in plan.ingredients:
        if not one.ident:
            _add(builder, one)
    out = io.BytesIO()
    manifest = builder.sign(hand, mime, io.BytesIO(data), out)
    return out.getvalue(), manifest


def _told(one: Ingredient) -> dict[str, Any]:
    named = {"instance_id": one.ident} if one.ident else {}
    return {"title": one.title, "relationship": one.relationship, "label": one.label, **named}


def _add(builder: Builder, one: Ingredient) -> None:
    told = _told(one)
    if one.thumbnail:
        told["thumbnail"] = {"format": "image/jpeg", "identifier": f"thumbnail-{one.label}"}
        builder.add_resource(f"thumbnail-{one.label}", io.BytesIO(one.thumbnail))
    builder.add_ingredient(told, one.mime, io.BytesIO(one.data))


def _unsealed(data: bytes, why: str, *, quiet: bool = False) -> Sealed:
    if not quiet:
        log.error("seal.failed", why=why, note="the picture is kept without a seal; `slate seal --due` seals it later")
    return Sealed(data, UNSEALED, why)


def _said(problem: BaseException) -> str:
    return (str(problem).splitlines() or [type(problem).__name__])[0][:300]
