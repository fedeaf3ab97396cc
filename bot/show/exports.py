"""Exports and verifications as Cards: what left and what it tells, what a recipient could learn, what a file turned out to be."""

from __future__ import annotations

from bot import formatting
from bot.cards import Card, Field, Picture, Tone
from bot.show.facts import alt_of
from bot.show.seals import broken_line, failure
from core.exports.export import Left, Ready
from core.provenance.disclosure import Disclosure, known
from core.provenance.seal.names import called
from core.provenance.seal.read import Credentials, Step
from core.verification.verify import Outcome, Verification

_TONES: dict[Outcome, Tone] = {
    Outcome.PROVED: "proved",
    Outcome.SIGNED: "plain",
    Outcome.REGISTERED: "plain",
    Outcome.MARKED: "plain",
    Outcome.RECOGNISED: "plain",
    Outcome.UNSIGNED: "plain",
}
_TITLES = {
    Outcome.PROVED: "Proved",
    Outcome.SIGNED: "Signed by somebody unknown",
    Outcome.BROKEN_HISTORY: "Whole, but its history is not",
    Outcome.EXPIRED: "Expired",
    Outcome.REVOKED: "Withdrawn",
    Outcome.EDITED: "Metadata edited, pixels authentic",
    Outcome.TAMPERED: "Changed after signing",
    Outcome.BROKEN: "Credentials that do not hold",
    Outcome.REGISTERED: "Known here, credentials stripped",
    Outcome.MARKED: "Known by its watermark",
    Outcome.RECOGNISED: "Recognised, not proved",
    Outcome.UNSIGNED: "Nothing proved",
}
_DONE = {"c2pa.redacted": "private words taken out", "c2pa.watermarked.bound": "watermarked", "c2pa.unknown": "changes not known"}
_USES = {"notAllowed": "not allowed", "constrained": "with conditions"}


def left_card(left: Left, link: str) -> Card:
    """A copy that left."""
    asset, whole = left.asset, left.ready.whole
    fields = [
        Field("Original", whole.asset.code),
        Field("Profile", left.export.profile),
        Field("Tells no more", "\n".join(left.export.removed), short=False),
        Field("Could not be carried", "\n".join(left.export.lost), short=False),
        Field("Seal", _sealed(left.ready), short=False),
        Field("SHA-256", asset.sha256, short=False),
        Field("For everybody who has this link", link, short=False),
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
        Field("Says of its making", Disclosure.of(view).source_type.label if view else ""),
        Field("Prompt", formatting.short(str((view.get("settings") or {}).get("prompt") or ""), 200), short=False),
        Field("By", str(view.get("by") or "")),
        Field("For", " · ".join(str(view[key]) for key in ("client", "project", "shot") if view.get(key))),
        Field("Models", models, short=False),
        Field("Licences", ", ".join(str(one) for one in view.get("licences") or []), short=False),
        Field("History", _history(found) if found else "", short=False),
        Field("Its small pictures", _thumbnails(found), short=False),
        Field("Pixels", "exactly those of the original" if ready.copy.same_pixels else "encoded again"),
        Field("Would leak", "\n".join(f"{one.what}: {formatting.short(one.word, 60)}" for one in ready.leaks), short=False),
        Field("Tells no more", "\n".join(ready.copy.removed), short=False),
        Field("Could not be carried", "\n".join(ready.copy.lost), short=False),
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
    fields = [Field("Says of its making", said_of(found.source_type if found else dict(one.claims).get("DigitalSourceType", "")))]
    if found is not None:
        trusted = {"Trusted": "yes", "Valid": "not known here", "Invalid": "no"}.get(found.state, found.state)
        fields += [
            Field("Signed by", called(found.step.signer) or "nobody"),
            Field("Trusted here", trusted),
            Field("Signed at", f"{found.step.time} (time stamp)" if found.step.time else "no time stamp"),
            Field("Made with", ", ".join((*found.step.agents, found.step.generator))),
            Field("Does not hold", "\n".join(map(failure, found.failures)) if found.state == "Invalid" else "", short=False),
            Field("Broken behind it", "\n".join(_broken(found)), short=False),
            Field("History", _history(found), short=False),
            Field("Training on it", _training(found), short=False),
        ]
    elif one.claims:
        fields.append(Field("Says of itself, unproved", "\n".join(f"{key}: {value}" for key, value in one.claims), short=False))
    fields.append(Field("SHA-256", one.sha256, short=False))
    return Card(
        f"{_TITLES[one.outcome]} · {formatting.short(name, 60)}",
        tone=_TONES.get(one.outcome, "error"),
        subject=one.asset.code if one.asset else "",
        text=one.sentence,
        fields=tuple(field for field in fields if field.value),
        link=f"/assets/{one.asset.code}" if one.asset else "",
    )


def said_of(uri: str) -> str:
    """A source type as people read it."""
    kind = known(uri)
    return kind.label if kind else uri.rpartition("/")[2]


def title_of(outcome: Outcome) -> str:
    return _TITLES[outcome]


def _broken(found: Credentials) -> list[str]:
    return [broken_line(step.title or step.label, code) for step, code in found.broken]


def _history(found: Credentials) -> str:
    return "\n".join(_line(step) for step in found.steps[:20])


def _line(step: Step) -> str:
    what = ", ".join(actions_of(step)) or "no credentials"
    by = f" · {called(step.signer)}" if step.signer else ""
    return f"{'   ' * step.depth}{'← ' if step.depth else ''}{step.title or 'untitled'}: {what}{by}"


def actions_of(step: Step) -> list[str]:
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
        return f"NOT sealed: {ready.copy.sealed.why or 'this kind of file takes no seal'}"
    steps = len(ready.credentials.steps)
    return f"signed by {called(ready.credentials.step.signer)}, {steps} {'step' if steps == 1 else 'steps'} of history"
