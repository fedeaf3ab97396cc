"""What the doctor finds, and how it says to fix it."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from core.desk import Desk, open_desk
from core.operations import doctor
from core.operations.findings import Finding, State
from core.operations.setup import prepare
from core.settings import Settings
from hooks.simulator import SimulatorOptions, running
from storage import valkey
from storage.blobs import open_blobs


def only(found: Iterator[Finding]) -> Finding:
    [finding] = found
    return finding


@contextmanager
def desk_with(settings: Settings, **changes: object) -> Iterator[Desk]:
    desk = open_desk(settings.model_copy(update=changes))
    yield desk
    desk.close()


@contextmanager
def answering(body: bytes) -> Iterator[int]:
    """A web server that gives everybody the same answer; its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_a_database_is_told_with_its_version_and_schema(desk: Desk) -> None:
    finding = only(doctor.database(desk))
    assert (finding.state, finding.kind) == (State.FINE, "real")
    assert finding.text.startswith(("SQLite", "PostgreSQL"))
    assert finding.facts["schema"] == finding.facts["newest"] != ""


def test_an_embedded_database_that_was_never_started_is_no_fault(tmp_path: Path) -> None:
    with desk_with(Settings(data=tmp_path)) as desk:
        finding = only(doctor.database(desk))
    assert (finding.state, finding.kind) == (State.IDLE, "embedded")
    assert "slate up" in finding.fix


def test_a_database_that_does_not_answer_is_broken_and_its_password_stays_secret(settings: Settings) -> None:
    with desk_with(settings, database_url="postgresql://slate:s3cret@127.0.0.1:1/slate") as desk:
        finding = only(doctor.database(desk))
    assert finding.state is State.BROKEN
    assert "SLATE_DATABASE_URL" in finding.fix
    assert "s3cret" not in repr(finding)


def test_a_database_of_a_newer_slate_must_not_be_written(desk: Desk) -> None:
    with desk.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    finding = only(doctor.database(desk))
    assert finding.state is State.BROKEN
    assert "newer" in finding.text


def test_a_queue_that_keeps_its_jobs_is_fine(desk: Desk) -> None:
    finding = only(doctor.queue(desk))
    assert (finding.state, finding.facts["keeps"]) == (State.FINE, True)
    assert "Valkey" in finding.text


def test_a_queue_that_forgets_is_a_warning(settings: Settings, tmp_path: Path) -> None:
    command = [str(valkey.binary()), "--port", "0", "--unixsocket", str(tmp_path / "v.sock"), "--save", "", "--appendonly", "no"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=tmp_path) as server:
        try:
            while not valkey.answers(tmp_path / "v.sock"):
                assert server.poll() is None
            with desk_with(settings, redis_url=f"unix://{tmp_path / 'v.sock'}") as desk:
                finding = only(doctor.queue(desk))
                assert finding.state is State.WARNING
                assert "appendonly" in finding.fix
                desk.queue.redis.config_set("maxmemory", "100mb")
                desk.queue.redis.config_set("maxmemory-policy", "allkeys-lru")
                assert "noeviction" in only(doctor.queue(desk)).fix
        finally:
            server.terminate()


def test_a_real_queue_that_is_away_is_broken_and_an_embedded_one_only_not_started(settings: Settings, tmp_path: Path) -> None:
    with desk_with(settings, redis_url="redis://:s3cret@127.0.0.1:1/0") as desk:
        finding = only(doctor.queue(desk))
    assert finding.state is State.BROKEN
    assert "s3cret" not in repr(finding)
    with desk_with(settings, redis_url="", data=tmp_path / "new") as desk:
        assert only(doctor.queue(desk)).state is State.IDLE


def test_the_store_is_tried_and_left_as_it_was(desk: Desk, settings: Settings) -> None:
    assert only(doctor.blobs(desk)).state is State.FINE
    assert [one for one in (settings.data / "blobs").rglob("*") if one.is_file()] == []


def test_a_store_that_cannot_be_written_is_broken(desk: Desk, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    store = open_blobs(f"file://{blocked}")
    blocked.rmdir()
    blocked.write_text("not a folder")
    finding = only(doctor.blobs(Desk(desk.settings, desk.database, store, desk.queue)))
    assert finding.state is State.BROKEN
    assert finding.fix


def test_a_comfyui_that_has_everything_is_fine_and_one_without_models_is_a_warning(settings: Settings) -> None:
    with running(SimulatorOptions()) as full, running(SimulatorOptions(models=False)) as bare:
        urls = (f"big={full.url}", f"small={bare.url}")
        with desk_with(settings, comfyui_urls=urls) as desk:
            prepare(desk, [])
            big, small = doctor.comfyui(desk)
    assert (big.state, big.facts["name"], big.kind) == (State.FINE, "big", "real")
    assert small.state is State.WARNING
    assert "checkpoints/slate-sim-base.safetensors" in small.text
    assert "text-to-image" in small.facts["missing"]


def test_a_comfyui_that_is_away_is_broken_if_real_and_not_started_if_simulated(settings: Settings) -> None:
    with desk_with(settings, comfyui_urls=("gpu=http://127.0.0.1:1",)) as desk:
        assert only(doctor.comfyui(desk)).state is State.BROKEN
    with desk_with(settings) as desk:
        assert only(doctor.comfyui(desk)).state is State.IDLE
        prepare(desk, [("gpu-01", "http://127.0.0.1:1")])
        assert only(doctor.comfyui(desk)).state is State.IDLE


def test_a_server_that_is_no_comfyui_is_broken(settings: Settings) -> None:
    with answering(b"<html>hello</html>") as port, desk_with(settings, comfyui_urls=(f"http://127.0.0.1:{port}",)) as desk:
        finding = only(doctor.comfyui(desk))
    assert finding.state is State.BROKEN


def test_the_web_port_is_free_ours_or_a_strangers(settings: Settings) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with desk_with(settings, port=port) as desk:
        assert only(doctor.web(desk)).state is State.IDLE
    with answering(b'{"ok": true, "database": "up", "redis": "up"}') as port, desk_with(settings, port=port) as desk:
        assert only(doctor.web(desk)).state is State.FINE
    for stranger in (b"<html>", b"[1]", b"\xff"):
        with answering(stranger) as port, desk_with(settings, port=port) as desk:
            finding = only(doctor.web(desk))
            assert finding.state is State.BROKEN
            assert "SLATE_PORT" in finding.fix


def test_room_on_the_disk_is_told_even_before_the_folder_is_made(settings: Settings) -> None:
    with desk_with(settings, data=settings.data / "not" / "there" / "yet") as desk:
        finding = only(doctor.disk(desk))
    assert finding.facts["free_bytes"] > 0


def test_missing_fonts_are_named_with_what_to_install(desk: Desk) -> None:
    finding = only(doctor.fonts(desk))
    assert finding.state in (State.FINE, State.WARNING)
    assert bool(finding.fix) == bool(finding.facts.get("missing"))


def test_a_desk_is_healthy_unless_something_is_broken(desk: Desk) -> None:
    desk.settings.data.chmod(0o755)
    found = doctor.examine(desk)
    parts = {"database", "queue", "files", "comfyui", "web", "processes", "seal", "fonts", "disk", "security"}
    assert {one.part for one in found} == parts
    desk.settings.data.chmod(0o700)
    assert not list(doctor.safety(desk)), "nothing is said of security where all is shut"
    assert doctor.healthy([one for one in found if one.state is not State.BROKEN])
    assert not doctor.healthy([*found, Finding("x", State.BROKEN, "It is.")])
    assert all(one.fix for one in found if one.state is not State.FINE)
