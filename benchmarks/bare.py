"""The least a bot can do: Slack's and Discord's own clients, unmodified, that acknowledge what comes and do nothing else.

Baseline of benchmarks.chat_slack and benchmarks.chat_discord, which start it: `python -m benchmarks.bare slack|discord`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any


@contextmanager
def bare(platform: str, settings: Mapping[str, str]) -> Iterator[None]:
    """The bare bot as a process of its own, under Slate's settings."""
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.bare", platform], env=os.environ | dict(settings))
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def slack() -> None:
    from slack_bolt import Ack, App
    from slack_bolt.adapter.socket_mode.websocket_client import SocketModeHandler
    from slack_sdk import WebClient

    url = os.environ["SLATE_SLACK_API_URL"]
    app = App(client=WebClient(os.environ["SLATE_SLACK_BOT_TOKEN"], base_url=url))

    def acknowledge(ack: Ack) -> None:
        ack()

    app.command(re.compile(r"/.*"))(acknowledge)
    SocketModeHandler(app, os.environ["SLATE_SLACK_APP_TOKEN"], web_client=WebClient(base_url=url)).start()


def discord() -> None:
    import discord as client
    import yarl

    url = yarl.URL(os.environ["SLATE_DISCORD_API_URL"])
    client.http.Route.BASE = str(url)
    client.gateway.DiscordWebSocket.DEFAULT_GATEWAY = url.with_scheme("ws").with_path("/gateway/")

    class Bare(client.Client):
        async def on_interaction(self, interaction: client.Interaction[Any]) -> None:
            await interaction.response.defer(ephemeral=True, thinking=True)

    Bare(intents=client.Intents(guilds=True)).run(os.environ["SLATE_DISCORD_TOKEN"], log_handler=None)


if __name__ == "__main__":
    {"slack": slack, "discord": discord}[sys.argv[1]]()
