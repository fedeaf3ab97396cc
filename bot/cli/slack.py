"""`slate slack`: Slack over Socket Mode, and the manifest of the app."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.child_process import follow_parent, listen_for_stop, settle
from bot.cli.options import AsJson


def slack(
    manifest: Annotated[bool, typer.Option("--manifest", help="Print the app's manifest for Slack, and end.")] = False,
    every_command: Annotated[
        bool, typer.Option("--every-command", help="With --manifest: a slash command for each command, besides /slate.")
    ] = False,
    address: Annotated[
        str, typer.Option(help="With --manifest: how Slack reaches the web process, https://…, for HTTP instead of Socket Mode.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Serve Slack over Socket Mode; docs/slack.md says how to set it up."""
    if manifest:
        from bot.slack.manifest import manifest as made
        from bot.slack.manifest import written

        wanted = made(address, every=every_command)
        if as_json:
            from bot.cli.answer_output import print_json
            from core.schemas.operations import ManifestSchema

            print_json(ManifestSchema(manifest=wanted))
        else:
            typer.echo(written(wanted), nl=False)
        return
    _serve(as_json)


def _serve(as_json: bool) -> None:
    from bot.cli.processes import say_alive, say_started
    from bot.slack.socket_mode import SlackSockets
    from core.desk import here
    from core.errors import BadInput
    from core.operations import logs
    from core.settings import Settings

    settings = Settings()
    if not settings.slack_app_token or not settings.slack:
        hint = "Set SLATE_SLACK_APP_TOKEN (xapp-…) and SLATE_SLACK_BOT_TOKEN (xoxb-…); docs/slack.md says where they are."
        raise BadInput("Slack is not set up here.", hint=hint)
    follow_parent()
    logs.set_up(settings, "slack")
    say_alive(settings, "slack")
    if as_json:
        say_started("slack")
    desk = here()
    sockets = SlackSockets(desk)
    settle()
    listen_for_stop(sockets.stop)
    try:
        sockets.serve()
    finally:
        sockets.close()
        desk.close()
