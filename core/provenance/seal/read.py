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
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from c2pa import C2paError, Reader

from core.formats import kinds as formats_kinds
from core.provenance.disclosure import says_ai, says_no_ai
from core.provenance.seal import context, names, stores
from core.provenance.seal.names import SealOrigin
from core.provenance.seal.revocation import OCSP, Withdrawn, withdrawn
from core.security.sandbox import sandboxed
from core.settings import Settings

_DEPTH = 64
_TRUSTED = "signingCredential.trusted"


@dataclass(frozen=True)
class ManifestStep:
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
    source_types: tuple[str, ...] = ()
    """Of every action that says one; `source_type` is the first, or the first that says that a model had a part in it."""
    trusted: bool = False
    """Whether it holds, and is signed by somebody on the trust list here."""
    states: SealOrigin = SealOrigin.UNSAID
    """What a seal of Slate states."""


@dataclass(frozen=True)
class Credentials:
    """What a file's manifest says and whether it holds.

    `state` is Invalid, Valid (whole, but signed by somebody not known here) or Trusted. `failures` are those of the file itself;
    `steps` are the whole history, the file first.
    """

    state: str
    label: str
    failures: tuple[str, ...]
    steps: tuple[ManifestStep, ...]
    statement: Mapping[str, Any] | None = field(default=None, repr=False)
    training: Mapping[str, str] = field(default_factory=dict)
    bindings: Mapping[str, str] = field(default_factory=dict)
    issuer: str = ""
    trust_list: str = ""

    @property
    def step(self) -> ManifestStep:
        """The file itself."""
        return self.steps[0]

    @property
    def source_type(self) -> str:
        """The nearest in the history that says that a model had a part in it; else the file's own, or the nearest. A claim."""
        said = [kind for one in self.steps for kind in one.source_types]
        return next((kind for kind in said if says_ai(kind)), said[0] if said else "")

    @property
    def says_ai(self) -> bool | None:
        """Whether a model had a part in it by its history; False only where everything in it holds, is trusted, and says so."""
        if says_ai(self.source_type):
            return True
        whole = all(one.trusted and one.source_types for one in self.steps)
        return False if whole and all(says_no_ai(kind) for one in self.steps for kind in one.source_types) else None

    @property
    def states(self) -> SealOrigin:
        """What the file's seal states, where it is one of Slate's. What was only recognised stays so, whoever signs over it."""
        if self.step.states not in (SealOrigin.MADE, SealOrigin.EDITED) and SealOrigin.NOT_IDENTICAL in self._line:
            return SealOrigin.NOT_IDENTICAL
        return self.step.states

    @property
    def _line(self) -> list[SealOrigin]:
        """What the file and the parents behind it state, up to where one was made here."""
        found, depth = list[SealOrigin](), 0
        for one in self.steps:
            if one.depth == depth and (depth == 0 or one.relationship == "parentOf"):
                found.append(one.states)
                depth += 1
                if one.states in (SealOrigin.MADE, SealOrigin.EDITED):
                    break
        return found

    @property
    def broken(self) -> tuple[tuple[ManifestStep, str], ...]:
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
    """Whether there is a manifest in a file, readable or not, where the specification has them stand."""
    return b"jumb" in data and b"c2pa" in data and stores.count(data, formats_kinds.mime_of(data, "")) > 0


def thumbnail_of(settings: Settings, data: bytes, mime: str, step: ManifestStep) -> bytes:
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
    deltas = {uri: list(_codes(one)) for uri, one in _delta_outcomes(results)}
    trusted = {uri for uri, one in _delta_outcomes(results) if _TRUSTED in _codes(one, "success")}
    steps = tuple(_walk(manifests, label, 0, "", "", tuple(own), deltas, trusted, gone, set()))
    steps = (replace(steps[0], trusted=state == "Trusted"), *steps[1:]) if steps else ()
    return Credentials(
        state=state,
        label=label,
        failures=tuple(dict.fromkeys(own)),
        steps=steps or (ManifestStep(label, 0, ""),),
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
    trusted: Collection[str],
    gone: Withdrawn,
    seen: set[str],
) -> Iterator[ManifestStep]:
    """The manifest and everything behind it, each once, deepest last.

    Who made the file wrote down what held when each part went in; `deltas` and `trusted` are what is otherwise today.
    """
    manifest = manifests.get(label)
    if not isinstance(manifest, dict) or label in seen or depth > _DEPTH:
        return
    seen.add(label)
    yield _step(manifest, label, depth, title, relationship, failures)
    for one in manifest.get("ingredients") or []:
        inside = str(one.get("active_manifest") or "")
        noted = (one.get("validation_results") or {}).get("activeManifest") or {}
        codes = list(_codes(noted))
        uri = f"self#jumbf=/c2pa/{label}/c2pa.assertions/{one.get('label') or ''}"
        codes += deltas.get(uri, [])
        codes += _revoked(manifests.get(inside) or {}, gone)
        told = (str(one.get("title") or ""), str(one.get("relationship") or ""), tuple(dict.fromkeys(codes)))
        if inside and inside in manifests:
            found = list(_walk(manifests, inside, depth + 1, *told, deltas, trusted, gone, seen))
            known = uri in trusted or (_TRUSTED in _codes(noted, "success") and names.UNTRUSTED not in codes)
            holds = known and all(code in names.HARMLESS for code in told[2])
            yield from [replace(step, trusted=holds) if at == 0 else step for at, step in enumerate(found)]
        else:
            thumbnail = str((one.get("thumbnail") or {}).get("identifier") or "")
            yield ManifestStep("", depth + 1, told[0], told[1], failures=told[2], thumbnail=thumbnail)


def _step(
    manifest: Mapping[str, Any], label: str, depth: int, title: str, relationship: str, failures: tuple[str, ...]
) -> ManifestStep:
    signed = manifest.get("signature_info") or {}
    generators = manifest.get("claim_generator_info") or [{}]
    actions = [one for one in (_data(manifest, "c2pa.actions") or {}).get("actions") or [] if isinstance(one, dict)]
    agents = [one.get("softwareAgent") for one in actions]
    kinds = tuple(str(one["digitalSourceType"]) for one in actions if one.get("digitalSourceType"))
    return ManifestStep(
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
        source_type=next((kind for kind in kinds if says_ai(kind)), kinds[0] if kinds else ""),
        source_types=kinds,
        states=_states(manifest),
        failures=failures,
        assertions=tuple(str(one.get("label") or "") for one in manifest.get("assertions") or []),
        thumbnail=str((manifest.get("thumbnail") or {}).get("identifier") or ""),
    )


def _states(manifest: Mapping[str, Any]) -> SealOrigin:
    """What the seal states; of one from before seals said so, what its other assertions mean."""
    told = _data(manifest, names.SEAL)
    if told is not None:
        known = {one.value: one for one in SealOrigin}
        return known.get(str(told.get("states") or ""), SealOrigin.UNSAID)
    if _data(manifest, names.RESTORED) is not None:
        return SealOrigin.NOT_IDENTICAL
    statement = _data(manifest, names.STATEMENT)
    if statement is None:
        return SealOrigin.EXPORTED if _data(manifest, names.PREVIEW) is not None else SealOrigin.UNSAID
    if not statement.get("disclosure"):
        return SealOrigin.BROUGHT
    return SealOrigin.MADE if "render" in statement else SealOrigin.EXPORTED


def _delta_outcomes(results: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for one in results.get("ingredientDeltas") or []:
        yield str(one.get("ingredientAssertionURI") or ""), one.get("validationDeltas") or {}


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
