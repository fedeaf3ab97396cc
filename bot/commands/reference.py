"""The command table as a page: `python -m bot.commands.reference > docs/commands.md`; a test keeps the page in step."""

from __future__ import annotations

import sys

from bot.commands.command import Command
from bot.commands.help import FAMILIES, usage
from bot.commands.table import BY_NAME
from bot.emoji import meanings
from core.settings import Settings

_INTRODUCTION = """\
# What you can say

Made from the command table by `python -m bot.commands.reference`; do not edit by hand.

The same commands work in the room, on the command line (`slate render …`), and wherever else Slate is spoken to. The
leading slash may be left out where nothing else is said. In chat, `/help COMMAND` shows what stands here.

## How a line is read

* A line is a command, then words and options in any order. An option is `name:value` or `name=value`.
* What has blanks goes into quotes: `"…"`, `'…'`, `“…”`, `„…“`, `‘…’`, `«…»`. A backslash keeps a quote from ending the
  text.
* The words behind the workflow are the prompt: `/render text-to-image a red shoe seed:7`. A prompt with a colon belongs
  into quotes; brackets hold together by themselves, so `(red hair:1.3)` needs none. `prompt: a red shoe` with a blank
  is understood, too.
* Where a workflow has a width and a height, `size:768x512` is both.
* A picture input takes an asset's id (`image:A-7Q0D`), or a dropped file: files fill the picture inputs that are still
  empty, in order.
* Ids look like `R-4F2K` (a render) and `A-7Q0D` (an asset); capitals and look-alike letters (O and 0) do not matter. In
  the thread of a result, the id may be left out.
* Line breaks are kept in prompts. Control characters and direction marks are dropped; at most 200,000 characters are
  read.

## Who sees the answer

A render's message, what `find` and `whatis` found, and verdicts and tags are for the channel: they are news for
everybody. `find … private:yes` keeps a search to yourself. Help, errors, the queue, forms, copied commands, lineage and
provenance are shown only to whoever asked.
"""


def manual() -> str:
    """The page, in Markdown."""
    sections = [_INTRODUCTION]
    for family, names in FAMILIES.items():
        sections.append(f"## {family}\n")
        sections += [_section(BY_NAME[name]) for name in names]
    lines = "\n".join(f"| {emoji} | `{said}` |" for emoji, said in meanings(Settings.model_construct()).items())
    sections.append(
        "## Reactions\n\nA reaction on a result stands for a command; taking it off takes it back. On a render it is about each"
        " of its pictures. Skin tones do not matter. `SLATE_REACTIONS` changes the list, which is at first:\n\n"
        f"| reaction | command |\n|---|---|\n{lines}\n"
    )
    return "\n".join(sections)


def _section(command: Command) -> str:
    text = f"### `{usage(command)}`\n\n{command.summary}\n"
    if command.details:
        text += f"\n{command.details}\n"
    if command.options:
        text += "\n" + "".join(f"* `{option.name}:` {option.help}\n" for option in command.options)
    if command.aliases:
        text += f"\nAlso as {', '.join(f'`/{alias}`' for alias in command.aliases)}.\n"
    return f"{text}\n```\n" + "\n".join(command.examples) + "\n```\n"


if __name__ == "__main__":
    sys.stdout.write(manual())
