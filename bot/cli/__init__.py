"""`slate …`: the command line, a front end like the chats. Nothing heavy is imported before a command needs it."""

from __future__ import annotations


def main() -> None:
    """The entry point: run what the arguments say, and end the process with a documented exit code."""
    import gc
    import os
    import sys

    gc.set_threshold(100_000, 20, 20)  # what is loaded stays: looking at it again and again costs a tenth
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")  # there are none, and looking for them reads every package's metadata
    from bot.cli.entry import run

    sys.exit(run(sys.argv[1:]))
