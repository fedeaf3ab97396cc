"""Answers and Cards as text and tables of a terminal. Nothing a person wrote reaches the terminal as a control sequence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from bot import formatting
from bot.cards import Answer, Card, Form
from bot.command_text import clean, quote
from core.schemas.renders import WorkflowList

_TONES = {
    "queued": "yellow",
    "running": "cyan",
    "done": "green",
    "approved": "bold green",
    "proved": "bold green",
    "rejected": "red",
    "failed": "bold red",
    "error": "bold red",
    "cancelled": "dim",
    "plain": "bold",
}
_WORKFLOWS = ("workflow", "title", "description", "inputs")


def print_answer(answer: Answer, base_url: str = "") -> None:
    """Print an Answer to standard output."""
    console = Console(highlight=False, soft_wrap=False)
    for piece in pieces(answer, base_url):
        console.print(piece, crop=False)
    if answer.copy:
        print(clean(answer.copy))


def plain(text: object, style: str = "") -> Text:
    """Somebody's text, without markup and control characters."""
    return Text(clean(str(text)), style)


def whole(text: object, style: str = "") -> Text:
    """The same, not broken over lines where an address is in it, so that it can be copied."""
    shown = plain(text, style)
    if "://" in shown.plain:
        shown.no_wrap, shown.overflow = True, "ignore"
    return shown


def sentence(text: str) -> Text:
    """A sentence of ours: what stands between `**` is bold, and the signs themselves are gone."""
    made = Text(no_wrap="://" in text, overflow="ignore" if "://" in text else None)
    for at, piece in enumerate(clean(text).split("**")):
        made.append(piece, "bold" if at % 2 else "")
    return made


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """A table of plain values, without the columns in which nothing stands.

    A narrow terminal breaks long values and cuts nothing: seeds and names are there to be copied. The first column, by which a
    row is called, stays whole.
    """
    made = Table(box=None, pad_edge=False, header_style="dim")
    told = [at for at in range(len(columns)) if at == 0 or any(row[at] not in (None, "") for row in rows)]
    for at in told:
        made.add_column(columns[at].capitalize(), overflow="fold", no_wrap=at == 0)
    for row in rows:
        made.add_row(*(plain("" if row[at] is None else row[at]) for at in told))
    return made


def pieces(answer: Answer, base_url: str) -> list[RenderableType]:
    """What an Answer is made of, top to bottom, ready for a rich Console."""
    on_a_card = any(answer.text in one.text for one in answer.cards)
    said: list[RenderableType] = [Group(sentence(answer.text))] if answer.text and not on_a_card else []
    chips: list[RenderableType] = [plain(" · ".join(answer.chips), "dim")] if answer.chips else []
    listed = _listed(answer)
    cards = [card(one, base_url) for one in answer.cards] if listed is None else [listed]
    return [*said, *chips, *cards, *([_form(answer.form)] if answer.form else [])]


def _listed(answer: Answer) -> RenderableType | None:
    """The results of a search and the renders in line as entries, the workflows as a table; None for every other answer."""
    data = answer.data
    if "answer" in data and data.get("results"):
        return Group(*(_result(row) for row in data["results"]))
    if data.get("renders") and "asset" not in data:
        return Group(*(_render(row) for row in data["renders"]))
    if isinstance(answer.schema, WorkflowList) and len(data["workflows"]) > 1:
        return table(_WORKFLOWS, [[_cell(row, name) for name in _WORKFLOWS] for row in data["workflows"]])
    return None


def _result(row: Mapping[str, Any]) -> RenderableType:
    """One picture that was found: what it is and whose, its prompt in a line, what it takes to make it again."""
    where = "/".join(str(row[name]) for name in ("project", "shot") if row.get(name))
    head = [row["asset"], row.get("status"), row.get("by"), row.get("client"), where, _cell(row, "created")]
    made = [_cell(row, "workflow"), f"seed {row['seed']}" if row.get("seed") else ""]
    return entry(head, formatting.short(" ".join(str(row.get("prompt") or "").split()), 74), made)


def _render(row: Mapping[str, Any]) -> RenderableType:
    """One render in line: whose and what, and on the next line why it waits or how far it is."""
    where = "/".join(str(row[name]) for name in ("project", "shot") if row.get(name))
    position = f"number {row['position']}" if row.get("position") else ""
    return entry(
        [row["render"], row.get("state"), row.get("by"), where, _cell(row, "workflow"), position], "", [_cell(row, "reason")]
    )


def entry(head: Sequence[object], text: str, more: Sequence[object]) -> RenderableType:
    """An entry of a list: a bold line and up to two indented ones. Words wrap in a narrow terminal; ids and seeds do not."""
    lines: list[RenderableType] = [plain("  ".join(str(one) for one in head if one not in (None, "")), "bold")]
    lines += [Padding(plain(text), (0, 0, 0, 2))] if text else []
    told = " · ".join(str(one) for one in more if one not in (None, ""))
    return Group(*lines, *([Padding(plain(told, "dim"), (0, 0, 0, 2))] if told else []))


def _cell(row: Mapping[str, Any], name: str) -> object:
    value = row.get(name)
    if name == "workflow" and value and row.get("version"):
        return f"{value}@{row['version']}"
    if name == "created" and value:
        return str(value)[:16].replace("T", " ")
    if name == "reason" and row.get("state") == "running":
        return f"{float(row.get('progress') or 0):.0%}"
    if name == "inputs":
        return " ".join(one["name"] for one in row["inputs"])
    return formatting.short(str(value), 60) if value is not None else None


def card(shown: Card, base_url: str = "") -> RenderableType:
    """One Card: a coloured title, its facts in two columns, its pictures by id."""
    parts: list[RenderableType] = [plain(shown.title, _TONES.get(shown.tone, "bold"))]
    if shown.text:
        parts.append(whole(shown.text))
    if shown.progress:
        done = round(20 * min(1.0, max(0.0, shown.progress.done)))
        parts.append(plain(f"{'━' * done}{'╌' * (20 - done)} {shown.progress.label}", "cyan"))
    if shown.fields:
        parts.append(_facts([(one.label, one.value) for one in shown.fields if not one.link and "://" not in one.value]))
        addresses = [(one.label, one.link or one.value) for one in shown.fields if one.link or "://" in one.value]
        parts += [Text(f"{label}: {address}", overflow="ignore", no_wrap=True) for label, address in addresses]
    for picture in shown.pictures:
        size = f" · {picture.width}×{picture.height}" if picture.width and picture.height else ""
        parts.append(plain(f"{picture.asset} · {picture.mime}{size} · slate fetch {picture.asset} -o FILE", "green"))
    if shown.link and base_url:
        parts.append(whole(f"{base_url}{shown.link}", "blue"))
    if shown.footer:
        parts.append(plain(shown.footer, "dim"))
    return Group(*parts, Text())


def _facts(pairs: Sequence[tuple[str, str]]) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for label, value in pairs:
        grid.add_row(plain(label, "dim"), plain(value))
    return Padding(grid, (0, 0, 0, 2), expand=False)


def _form(form: Form) -> RenderableType:
    """A form cannot be filled here: its fields become the arguments of the command."""
    filled = [f"{field.name}={quote(field.value)}" for field in form.fields if field.value]
    asked = [
        (field.name, f"{field.label}{' (required)' if field.required else ''} {field.help}".strip()) for field in form.fields
    ]
    return Group(Rule(plain(form.title)), _facts(asked), plain(" ".join(["slate", form.command, *filled])))
