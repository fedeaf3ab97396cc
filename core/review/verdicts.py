"""Verdicts and Tags: what the team thinks of an Asset, by whom, and what counts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from core.desk import Desk
from core.errors import BadInput, TooLong, UnknownAsset
from core.events import Event, record
from core.events.actions import Action
from core.people.roles import Permission, allow, may
from storage.clock import now
from storage.files import verdicts
from storage.people import projects
from storage.tables import Asset, Judgement, Member, Project, Verdict

LONGEST_NOTE = 1000
LONGEST_WORD = 40


@dataclass(frozen=True)
class VerdictResult:
    """What came of a verdict, a withdrawal or a tag."""

    asset: Asset
    """As it is now; `asset.status` is the standing binding judgement or empty."""
    changed: bool
    """False when everything was so already."""
    binding: bool = False
    """Whether the verdict decides the status; False: it is a vote."""


@dataclass(frozen=True)
class Opinion:
    """A Verdict with the name of who gave it."""

    verdict: Verdict
    member: Member


def decide(desk: Desk, asset: Asset, judgement: Judgement, *, by: Member, note: str = "") -> VerdictResult:
    """Judge the Asset. A lead's or admin's verdict is binding and sets the status; anybody else's is a vote, kept and shown.

    Deciding the same twice changes nothing. Raises Refused, TooLong, UnknownAsset.
    """
    said = _note(note)
    with desk.writing() as session:
        held, project = _hold(session, asset)
        allow(session, by, Permission.VOTE, project)
        binding = may(session, by, Permission.APPROVE, project)
        if _says_so_already(session, held, judgement, by, binding, said):
            return VerdictResult(held, changed=False, binding=binding)
        before = held.status
        verdicts.add(session, _id(held), _id(by), judgement, binding=binding, note=said)
        if binding:
            verdicts.set_status(session, held, judgement.value)
        action = Action.ASSET_VERDICT if binding else Action.ASSET_VOTE
        after = {"status": held.status, "judgement": judgement.value} | ({"note": said} if said else {})
        _record(session, held, action, by, {"status": before}, after)
        return VerdictResult(held, changed=True, binding=binding)


def withdraw(desk: Desk, asset: Asset, judgement: Judgement, *, by: Member) -> VerdictResult:
    """Take back one's own `judgement`; the status falls back to the latest binding verdict that still stands.

    It stays on record as withdrawn. Nothing changes when there is none to take back. Raises Refused, UnknownAsset.
    """
    with desk.writing() as session:
        held, project = _hold(session, asset)
        allow(session, by, Permission.VOTE, project)
        own = [one for one in verdicts.standing(session, _id(held)) if one.member_id == by.id and one.judgement == judgement]
        if not own:
            return VerdictResult(held, changed=False)
        for verdict in own:
            verdict.withdrawn_at = now()
            verdicts.save(session, verdict)
        before = held.status
        verdicts.set_status(session, held, status_of(verdicts.standing(session, _id(held))))
        after = {"status": held.status, "judgement": judgement.value}
        _record(session, held, Action.ASSET_VERDICT_WITHDRAWN, by, {"status": before}, after)
        return VerdictResult(held, changed=True, binding=any(one.binding for one in own))


def status_of(standing: Sequence[Verdict]) -> str:
    """The judgement of the latest binding one among the standing verdicts (oldest first), or empty."""
    binding = [one for one in standing if one.binding]
    return binding[-1].judgement.value if binding else ""


def opinions(session: Session, asset: Asset) -> list[Opinion]:
    """Every verdict there ever was on the Asset, withdrawn ones too, oldest first."""
    return [Opinion(verdict, member) for verdict, member in verdicts.history(session, _id(asset))]


def tag(desk: Desk, asset: Asset, word: str, *, by: Member) -> VerdictResult:
    """Put a word on the Asset; nothing changes when it is there. Raises Refused, BadInput, TooLong, UnknownAsset."""
    folded = tag_word(word)
    with desk.writing() as session:
        held, project = _hold(session, asset)
        allow(session, by, Permission.TAG, project)
        if verdicts.tag(session, _id(held), folded) is not None:
            return VerdictResult(held, changed=False)
        verdicts.add_tag(session, _id(held), folded, _id(by))
        _record(session, held, Action.ASSET_TAGGED, by, {}, {"tag": folded})
        return VerdictResult(held, changed=True)


def untag(desk: Desk, asset: Asset, word: str, *, by: Member) -> VerdictResult:
    """Take a word off the Asset; nothing changes when it is not there. Raises Refused, BadInput, TooLong, UnknownAsset."""
    folded = tag_word(word)
    with desk.writing() as session:
        held, project = _hold(session, asset)
        allow(session, by, Permission.TAG, project)
        kept = verdicts.tag(session, _id(held), folded)
        if kept is None:
            return VerdictResult(held, changed=False)
        verdicts.remove_tag(session, kept)
        _record(session, held, Action.ASSET_UNTAGGED, by, {"tag": folded}, {})
        return VerdictResult(held, changed=True)


def tag_word(text: str) -> str:
    """The tag that was meant: casefolded, spaces made dashes, a leading # dropped. Raises BadInput, TooLong.

    >>> tag_word(" #Hero Pick ")
    'hero-pick'
    """
    if any(unicodedata.category(letter)[0] == "C" for letter in text.strip()):
        raise BadInput("This tag has invisible control characters in it.", hint="Type it again.", input="tag")
    folded = re.sub(r"\s+", "-", unicodedata.normalize("NFKC", text.strip().lstrip("#")).casefold().strip())
    if not any(unicodedata.category(letter)[0] in "LNS" for letter in folded):
        raise BadInput("The tag is empty.", hint="A tag is a short word, such as `hero`.", input="tag")
    if len(folded) > LONGEST_WORD:
        said = f"The tag has {len(folded)} characters; {LONGEST_WORD} are the most."
        raise TooLong(said, hint="A tag is a short word; put more into the verdict's note.", input="tag", limit=LONGEST_WORD)
    return folded


def _note(text: str) -> str:
    kept = "".join(letter for letter in text if letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cs")).strip()
    if len(kept) > LONGEST_NOTE:
        said = f"The note has {len(kept)} characters; {LONGEST_NOTE} are the most."
        raise TooLong(said, hint="Shorten it, or write it in the thread.", input="note", limit=LONGEST_NOTE)
    return kept


def _hold(session: Session, asset: Asset) -> tuple[Asset, Project | None]:
    held = verdicts.hold(session, _id(asset))
    if held is None:
        raise UnknownAsset(f"There is no asset `{asset.code}` any more.")
    return held, projects.by_id(session, held.project_id)


def _says_so_already(session: Session, asset: Asset, judgement: Judgement, by: Member, binding: bool, note: str) -> bool:
    own = [one for one in verdicts.standing(session, _id(asset)) if one.member_id == by.id]
    if not own or own[-1].judgement != judgement or own[-1].binding != binding or (note and own[-1].note != note):
        return False
    return not binding or asset.status == judgement.value


def _record(session: Session, asset: Asset, action: Action, by: Member, before: dict[str, str], after: dict[str, str]) -> None:
    record(session, Event(action, asset.code, by=by, before=before, after=after, asset_id=asset.id))


def _id(row: Asset | Member) -> int:
    if row.id is None:
        raise ValueError(f"{type(row).__name__} is not stored yet")
    return row.id
