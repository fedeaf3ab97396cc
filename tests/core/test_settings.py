"""A folder may have any name: everything embedded stays inside it."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis

from core.desk import Desk, open_desk
from core.settings import Settings
from storage import valkey
from storage.blobs import FolderBlobs


def opened(folder: Path) -> Desk:
    return open_desk(Settings(data=folder, database_url="", redis_url="", blobs_url=""))


@pytest.mark.parametrize("name", ["plain", "with a blank", "50%20off", "what?", "no#1", "Größe", "x" * 120])
def test_everything_embedded_stays_in_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    desk = opened(folder)
    try:
        desk.database.migrate()
        assert isinstance(desk.blobs, FolderBlobs)
        assert desk.blobs.root == folder / "blobs"
        assert (folder / "slate.db").exists()
        assert desk.queue.redis.connection_pool.connection_kwargs["path"] == str(desk.settings.redis_socket)
        assert [one.name for one in tmp_path.iterdir()] == [name]
    finally:
        desk.close()


def test_a_socket_whose_path_would_be_too_long_answers_elsewhere(tmp_path: Path) -> None:
    desk = opened(tmp_path / ("x" * 120))
    socket = desk.settings.redis_socket
    assert len(str(socket)) < 100
    process = valkey.start(desk.settings.data / "redis", socket)
    try:
        assert desk.queue.ping()
    finally:
        valkey.shut_down(socket)
        process.wait(10)
        desk.close()
    with pytest.raises(redis.RedisError):
        desk.queue.length("chat")
    desk.close()
