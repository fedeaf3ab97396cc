"""Verdicts and tags: who decides, who votes, and what is remembered."""

from __future__ import annotations

import pytest

from core.desk import Desk
from core.errors import BadInput, Refused, TooLong, UnknownAsset
from core.people import projects
from core.review import verdicts as core_verdicts
from storage.chat import posts
from storage.files import verdicts
from storage.people import audit, members
from storage.tables import Asset, Judgement, Member, Origin, Post, Role

OK, NO, MORE = Judgement.APPROVED, Judgement.REJECTED, Judgement.NEEDS_WORK


@pytest.fixture
def team(desk: Desk) -> dict[str, Member]:
    roles = {"Ana": Role.LEAD, "Kit": Role.ADMIN, "Mia": Role.ARTIST, "Sam": Role.VIEWER}
    with desk.writing() as session:
        return {name: members.add(session, name, name.casefold(), role) for name, role in roles.items()}


@pytest.fixture
def asset(desk: Desk, team: dict[str, Member]) -> Asset:
    digest = desk.blobs.put(b"a picture")
    with desk.writing() as session:
        project, owner = projects.ensure_defaults(session).id, team["Mia"].id
        assert project is not None
        assert owner is not None
        made = Asset(
            origin=Origin.UPLOAD,
            member_id=owner,
            project_id=project,
            sha256=digest,
            source_sha256=digest,
            filename="shoe.png",
            mime="image/png",
            size=9,
        )
        session.add(made)
        session.flush()
        return made


def status(desk: Desk, asset: Asset) -> str:
    with desk.reading() as session:
        assert asset.id is not None
        held = verdicts.hold(session, asset.id)
        assert held is not None
        return held.status


def actions(desk: Desk, asset: Asset) -> list[str]:
    with desk.reading() as session:
        return [event.action for event in audit.about(session, asset.code)]


@pytest.mark.parametrize("who", ["Ana", "Kit"])
@pytest.mark.parametrize("judgement", list(Judgement))
def test_a_leads_verdict_is_binding(desk: Desk, asset: Asset, team: dict[str, Member], who: str, judgement: Judgement) -> None:
    decision = core_verdicts.decide(desk, asset, judgement, by=team[who], note="lovely light")
    assert (decision.changed, decision.binding, decision.asset.status) == (True, True, judgement.value)
    assert status(desk, asset) == judgement.value
    assert actions(desk, asset) == ["asset:verdict"]


@pytest.mark.parametrize("who", ["Mia", "Sam"])
def test_everybody_elses_is_a_vote_that_is_kept_and_decides_nothing(
    desk: Desk, asset: Asset, team: dict[str, Member], who: str
) -> None:
    decision = core_verdicts.decide(desk, asset, OK, by=team[who])
    assert (decision.changed, decision.binding, decision.asset.status) == (True, False, "")
    with desk.reading() as session:
        [opinion] = core_verdicts.opinions(session, asset)
    assert (opinion.member.name, opinion.verdict.judgement, opinion.verdict.binding) == (who, OK, False)
    assert actions(desk, asset) == ["asset:vote"]


def test_deciding_the_same_twice_changes_nothing(desk: Desk, asset: Asset, team: dict[str, Member]) -> None:
    core_verdicts.decide(desk, asset, OK, by=team["Ana"])
    assert not core_verdicts.decide(desk, asset, OK, by=team["Ana"]).changed
    assert actions(desk, asset) == ["asset:verdict"]


def test_a_second_thought_with_a_note_is_kept(desk: Desk, asset: Asset, team: dict[str, Member]) -> None:
    core_verdicts.decide(desk, asset, OK, by=team["Ana"])
    assert core_verdicts.decide(desk, asset, OK, by=team["Ana"], note="for print too").changed


def test_the_latest_binding_verdict_holds(desk: Desk, asset: Asset, team: dict[str, Member]) -> None:
    core_verdicts.decide(desk, asset, OK, by=team["Ana"])
    core_verdicts.decide(desk, asset, NO, by=team["Kit"])
    core_verdicts.decide(desk, asset, OK, by=team["Mia"])
    assert status(desk, asset) == "rejected"
    assert core_verdicts.decide(desk, asset, OK, by=team["Ana"]).changed
    assert status(desk, asset) == "approved"


def test_a_withdrawn_verdict_falls_back_to_the_one_before_and_stays_on_record(
    desk: Desk, asset: Asset, team: dict[str, Member]
) -> None:
    core_verdicts.decide(desk, asset, MORE, by=team["Kit"])
    core_verdicts.decide(desk, asset, OK, by=team["Ana"])
    decision = core_verdicts.withdraw(desk, asset, OK, by=team["Ana"])
    assert (decision.changed, decision.asset.status) == (True, "needs work")
    with desk.reading() as session:
        standing = [opinion.verdict.withdrawn_at is None for opinion in core_verdicts.opinions(session, asset)]
    assert standing == [True, False]
    assert core_verdicts.withdraw(desk, asset, MORE, by=team["Kit"]).asset.status == ""
    assert actions(desk, asset)[-1] == "asset:verdict-withdrawn"


def test_nobody_withdraws_what_another_said(desk: Desk, asset: Asset, team: dict[str, Member]) -> None:
    core_verdicts.decide(desk, asset, OK, by=team["Ana"])
    assert not core_verdicts.withdraw(desk, asset, OK, by=team["Kit"]).changed
    assert not core_verdicts.withdraw(desk, asset, NO, by=team["Ana"]).changed
    assert status(desk, asset) == "approved"


def test_approved_then_rejected_then_taken_back_is_approved_again(desk: Desk, asset: Asset, team: dict[str, Member]) -> None:
    core_verdicts.decide(desk, asset, OK, by=team["Ana"])
    core_verdicts.decide(desk, asset, NO, by=team["Ana"])
    assert status(desk, asset) == "rejected"
    assert core_verdicts.withdraw(desk, asset, NO, by=team["Ana"]).asset.status == "approved"


def test_a_vote_becomes_a_verdict_once_its_giver_is_lead(desk: Desk, asset: Asset, team: dict[str, Member]) -> None:
    mia = team["Mia"]
    core_verdicts.decide(desk, asset, OK, by=mia)
    with desk.writing() as session:
        session.merge(mia).role = Role.LEAD
    decision = core_verdicts.decide(desk, asset, OK, by=mia)
    assert (decision.changed, decision.asset.status) == (True, "approved")


def test_the_card_follows_each_change_and_only_changes(desk: Desk, asset: Asset, team: dict[str, Member]) -> None:
    with desk.writing() as session:
        shown = posts.add(session, Post(platform="room", channel_id="general", asset_id=asset.id, shown=1, due=False))
    core_verdicts.decide(desk, asset, OK, by=team["Ana"])
    core_verdicts.decide(desk, asset, OK, by=team["Ana"])
    core_verdicts.tag(desk, asset, "hero", by=team["Mia"])
    core_verdicts.untag(desk, asset, "nothing-there", by=team["Mia"])
    with desk.reading() as session:
        assert shown.id is not None
        now = posts.by_id(session, shown.id)
    assert now is not None
    assert (now.wanted, now.due) == (3, True)


def test_tags_are_put_on_once_and_taken_off_once(desk: Desk, asset: Asset, team: dict[str, Member]) -> None:
    assert core_verdicts.tag(desk, asset, "#Hero Pick", by=team["Mia"]).changed
    assert not core_verdicts.tag(desk, asset, "hero-pick", by=team["Ana"]).changed
    core_verdicts.tag(desk, asset, "café", by=team["Ana"])
    with desk.reading() as session:
        assert asset.id is not None
        assert verdicts.tags(session, asset.id) == ["café", "hero-pick"]
        assert verdicts.words(session) == ["café", "hero-pick"]
    assert core_verdicts.untag(desk, asset, "HERO-PICK", by=team["Ana"]).changed
    assert not core_verdicts.untag(desk, asset, "hero-pick", by=team["Ana"]).changed
    assert actions(desk, asset) == ["asset:tagged", "asset:tagged", "asset:untagged"]


@pytest.mark.parametrize(
    ("word", "error"),
    [("", BadInput), ("#", BadInput), ("--", BadInput), ("a\x00b", BadInput), ("a\u202eb", BadInput), ("x" * 41, TooLong)],
)
def test_impossible_tags_are_refused(desk: Desk, asset: Asset, team: dict[str, Member], word: str, error: type[BadInput]) -> None:
    with pytest.raises(error):
        core_verdicts.tag(desk, asset, word, by=team["Mia"])


def test_a_viewer_may_vote_but_not_tag(desk: Desk, asset: Asset, team: dict[str, Member]) -> None:
    with pytest.raises(Refused, match="tag results"):
        core_verdicts.tag(desk, asset, "hero", by=team["Sam"])
    assert actions(desk, asset) == []


def test_whoever_is_deactivated_has_no_voice(desk: Desk, asset: Asset, team: dict[str, Member]) -> None:
    with desk.writing() as session:
        session.merge(team["Ana"]).active = False
    with pytest.raises(Refused):
        core_verdicts.decide(desk, asset, OK, by=team["Ana"])
    assert status(desk, asset) == ""


def test_a_note_is_kept_without_control_characters_and_not_too_long(desk: Desk, asset: Asset, team: dict[str, Member]) -> None:
    core_verdicts.decide(desk, asset, MORE, by=team["Ana"], note=" warmer\x00\nplease ")
    with desk.reading() as session:
        assert core_verdicts.opinions(session, asset)[0].verdict.note == "warmer\nplease"
    with pytest.raises(TooLong):
        core_verdicts.decide(desk, asset, OK, by=team["Ana"], note="x" * 1001)


def test_an_asset_that_is_gone_cannot_be_judged(desk: Desk, asset: Asset, team: dict[str, Member]) -> None:
    gone = asset.model_copy(update={"id": 4711})
    with pytest.raises(UnknownAsset):
        core_verdicts.decide(desk, gone, OK, by=team["Ana"])
