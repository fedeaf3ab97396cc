"""Exports and verifications as Cards: what left and what it tells, what a recipient could learn, what a file turned out to be."""

from __future__ import annotations

from bot import formatting
from bot.cards import Card, Field, Picture, Tone
from bot.show.facts import alt_of
from bot.show.seals import broken_line, failure
from core.exports.export import Left, Ready
from core.provenance.disclosure import Disclosure, known
from core.provenance.seal.names import called
from core.provenance.seal.read import Credentials, ManifestStep
from core.verification.decision_table import Basis
from core.verification.verify import Outcome, Verification

_TONES: dict[Outcome, Tone] = {
    Outcome.PROVED: "proved",
    Outcome.BROUGHT: "plain",
    Outcome.NOT_IDENTICAL: "plain",
    Outcome.NEVER_SEALED: "plain",
    Outcome.SIGNED: "plain",
    Outcome.REGISTERED: "plain",
    Outcome.MARKED: "plain",
    Outcome.RECOGNISED: "plain",
    Outcome.UNSIGNED: "plain",
}
_DONE = {"c2pa.redacted": "private words taken out", "c2pa.watermarked.bound": "watermarked", "c2pa.unknown": "changes not known"}
_USES = {"notAllowed": "not allowed", "constrained": "with conditions"}


def left_card(left: Left, link: str) -> Card:
    """A copy that left."""
    asset, whole = left.asset, left.ready.whole
    fields = [
        Field("Original", whole.asset.code),
        Field("Profile", left.export.profile),
        Field("Metadata removed", "\n".join(left.export.removed), short=False),
        Field("Not included in this format", "\n".join(left.export.lost), short=False),
        Field("Seal", _sealed(left.ready), short=False),
        Field("SHA-256", asset.sha256, short=False),
        Field("Public link", f"Download {left.export.filename}", short=False, link=link),
    ]
    picture = Picture(asset.code, alt_of(whole.asset), asset.mime, asset.sha256, asset.preview, asset.width, asset.height)
    return Card(
        f"{left.export.code} · {left.export.filename}",
        tone="done",
        subject=whole.asset.code,
        fields=tuple(one for one in fields if one.value),
        pictures=(picture,),
        link=f"/assets/{asset.code}",
    )


def dry_card(ready: Ready) -> Card:
    """What the recipient of a copy could learn."""
    view, whole = ready.view, ready.whole
    found = ready.credentials
    models = ", ".join(str(one.get("name")) for one in view.get("models") or [])
    fields = [
        Field(
            "How it was made",
            told.source_type.label
            if (told := Disclosure.told(view))
            else said_of(str((view.get("carried") or {}).get("source_type") or "")),
        ),
        Field("Prompt", formatting.short(str((view.get("settings") or {}).get("prompt") or ""), 200), short=False),
        Field("By", str(view.get("by") or "")),
        Field("For", " · ".join(str(view[key]) for key in ("client", "project", "shot") if view.get(key))),
        Field("Models", models, short=False),
        Field("Licences", ", ".join(str(one) for one in view.get("licences") or []), short=False),
        Field("History", _history(found) if found else "", short=False),
        Field("Thumbnails", _thumbnails(found), short=False),
        Field("Pixels", "exactly those of the original" if ready.copy.same_pixels else "encoded again"),
        Field("Would leak", "\n".join(f"{one.what}: {formatting.short(one.word, 60)}" for one in ready.leaks), short=False),
        Field("Metadata removed", "\n".join(ready.copy.removed), short=False),
        Field("Not included in this format", "\n".join(ready.copy.lost), short=False),
    ]
    return Card(
        f"{whole.asset.code} as {ready.filename}",
        tone="error" if ready.leaks else "plain",
        subject=whole.asset.code,
        text=f"Profile {whole.profile.name}, {len(ready.copy.data):,} bytes.",
        fields=tuple(one for one in fields if one.value),
    )


def verification_card(name: str, one: Verification) -> Card:
    """What a file turned out to be."""
    found = one.credentials
    fields = [Field("AI", _ai(one)), Field("How it was made", said_of(one.source_type))]
    if found is not None:
        trusted = {"Trusted": "yes", "Valid": "no, unknown signer", "Invalid": "no, invalid"}.get(found.state, found.state)
        claimed = "" if one.signer_known else ", not verified"
        fields += [
            Field("Signed by", signer_of(found)),
            Field("On the trust list", trusted),
            Field("Signed at", f"{found.step.time} (time stamp)" if found.step.time else "no time stamp"),
            Field(f"Made with{claimed}", ", ".join((*found.step.agents, found.step.generator))),
            Field("Invalid", "\n".join(map(failure, found.failures)) if found.state == "Invalid" else "", short=False),
            Field("Invalid history", "\n".join(_broken(found)), short=False),
            Field(f"History{claimed}", _history(found), short=False),
            Field(f"Training policy{claimed}", _training(found), short=False),
        ]
    if one.claims and not one.signer_known:
        fields.append(Field("Metadata, not verified", "\n".join(f"{key}: {value}" for key, value in one.claims), short=False))
    fields.append(Field("SHA-256", one.sha256, short=False))
    return Card(
        f"{one.title} · {formatting.short(name, 60)}",
        tone=_TONES.get(one.outcome, "error"),
        subject=one.asset.code if one.asset else "",
        text=one.sentence,
        fields=tuple(field for field in fields if field.value),
        link=f"/assets/{one.asset.code}" if one.asset else "",
    )


_AI_BY = {
    Basis.MADE_HERE: "made here with AI",
    Basis.SIGNATURE: "yes, by its Content Credentials",
    Basis.CLAIM: "yes, as the file itself says, not verified",
}


def _ai(one: Verification) -> str:
    """Whether AI had a part in it, and who says so; empty where nothing is known."""
    if one.ai is None:
        return ""
    return _AI_BY[one.ai_basis] if one.ai else "no"


def signer_of(found: Credentials) -> str:
    """Who signed; somebody who is not on the trust list is called unknown before the name in the certificate."""
    return step_signer(found.step) or "nobody"


def step_signer(step: ManifestStep) -> str:
    """The same of one step of a history; empty where it is not signed."""
    name = called(step.signer)
    return name if step.trusted or not name else f"unknown signer (certificate: {name})"


def said_of(uri: str) -> str:
    """A source type as people read it."""
    kind = known(uri)
    return kind.label if kind else uri.rpartition("/")[2]


def _broken(found: Credentials) -> list[str]:
    return [broken_line(step.title or step.label, code) for step, code in found.broken]


def _history(found: Credentials) -> str:
    return "\n".join(_line(step) for step in found.steps[:20])


def _line(step: ManifestStep) -> str:
    what = ", ".join(actions_of(step)) or "no Content Credentials"
    by = f" · {step_signer(step)}" if step.signer else ""
    return f"{'   ' * step.depth}{'← ' if step.depth else ''}{step.title or 'untitled'}: {what}{by}"


def actions_of(step: ManifestStep) -> list[str]:
    """What was done, each thing once."""
    return list(dict.fromkeys(_DONE.get(action, action.removeprefix("c2pa.")) for action in step.actions))


def _thumbnails(found: Credentials | None) -> str:
    shown = [step.title for step in found.steps if step.thumbnail and step.depth] if found else []
    return f"of {', '.join(shown[:12])}" if shown else ""


def _training(found: Credentials) -> str:
    named = ((key.removeprefix("cawg.").replace("_", " "), _USES.get(use, use)) for key, use in found.training.items())
    return ", ".join(f"{key}: {use}" for key, use in named)


def _sealed(ready: Ready) -> str:
    if ready.credentials is None:
        return f"No Content Credentials: {ready.copy.sealed.why or 'this kind of file takes no seal'}"
    steps = len(ready.credentials.steps)
    return f"signed by {called(ready.credentials.step.signer)}, {steps} {'step' if steps == 1 else 'steps'} of history"
