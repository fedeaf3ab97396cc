"""Reads a file's credentials as far as they go: who signed, what they say, and every step of the history with its own failures.

c2pa calls a file Trusted although an ingredient of it was tampered with or has expired: what is wrong inside stands with the
ingredient only. So the whole history is walked here, and `Credentials.broken` names what does not hold. The other way round it
takes trust away from a file once the certificate of something behind it has run out since: what that was worth when it went in
is signed by the file itself, so here the file's own certificate decides.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from c2pa import C2paError, Reader

from core.provenance.seal import context, names
from core.provenance.seal.revocation import OCSP, Withdrawn, withdrawn
from core.security.sandbox import sandboxed
from core.settings import Settings

_DEPTH = 64
_TRUSTED = "signingCredential.trusted"


@dataclass(frozen=True)
class Step:
    """One manifest of the history; `depth` 0 is the file itself."""

    label: str
    depth: int
    title: str
    relationship: str = ""
    signer: str = ""
    serial: str = ""
    time: str = ""
    generator: str = ""
    agents: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    source_type: str = ""
    failures: tuple[str, ...] = ()
    assertions: tuple[str, ...] = ()
    """Labels of what it asserts."""
    thumbnail: str = ""
    """Its URI inside the file, for `thumbnail_of`."""


@dataclass(frozen=True)
class Credentials:
    """What a file's manifest says and whether it holds.

    `state` is Invalid, Valid (whole, but signed by somebody not known here) or Trusted. `failures` are those of the file itself;
    `steps` are the whole history, the file first.
    """

    state: str
    label: str
    failures: tuple[str, ...]
    steps: tuple[Step, ...]
    statement: Mapping[str, Any] | None = field(default=None, repr=False)
    training: Mapping[str, str] = field(default_factory=dict)
    bindings: Mapping[str, str] = field(default_factory=dict)
    issuer: str = ""
    trust_list: str = ""

    @property
    def step(self) -> Step:
        """The file itself."""
        return self.steps[0]

    @property
    def source_type(self) -> str:
        """The file's own, or the nearest that its history tells."""
        return next((one.source_type for one in self.steps if one.source_type), "")

    @property
    def broken(self) -> tuple[tuple[Step, str], ...]:
        """Every step behind the file that does not hold, and why."""
        return tuple((one, code) for one in self.steps[1:] for code in one.failures if code not in names.HARMLESS)

    @property
    def tampered(self) -> bool:
        """Whether the bytes are no longer those that were signed."""
        return any(code in names.MISMATCH for code in self.failures)

    @property
    def expired(self) -> bool:
        return "signingCredential.expired" in self.failures

    @property
    def revoked(self) -> bool:
        """Whether its certificate was withdrawn, as this Slate's lists say or an answer of the authority inside the file."""
        return names.REVOKED in self.failures

    @property
    def stamped(self) -> bool:
        return bool(self.step.time)

    def summary(self) -> dict[str, Any]:
        """What is kept with an Asset that came with these credentials: plain and short."""
        return {
            "state": self.state,
            "label": self.label,
            "signer": self.step.signer,
            "generator": self.step.generator,
            "source_type": self.source_type,
            "failures": list(self.failures),
            "broken": [f"{one.title or one.label}: {code}" for one, code in self.broken][:20],
        }


def read(settings: Settings, data: bytes, mime: str, *, manifest: bytes | None = None) -> Credentials | None:
    """The credentials in a file (or in `manifest`, kept beside it), or None where there are none or none that can be read.

    Nothing is fetched, whatever the file asks for.
    """
    if mime not in names.SEALABLE:
        return None
    return _read(context.anchors(settings), data, mime, manifest, withdrawn(settings.keys))


@sandboxed
def _read(anchors: str, data: bytes, mime: str, manifest: bytes | None, gone: Withdrawn) -> Credentials | None:
    try:
        reader = Reader(mime, io.BytesIO(data), manifest, context=context.trusting(anchors))
        told = json.loads(reader.json())
        results = reader.get_validation_results() or {}
        state = str(reader.get_validation_state() or "Invalid")
    except (C2paError, ValueError, RuntimeError, RecursionError):
        return None
    return _credentials(told, results, state, gone)


def carries(data: bytes) -> bool:
    """Whether there is anything in a file that looks like a manifest, readable or not."""
    return b"jumb" in data and b"c2pa" in data


def thumbnail_of(settings: Settings, data: bytes, mime: str, step: Step) -> bytes:
    """The small picture that a step of the history brought; empty where there is none."""
    return _resource(context.anchors(settings), data, mime, step.thumbnail) if step.thumbnail else b""


@sandboxed
def _resource(anchors: str, data: bytes, mime: str, name: str) -> bytes:
    out = io.BytesIO()
    try:
        Reader(mime, io.BytesIO(data), context=context.trusting(anchors)).resource_to_stream(name, out)
    except (C2paError, ValueError, RuntimeError):
        return b""
    return out.getvalue()


def _credentials(told: Mapping[str, Any], results: Mapping[str, Any], state: str, gone: Withdrawn) -> Credentials:
    manifests: Mapping[str, Any] = told.get("manifests") or {}
    label = str(told.get("active_manifest") or "")
    active: Mapping[str, Any] = manifests.get(label) or {}
    outcome = results.get("activeManifest") or {}
    own = [*_codes(outcome), *_revoked(active, gone)]
    if names.REVOKED in own:
        state = "Invalid"
    elif state == "Valid" and not own and _TRUSTED in _codes(outcome, "success"):
        state = "Trusted"
    deltas = {
        str(one.get("ingredientAssertionURI") or ""): list(_codes(one.get("validationDeltas") or {}))
        for one in results.get("ingredientDeltas") or []
    }
    steps = tuple(_walk(manifests, label, 0, "", "", tuple(own), deltas, gone, set()))
    return Credentials(
        state=state,
        label=label,
        failures=tuple(dict.fromkeys(own)),
        steps=steps or (Step(label, 0, ""),),
        statement=_data(active, names.STATEMENT),
        training=_training(active),
        bindings=_bindings(active),
        issuer=str((active.get("signature_info") or {}).get("issuer") or ""),
        trust_list=str(outcome.get("trustListUri") or ""),
    )


def _walk(
    manifests: Mapping[str, Any],
    label: str,
    depth: int,
    title: str,
    relationship: str,
    failures: tuple[str, ...],
    deltas: Mapping[str, list[str]],
    gone: Withdrawn,
    seen: set[str],
) -> Iterator[Step]:
    """The manifest and everything behind it, each once, deepest last."""
    manifest = manifests.get(label)
    if not isinstance(manifest, dict) or label in seen or depth > _DEPTH:
        return
    seen.add(label)
    yield _step(manifest, label, depth, title, relationship, failures)
    for one in manifest.get("ingredients") or []:
        inside = str(one.get("active_manifest") or "")
        codes = list(_codes((one.get("validation_results") or {}).get("activeManifest") or {}))
        uri = f"self#jumbf=/c2pa/{label}/c2pa.assertions/{one.get('label') or ''}"
        codes += deltas.get(uri, [])
        codes += _revoked(manifests.get(inside) or {}, gone)
        told = (str(one.get("title") or ""), str(one.get("relationship") or ""), tuple(dict.fromkeys(codes)))
        if inside and inside in manifests:
            yield from _walk(manifests, inside, depth + 1, *told, deltas, gone, seen)
        else:
            thumbnail = str((one.get("thumbnail") or {}).get("identifier") or "")
            yield Step("", depth + 1, told[0], told[1], failures=told[2], thumbnail=thumbnail)


def _step(manifest: Mapping[str, Any], label: str, depth: int, title: str, relationship: str, failures: tuple[str, ...]) -> Step:
    signed = manifest.get("signature_info") or {}
    generators = manifest.get("claim_generator_info") or [{}]
    actions = [one for one in (_data(manifest, "c2pa.actions") or {}).get("actions") or [] if isinstance(one, dict)]
    agents = [one.get("softwareAgent") for one in actions]
    return Step(
        label=label,
        depth=depth,
        title=str(manifest.get("title") or title),
        relationship=relationship,
        signer=", ".join(part for part in (str(signed.get("common_name") or ""), str(signed.get("issuer") or "")) if part),
        serial=str(signed.get("cert_serial_number") or ""),
        time=str(signed.get("time") or ""),
        generator=" ".join(str(generators[0].get(key) or "") for key in ("name", "version")).strip(),
        agents=tuple(dict.fromkeys(_agent(one) for one in agents if one)),
        actions=tuple(str(one.get("action") or "") for one in actions),
        source_type=next((str(one["digitalSourceType"]) for one in actions if one.get("digitalSourceType")), ""),
        failures=failures,
        assertions=tuple(str(one.get("label") or "") for one in manifest.get("assertions") or []),
        thumbnail=str((manifest.get("thumbnail") or {}).get("identifier") or ""),
    )


def _agent(agent: object) -> str:
    if isinstance(agent, dict):
        return " ".join(str(agent.get(key) or "") for key in ("name", "version")).strip()
    return str(agent)


def _codes(outcome: Mapping[str, Any], kind: str = "failure") -> Iterator[str]:
    """One spelling for a withdrawn certificate, whoever said so."""
    for one in outcome.get(kind) or []:
        code = str(one.get("code") or "")
        yield names.REVOKED if code == OCSP else code


def _revoked(manifest: Mapping[str, Any], gone: Withdrawn) -> list[str]:
    signed = manifest.get("signature_info") or {}
    return [names.REVOKED] if gone.covers(str(signed.get("cert_serial_number") or ""), str(signed.get("time") or "")) else []


def _data(manifest: Mapping[str, Any], label: str) -> Mapping[str, Any] | None:
    """The first assertion of this kind, whatever its version."""
    for one in manifest.get("assertions") or []:
        if str(one.get("label") or "").partition(".v")[0].partition("__")[0] == label and isinstance(one.get("data"), dict):
            found: Mapping[str, Any] = one["data"]
            return found
    return None


def _training(manifest: Mapping[str, Any]) -> dict[str, str]:
    entries = (_data(manifest, names.TRAINING) or {}).get("entries") or {}
    return {str(key): str(one.get("use") or "") for key, one in entries.items() if isinstance(one, dict)}


def _bindings(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Soft bindings: algorithm -> value in hex."""
    found: dict[str, str] = {}
    for one in manifest.get("assertions") or []:
        told = one.get("data") if str(one.get("label") or "").startswith("c2pa.soft-binding") else None
        if not isinstance(told, dict):
            continue
        for block in (told.get("blocks") or [])[:4]:
            value = block.get("value") if isinstance(block, dict) else None
            try:
                found[str(told.get("alg"))] = (bytes(value) if isinstance(value, list) else base64.b64decode(str(value))).hex()
            except (ValueError, TypeError):
                continue
    return found
