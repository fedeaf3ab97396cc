"""`slate …`: the command line, a front end like the chats. Nothing heavy is imported before a command needs it."""

from __future__ import annotations


def main() -> None:
    """The entry point: run what the arguments say, and end the process with a documented exit code."""
    import sys

    from bot.cli.entry import run

    sys.exit(run(sys.argv[1:]))
