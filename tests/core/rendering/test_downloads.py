"""A file that comes short, late or not at all is asked for again; only one that cannot be had any more is rendered again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from core.comfyui.client import Comfy, OutputFile
from core.comfyui.download import GONE_PAUSES, PAUSES, download
from core.desk import Desk
from core.errors import BackendUnreachable, GarbledAnswer, OutputLost
from core.rendering import lifecycle
from core.rendering.lifecycle import RenderRequest
from core.rendering.worker import MOST_RUNS, run_id
from storage.tables import Render, RenderState
from tests.pictures import SAMPLES, encoded, scene
from tests.shop import Shop, open_shop


@pytest.fixture
def shop(desk: Desk) -> Iterator[Shop]:
    with open_shop(desk) as opened:
        yield opened


def runs_of(shop: Shop, render: Render) -> list[str]:
    mine = {run_id(render, number) for number in range(1, MOST_RUNS + 2)}
    return [run.outcome for run in shop.simulator.executed if run.prompt_id in mine]


def ask_with(shop: Shop, picture: str, **more: object) -> Render:
    inputs = {"prompt": "a red boat", "steps": 3, "image": picture, **more}
    return lifecycle.submit(shop.desk, RenderRequest("image-to-image", shop.mia, shop.project, inputs=inputs))


@pytest.mark.parametrize("knob", ["view_missing", "view_empty", "view_short", "view_cut"])
def test_a_download_that_goes_wrong_once_costs_no_second_run(shop: Shop, knob: str) -> None:
    shop.simulator.turn(**{knob: 1})
    render = shop.ask()
    assert shop.lane().work()
    (asset,) = shop.outputs(render)
    assert shop.now(render).state is RenderState.DONE
    assert runs_of(shop, render) == ["success"]
    assert hashlib.sha256(shop.desk.blobs.get(asset.sha256)).hexdigest() == asset.sha256


def test_a_server_that_forgot_its_history_is_asked_for_the_files_it_wrote(shop: Shop) -> None:
    shop.simulator.turn(forget_history=1)
    render = shop.ask(count=3)
    assert shop.lane().work()
    assert shop.now(render).state is RenderState.DONE
    assert [asset.ordinal for asset in shop.outputs(render)] == [0, 1, 2]
    assert runs_of(shop, render) == ["success"]


def test_with_one_file_of_three_missing_a_forgotten_run_is_made_again(shop: Shop) -> None:
    shop.simulator.turn(forget_history=1)
    render = shop.ask(count=3)
    lane = shop.lane()
    found = lane.comfy.written

    def one_is_deleted(graph: dict[str, dict[str, object]]) -> tuple[OutputFile, ...]:
        for path in sorted(Path(shop.simulator.folder).glob("output/slate/*/*_00003_.png")):
            path.unlink()
        return found(graph)

    lane.comfy.written = one_is_deleted  # type: ignore[method-assign]
    assert lane.work()
    assert shop.now(render).state is RenderState.DONE
    assert len(shop.outputs(render)) == 3
    assert runs_of(shop, render) == ["success", "success"]


def test_a_picture_that_goes_in_is_uploaded_once_for_all_renders(shop: Shop) -> None:
    source = shop.ask()
    lane = shop.lane()
    assert lane.work()
    (asset,) = shop.outputs(source)
    for seed in (1, 2):
        ask_with(shop, asset.code, seed=seed)
        assert lane.work()
    inputs = [path for path in Path(shop.simulator.folder).glob("input/**/*") if path.is_file() and "slate" in str(path)]
    assert [path.name for path in inputs] == [f"{asset.sha256[:40]}.png"]


def test_an_upload_that_was_cut_off_is_made_again(shop: Shop) -> None:
    source = shop.ask()
    lane = shop.lane()
    assert lane.work()
    (asset,) = shop.outputs(source)
    half = Path(shop.simulator.folder) / "input" / "slate" / "inputs" / f"{asset.sha256[:40]}.png"
    half.parent.mkdir(parents=True)
    half.write_bytes(shop.desk.blobs.get(asset.sha256)[:100])
    render = ask_with(shop, asset.code)
    assert lane.work()
    assert shop.now(render).state is RenderState.DONE
    assert half.read_bytes() == shop.desk.blobs.get(asset.sha256)


def test_two_houses_on_one_server_never_write_into_the_same_folder(shop: Shop) -> None:
    ours = shop.ask()
    theirs = Render(id=ours.id, created_at=ours.created_at.replace(year=2001))
    assert ours.code == theirs.code
    assert run_id(ours, 1)[:8] != run_id(theirs, 1)[:8]
    assert shop.lane().work()
    (folder,) = Path(shop.simulator.folder, "output", "slate").iterdir()
    assert folder.name == f"{ours.code}-{run_id(ours, 1)[:8]}"


OUTPUT = OutputFile("9", "a.png", "", "output", "image")


class Script:
    """Answers one attempt after the other with bytes or an error, and notes how long was waited between them."""

    def __init__(self, *answers: bytes | Exception) -> None:
        self.answers = list(answers)
        self.waited: list[float] = []

    def __call__(self, output: OutputFile) -> bytes:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def download(self, filename: str = "a.png") -> bytes:
        return download(self, OutputFile("9", filename, "", "output", "image"), self.waited.append, server="gpu-01")


def test_pauses_grow_and_end() -> None:
    whole = encoded(scene(1))
    script = Script(whole[:-20])
    with pytest.raises(OutputLost, match="incomplete"):
        script.download()
    assert script.waited == list(PAUSES)
    script = Script(OutputLost("gone", gone=True))
    with pytest.raises(OutputLost):
        script.download()
    assert script.waited == list(GONE_PAUSES)


def damaged(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 0x55]) + data[middle + 1 :]


def test_a_file_whose_checksums_are_wrong_is_fetched_again_and_taken_if_it_never_comes_otherwise() -> None:
    whole = encoded(scene(1))
    script = Script(damaged(whole), damaged(whole), whole)
    assert script.download() == whole
    assert script.waited == list(PAUSES[:2])
    odd = Script(damaged(whole))
    assert odd.download() == damaged(whole), "its maker may have written it so; reading it decides"
    assert odd.waited == list(PAUSES)


def test_a_web_page_in_place_of_a_file_is_no_result_and_costs_no_second_run(shop: Shop) -> None:
    page = b"\n<!DOCTYPE html><title>Sign in</title>"
    whole = encoded(scene(1))
    assert Script(page, whole).download() == whole
    with pytest.raises(GarbledAnswer):
        Script(page).download()
    assert Script(page).download("notes.html") == page
    render, lane = shop.ask(), shop.lane()
    lane.comfy.collect = lambda output, rest: Script(page).download()  # type: ignore[method-assign]
    assert lane.work()
    assert shop.now(render).state is RenderState.QUEUED
    del lane.comfy.collect
    with shop.desk.writing() as session:
        session.execute(text("UPDATE render SET not_before = NULL"))
    assert lane.work()
    assert shop.now(render).state is RenderState.DONE
    assert runs_of(shop, render) == ["success"]


def test_a_picture_that_was_damaged_on_its_way_and_has_no_checksum_is_fetched_once_more(shop: Shop) -> None:
    render, lane = shop.ask(), shop.lane()
    collect, asked = lane.comfy.collect, list[str]()

    def first_damaged(output: OutputFile, rest: Callable[[float], None]) -> bytes:
        asked.append(output.filename)
        return collect(output, rest) if len(asked) > 1 else b"\xff\xd8\xff\xe0 no picture \xff\xd9"

    lane.comfy.collect = first_damaged  # type: ignore[method-assign]
    assert lane.work()
    assert shop.now(render).state is RenderState.DONE
    assert len(asked) == 2
    assert runs_of(shop, render) == ["success"]


def test_a_file_that_arrives_late_is_taken_when_it_is_there() -> None:
    whole = encoded(scene(1))
    script = Script(OutputLost("gone", gone=True), b"\x89PNG", BackendUnreachable("silent", sent=True), whole)
    assert script.download() == whole


def test_a_sound_without_an_end_mark_is_believed_when_it_comes_twice_the_same(wild_sound: bytes) -> None:
    script = Script(wild_sound)
    assert script.download("a.opus") == wild_sound
    assert script.waited == [PAUSES[0]]


@pytest.fixture
def wild_sound() -> bytes:
    """An Opus file whose last page does not say that it is the last, as some recorders leave it."""
    data = bytearray((SAMPLES / "comfyui_audio.opus").read_bytes())
    data[data.rfind(b"OggS") + 5] &= ~4
    return bytes(data)


def test_what_a_server_does_not_have_is_not_invented(shop: Shop) -> None:
    with Comfy(shop.simulator.url, name="gpu-01") as comfy:
        saver = {"9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0], "filename_prefix": "slate/none/x"}}}
        assert comfy.written(saver) == ()


def test_a_result_that_is_too_large_ends_the_render_in_words(shop: Shop) -> None:
    render = shop.ask()
    lane = shop.lane()
    lane.comfy.max_result = 1000
    assert lane.work()
    failed = shop.now(render)
    assert failed.state is RenderState.FAILED
    assert failed.error_code == "result-too-large"
    assert runs_of(shop, render) == ["success"]
