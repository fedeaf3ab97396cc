"""The team says what it thinks of a picture: by reaction, by button and by words, each with the right their role gives."""

from __future__ import annotations

import pytest

from tests.pictures import encoded, scene
from tests.stories.conftest import Story
from tests.stories.telling import Person, Seen


@pytest.fixture
def shoe(story: Story, mia: Person) -> Seen:
    """A finished picture of Mia's."""
    asked = mia.asks("/render text-to-image hero shoe, low sun seed:7 steps:2 size:128x128")
    story.works()
    return mia.sees("Took", again=asked)


def actions(story: Story, shoe: Seen) -> list[str]:
    (asset,) = story.assets(shoe)
    return [event.action for event in story.audit(asset.code)]


def test_a_leads_reaction_approves_and_the_card_shows_the_name(story: Story, ana: Person, mia: Person, shoe: Seen) -> None:
    ana.reacts("✅", to=shoe)
    approved = mia.sees("approved by Ana Ruiz", again=shoe)
    assert approved.tone == "approved"
    assert approved.reactions == {"✅": "Ana Ruiz"}
    assert "Approve" not in approved.buttons
    assert story.assets(shoe)[0].status == "approved"


def test_taking_the_reaction_off_takes_the_verdict_back_and_both_are_on_record(story: Story, ana: Person, shoe: Seen) -> None:
    ana.reacts("✅", to=shoe)
    ana.takes_back("✅", from_=ana.sees("approved by Ana Ruiz", again=shoe))
    story.catches_up()
    ana.does_not_see("approved by Ana Ruiz")
    assert story.assets(shoe)[0].status == ""
    assert actions(story, shoe)[-2:] == ["asset:verdict", "asset:verdict-withdrawn"]
    assert {event.actor_id for event in story.audit(story.assets(shoe)[0].code)[-2:]} == {ana.member.id}


def test_an_artists_reaction_is_a_vote_and_a_leads_decides(story: Story, mia: Person, ana: Person, shoe: Seen) -> None:
    mia.reacts("✅", to=shoe)
    voted = mia.sees("approved by Mia Chen (vote)", again=shoe)
    assert voted.tone == "done"
    assert story.assets(shoe)[0].status == ""
    ana.reacts("❌", to=voted)
    decided = mia.sees("rejected by Ana Ruiz", again=shoe)
    assert decided.tone == "rejected"
    assert "approved by Mia Chen (vote)" in decided.text
    assert story.assets(shoe)[0].status == "rejected"


def test_a_reaction_put_on_twice_is_one_verdict(story: Story, ana: Person, shoe: Seen) -> None:
    for _ in range(3):
        ana.reacts("✅", to=shoe)
    assert actions(story, shoe).count("asset:verdict") == 1


def test_words_and_buttons_do_what_reactions_do_and_a_note_is_kept(story: Story, ana: Person, mia: Person, shoe: Seen) -> None:
    ana.presses("Approve", on=shoe)
    mia.sees("approved by Ana Ruiz", again=shoe)
    answer = ana.asks(f"/reject {shoe.subject} the logo is cut off: redo")
    assert "rejected by Ana Ruiz" in answer.text
    assert mia.sees("rejected by Ana Ruiz: the logo is cut off: redo", again=shoe).tone == "rejected"
    mia.does_not_see("approved by Ana Ruiz", "Took")
    ana.says(f"/reject {shoe.subject} undo:yes")
    assert mia.sees("approved by Ana Ruiz", again=shoe).tone == "approved", "what she had said before stands again"


def test_tags_go_on_by_words_and_emoji_and_come_off_again(story: Story, mia: Person, shoe: Seen) -> None:
    mia.says("/tag hero Campaign", to=shoe)
    mia.reacts("⭐", to=shoe)
    assert mia.sees("Tags campaign, hero, pick", again=shoe)
    mia.takes_back("⭐", from_=shoe)
    story.catches_up()
    assert mia.sees("Tags campaign, hero", again=shoe).fields["Tags"] == "campaign, hero"
    assert story.assets(shoe)[0].code in mia.asks("/find tag:hero").text


def test_a_viewer_looks_and_votes_but_neither_renders_nor_tags(story: Story, vic: Person, ana: Person, shoe: Seen) -> None:
    before = len(story.renders())
    told = vic.says("/render text-to-image mine seed:1")
    assert told.error == "refused"
    assert told.seen is not None
    assert "As a viewer you may not render" in told.seen.text
    assert "Ask " in told.seen.text
    assert vic.presses("Reroll", on=shoe).error == "refused"
    assert vic.reacts("⭐", to=shoe).error == "refused"
    assert vic.says(f"/cancel {shoe.subject}").error == "refused"
    assert len(story.renders()) == before
    vic.reacts("✅", to=shoe)
    ana.sees("approved by Vic Low (vote)", again=shoe)
    assert story.assets(shoe)[0].status == ""


def test_a_viewer_may_ask_what_a_picture_is_but_not_make_an_input_of_it(story: Story, vic: Person, shoe: Seen) -> None:
    data = story.desk.blobs.get(story.assets(shoe)[0].sha256)
    told = vic.drops(data, "seen-somewhere.png")
    assert (told.error, "This is " in str(told.seen)) == ("", True)
    vic.is_refused("/render image-to-image a boat", "refused", "As a viewer", files=[encoded(scene(1))])


def test_somebody_elses_render_is_cancelled_by_a_lead_only(story: Story, mia: Person, ana: Person) -> None:
    joe = story.person("Joe Kim")
    waiting = mia.asks("/render text-to-image a long one")
    assert joe.presses("Cancel", on=joe.sees(again=waiting)).error == "refused"
    ana.presses("Cancel", on=ana.sees(again=waiting))
    assert mia.sees("Cancelled by Ana Ruiz", again=waiting).tone == "cancelled"
