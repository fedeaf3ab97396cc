"""The command table as a page: `python -m bot.commands.reference > docs/commands.md`; a test keeps the page in step."""

from __future__ import annotations

import sys

from bot.commands.command import Command
from bot.commands.help import FAMILIES, usage
from bot.commands.table import BY_NAME
from bot.emoji import meanings
from core.settings import Settings

_INTRODUCTION = """\
# Commands

Made from the command table by `python -m bot.commands.reference`; do not edit by hand.

The same commands work in Slack (`/slate render …`), on Discord, in the web room and on the command line (`slate render …`).
In chat, `/help COMMAND` shows the same text as this page.

## How to write a command

* A line is a command, then words and options in any order. An option is `name:value` or `name=value`.
* Text with blanks goes in quotes: `"…"`, `'…'`, `“…”`, `„…“`, `‘…’`, `«…»`. A backslash keeps a quote from ending the
  text.
* The words after the workflow are the prompt: `/render text-to-image a red shoe seed:7`. A prompt with a colon goes
  in quotes; brackets hold together by themselves, so `(red hair:1.3)` needs none. `prompt: a red shoe` with a blank
  is understood, too.
* Where a workflow has a width and a height, `size:768x512` is both.
* A picture input takes an asset's id (`image:A-7Q0D`), or a dropped file: files fill the picture inputs that are still
  empty, in order.
* Ids look like `R-4F2K` (a render) and `A-7Q0D` (an asset); capitals and look-alike letters (O and 0) do not matter. In
  the thread of a result, the id is optional.
* One picture of a render with several is `R-4F2K#2`, or its own id; `R-4F2K#1,3` are two of them. `R-4F2K 2` works, too;
  before a prompt only `#2` does.
* Line breaks are kept in prompts. Control characters and direction marks are dropped; at most 200,000 characters are
  read.

## Who sees the answer

A render's message, the results of `find` and `whatis`, verdicts and tags are shown to the channel; `private:yes` shows a
search to you only. Help, errors, the queue, forms, copied commands, lineage and provenance are shown only to whoever
asked.

In chat, `export`, `verify`, `restore`, `compliance` and `whatis` with a file are acknowledged at once; `slate clerk` does the
work, and the answer comes as a message. On the command line every command is answered directly.
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
