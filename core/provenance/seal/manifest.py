"""What a manifest says, built from a statement: actions with their source type, metadata, training policy, soft bindings.

c2pa signs a misspelt type or an action without its ingredient as readily as a right one, so only what stands here is written.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.provenance import statement, xmp
from core.provenance.disclosure import RETURNED, Disclosure
from core.provenance.seal import iscc, names
from core.provenance.seal.names import SealOrigin
from core.provenance.xmp import SPACES, Policy

Action = dict[str, Any]
Definition = dict[str, Any]

_MOST = 600_000
"""Characters of a statement that go into a manifest, whose definition takes a mebibyte in all; else its hash stands there."""
_CONTEXT = {name: uri for name, uri in SPACES.items() if name != "rdf"}
_TRAINING = {
    "no-ai-training": ("allowed", "notAllowed", "notAllowed", "allowed"),
    "prohibited": ("notAllowed", "notAllowed", "notAllowed", "notAllowed"),
    "allowed": ("allowed", "allowed", "allowed", "allowed"),
}
_TRAINING_KEYS = ("cawg.ai_inference", "cawg.ai_generative_training", "cawg.ai_training", "cawg.data_mining")


@dataclass(frozen=True)
class Ingredient:
    """A file that went in. `label` ties it to an action; the title is shown to strangers and is an id, never a name."""

    label: str
    title: str
    mime: str
    data: bytes = field(repr=False)
    relationship: str = "inputTo"
    thumbnail: bytes = field(default=b"", repr=False)
    """A small JPEG, for an ingredient without a manifest that has one."""
    ident: str = ""
    """The id of one that is named only; then it has no data."""


@dataclass(frozen=True)
class ManifestPlan:
    """A definition and the ingredients it speaks of."""

    definition: Definition
    ingredients: tuple[Ingredient, ...] = ()
    thumbnail: bytes = field(default=b"", repr=False)
    """A small JPEG of the file itself."""


def of_output(
    stated: Mapping[str, Any], policy: Policy, ingredients: Sequence[Ingredient], *, thumbnail: bytes = b""
) -> ManifestPlan:
    """The manifest of a Render's output. The first `parentOf` ingredient is what the picture was made from."""
    said = Disclosure.of(stated)
    base = next((one for one in ingredients if one.relationship == "parentOf"), None)
    if said.done == RETURNED:
        return _of_returned(stated, policy, said, base, thumbnail)
    others = [one.label for one in ingredients if one is not base]
    done = {"edited": "c2pa.edited", "resized": "c2pa.resized"}.get(said.done, "c2pa.edited")
    step = _action("c2pa.created" if base is None else done, stated, said, others)
    actions = [step] if base is None else [{"action": "c2pa.opened", "parameters": {"ingredientIds": [base.label]}}, step]
    if stated.get("mark"):
        actions.append({"action": "c2pa.watermarked.bound"})
    views = [*_views(stated, policy), *bindings(stated), statement_assertion(stated)]
    return ManifestPlan(
        _definition(_title(stated), [_actions(actions), *states_of(stated), *views]), tuple(ingredients), thumbnail
    )


def _of_returned(
    stated: Mapping[str, Any], policy: Policy, said: Disclosure, base: Ingredient | None, thumbnail: bytes
) -> ManifestPlan:
    """The manifest of a picture made here that came back as it went in: it was opened, and nothing was done to it."""
    code = next((str(one.get("asset")) for one in stated.get("parents") or [] if one.get("input") == said.base), "")
    base = base or Ingredient("original", code, "", b"", "parentOf", ident=code)
    actions = [_opened(base, said.source_type.value), *([{"action": "c2pa.watermarked.bound"}] if stated.get("mark") else [])]
    views = [*_views(stated, policy), *bindings(stated), statement_assertion(stated)]
    return ManifestPlan(_definition(_title(stated), [_actions(actions), *states_of(stated), *views]), (base,), thumbnail)


def of_given_back(
    parent: Ingredient, carried: Mapping[str, Any], policy: Policy, *, title: str, thumbnail: bytes = b""
) -> ManifestPlan:
    """The manifest of a file that was brought here and that a server gave back: nothing was done to it."""
    kind = str(carried.get("source_type") or "")
    said = metadata({"Iptc4xmpExt:DigitalSourceType": kind} if kind else {})
    stated = [_actions([_opened(parent, kind)]), seal(SealOrigin.BROUGHT, parent.title, carried), *said, *training(policy)]
    return ManifestPlan(_definition(title, stated), (parent,), thumbnail)


def of_renewal(stated: Mapping[str, Any], policy: Policy, former: Ingredient, *, thumbnail: bytes = b"") -> ManifestPlan:
    """The manifest of the same file, sealed once more before its certificate runs out: the former opened, and nothing done."""
    opened: Action = {"action": "c2pa.opened", "parameters": {"ingredientIds": [former.label]}}
    views = [*_views(stated, policy), *bindings(stated), statement_assertion(stated)]
    return ManifestPlan(_definition(_title(stated), [_actions([opened]), *states_of(stated), *views]), (former,), thumbnail)


def of_copy(
    parent: Ingredient,
    actions: Sequence[Action],
    assertions: Sequence[Action],
    *,
    states: SealOrigin,
    carried: Mapping[str, Any] | None = None,
    redactions: Sequence[str] = (),
    title: str,
    thumbnail: bytes = b"",
) -> ManifestPlan:
    """The manifest of a copy: its parent opened, what was done to it, and what was taken out of the parent's own manifests.

    `states` says what this house witnessed of it, `carried` what a file that was brought here says of itself.
    """
    opened: Action = {"action": "c2pa.opened", "parameters": {"ingredientIds": [parent.label]}}
    gone: list[Action] = [
        {"action": "c2pa.redacted", "reason": "c2pa.trade-secret.present", "parameters": {"redacted": uri}} for uri in redactions
    ]
    made = _definition(title, [_actions([opened, *gone, *actions]), seal(states, parent.title, carried), *assertions])
    return ManifestPlan(made | ({"redactions": list(redactions)} if redactions else {}), (parent,), thumbnail)


def of_preview(stated: Mapping[str, Any], policy: Policy, original_sha256: str, done: Sequence[str]) -> ManifestPlan:
    """The small manifest of a preview for chats: its original by id and digest, without a history and without private words.

    `done` are the actions that made it of the original. `policy` must keep words and people out.
    """
    title = _title(stated)
    told = Ingredient("original", title, "", b"", "parentOf", ident=str(stated["id"]))
    opened: Action = {"action": "c2pa.opened", "parameters": {"ingredientIds": [told.label]}}
    kind = Disclosure.of(stated).source_type.value
    actions: list[Action] = [opened, *({"action": name, "digitalSourceType": kind} for name in done)]
    original = {"id": stated["id"], "sha256": original_sha256}
    assertions = [
        _actions(actions),
        seal(SealOrigin.EXPORTED, title),
        *_views(stated, policy),
        *bindings(stated),
        {"label": names.PREVIEW, "kind": "Json", "data": {"original": original}},
    ]
    return ManifestPlan(_definition(f"preview of {title}", assertions), (told,))


def seal(states: SealOrigin, of: str = "", carried: Mapping[str, Any] | None = None) -> Action:
    """What this seal states; `of` is the public id of what it is a copy of, or was made from; `carried` is a claim of others."""
    told = {"schema": "slate.seal/1", "states": states.value, "of": of} | ({"carried": dict(carried)} if carried else {})
    return {"label": names.SEAL, "kind": "Json", "data": told}


def states_of(stated: Mapping[str, Any]) -> list[Action]:
    """What the seal of a Render's output states: made here, or edited from a picture made here."""
    base = Disclosure.of(stated).base
    ours = next((one for one in stated.get("parents") or [] if base and one.get("input") == base and one.get("made_here")), None)
    return [seal(SealOrigin.EDITED, str(ours.get("asset") or "")) if ours else seal(SealOrigin.MADE)]


def statement_assertion(stated: Mapping[str, Any]) -> Action:
    """The statement without its graph, which is told by its hash; a very long one by its own hash only."""
    told = {name: value for name, value in stated.items() if name != "graph"}
    if len(json.dumps(told, ensure_ascii=False)) > _MOST:
        told = {name: stated[name] for name in ("schema", "id", "graph_hash", "disclosure") if name in stated}
        told["statement_sha256"] = statement.digest(stated)
    return {"label": names.STATEMENT, "kind": "Json", "data": told}


def metadata(fields: Mapping[str, str]) -> list[Action]:
    """IPTC's fields as CAWG metadata; c2pa.metadata does not take the fields on AI."""
    used = {name.partition(":")[0] for name in fields}
    context = {prefix: uri for prefix, uri in _CONTEXT.items() if prefix in used}
    return [{"label": names.METADATA, "kind": "Json", "data": {"@context": context, **fields}}] if fields else []


def training(policy: Policy) -> list[Action]:
    """What may be learnt from the file; nothing where the policy is unsaid."""
    uses = _TRAINING.get(policy.data_mining)
    if uses is None:
        return []
    entries = {key: {"use": use} for key, use in zip(_TRAINING_KEYS, uses, strict=True)}
    return [{"label": names.TRAINING, "data": {"entries": entries}}]


def bindings(stated: Mapping[str, Any]) -> list[Action]:
    """How the file is found again when its manifest is gone: its fingerprints, ours and the registered one, and its watermark."""
    file = stated.get("file") or {}
    mark = stated.get("mark") or {}
    found = [
        (names.PHASH, str(file.get("phash") or "")),
        (iscc.ALG, str(file.get("iscc") or "")),
        (str(mark.get("alg") or ""), str(mark.get("id") or "")),
    ]
    return [
        {"label": "c2pa.soft-binding", "data": {"alg": alg, "blocks": [{"scope": {}, "value": _base64(value)}], "pad": []}}
        for alg, value in found
        if value
    ]


def agent(stated: Mapping[str, Any]) -> dict[str, str]:
    """The software that did it."""
    named = [one for one in stated.get("software") or [] if one.get("name") not in ("Slate", "Slate graph reader")]
    first = named[0] if named else {"name": "Slate"}
    return {"name": str(first["name"])} | ({"version": str(first["version"])} if first.get("version") else {})


def _views(stated: Mapping[str, Any], policy: Policy) -> list[Action]:
    return [*metadata(xmp.fields(stated, policy)), *training(policy)]


def _actions(actions: Sequence[Action]) -> Action:
    return {"label": "c2pa.actions.v2", "data": {"actions": list(actions), "allActionsIncluded": True}}


def _opened(parent: Ingredient, source_type: str = "") -> Action:
    told: Action = {"action": "c2pa.opened", "parameters": {"ingredientIds": [parent.label]}}
    return told | ({"digitalSourceType": source_type} if source_type else {})


def _action(name: str, stated: Mapping[str, Any], said: Disclosure, inputs: Sequence[str]) -> Action:
    made: Action = {"action": name, "digitalSourceType": said.source_type.value, "softwareAgent": agent(stated)}
    if stated.get("finished_at"):
        made["when"] = stated["finished_at"]
    if inputs:
        made["parameters"] = {"ingredientIds": list(inputs)}
    return made


def _definition(title: str, assertions: Sequence[Action]) -> Definition:
    generator = {"name": "Slate", "version": statement.slate_version()}
    return {"claim_generator_info": [generator], "title": title, "assertions": list(assertions)}


def _title(stated: Mapping[str, Any]) -> str:
    ordinal = f" #{int(stated['output']) + 1}" if isinstance(stated.get("output"), int) else ""
    return f"{stated.get('render') or ''}{ordinal}"


def _base64(value: str) -> str:
    return base64.b64encode(bytes.fromhex(value)).decode()
