"""Forms that are being filled in: kept as rows, so that a page sent after a restart, or refused, has lost nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from bot.cards import Answer, Form
from bot.command_text import write
from bot.discord.forms import FORM, Filled, pages, title_of
from bot.request import Attachment
from core.desk import Desk
from core.errors import NotFound, Refused
from storage.chat import drafts
from storage.tables import Draft, Member

_FILES = "files of the form"
"""Where in a draft's values its uploads are; no field is called so."""


@dataclass(frozen=True)
class Open:
    """A form and what was answered in it so far."""

    number: int
    form: Form
    values: Mapping[str, str]
    files: Mapping[str, Attachment]

    @property
    def line(self) -> str:
        """The command line that the answers complete."""
        head, *words = self.form.command.lstrip("/").split() or [""]
        given = {one.name: self.values.get(one.name, one.value) for one in self.form.fields}
        return "/" + write(head, words, {name: value for name, value in given.items() if name not in self.files})

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """The uploads in the order of the fields they are for."""
        return tuple(self.files[one.name] for one in self.form.fields if one.name in self.files)

    @property
    def pages(self) -> list[str]:
        """What each page is called."""
        return [title_of(fields) for fields in pages(self.form)]


def begin(desk: Desk, member: Member, form: Form) -> Open:
    """Keep a form that somebody is about to fill in. Raises DatabaseUnavailable."""
    with desk.writing() as session:
        return _opened(drafts.add(session, member.id or 0, FORM.dump_python(form, mode="json"), {}))


def find(desk: Desk, member: Member, number: int) -> Open:
    """Raises NotFound, Refused, DatabaseUnavailable."""
    with desk.reading() as session:
        kept = drafts.by_id(session, number)
        if kept is None:
            raise NotFound("This form has expired.", hint="Open it again with the button or command it came from.")
        if kept.member_id != member.id:
            raise Refused("This form is somebody else's.", hint="Press Edit… on the result to have your own.")
        return _opened(kept)


def keep(desk: Desk, draft: Open, filled: Filled, files: Mapping[str, Attachment]) -> Open:
    """Keep what was sent of one page. Raises NotFound, DatabaseUnavailable."""
    all_files = {**draft.files, **files}
    values: dict[str, object] = {**filled.values, _FILES: {name: asdict(one) for name, one in all_files.items()}}
    with desk.writing() as session:
        kept = drafts.change(session, draft.number, values)
        if kept is None:
            raise NotFound("This form has expired.", hint="Open it again with the button or command it came from.")
        return _opened(kept)


def so_far(draft: Open) -> Answer:
    """What stands in the form now, in words."""
    lines = [f"{one.label}: {_shown(draft, one.name, one.value)}" for one in draft.form.fields]
    return Answer("\n".join(line for line in lines if not line.endswith(": ")), private=True)


def _shown(draft: Open, name: str, usual: str) -> str:
    there = draft.files.get(name)
    return there.filename if there else draft.values.get(name, usual)


def _opened(kept: Draft) -> Open:
    values = dict(kept.values)
    files = {name: Attachment(**one) for name, one in values.pop(_FILES, {}).items()}
    return Open(kept.id, FORM.validate_python(kept.form), values, files)
