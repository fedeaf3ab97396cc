"""The environment variables as a table."""

from __future__ import annotations

from core.operations.settings_table import variables
from core.settings import Settings


def test_every_variable_is_described_and_shown_fit_to_be_seen() -> None:
    settings = Settings(
        secret="s3cret-and-long-enough",
        database_url="postgresql://slate:s3cret@db.example/slate",
        redis_url="redis://:s3cret@queue.example:6379/0",
        comfyui_urls="gpu-01=http://kit:s3cret@10.0.0.5:8188,http://10.0.0.6:8188",  # type: ignore[arg-type]
        log_json=True,
    )
    shown = {one.name: one for one in variables(settings)}
    assert all(one.help for one in shown.values())
    assert "s3cret" not in repr(shown)
    assert shown["SLATE_SECRET"].value == "(set, not shown)"
    assert shown["SLATE_COMFYUI_URLS"].value == "gpu-01=http://***@10.0.0.5:8188,http://10.0.0.6:8188"
    assert (shown["SLATE_LOG_JSON"].value, shown["SLATE_LOG_JSON"].is_set, shown["SLATE_PORT"].is_set) == ("true", True, False)
