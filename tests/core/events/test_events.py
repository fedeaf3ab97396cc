"""Events and what follows from them: one table, one transaction, fresh rows, and nobody else who does it by hand."""

from __future__ import annotations

import ast
import threading
from pathlib import Path

import pytest

from core.desk import Desk
from core.events import FOLLOWS, Event, Follow, record
from core.events.actions import Action
from core.importing.confirm import Confirmation, confirm
from core.people import projects
from core.review import verdicts
from storage import search
from storage.chat import posts
from storage.files import assets
from storage.people import audit, members
from storage.search import Facet, Query, Scope
from storage.search.query import FacetField
from storage.tables import Asset, Judgement, Member, Origin, Post, Role

ROOT = Path(__file__).parents[3]
SOURCES = [path for floor in ("hooks", "bot", "core", "storage") for path in (ROOT / floor).rglob("*.py")]


def test_every_action_says_what_follows_from_it() -> None:
    assert set(FOLLOWS) == set(Action)


def test_every_action_of_the_list_is_recorded_somewhere() -> None:
    """A closed list that names what never happens promises what is not there."""
    texts = [path.read_text() for path in SOURCES if path.name not in ("audit.py", "consequences.py")]
    computed = {Action.RENDER_DONE, Action.RENDER_FAILED, Action.RENDER_CANCELLED}  # from the state a render ends in
    assert [one.name for one in set(Action) - computed if not any(f"Action.{one.name}" in text for text in texts)] == []


def test_index_posts_and_audit_are_called_by_the_recorder_only() -> None:
    """What follows from a change is decided in one table; new rows are indexed by the query that writes them."""
    allowed = {"core/events/recording.py", "storage/files/assets.py"}
    calls = {("search", "index"), ("posts", "touch"), ("audit_rows", "append"), ("audit", "append"), ("history", "add")}
    found = {
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and (node.func.value.id, node.func.attr) in calls
        and str(path.relative_to(ROOT)) not in allowed
    }
    assert found == set()


@pytest.fixture
def lead(desk: Desk) -> Member:
    with desk.writing() as session:
        return members.add(session, "Lea", "lea", Role.LEAD)


@pytest.fixture
def asset(desk: Desk, lead: Member) -> Asset:
    return _made(desk, lead)


def _made(desk: Desk, by: Member, origin: Origin = Origin.UPLOAD) -> Asset:
    digest = desk.blobs.put(b"a picture")
    with desk.writing() as session:
        made = Asset(
            origin=origin, member_id=by.id, project_id=projects.ensure_defaults(session).id or 0, sha256=digest,
            source_sha256=digest, filename="shoe.png", mime="image/png", size=9, inferred={"shot": "name"},
        )  # fmt: skip
        return assets.add(session, assets.AssetDraft(made))


def _watch(desk: Desk, asset: Asset) -> int:
    with desk.writing() as session:
        post = posts.add(session, Post(platform="room", channel_id="general", asset_id=asset.id))
        posts.shown(session, post, post.wanted, "m1")
        return post.id


def test_several_events_of_one_asset_touch_its_posts_once(desk: Desk, asset: Asset, lead: Member) -> None:
    post_id = _watch(desk, asset)
    with desk.writing() as session:
        for word in ("hero", "pick"):
            record(session, Event(Action.ASSET_TAGGED, asset.code, by=lead, after={"tag": word}, asset_id=asset.id))
    with desk.reading() as session:
        post = posts.by_id(session, post_id)
        assert post is not None
        assert (post.due, post.wanted) == (True, 2)
        assert [one.action for one in audit.about(session, asset.code)] == ["asset:tagged", "asset:tagged"]


def test_a_transaction_that_fails_leaves_neither_the_event_nor_what_follows(desk: Desk, asset: Asset, lead: Member) -> None:
    post_id = _watch(desk, asset)

    def break_off() -> None:
        with desk.writing() as session:
            record(session, Event(Action.ASSET_TAGGED, asset.code, by=lead, asset_id=asset.id))
            raise KeyError("the command broke off")

    with pytest.raises(KeyError):
        break_off()
    with desk.reading() as session:
        post = posts.by_id(session, post_id)
        assert post is not None
        assert not post.due
        assert list(audit.about(session, asset.code)) == []


@pytest.mark.parametrize("action", [one for one in Action if one.value.startswith("asset:") and Follow.POSTS in FOLLOWS[one]])
def test_a_late_change_of_an_asset_reaches_the_messages_that_show_it(desk: Desk, asset: Asset, action: Action) -> None:
    post_id = _watch(desk, asset)
    with desk.writing() as session:
        record(session, Event(action, asset.code, asset_id=asset.id))
    with desk.reading() as session:
        post = posts.by_id(session, post_id)
        assert post is not None
        assert post.due


def test_recording_outside_a_desks_transaction_is_refused(desk: Desk, asset: Asset) -> None:
    with pytest.raises(RuntimeError, match="no queue is bound"), desk.database.writing() as session:
        record(session, Event(Action.ASSET_TAGGED, asset.code, asset_id=asset.id))


def _found(desk: Desk, facet: Facet) -> set[int]:
    with desk.reading() as session:
        return set(search.find(session, Query(facets=(facet,)), Scope()).asset_ids)


def test_a_bulk_confirmation_beside_an_approval_leaves_the_index_as_the_rows_are(desk: Desk, lead: Member) -> None:
    """Two transactions change one asset at the same time; whichever commits last, the index has both changes."""
    many = [_made(desk, lead, Origin.INGEST) for _ in range(6)]
    start = threading.Barrier(2)

    def approve() -> None:
        start.wait()
        for one in many:
            verdicts.decide(desk, one, Judgement.APPROVED, by=lead)

    def confirm_all() -> None:
        start.wait()
        for shot in ("sh010", "sh020", "sh030"):
            with desk.writing() as session:
                confirm(session, [one.id for one in many], by=lead, said=Confirmation(shot=shot))

    threads = [threading.Thread(target=work) for work in (approve, confirm_all)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    everything = {one.id for one in many}
    assert _found(desk, Facet(FacetField.STATUS, ("approved",))) == everything
    assert _found(desk, Facet(FacetField.SHOT, ("sh030",))) == everything
