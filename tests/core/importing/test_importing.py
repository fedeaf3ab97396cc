"""An archive is taken in: found at once, finished later, resumed, repeated, attributed, confirmed; never changed."""

from __future__ import annotations

import hashlib
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from core.errors import BadInput, NotFound, Refused
from core.importing import confirm, scan, second_phase, sources
from core.importing.attribution import Terms
from core.importing.confirm import Confirmation
from core.importing.rules import PathRule
from core.lineage import family as lineage_family
from core.people.projects import find
from core.recognition import identify
from core.recognition.identify import Certainty
from core.search import ask
from storage import search
from storage.files import raw_metadata
from storage.people import audit
from storage.search import Facet, FacetField, Query, Scope
from storage.tables import FoundState, Origin
from tests.core.graphs import image_to_image, text_to_image
from tests.core.importing.conftest import Studio
from tests.pictures import SAMPLES, comfy_png, encoded, scene


def test_what_was_read_can_be_found_before_its_pictures_are_made_and_recognised_after(studio: Studio) -> None:
    path = studio.render("acme/spring/sh010_00001_.png", 1)
    intake = studio.ingest("{client}/{project}/{shot}_*")

    asset = studio.asset("sh010_00001_.png")
    assert (intake.seen, intake.taken, intake.refused) == (1, 1, 0)
    assert (asset.origin, asset.seed != "", asset.thumbnail) == (Origin.INGEST, True, "")
    assert asset.created_at == datetime.fromtimestamp(1_750_000_000, UTC)
    with studio.desk.reading() as session:
        answer = ask.answer(session, "client:acme shot:sh010", by=studio.ana)
    assert [one.asset.code for one in answer.results] == [asset.code]

    assert studio.finish() == 1
    asset = studio.asset("sh010_00001_.png")
    assert studio.desk.blobs.get(asset.sha256) == path.read_bytes()
    assert studio.desk.blobs.has(asset.thumbnail)
    seen = identify.recognise(studio.desk, encoded(scene(1), "JPEG", quality=70))
    assert (seen.certainty, seen.asset and seen.asset.code) == (Certainty.PROBABLE, asset.code)


def test_doing_it_again_takes_in_only_what_is_new_or_has_changed(studio: Studio) -> None:
    for number in range(4):
        studio.render(f"r{number}.png", number)
    studio.ingest()
    studio.finish()
    studio.render("r0.png", 10, seed=99)
    studio.put("r0.png", (studio.folder / "r0.png").read_bytes(), at=1_760_000_000)
    studio.render("new.png", 11)
    again = studio.ingest()

    assert (again.seen, again.taken, again.known) == (5, 2, 3)
    assert len(studio.everything()) == 6
    assert studio.finish() == 2
    assert studio.finish() == 0


def test_a_sidecar_that_comes_later_or_beside_a_copy_is_read_too(studio: Studio) -> None:
    told = b"a red bicycle\nNegative prompt: rain\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42, Model: sd15"
    bare = studio.put("a.png", encoded(scene(1)))
    studio.put("b.png", encoded(scene(2)))
    studio.ingest()
    studio.finish()
    assert (studio.asset("a.png").prompt, studio.asset("b.png").prompt) == ("", "")

    studio.put("a.txt", told, at=1_760_000_000)
    studio.put("elsewhere/c.png", (studio.folder / "b.png").read_bytes())
    studio.put("elsewhere/c.txt", told.replace(b"42", b"43"))
    again = studio.ingest()

    assert (studio.asset("a.png").prompt, studio.asset("a.png").seed) == ("a red bicycle", "42")
    assert studio.asset("b.png").seed == "43"
    with studio.desk.reading() as session:
        assert ask.answer(session, "bicycle", by=studio.ana).results
    studio.put("more/a.png", bare.read_bytes())
    studio.put("more/a.txt", told.replace(b"42", b"99"))
    assert (again.taken, studio.ingest().taken) == (0, 0)
    assert studio.asset("a.png").seed == "42"


def test_a_sidecar_that_was_changed_is_taken_at_the_next_import_and_one_beside_a_copy_is_not(studio: Studio) -> None:
    told = b"a red bicycle\nNegative prompt: rain\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42, Model: sd15"
    bare = studio.put("a.png", encoded(scene(1)))
    studio.put("a.txt", told)
    studio.put("copies/a.png", bare.read_bytes())
    studio.put("copies/a.txt", told)
    studio.ingest()
    studio.put("copies/a.txt", told.replace(b"42", b"99"), at=1_760_000_000)
    studio.ingest()
    assert studio.asset("a.png").seed == "42"

    studio.put("a.txt", told.replace(b"42", b"43").replace(b"red", b"green"), at=1_760_000_000)
    studio.ingest()

    assert (studio.asset("a.png").prompt, studio.asset("a.png").seed) == ("a green bicycle", "43")
    with studio.desk.reading() as session:
        assert ask.answer(session, "green bicycle", by=studio.ana).results
        kept = raw_metadata.of(session, studio.asset("a.png").id or 0) or ()
    assert len([one for one in kept if one[0].startswith("sidecar ")]) == 1
    assert studio.ingest().taken == 0


def test_copies_are_one_asset_and_a_moved_file_is_known_by_its_bytes(studio: Studio) -> None:
    path = studio.render("a.png")
    studio.put("copies/b.png", path.read_bytes())
    first = studio.ingest()
    path.rename(studio.folder / "moved.png")
    second = studio.ingest()

    assert (first.taken, first.known) == (1, 1)
    assert (second.taken, second.known) == (0, 2)
    assert len(studio.everything()) == 1


def test_an_interrupted_intake_goes_on_where_it_was(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        studio.render(f"r{number}.png", number)
    monkeypatch.setattr(scan, "_BATCH", 1)
    told: list[int] = []

    def stop(progress: scan.ImportProgress) -> None:
        told.append(progress.done)
        if progress.done == 2:
            raise KeyboardInterrupt

    place = sources.open_place(str(studio.folder))
    with pytest.raises(KeyboardInterrupt):
        scan.read(studio.desk, place, by=studio.ana, tell=stop)
    assert len(studio.everything()) == 2

    again = studio.ingest()
    assert (again.taken, again.known) == (1, 2)


def test_no_file_is_ever_changed(studio: Studio) -> None:
    for number in range(3):
        studio.render(f"r{number}.png", number)
    studio.put("film.mp4", (SAMPLES / "comfyui_video.mp4").read_bytes())
    before = {path: (path.stat(), _digest(path)) for path in studio.folder.iterdir()}
    studio.ingest()
    studio.finish()

    for path, (stat, digest) in before.items():
        now = path.stat()
        assert (now.st_mtime_ns, now.st_size, now.st_mode, _digest(path)) == (
            stat.st_mtime_ns,
            stat.st_size,
            stat.st_mode,
            digest,
        )


# Whose


def test_rules_make_clients_and_projects_but_never_people(studio: Studio) -> None:
    studio.render("Acme/Spring/mia chen/a.png", 1)
    studio.render("Acme/Spring/intern/b.png", 2)
    studio.render("Globex/Spring/mia chen/c.png", 3)
    studio.ingest("{client}/{project}/{by}/*")

    mine, theirs, other = (studio.asset(name) for name in ("a.png", "b.png", "c.png"))
    assert mine.inferred == {"by": "path", "project": "path", "client": "path"}
    assert mine.member_id == studio.mia.id
    assert theirs.inferred["by"] == "unknown"
    assert mine.project_id == theirs.project_id != other.project_id
    with studio.desk.reading() as session:
        assert ask.answer(session, "who made the shot b.png", by=studio.ana).sentence.startswith("**Nobody knows who** made it")
        said = ask.answer(session, "who made the picture for Globex", by=studio.ana).sentence
    assert said.startswith("**Mia Chen** (by its folder, not confirmed) made it")


def test_a_rule_given_later_tells_of_what_nobody_has_confirmed(studio: Studio) -> None:
    for number, name in enumerate(("a", "b", "copied")):
        studio.render(f"Acme/Spring/mia chen/sh010_{name}.png", number)
    studio.put("Globex/Fall/mia chen/sh999_c.png", (studio.folder / "Acme/Spring/mia chen/sh010_copied.png").read_bytes())
    studio.ingest()
    with studio.desk.writing() as session:
        confirm.confirm(session, [studio.asset("sh010_b.png").id], by=studio.ana, said=Confirmation(by=studio.ana, shot="sh777"))
    again = studio.ingest("{client}/{project}/{by}/{shot}_*")

    a, b, copied = (studio.asset(f"sh010_{name}.png") for name in ("a", "b", "copied"))
    assert (again.seen, again.taken, again.known) == (4, 0, 4)
    assert (a.member_id, a.shot, set(a.inferred.values())) == (studio.mia.id, "sh010", {"path"})
    assert (b.member_id, b.shot, b.inferred) == (studio.ana.id, "sh777", {"client": "path", "project": "path"})
    assert (copied.project_id, copied.shot) == (a.project_id, "sh010"), "it goes by where it was found first"
    with studio.desk.reading() as session:
        assert len(ask.matching(session, "client:acme", by=studio.ana)[1]) == 3
        assert [one.action for one in audit.about(session, a.code)].count("asset:attributed") == 1
    studio.ingest("{client}/{project}/{by}/{shot}_*")
    with studio.desk.reading() as session:
        assert [one.action for one in audit.about(session, a.code)].count("asset:attributed") == 1


def test_a_files_own_words_tell_whose_it_is_and_a_rule_beats_them(studio: Studio) -> None:
    note = {"artist": "Mia Chen", "client": "Acme", "shot": "sh020"}
    studio.put("in/a.png", comfy_png(scene(1), text_to_image(), botinfo=note))
    studio.put("sh777/b.png", comfy_png(scene(2), text_to_image(), botinfo=note))
    studio.ingest("{shot}/b.png")

    a, b = studio.asset("a.png"), studio.asset("b.png")
    assert (a.member_id, a.shot, a.inferred["shot"]) == (studio.mia.id, "sh020", "file")
    assert (b.shot, b.inferred["shot"], b.inferred["by"]) == ("sh777", "path", "file")


def test_what_a_person_says_on_the_command_line_is_no_guess(studio: Studio) -> None:
    studio.render("a.png")
    with studio.desk.reading() as session:
        playground = find(session, "playground")
    studio.ingest(by=studio.mia, project=playground)

    assert studio.asset("a.png").inferred == {}


def test_many_are_confirmed_at_once_and_what_was_known_is_left_alone(studio: Studio) -> None:
    for number in range(3):
        studio.render(f"Acme/Spring/mia chen/r{number}.png", number)
    studio.render("Acme/Spring/intern/x.png", 9)
    studio.ingest("{client}/{project}/{by}/*")
    with studio.desk.writing() as session:
        _, found = ask.matching(session, "client:acme is:inferred", by=studio.ana)
        changed = confirm.confirm(session, found, by=studio.ana)
    assert (len(found), len(changed)) == (4, 4)
    assert studio.asset("r0.png").inferred == {}
    assert studio.asset("x.png").inferred == {"by": "unknown"}

    with studio.desk.writing() as session:
        _, found = ask.matching(session, "is:inferred", by=studio.ana)
        confirm.confirm(session, found, by=studio.ana, said=Confirmation(by=studio.mia))
    with studio.desk.reading() as session:
        assert ask.matching(session, "is:inferred", by=studio.ana)[1] == []
        assert len(ask.matching(session, 'by:"mia chen"', by=studio.ana)[1]) == 4
        with pytest.raises(Refused):
            confirm.confirm(session, found, by=studio.mia)


@pytest.mark.parametrize("rule", ["", "*.png", "{shoe}/*", "{client}/{client}/*"])
def test_a_rule_that_cannot_be_used_says_so(rule: str) -> None:
    with pytest.raises(BadInput, match="rule"):
        PathRule.read(rule)


def test_only_a_lead_takes_in_an_archive(studio: Studio) -> None:
    with pytest.raises(Refused):
        scan.read(studio.desk, sources.open_place(str(studio.folder)), by=studio.mia)
    with pytest.raises(NotFound):
        sources.open_place("/nowhere/at/all")


# Family


@pytest.mark.parametrize("input_first", [True, False], ids=["input first", "input later"])
def test_inputs_are_connected_by_their_hash_whichever_comes_first(studio: Studio, input_first: bool) -> None:
    source = encoded(scene(5))
    graph = image_to_image()
    (loader,) = [node for node in graph.values() if node["class_type"] == "LoadImage"]
    loader["is_changed"] = [hashlib.sha256(source).hexdigest()]
    names = ("a/source.png", "b/made.png") if input_first else ("b/source.png", "a/made.png")
    studio.put(names[0], source)
    studio.put(names[1], comfy_png(scene(6), graph))
    studio.ingest()

    made, came = studio.asset("made.png"), studio.asset("source.png")
    with studio.desk.reading() as session:
        family = lineage_family.of(session, made)
        descent = lineage_family.of(session, came)
    assert [one.asset.filename for one in family.sources] == ["source.png"]
    assert [one.asset.filename for one in descent.results] == ["made.png"]


# Other places


def test_a_zip_is_read_without_unpacking_it_to_a_disk(studio: Studio, tmp_path: Path) -> None:
    archive = tmp_path / "old.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("acme/sh010_a.png", comfy_png(scene(1), text_to_image()))
        made.writestr("acme/notes.txt", "hello")
        made.writestr("__MACOSX/acme/._sh010_a.png", b"junk")
    intake = studio.ingest("{client}/{shot}_*", place=archive)
    assert (intake.taken, intake.passed, intake.refused) == (1, 1, 0)
    assert studio.finish() == 1
    assert studio.asset("sh010_a.png").thumbnail


def test_a_bucket_is_read_by_its_prefix(studio: Studio, s3_url: str, s3_endpoint: str) -> None:
    for name, data in (("a/one.png", comfy_png(scene(1), text_to_image())), ("b/two.png", encoded(scene(2)))):
        _upload(s3_endpoint, s3_url, name, data)
    place = sources.open_place(f"{s3_url}/a", s3_endpoint=s3_endpoint)
    intake = scan.read(studio.desk, place, by=studio.ana, terms=Terms())
    assert (intake.taken, intake.total) == (1, 1)
    settings = studio.desk.settings.model_copy(update={"s3_endpoint": s3_endpoint})
    assert second_phase.finish_all(type(studio.desk)(settings, studio.desk.database, studio.desk.blobs, studio.desk.queue)) == 1
    assert studio.asset("one.png").thumbnail


def test_a_bucket_that_does_not_answer_is_one_line_in_the_report(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    place = sources.open_place("s3://nowhere/x", s3_endpoint="http://127.0.0.1:9")
    found = list(place.walk())
    assert [type(one).__name__ for one in found] == ["Trouble"]


def test_every_kind_of_file_that_comfyui_writes_is_taken_in(studio: Studio) -> None:
    names = sorted(one.name for one in SAMPLES.iterdir() if one.name.startswith("comfyui_"))
    for name in names:
        studio.put(name, (SAMPLES / name).read_bytes())
    intake = studio.ingest()
    assert (intake.taken, intake.refused) == (len(names), 0)
    assert studio.finish() == len(names)
    assert {one.facts["generator"] for one in studio.everything()} == {"ComfyUI"}
    assert all(studio.found(name).state is FoundState.DONE for name in names)


def test_facets_of_what_is_inferred_are_searched_the_same_on_every_database(studio: Studio) -> None:
    studio.render("acme/a.png")
    studio.ingest("{client}/*")
    with studio.desk.reading() as session:
        for facet, count in (("client", 1), ("by", 1), ("shot", 0)):
            query = Query(facets=(Facet(FacetField.INFERRED, (facet,)),))
            assert search.count(session, query, Scope()) == count


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _upload(endpoint: str, url: str, name: str, data: bytes) -> None:
    httpx2.put(f"{endpoint}/{url.removeprefix('s3://')}/{name}", content=data, trust_env=False).raise_for_status()
