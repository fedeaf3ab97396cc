"""What a terminal says: arguments in, tables or JSON out, and an exit code."""

from __future__ import annotations

import getpass
import hashlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from core.desk import Desk
from core.review import verdicts
from storage.files import assets
from storage.people import audit, members
from storage.people.audit import AuditFilter
from storage.rendering import renders
from storage.tables import Asset, Judgement, Role
from tests.bot.terminal import Terminal, in_background, in_line
from tests.shop import Shop, open_shop
from tests.waiting import until

# Rendering


def test_a_first_command_sets_everything_up_and_says_who_one_became(slate: Terminal) -> None:
    made = slate.json("render", "text-to-image", "a red", "shoe!", "seed=7", "--shot", "sh010")
    assert {"render", "state", "error", "assets"} <= made.keys()
    assert (made["state"], made["error"], made["assets"]) == ("queued", None, [])
    assert (made["inputs"]["prompt"], made["seed"], made["shot"], made["project"]) == ("a red shoe!", "7", "sh010", "playground")
    assert made["by"] == getpass.getuser()
    assert "with the role admin" in slate.err


def test_inputs_survive_the_way_through_the_shell(slate: Terminal) -> None:
    odd = 'she said "open: now" — 50% of C:\\paint, \'tis $5; a=b\nnext line ✨'
    made = slate.json("render", "text-to-image", f"prompt={odd}", "negative:-blurry", "steps=5")
    assert made["inputs"]["prompt"] == odd
    assert (made["inputs"]["negative"], made["inputs"]["steps"]) == ("-blurry", 5)


def test_a_prompt_that_looks_like_a_command_or_markup_is_only_a_prompt(slate: Terminal) -> None:
    for prompt in ("/cancel all", "[bold red]loud[/]", "@here <!channel>", "--help me"):
        assert slate.json("render", "text-to-image", f"prompt={prompt}")["inputs"]["prompt"] == prompt
    assert slate("queue") == 0
    assert "[bold red]loud[/]" in slate.out or "queued" in slate.out


def test_no_escape_sequence_of_a_prompt_reaches_the_terminal(slate: Terminal) -> None:
    assert slate("render", "text-to-image", "prompt=red \x1b]0;owned\x07\x1b[31mshoe") == 0
    assert "\x1b" not in slate.out


def test_waiting_gives_the_pictures(slate: Terminal, shop: Shop, desk: Desk) -> None:
    waiting = in_background("render", "text-to-image", "a red boat", "steps=3", "width=128", "height=128", "--wait", "--json")
    until(lambda: bool(in_line(desk)), "the render is queued")
    shop.drain()
    out, err = waiting.communicate(timeout=30)
    assert waiting.returncode == 0, err
    made = json.loads(out)
    [asset] = made["assets"]
    assert (made["state"], asset["width"], asset["height"]) == ("done", 128, 128)
    assert asset["sha256"] == hashlib.sha256(desk.blobs.get(asset["sha256"])).hexdigest()
    assert asset["filename"].endswith(".png")


def test_waiting_for_a_render_that_fails_ends_with_one(desk: Desk, slate: Terminal) -> None:
    with open_shop(desk, node_error="always") as shop:
        waiting = in_background("render", "text-to-image", "a red boat", "steps=3", "--wait", "--json")
        until(lambda: bool(in_line(desk)), "the render is queued")
        shop.drain()
        out, _ = waiting.communicate(timeout=30)
    made = json.loads(out)
    assert (waiting.returncode, made["state"], made["assets"]) == (1, "failed", [])
    assert made["error"]["code"]
    assert made["error"]["message"]


def test_whoever_stops_waiting_does_not_stop_the_render(slate: Terminal, shop: Shop, desk: Desk) -> None:
    waiting = in_background("render", "text-to-image", "a red boat", "--wait")
    until(lambda: bool(in_line(desk)), "the render is queued")
    line: list[str] = []
    assert waiting.stderr is not None
    waiting.send_signal(2)
    line += waiting.communicate(timeout=30)
    assert waiting.returncode == 130, line
    assert len(in_line(desk)) == 1


def test_asked_twice_under_one_key_it_is_one_render(slate: Terminal) -> None:
    first = slate.json("render", "text-to-image", "a shoe", "--key", "job-7")
    assert slate.json("render", "text-to-image", "a shoe", "--key", "job-7")["render"] == first["render"]


def test_a_local_picture_becomes_an_input(slate: Terminal, tmp_path: Path, desk: Desk) -> None:
    path = tmp_path / "my sketch.png"
    path.write_bytes(_png())
    made = slate.json("render", "image-to-image", "as a photograph", f"image=@{path}")
    with desk.reading() as session:
        asset = assets.by_code(session, made["inputs"]["image"])
    assert asset is not None
    assert (asset.filename, asset.source_sha256) == ("my sketch.png", hashlib.sha256(_png()).hexdigest())


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (("render", "prodcut-depth", "x"), 3, "unknown-workflow"),
        (("render", "text-to-image", "x", "stepz=3"), 2, "unknown-input"),
        (("render", "text-to-image", "x", "steps=9999"), 2, "out-of-range"),
        (("render", "text-to-image", "x", "steps=many"), 2, "wrong-type"),
        (("render", "text-to-image"), 2, "missing-input"),
        (("render", "text-to-image", "prompt=" + "x" * 20_001), 2, "too-long"),
        (("render", "text-to-image", "x", "--project", "acme"), 3, "unknown-project"),
        (("render", "image-to-image", "x", "image=@/nowhere.png"), 2, "bad-input"),
        (("render", "image-to-image", "x", "image=A-0000"), 3, "unknown-asset"),
        (("render",), 2, "usage"),
        (("rendre", "text-to-image"), 2, "usage"),
        (("queue", "--limt", "3"), 2, "usage"),
        (("queue", "--limit", "0"), 2, "usage"),
        (("cancel", "R-0000"), 3, "unknown-render"),
        (("approve", "A-0000"), 3, "unknown-asset"),
        (("lineage", "A-0000"), 3, "unknown-asset"),
        (("fetch", "A-0000"), 3, "unknown-asset"),
        (("fetch", "R-0000"), 3, "unknown-render"),
        (("whatis", "/nowhere.png"), 2, "bad-input"),
        (("help", "rendre"), 2, "unknown-command"),
        (("queue", "--as", "x" * 61), 2, "too-long"),
        (("queue", "--as", "Mia\x1b[31m"), 2, "bad-input"),
    ],
)
def test_a_mistake_brings_its_code_a_sentence_and_an_exit_code(
    slate: Terminal, arguments: tuple[str, ...], status: int, code: str
) -> None:
    error = slate.json(*arguments, status=status)["error"]
    assert error["code"] == code
    assert error["message"]
    assert set(error) >= {"code", "message", "hint"}
    assert slate(*arguments) == status
    assert slate.out == ""
    assert code in slate.err


def test_a_near_name_is_offered_in_the_terminals_own_words(slate: Terminal) -> None:
    slate("render", "prodcut-depth", "x")
    assert "Did you mean `product-depth`?" in slate.err
    slate("qeue")
    assert "queue" in slate.err
    slate("render", "")
    assert "slate render text-to-image" in slate.err


def test_scripts_are_told_the_terminals_own_words_too(slate: Terminal) -> None:
    assert "slate queue lists" in slate.json("cancel", "R-0000", status=3)["error"]["hint"]


@pytest.mark.parametrize("name", ["playgroud", "acme"])
def test_whoever_names_no_project_learns_how_one_is_made(slate: Terminal, name: str) -> None:
    hint = slate.json("render", "text-to-image", "x", "--project", name, status=3)["error"]["hint"]
    assert "playground" in hint
    assert "New channel" in hint


def test_the_version_is_one_line(slate: Terminal) -> None:
    assert slate("--version") == 0
    assert slate.out == "slate 0.1.0\n"


# The queue


def test_estimates_have_three_digits(slate: Terminal, shop: Shop) -> None:
    shop.ask(prompt="a shoe", steps=7, width=136, height=88)
    [waiting] = slate.json("queue")["renders"]
    for name in ("takes", "starts_in"):
        assert waiting[name] == round(waiting[name], 3)


def test_the_queue_shows_what_waits_and_why(slate: Terminal) -> None:
    slate("join", "Mia")
    slate("join", "Leo")
    made = slate.json("render", "text-to-image", "a shoe", "--as", "Mia")
    [waiting] = slate.json("queue")["renders"]
    assert (waiting["render"], waiting["position"]) == (made["render"], 1)
    assert waiting["reason"]
    assert slate.json("queue", "--mine", "--as", "Leo")["renders"] == []
    assert slate("queue") == 0
    assert made["render"] in slate.out


def test_a_cancelled_render_cannot_be_cancelled_again(slate: Terminal) -> None:
    code = slate.json("render", "text-to-image", "a shoe")["render"]
    assert slate.json("cancel", code)["state"] == "cancelled"
    assert slate.json("cancel", code, status=6)["error"]["code"] == "conflict"


def test_an_artist_cancels_no_other_persons_render(slate: Terminal) -> None:
    for name in ("Kit", "Mia", "Leo"):
        slate("join", name)
    code = slate.json("render", "text-to-image", "a shoe", "--as", "Mia")["render"]
    error = slate.json("cancel", code, "--as", "Leo", status=4)["error"]
    assert error["code"] == "refused"
    assert "Kit" in error["hint"]


# Results


def test_find_explains_how_a_question_is_understood(slate: Terminal) -> None:
    (question,) = slate.json("find", "how many renders since monday", "--explain")["questions"]
    assert question["asks"] == ["how many"]
    assert "since monday" in question["where"]
    assert slate("find", "how many renders since monday", "--explain") == 0
    assert "since monday" in slate.out


def test_a_picture_is_found_by_who_made_it_and_its_documented_keys_are_there(slate: Terminal, shoe: Asset) -> None:
    found = slate.json("find", "who made the hero shoe")
    assert {"answer", "understood", "results"} <= found.keys()
    keys = {"asset", "render", "by", "client", "project", "shot", "workflow", "version", "models", "seed", "status", "created"}
    assert keys <= found["results"][0].keys()
    assert (found["results"][0]["asset"], found["results"][0]["by"]) == (shoe.code, "Mia Chen")
    assert slate("find", "hero", "shoe", 'by:"Mia Chen"') == 0
    assert shoe.code in slate.out


def test_the_original_is_fetched_byte_for_byte(slate: Terminal, shoe: Asset, desk: Desk, tmp_path: Path) -> None:
    original = desk.blobs.get(shoe.sha256)
    assert slate("fetch", shoe.code, "-o", str(tmp_path / "hero.png")) == 0
    assert (tmp_path / "hero.png").read_bytes() == original
    made = subprocess.run(
        [sys.executable, "-m", "bot.cli", "fetch", shoe.code, "-o", "-"],
        capture_output=True,
        check=True,
        env=os.environ,
        timeout=60,
    )
    assert made.stdout == original
    kept = slate.json("fetch", shoe.code, "-o", f"{tmp_path}/")
    assert Path(kept["file"]) == tmp_path / shoe.filename
    assert kept["sha256"] == hashlib.sha256((tmp_path / shoe.filename).read_bytes()).hexdigest()
    with desk.reading() as session:
        assert len(audit.newest(session, AuditFilter(actions=("asset:downloaded",), subject=shoe.code))) == 3


def test_fetching_overwrites_nothing_that_was_not_named(
    slate: Terminal, shoe: Asset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert slate("fetch", shoe.code) == 0
    assert slate("fetch", shoe.code) == 6
    assert slate("fetch", shoe.code, "-o", str(tmp_path / "no" / "such" / "folder.png")) == 2


def test_a_copy_is_recognised(slate: Terminal, shoe: Asset, desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "mail.png").write_bytes(desk.blobs.get(shoe.sha256))
    said = slate.json("whatis", str(tmp_path / "mail.png"))
    assert (said["certainty"], said["asset"]) == ("certain", shoe.code)
    assert said["how"]
    (tmp_path / "other.png").write_bytes(_png())
    said = slate.json("whatis", str(tmp_path / "other.png"))
    assert (said["certainty"], said["asset"]) == ("unknown", None)


def test_verdicts_and_tags_are_given_and_taken_back(slate: Terminal, shoe: Asset, desk: Desk) -> None:
    assert slate.json("approve", shoe.code, "for print, too!")["results"][0]["status"] == "approved"
    with desk.reading() as session:
        [opinion] = verdicts.opinions(session, shoe)
    assert (opinion.verdict.note, opinion.verdict.judgement) == ("for print, too!", Judgement.APPROVED)
    assert slate.json("approve", shoe.code, "--undo")["results"][0]["status"] == ""
    slate("join", "Leo")
    assert slate.json("reject", shoe.code, "--as", "Leo")["results"][0]["status"] == ""
    assert slate.json("tag", shoe.code, "Hero", "pick", "low sun")["results"][0]["tags"] == ["hero", "low-sun", "pick"]


def test_lineage_and_provenance_name_the_picture(slate: Terminal, shoe: Asset) -> None:
    assert slate.json("lineage", shoe.code)["asset"] == shoe.code
    assert slate.json("provenance", shoe.code)["sha256"] == shoe.sha256


def test_what_only_chat_lists_can_be_said_here_too(slate: Terminal, shoe: Asset) -> None:
    again = slate.json("reroll", shoe.code, "steps=4")
    assert again["inputs"]["steps"] == 4
    assert again["seed"] != shoe.seed


# Who speaks


def test_an_unknown_name_creates_nobody_and_says_how_one_is_created(slate: Terminal, desk: Desk, shoe: Asset) -> None:
    with desk.reading() as session:
        before = [one.name for one in members.everybody(session)]
    error = slate.json("approve", shoe.code, "--as", "Ana B", status=3)["error"]
    assert error["code"] == "unknown-member"
    assert "slate join 'Ana B'" in error["hint"]
    assert "Mia Chen" in slate.json("approve", shoe.code, "--as", "Mia Chan", status=3)["error"]["hint"]
    with desk.reading() as session:
        assert [one.name for one in members.everybody(session)] == before
        assert verdicts.opinions(session, shoe) == []


def test_members_created_at_the_terminal_are_newcomers_like_any_other(slate: Terminal, desk: Desk) -> None:
    slate("join", "Kit")
    assert slate.json("join", "Mia") == {"member": "Mia", "role": "artist", "new": True}
    assert slate.json("join", "mia")["new"] is False
    slate("queue", "--as", "MIA")
    assert slate.err == ""
    with desk.reading() as session:
        assert {one.name: one.role for one in members.everybody(session)} == {"Kit": Role.ADMIN, "Mia": Role.ARTIST}


# When something is wrong around it


def test_a_database_that_is_away_is_said_with_five(
    slate: Terminal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLATE_DATABASE_URL", "postgresql://slate:s3cret@127.0.0.1:1/slate")
    error = slate.json("queue", status=5)["error"]
    assert error["code"] == "database-unavailable"
    assert "s3cret" not in slate.out + slate.err


def test_a_queue_that_is_away_loses_nothing(slate: Terminal, monkeypatch: pytest.MonkeyPatch, desk: Desk) -> None:
    monkeypatch.setenv("SLATE_REDIS_URL", "redis://127.0.0.1:1/0")
    assert slate.json("render", "text-to-image", "a shoe")["state"] == "queued"
    with desk.reading() as session:
        assert len(renders.in_line(session, 10)) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("SLATE_PORT", "many"), ("SLATE_DATABASE_URL", "nonsense"), ("SLATE_BLOBS_URL", "ftp://x"), ("SLATE_NEWCOMER_ROLE", "boss")],
)
def test_a_setting_that_makes_no_sense_is_named(slate: Terminal, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    slate("join", "Kit")
    monkeypatch.setenv(name, value)
    error = slate.json("join", "Mia", status=2)["error"]
    assert error["code"] == "bad-input"
    assert name in error["message"] or name == "SLATE_DATABASE_URL" or name == "SLATE_BLOBS_URL"


def test_a_closed_pipe_is_no_mistake(slate: Terminal) -> None:
    slate("queue")
    piped = subprocess.run(
        f"{sys.executable} -m bot.cli workflows --json | head -c 1", shell=True, capture_output=True, timeout=60, env=os.environ
    )
    assert piped.stdout == b"{"
    assert b"Traceback" not in piped.stderr


def test_help_imports_nothing_heavy() -> None:
    probe = "import sys, bot.cli.entry; sys.exit(bool({'sqlalchemy', 'redis', 'PIL', 'pydantic'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", probe], timeout=60).returncode == 0


def _png() -> bytes:
    made = io.BytesIO()
    Image.linear_gradient("L").save(made, "PNG")
    return made.getvalue()
