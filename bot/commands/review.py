"""What the team says about a picture: approve, reject, needs-work, tag, untag."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from bot import schemas
from bot.cards import Answer, Button
from bot.commands import subjects
from bot.commands.command import Asked, listed
from bot.commands.corrections import LONGEST_BUTTON
from core.errors import MissingInput
from core.review import verdicts
from core.review.verdicts import VerdictResult
from core.schemas.assets import VerdictList
from storage.tables import Asset, Judgement


def approve(asked: Asked) -> Answer:
    """Approve a picture.

    A lead's approval decides; everybody else's is a vote, shown on the card with their name. `R-4F2K#2` is the second picture
    of a render, `R-4F2K` all of them. What comes after the id is kept as a note. `undo:yes` withdraws your own approval.
    Reacting with the approving emoji does the same, and 2️⃣ approves the second picture.
    /approve A-7Q0D
    /approve R-4F2K#2 the best light
    /approve A-7Q0D undo:yes
    """
    return _judge(asked, Judgement.APPROVED)


def reject(asked: Asked) -> Answer:
    """Reject a picture.

    A lead's rejection decides; everybody else's is a vote. What comes after the id is kept as a note, so say why. `undo:yes`
    withdraws your own rejection.
    /reject A-7Q0D the logo is cut off
    """
    return _judge(asked, Judgement.REJECTED)


def needs_work(asked: Asked) -> Answer:
    """Mark a picture as needing work.

    What comes after the id is kept as a note. `undo:yes` takes it back.
    /needs-work A-7Q0D warmer light, please
    """
    return _judge(asked, Judgement.NEEDS_WORK)


def tag(asked: Asked) -> Answer:
    """Tag a picture, to find it again.

    /tag A-7Q0D hero pick
    """
    return _tag(asked, "tagged", lambda asset, word: verdicts.tag(asked.desk, asset, word, by=asked.member))


def untag(asked: Asked) -> Answer:
    """Remove tags from a picture.

    /untag A-7Q0D pick
    """
    return _tag(asked, "untagged", lambda asset, word: verdicts.untag(asked.desk, asset, word, by=asked.member))


def _judge(asked: Asked, judgement: Judgement) -> Answer:
    undo, note = asked.switch("undo"), subjects.named(asked).rest
    decisions = [_decide(asked, asset, judgement, note, undo) for asset in _assets(asked)]
    changed = [one for one in decisions if one.changed]
    if not changed:
        said = f"You had not marked it {judgement.value}" if undo else f"You had marked it {judgement.value} already"
        return _answer(asked, f"{_codes(decisions)}: no change. {said}.", decisions, private=True)
    what = (
        f"{'all ' if len(changed) > 1 else ''}{len(changed)} pictures ({_codes(changed)})"
        if len(changed) > 1
        else _codes(changed)
    )
    if undo:
        text = f"{asked.member.name} withdrew “{judgement.value}” for {what}."
    elif all(one.binding for one in changed):
        text = f"{what[0].upper()}{what[1:]}: {judgement.value} by {asked.member.name}."
    else:
        text = f"{asked.member.name} votes “{judgement.value}” for {what}; a lead decides."
    back = () if undo else tuple(_undo(asked.command.name, changed))
    return replace(_answer(asked, text, decisions), buttons=back)


def _undo(verb: str, changed: list[VerdictResult]) -> Iterator[Button]:
    """Take back what was just said, where it fits a button."""
    subject = f"{' '.join(dict.fromkeys(one.asset.code for one in changed))} undo:yes"
    if len(f"{verb}:{subject}") <= LONGEST_BUTTON:
        yield Button(verb, subject, "Undo")


def _decide(asked: Asked, asset: Asset, judgement: Judgement, note: str, undo: bool) -> VerdictResult:
    if undo:
        return verdicts.withdraw(asked.desk, asset, judgement, by=asked.member)
    return verdicts.decide(asked.desk, asset, judgement, by=asked.member, note=note)


def _tag(asked: Asked, done: str, act: Callable[[Asset, str], VerdictResult]) -> Answer:
    words = subjects.named(asked).rest.replace(",", " ").split()
    if not words:
        raise MissingInput(f"`{asked.command.name}` needs a tag.", hint=f"Write /{asked.command.name} A-7Q0D hero.", input="word")
    folded = list(dict.fromkeys(verdicts.tag_word(word) for word in words))
    decisions = [act(asset, word) for asset in _assets(asked) for word in folded]
    changed = [one for one in decisions if one.changed]
    if not changed:
        already = "already has" if done == "tagged" else "does not have"
        return _answer(asked, f"No change: {_codes(decisions)} {already} {listed(folded)}.", decisions, private=True)
    return _answer(asked, f"{_codes(changed)} {done} {listed(folded)} by {asked.member.name}.", decisions)


def _assets(asked: Asked) -> list[Asset]:
    with asked.desk.reading() as session:
        return subjects.some_assets(session, asked)


def _codes(decisions: Iterable[VerdictResult]) -> str:
    return ", ".join(dict.fromkeys(one.asset.code for one in decisions))


def _answer(asked: Asked, text: str, decisions: list[VerdictResult], *, private: bool = False) -> Answer:
    last = {one.asset.id: one for one in decisions}
    changed = {one.asset.id for one in decisions if one.changed}
    with asked.desk.reading() as session:
        shown = [schemas.of_verdicts(session, one.asset, changed=one.asset.id in changed) for one in last.values()]
    return Answer(text, private=private, schema=VerdictList(results=shown))
