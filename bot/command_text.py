"""Text -> a command, its words and its options; and back again.

A line is a command, then words and options in any order. An option is `name:value` or `name=value`.

>>> read('/render product-depth prompt:"hero shoe, low sun" shot:sh010 steps=20')
CommandLine(render | product-depth | prompt: hero shoe, low sun | shot: sh010 | steps: 20)

What is not an option is a word; the words after the workflow are the prompt.

>>> read("render text-to-image a red shoe seed:7, ratio 16:9").rest(1)
'a red shoe ratio 16:9'
>>> read("render text-to-image a red shoe seed:7, ratio 16:9").options
(('seed', '7,'),)

Blanks belong into quotes, of any sort; a backslash keeps a quote from ending the text. An apostrophe is no quote.

>>> read("render x prompt:“the sign says \\"open\\"”").options
(('prompt', 'the sign says "open"'),)
>>> read("render x the dog's ball, 'tis red").rest(1)
"the dog's ball, 'tis red"
>>> read("render x 'a whole prompt'").rest(1), read("render x a sign that says 'open'").rest(1)
('a whole prompt', "a sign that says 'open'")

Brackets hold together, so that weights and wildcards of prompts need no quotes; addresses are no options either.

>>> read("render x (red hair:1.3), <lora:ink:0.5> [cat:dog:0.5] from https://example.org/a").options
()

When the names a command takes are known, a blank after the colon is forgiven.

>>> read("render x seed: 7 prompt: two parts: a shoe", names={"seed", "prompt"}).options
(('seed', '7'), ('prompt', 'two parts: a shoe'))

`write` is the way back: the line that reads the same.

>>> write("render", ["product-depth@2"], {"prompt": 'say "hi"', "seed": 7})
'render product-depth@2 prompt:"say \\\\"hi\\\\"" seed:7'
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from core.errors import BadInput, TooLong

LONGEST = 200_000
"""The longest line that is read at all, in characters; a prompt has its own, lower limit."""

_CLOSERS = {'"': '"', "'": "'", "“": '”“"', "„": "“”", "‘": "’", "«": "»", "»": "«"}
_BRACKETS = {")": "(", "]": "[", "}": "{"}
_NAME = re.compile(r"([^\W\d_][\w-]*)([:=])(?!//)")
_PLAIN = re.compile(r"[\w.@/+,-]*[\w.@/+-]")
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True)
class LinePart:
    """One piece of a line: an option when it has a name, otherwise a word."""

    value: str
    name: str = ""
    raw: str = field(default="", compare=False)
    """As it stood in the text, quotes and all."""
    quoted: bool = field(default=False, compare=False)
    broken: bool = False
    """Whether a line break stands before it."""


@dataclass(frozen=True, repr=False)
class CommandLine:
    """What a person typed, taken apart."""

    command: str
    parts: tuple[LinePart, ...] = ()
    tail: str = field(default="", compare=False)
    """Everything behind the command, as it was typed."""

    @property
    def words(self) -> tuple[LinePart, ...]:
        return tuple(part for part in self.parts if not part.name)

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        return tuple((part.name, part.value) for part in self.parts if part.name)

    def word(self, at: int) -> str:
        """The word at `at`, or empty."""
        words = self.words
        return words[at].value if at < len(words) else ""

    def rest(self, start: int) -> str:
        """The words from `start` on as one text; quotes around all of it go, quotes inside it stay."""
        words = self.words[start:]
        return words[0].value if len(words) == 1 else _joined(words)

    def text(self, start: int) -> str:
        """The words from `start` on as they were typed, quotes and all."""
        return _joined(self.words[start:])

    def __repr__(self) -> str:
        shown = [f"{part.name}: {part.value}" if part.name else part.value for part in self.parts]
        return f"CommandLine({' | '.join([self.command, *shown])})"


def clean(text: str) -> str:
    """The text without what nobody can see: control characters, half surrogates, direction overrides. Tabs become blanks."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(letter for letter in text if letter == "\n" or not _unseen(letter))


def _unseen(letter: str) -> bool:
    return letter in _BIDI or unicodedata.category(letter) in ("Cc", "Cs")


def read(text: str, names: Collection[str] = ()) -> CommandLine:
    """Take a line apart. `names` are the options that may have a blank after the colon.

    Raises TooLong, and BadInput for a quote that is never closed.
    """
    if len(text) > LONGEST:
        raise TooLong(
            f"That message has {len(text):,} characters; at most {LONGEST:,} are read.", hint="Shorten it, or attach a file."
        )
    command, tail = _first_word(re.sub(r"^[\s/]+", "", clean(text)))
    parts = _LineReader(tail).parts()
    return CommandLine(command.casefold(), _forgive_blanks(parts, names) if names else parts, tail.strip())


def as_words(line: CommandLine, options: Collection[str]) -> CommandLine:
    """The same line, where only these options are options: for commands that take free text, in which a colon is a colon.

    >>> as_words(read("reject A-7Q0D logo:cut off undo:no"), {"undo"})
    CommandLine(reject | A-7Q0D | logo:cut | off | undo: no)
    """

    def word(part: LinePart) -> LinePart:
        return replace(part, value=part.raw, name="") if part.name and part.name not in options else part

    return replace(line, parts=tuple(word(part) for part in line.parts))


def quote(value: str) -> str:
    """`value` as it has to be written to be read as one piece."""
    if _PLAIN.fullmatch(value) and not _NAME.match(value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def write(command: str, words: Iterable[str] = (), options: Mapping[str, object] | None = None) -> str:
    """The line that asks for `command` with these words and options."""
    given = [f"{name}:{quote(str(value))}" for name, value in (options or {}).items()]
    return " ".join([command, *(quote(word) for word in words), *given])


def format(line: CommandLine) -> str:
    """The line as text that reads the same."""
    text = line.command
    for part in line.parts:
        shown = f"{part.name}:{quote(part.value)}" if part.name else part.raw or quote(part.value)
        text += ("\n" if part.broken else " ") + shown
    return text


def _first_word(text: str) -> tuple[str, str]:
    found = re.match(r"\S+", text)
    return (found.group(), text[found.end() :]) if found else ("", "")


def _joined(parts: Iterable[LinePart]) -> str:
    text = ""
    for part in parts:
        text += ("\n" if part.broken else " ") + part.raw if text else part.raw
    return text


def _forgive_blanks(parts: tuple[LinePart, ...], names: Collection[str]) -> tuple[LinePart, ...]:
    """Let a word such as `seed:` take the words behind it as its value, where it names something."""
    made: list[LinePart] = []
    taking: LinePart | None = None
    taken: list[LinePart] = []

    def close() -> None:
        if taking is not None:
            value = taken[0].value if len(taken) == 1 else _joined(taken)
            made.append(LinePart(value, taking.name, broken=taking.broken))

    for part in parts:
        name = part.value[:-1].casefold() if not part.name and part.value[-1:] in (":", "=") else ""
        if not name and not part.name and taking is not None:
            taken.append(part)
        elif name and not part.quoted and name in names:
            close()
            taking, taken = LinePart("", name, broken=part.broken), []
        elif part.name or taking is None:
            close()
            taking = None
            made.append(part)
        else:
            taken.append(part)
    close()
    return tuple(made)


class _LineReader:
    """Goes once through a text; each step takes one part. Time grows with the length of the text only."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.partner = _partners(text)
        self.hopeless: set[str] = set()
        """Quotes that are not closed anywhere from here on."""

    def parts(self) -> tuple[LinePart, ...]:
        made: list[LinePart] = []
        while True:
            broken = self._skip_blanks() and bool(made)
            if self.at >= len(self.text):
                return tuple(made)
            made.append(self._part(broken))

    def _skip_blanks(self) -> bool:
        """Go to the next part; whether a line break was passed."""
        start = self.at
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        return "\n" in self.text[start : self.at]

    def _part(self, broken: bool) -> LinePart:
        start = self.at
        named = _NAME.match(self.text, self.at)
        if named:
            value_at = named.end()
            spaced = re.compile(r"[^\S\n]+(?=[\"“„«])").match(self.text, value_at)
            value = self._quoted(spaced.end() if spaced else value_at)
            if value is None and value_at < len(self.text) and not self.text[value_at].isspace():
                value = self._bare(value_at)
            if value is not None:
                return LinePart(value, named.group(1).casefold(), self.text[start : self.at], broken=broken)
        inner = self._quoted(start)
        value = self._bare(start) if inner is None else inner
        return LinePart(value, "", self.text[start : self.at], inner is not None, broken)

    def _quoted(self, start: int) -> str | None:
        """The text inside the quotes that open at `start`, or None if none do."""
        opener = self.text[start : start + 1]
        if opener not in _CLOSERS or not opener or opener in self.hopeless:
            return None
        closers = _CLOSERS[opener]
        for found in re.compile(rf"\\.|[{closers}](?=\s|\Z)", re.DOTALL).finditer(self.text, start + 1):
            if len(found.group()) == 1:
                self.at = found.end()
                return re.sub(rf"\\([{re.escape(opener + closers)}\\])", r"\1", self.text[start + 1 : found.start()])
        if opener in "'‘»":
            self.hopeless.add(opener)
            return None
        shown = self.text[start : start + 25].split("\n")[0]
        raise BadInput(
            f"The quote that opens at {shown}… is never closed.",
            hint='Close it with the same quote and a blank after it, or write \\" for a quote that is part of the text.',
        )

    def _bare(self, start: int) -> str:
        """The text up to the next blank that is not inside brackets."""
        self.at = start
        while self.at < len(self.text) and not self.text[self.at].isspace():
            self.at = self.partner.get(self.at, self.at) + 1
        return self.text[start : self.at]


def _partners(text: str) -> dict[int, int]:
    """Where each bracket that opens is closed."""
    partner: dict[int, int] = {}
    waiting: dict[str, list[int]] = {opener: [] for opener in _BRACKETS.values()}
    for found in re.finditer(r"[()\[\]{}]", text):
        letter = found.group()
        if letter in waiting:
            waiting[letter].append(found.start())
        elif waiting[_BRACKETS[letter]]:
            partner[waiting[_BRACKETS[letter]].pop()] = found.start()
    return partner
