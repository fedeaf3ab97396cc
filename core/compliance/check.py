"""Checks one Asset, item by item, from its stored file, its statement and its log; the file counts, not the memory of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.comfyui import facts
from core.compliance.rules import QUESTIONS, Checked, Item, Status
from core.files.inspect import Examined
from core.formats import bounded_json
from core.provenance.disclosure import Disclosure, known
from core.provenance.seal import names
from core.provenance.seal.keys import WARN_DAYS
from core.provenance.seal.read import Credentials
from core.provenance.watermark import confirm
from core.provenance.watermark.interface import PROVES
from core.settings import Settings
from storage.blobs import digest_of
from storage.tables import Asset, Export

_UNREAD = "it could not be read, so that nothing is known"
_LATENT = (
    "(A) provider's name", "(B) system and version", "(C) time and date", "(D) unique identifier", "(E) created or altered"
)  # fmt: skip
PASS, FAIL, UNKNOWN, HUMAN, NONE = Status.PASS, Status.FAIL, Status.UNKNOWN, Status.HUMAN, Status.NOT_APPLICABLE


@dataclass(frozen=True)
class Gone:
    """A copy that left, the Asset it is, and which kinds of secrets were found in its bytes."""

    export: Export
    copied: Asset | None
    leaks: tuple[str, ...] | None = ()
    """None where its bytes could not be looked at."""


@dataclass(frozen=True)
class Declaration:
    """A person's answer to what no machine can say."""

    answer: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Material:
    """What there is to look at."""

    settings: Settings
    asset: Asset
    data: bytes = field(repr=False)
    examined: Examined | None
    credentials: Credentials | None
    inputs: Sequence[tuple[str, Asset]]
    exports: Sequence[Gone]
    held: Sequence[str] | None
    """Which kinds of secrets the original holds; None where that could not be looked at."""
    sidecar: bool | None
    """Whether the manifest's own bytes are stored; None where the store does not say."""
    fingerprinted: bool
    notes: Mapping[str, Declaration]
    now: datetime
    mark_bits: int | None = None
    """In how many of 64 bits the stored picture agrees with its mark; None where that cannot be read."""
    signature_read: bool = True
    """False where it could not be looked at whether the file has credentials."""
    told: Mapping[str, str] | None = field(default_factory=dict)
    """The fields of its XMP; None where they could not be read."""


@dataclass(frozen=True)
class Signed:
    """That a file was looked at for credentials, and those it has."""

    credentials: Credentials | None


def check(material: Material) -> Checked:
    """Every item about one Asset."""
    asset = material.asset
    items: list[Item] = []
    for look in (_identity, _mark, _latent, _second_layer, _recovery, _inputs, _agreement, _privacy, _china, _human, _exports):
        items += look(material)
    return Checked(asset.code, asset.filename, tuple(items), asset.sha256)


def _item(section: str, name: str, good: bool | Status, yes: str, no: str = "", *, source: str = "", where: str = "") -> Item:
    status = good if isinstance(good, Status) else PASS if good else FAIL
    return Item(section, name, status, yes if status in (PASS, NONE) or not no else no, source, where)


def _identity(m: Material) -> Iterator[Item]:
    asset, stated = m.asset, m.asset.statement
    yield _item(
        "A",
        "file digest",
        digest_of(m.data) == asset.sha256,
        f"SHA-256 {asset.sha256}",
        "the stored bytes are not those registered",
    )
    same = UNKNOWN if m.examined is None else m.examined.pixel_sha256 == asset.pixel_sha256
    pixels = NONE if not asset.pixel_sha256 else same
    yield _item("A", "pixel digest", pixels, asset.pixel_sha256 or "no pixels", "the pixels are not those registered")
    yield _item(
        "A",
        "fingerprint",
        NONE if not asset.pixel_sha256 else bool(asset.phash),
        asset.phash or "none for this kind",
        "none: too plain",
    )
    yield _item("A", "created", bool(stated.get("finished_at")), str(stated.get("finished_at")), "no time of making is known")
    yield _item(
        "A",
        "provider",
        PASS if m.settings.provider else HUMAN,
        m.settings.provider or "set SLATE_PROVIDER: who puts the system into service",
    )
    system = _system(stated)
    yield _item("A", "system and version", all(system), " ".join(system), "the generating system or its version is not known")
    named = bool(asset.models) or not (said := Disclosure.told(stated)) or not said.is_ai
    unknown = [str(one.get("name")) for one in asset.models if not one.get("sha256")] or ([] if named else ["any model"])
    yield _item(
        "A",
        "models by hash",
        UNKNOWN if unknown else True,
        f"{len(asset.models)} with their hashes",
        f"no hash of {', '.join(unknown)}",
    )
    unsaid = [str(one.get("name")) for one in asset.models if not one.get("licence")] or ([] if named else ["any model"])
    yield _item(
        "A", "licences", UNKNOWN if unsaid else True, "a licence for each model", f"no licence known of {', '.join(unsaid)}"
    )


def _mark(m: Material) -> Iterator[Item]:
    found, source = m.credentials, "EU 50(2)"
    if found is None:
        status = UNKNOWN if m.asset.mime not in names.SEALABLE or not m.signature_read else FAIL
        why = str(m.asset.seal.get("why") or "no manifest in the file") if m.signature_read else _UNREAD
        yield Item("B", "manifest", status, why, source, "the file")
        return
    yield _item("B", "manifest", True, found.label, source=source, where="C2PA")
    yield _item(
        "B",
        "signature",
        found.state != "Invalid",
        f"{found.state}, signed by {found.step.signer}",
        ", ".join(found.failures),
        source=source,
    )
    kind = known(found.source_type)
    said = Disclosure.told(m.asset.statement)
    yield _item("B", "source type", kind is not None, kind.label if kind else "", f"`{found.source_type}` is no type Slate knows")
    graph = m.examined.graph if m.examined else None
    loads = bool(facts.read(graph).pictures_in) if graph else bool(m.inputs)
    fits: bool | Status = (
        kind is None or not loads or kind.term != "trainedAlgorithmicMedia" or (said is not None and said.done == "resized")
    )
    if kind is None or (m.examined is None and fits):
        fits = UNKNOWN
    yield _item("B", "fits the graph", fits, "the type is the one the graph gives", "a picture went in, and it is not told")
    stamped = "time-stamped" if found.stamped else "not time-stamped: it holds until the certificate expires"
    yield _item("B", "time stamp", found.stamped, stamped, stamped, source="EU Code", where="RFC 3161")
    yield _expiry(m, found)
    broken = ", ".join(f"{step.title}: {code}" for step, code in found.broken)
    yield _item("B", "history", not found.broken, f"{len(found.steps)} in all, each whole", broken, source="EU Code")


def _expiry(m: Material, found: Credentials) -> Item:
    until = str(m.asset.seal.get("expires") or "")
    if not until:
        return Item("B", "certificate", UNKNOWN, "the certificate's end is not on record")
    days = (datetime.fromisoformat(until) - m.now).days
    text = f"good until {until[:10]}, {days} days" + (" (the time stamp outlives it)" if found.stamped else "")
    return _item("B", "certificate", found.stamped or days > WARN_DAYS, text, text)


def _latent(m: Material) -> Iterator[Item]:
    """California: provider, system and version, time, unique id, created or altered; each where it was found."""
    told, signed = m.told or {}, m.credentials.statement if m.credentials else None
    if m.told is None:
        yield from (Item("C", name, UNKNOWN, _UNREAD, "CA 22757.3", "XMP") for name in _LATENT)
        return
    record = ((m.examined.record if m.examined else None) or {}).get("statement") or {}
    said, source = (signed or record).get("disclosure") or {}, "CA 22757.3"
    provider = told.get("photoshop:Credit", "")
    yield _item(
        "C",
        "(A) provider's name",
        PASS if provider else FAIL,
        provider,
        "set SLATE_TEAM or SLATE_CREDIT",
        source=source,
        where="XMP",
    )
    system = " ".join((told.get("Iptc4xmpExt:AISystemUsed", ""), told.get("Iptc4xmpExt:AISystemVersionUsed", ""))).strip()
    yield _item("C", "(B) system and version", bool(system), system, "not in the file", source=source, where="XMP")
    yield _item(
        "C",
        "(C) time and date",
        "xmp:CreateDate" in told,
        told.get("xmp:CreateDate", ""),
        "not in the file",
        source=source,
        where="XMP",
    )
    guid = told.get("Iptc4xmpExt:DigImageGUID", "")
    yield _item("C", "(D) unique identifier", bool(guid), guid, "not in the file", source=source, where="XMP")
    how = str(said.get("how") or "")
    yield _item(
        "C",
        "(E) created or altered",
        how in ("created", "altered"),
        how,
        "not in the file",
        source=source,
        where="C2PA" if signed else "the record",
    )


def _second_layer(m: Material) -> Iterator[Item]:
    alg, ident = confirm.said(m.asset.statement)
    if not ident:
        why = str((m.asset.seal or {}).get("unmarked") or "")
        text = f"no imperceptible mark{f' ({why})' if why else ''}: the Code asks for a second layer beside signed metadata"
        yield Item("D", "watermark", FAIL, text, "EU Code")
        return
    declared = m.credentials is not None and m.credentials.bindings.get(alg) == ident
    yield _item(
        "D", "watermark declared", declared, f"{alg} {ident}", "the manifest does not name it", source="EU Code", where="C2PA"
    )
    holds = UNKNOWN if m.mark_bits is None else m.mark_bits >= PROVES
    text = "it cannot be read on this machine" if m.mark_bits is None else f"{m.mark_bits} of 64 bits in the stored file"
    yield _item(
        "D", "watermark decodes", holds, text, f"{text}: it does not decode" if holds is False else text, source="EU Code"
    )


def _recovery(m: Material) -> Iterator[Item]:
    registered = NONE if not m.asset.phash else m.fingerprinted
    found = "found again by its looks" if m.asset.phash else "only still pictures that show something have one"
    yield _item("E", "fingerprint registered", registered, found, "not in the index", source="EU Code")
    takes = m.asset.mime in names.SEALABLE
    kept = "its own bytes are stored" if takes else "this kind of file takes no manifest"
    if takes and m.sidecar is None:
        yield Item("E", "manifest kept beside", UNKNOWN, "the file store does not answer")
    else:
        yield _item("E", "manifest kept beside", bool(m.sidecar) if takes else NONE, kept, "not kept")
    public = bool(m.settings.public_url)
    yield _item(
        "E",
        "verification address",
        PASS if public else HUMAN,
        f"{m.settings.base_url}/verify",
        "set SLATE_PUBLIC_URL",
        source="CA 22757.2",
    )


def _inputs(m: Material) -> Iterator[Item]:
    if not m.inputs:
        yield Item("F", "inputs", NONE, "nothing went in")
        return
    titles = {step.title: step for step in m.credentials.steps[1:]} if m.credentials else {}
    for name, asset in m.inputs:
        there = asset.code in titles or any(
            step.title.startswith(str(asset.statement.get("render") or "?")) for step in titles.values()
        )
        text = f"{asset.code} as {name}, SHA-256 {asset.sha256[:16]}"
        yield _item("F", f"input {name}", there, text, f"{text}: not an ingredient of the manifest", source="EU Code")
        if asset.seal_state == "foreign":
            kept = any(step.signer == asset.seal.get("signer") for step in titles.values())
            yield _item(
                "F", f"marks of {name}", kept, "its own credentials are kept", "its own credentials are lost", source="EU Code"
            )


def _agreement(m: Material) -> Iterator[Item]:
    told = (m.told or {}).get("Iptc4xmpExt:DigitalSourceType", "")
    signed = m.credentials.source_type if m.credentials else ""
    told_by_us = Disclosure.told(m.asset.statement)
    stated = told_by_us.source_type.value if told_by_us else ""
    values = {name: value for name, value in (("XMP", told), ("C2PA", signed), ("memory", stated)) if value}
    same = len(set(values.values())) == 1
    text = ", ".join(f"{name}: {value.rpartition('/')[2]}" for name, value in values.items())
    yield _item("G", "one source type", UNKNOWN if len(values) < 2 else same, text, text)
    inside = (m.examined.facts.prompt if m.examined and m.examined.facts else "").strip()
    known_prompt = m.asset.prompt.strip()
    if not inside or not known_prompt:
        yield Item("G", "one prompt", UNKNOWN, f"{'the memory' if inside else 'the file'} tells no prompt")
        return
    yield _item(
        "G",
        "one prompt",
        inside == known_prompt,
        "that in the file is that on record",
        "that in the file is another than on record",
    )


def _privacy(m: Material) -> Iterator[Item]:
    source = "CA 22757.2"
    for one in m.exports:
        if one.export.profile not in ("team", "archive"):
            name = f"{one.export.code} ({one.export.profile})"
            if one.leaks is None:
                yield Item("H", name, UNKNOWN, _UNREAD, source)
                continue
            yield _item(
                "H",
                name,
                not one.leaks,
                "no name, prompt or path was found in it",
                f"it holds: {', '.join(one.leaks)}",
                source=source,
            )
    if m.held is None:
        yield Item("H", "original", UNKNOWN, _UNREAD, source)
    kinds = ", ".join(m.held or ())
    text = f"the original, which stays here, holds: {kinds}" if kinds else "the original holds no name, prompt or path"
    if m.held is not None:
        yield Item("H", "original", PASS if not kinds else NONE, text, source)
    consent = "people are named by setting (SLATE_NAME_PEOPLE): their consent is for a person to confirm"
    yield Item(
        "H",
        "consent",
        HUMAN if m.settings.name_people else PASS,
        consent if m.settings.name_people else "no person is named",
        source,
    )


def _china(m: Material) -> Iterator[Item]:
    if not m.settings.aigc_producer:
        yield Item("I", "AIGC label", NONE, "switched off (SLATE_AIGC_PRODUCER)", "CN")
        return
    if m.told is None:
        yield Item("I", "AIGC label", UNKNOWN, _UNREAD, "CN", "XMP")
        return
    label = bounded_json.short(m.told.get("TC260:AIGC", ""))
    label = label if isinstance(label, dict) else {}
    keys = {"Label", "ContentProducer", "ProduceID", "ReservedCode1", "ContentPropagator", "PropagateID", "ReservedCode2"}
    yield _item(
        "I",
        "AIGC label",
        isinstance(label, dict) and label.keys() == keys,
        "seven keys",
        "missing or not complete",
        source="CN",
        where="XMP",
    )
    yield Item("I", "visible label", HUMAN, "whether a visible label is shown where it is published", "CN")


def _human(m: Material) -> Iterator[Item]:
    for name, (question, source) in QUESTIONS.items():
        note = m.notes.get(name)
        if note is None:
            yield Item("J", name, HUMAN, question, source)
        else:
            yield Item("J", name, PASS, f"{question} {note.answer} ({note.by}, {note.at:%Y-%m-%d})", source)


def _exports(m: Material) -> Iterator[Item]:
    if not m.exports:
        yield Item("K", "exports", NONE, "it has not left the house")
    for one in m.exports:
        export, copied = one.export, one.copied
        whom = export.recipient or "somebody not named"
        sent = f"{export.filename} for {whom}, {export.profile}, {export.created_at:%Y-%m-%d}"
        text = f"{export.code}: {sent}, SHA-256 {export.sha256[:16]}"
        sealed = copied is not None and copied.seal_state in ("sealed", "unstamped")
        whole = sealed or export.sha256 == export.source_sha256
        yield _item("K", "export", whole, text, f"{text}: not sealed", where="the log")


def _system(stated: Mapping[str, Any]) -> tuple[str, str]:
    first: Mapping[str, Any] = next(
        (one for one in stated.get("software") or [] if one.get("name") not in ("Slate", "Slate graph reader")), {}
    )
    return str(first.get("name") or ""), str(first.get("version") or "")
