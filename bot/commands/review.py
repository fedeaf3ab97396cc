"""What the team says about a picture: approve, reject, needs-work, tag, untag."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot import shapes
from bot.cards import Answer
from bot.commands import subjects
from bot.commands.command import Asked, listed
from core.errors import MissingInput
from core.review import verdicts
from core.review.verdicts import Decision
from storage.tables import Asset, Judgement


def approve(asked: Asked) -> Answer:
    """Say that a picture may be delivered.

    A lead's word decides; everybody else's is a vote that stands on the card with their name. What comes after the id is kept
    as a note. `undo:yes` takes your own approval back. Reacting with the approving emoji does the same.
    /approve A-7Q0D
    /approve R-4F2K the second one is even better
    /approve A-7Q0D undo:yes
    """
    return _judge(asked, Judgement.APPROVED)


def reject(asked: Asked) -> Answer:
    """Say that a picture is not to be used.

    A lead's word decides; everybody else's is a vote. What comes after the id is kept as a note, so say why. `undo:yes` takes
    your own word back.
    /reject A-7Q0D the logo is cut off
    """
    return _judge(asked, Judgement.REJECTED)


def needs_work(asked: Asked) -> Answer:
    """Say that a picture is on the way but not there yet.

    What comes after the id is kept as a note. `undo:yes` takes your own word back.
    /needs-work A-7Q0D warmer light, please
    """
    return _judge(asked, Judgement.NEEDS_WORK)


def tag(asked: Asked) -> Answer:
    """Put words on a picture, to find it by.

    /tag A-7Q0D hero pick
    """
    return _tag(asked, "tagged", lambda asset, word: verdicts.tag(asked.desk, asset, word, by=asked.member))


def untag(asked: Asked) -> Answer:
    """Take words off a picture.

    /untag A-7Q0D pick
    """
    return _tag(asked, "untagged", lambda asset, word: verdicts.untag(asked.desk, asset, word, by=asked.member))


def _judge(asked: Asked, judgement: Judgement) -> Answer:
    undo, note = asked.switch("undo"), subjects.named(asked).rest
    decisions = [_decide(asked, asset, judgement, note, undo) for asset in _assets(asked)]
    changed = [one for one in decisions if one.changed]
    if not changed:
        said = f"You had not said {judgement.value}" if undo else f"You had said {judgement.value} already"
        return _answer(asked, f"{said}; nothing changed for {_codes(decisions)}.", decisions, private=True)
    if undo:
        text = f"{asked.member.name} took back “{judgement.value}” for {_codes(changed)}."
    elif all(one.binding for one in changed):
        text = f"{_codes(changed)}: {judgement.value} by {asked.member.name}."
    else:
        text = f"{asked.member.name} votes “{judgement.value}” for {_codes(changed)}; a lead decides."
    return _answer(asked, text, decisions)


def _decide(asked: Asked, asset: Asset, judgement: Judgement, note: str, undo: bool) -> Decision:
    if undo:
        return verdicts.withdraw(asked.desk, asset, judgement, by=asked.member)
    return verdicts.decide(asked.desk, asset, judgement, by=asked.member, note=note)


def _tag(asked: Asked, done: str, act: Callable[[Asset, str], Decision]) -> Answer:
    words = subjects.named(asked).rest.replace(",", " ").split()
    if not words:
        raise MissingInput(
            f"`{asked.command.name}` needs a word.", hint=f"Write /{asked.command.name} A-7Q0D hero.", input="word"
        )
    folded = list(dict.fromkeys(verdicts.tag_word(word) for word in words))
    decisions = [act(asset, word) for asset in _assets(asked) for word in folded]
    changed = [one for one in decisions if one.changed]
    if not changed:
        return _answer(asked, f"That was so already; nothing changed for {_codes(decisions)}.", decisions, private=True)
    return _answer(asked, f"{_codes(changed)} {done} {listed(folded)} by {asked.member.name}.", decisions)


def _assets(asked: Asked) -> list[Asset]:
    with asked.desk.reading() as session:
        return subjects.some_assets(session, asked)


def _codes(decisions: Iterable[Decision]) -> str:
    return ", ".join(dict.fromkeys(one.asset.code for one in decisions))


def _answer(asked: Asked, text: str, decisions: list[Decision], *, private: bool = False) -> Answer:
    last = {one.asset.id: one for one in decisions}
    changed = {one.asset.id for one in decisions if one.changed}
    with asked.desk.reading() as session:
        shown = [shapes.verdict_shape(session, one.asset) | {"changed": one.asset.id in changed} for one in last.values()]
    return Answer(text, private=private, data={"results": shown})
