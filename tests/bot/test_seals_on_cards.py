"""What cards in chat say of seals: what is not sealed, what does not hold behind a picture, and what a copy lost on its way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot import show
from core import files
from core.provenance.seal import keys
from storage.clock import now
from storage.files import assets
from storage.rendering import renders
from storage.tables import Asset, Render, RenderState
from tests.bot.conftest import Talk
from tests.bot.terminal import Terminal
from tests.core.files.test_files import made
from tests.core.graphs import text_to_image
from tests.core.provenance.test_certificates import issue, withdraw
from tests.core.provenance.test_seal import chain
from tests.core.verification.test_verify import resaved
from tests.pictures import comfy_png, encoded, scene, with_chunk


def finished(talk: Talk, number: int, **more: object) -> tuple[Render, Asset]:
    """A render with one output, sealed as far as there are keys."""
    render = talk.ask()
    ids = {"member_id": talk.mia.id, "project_id": talk.project.id, "render_id": render.id, "render_code": render.code}
    draft = files.finish(talk.desk, made(**ids, **more), comfy_png(scene(number), text_to_image()), "a.png", 0)
    with talk.desk.writing() as session:
        asset = assets.add(session, draft)
        moment = {"started_at": render.created_at, "finished_at": now()}
        renders.change_queued(session, render.id or 0, state=RenderState.DONE, **moment)
    return render, asset


def seal_on(talk: Talk, subject: Any) -> str:
    """What the card in chat says of it."""
    with talk.desk.reading() as session:
        card = (
            show.render_card(session, talk.reread(subject)) if isinstance(subject, Render) else show.asset_card(session, subject)
        )
    return {one.label: one.value for one in card.fields}.get("Seal", "")


def test_without_keys_the_cards_say_loudly_that_nothing_is_sealed(talk: Talk) -> None:
    render, asset = finished(talk, 1)

    for subject in (asset, render):
        assert seal_on(talk, subject).startswith("No Content Credentials yet: seal.pem of the seal cannot be read")


def test_a_broken_parent_stands_on_the_childs_cards_although_the_child_is_whole(talk: Talk) -> None:
    keys.init(talk.desk.settings.keys, "Studio")
    broken = with_chunk(chain(talk.desk.settings, 1)[0], b"tEXt", b"Author\0somebody else")
    draft = files.keep(talk.desk, broken, "ref.png", member_id=talk.mia.id or 0, project_id=talk.project.id or 0)
    with talk.desk.writing() as session:
        parent = assets.add(session, draft)

    whole_render, whole = finished(talk, 2)
    render, child = finished(
        talk, 3, parents=[{"asset": parent.code, "sha256": parent.sha256, "input": "image", "source_type": ""}]
    )

    warning = f"invalid history: {parent.code}: R-PF3D #1: changed after it was signed"
    assert (
        seal_on(talk, parent).splitlines()[0]
        == "came with Content Credentials of an unknown signer (certificate: Studio): invalid"
    )
    assert seal_on(talk, child) == f"signed by Studio\n{warning}"
    assert seal_on(talk, render) == warning
    assert (seal_on(talk, whole), seal_on(talk, whole_render)) == ("signed by Studio", "")


def test_what_a_copy_has_lost_on_its_way_is_told(talk: Talk) -> None:
    keys.init(talk.desk.settings.keys, "Studio")
    _, asset = finished(talk, 4)
    original = talk.desk.blobs.get(asset.sha256)

    def asked(data: bytes) -> tuple[str, object]:
        told = talk.say("whatis", files=(talk.upload(data),))
        assert told.data["asset"] == asset.code
        assert told.cards[0].text.startswith(told.text)
        return told.text, told.data["credentials"]

    for copy in (resaved(original), resaved(original, "PNG")):
        said, state = asked(copy)
        assert state == "lost"
        assert said.endswith("Its Content Credentials were removed; `/restore` with the picture gives back what can be proved.")
    assert asked(original)[1] == "kept"
    said, state = asked(with_chunk(original, b"tEXt", b"Author\0somebody else"))
    assert state == "changed"
    assert "/verify" in said
    assert talk.say("whatis", files=(talk.upload(encoded(scene(99))),)).data["certainty"] == "unknown"


def test_the_command_line_renews_what_runs_out_and_takes_revocation_lists(talk: Talk, slate: Terminal, tmp_path: Path) -> None:
    own = talk.desk.settings
    keys.init(own.keys, "Studio")
    issue(own, "seal", 20)
    _, asset = finished(talk, 1)
    assert slate.json("seal", "--renew")["results"][0]["why"].startswith(f"{asset.code} would be good no longer than it is")
    new = slate.json("keys", "rotate")["serial"]

    (done,) = slate.json("seal", "--renew")["results"]

    assert (done["asset"], done["state"]) == (asset.code, "sealed")
    assert slate.json("seal", "--renew")["results"] == []
    assert slate("seal", "--renew") == 0
    assert "Nothing expires within six weeks." in slate.out
    (tmp_path / "list.pem").write_bytes(withdraw(own, new, now()))
    told = slate.json("keys", "revoke", "--list", str(tmp_path / "list.pem"))
    assert (told["certificates"], told["issuer"]) == (1, "CN=Studio intermediate (development),O=Studio")
    (tmp_path / "none.pem").write_bytes(b"junk")
    assert slate.json("keys", "revoke", "--list", str(tmp_path / "none.pem"), status=2)["error"]["code"] == "bad-input"
