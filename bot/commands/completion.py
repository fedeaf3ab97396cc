"""What may come next while a line is being typed: commands, workflows, ids, inputs, and their values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz
from sqlmodel import Session

from bot import command_text, formatting
from bot.commands.command import Command, Option, spelled
from bot.commands.help import about_input, usage
from bot.commands.inputs import models_known
from bot.request import ChatPlace, Completion
from core import workflows
from core.desk import Desk
from core.errors import SlateError
from core.models import lookup
from core.people import team
from core.people.roles import Permission, givable, may, role_in, visible_projects
from core.search import entities
from core.workflows import InputSpec
from storage import ids
from storage.files import assets
from storage.people import projects
from storage.rendering import renders
from storage.rendering import workflows as storage_workflows
from storage.search import FacetField, Scope
from storage.tables import Member, Render, RenderState

MOST = 25
"""As many as every platform shows."""
_CONDITIONS = {
    "by": "Who made it",
    "client": "The client",
    "project": "The project",
    "shot": "The shot, such as sh010",
    "status": "approved, rejected or needs work",
    "tag": "A tag",
    "model": "A model it was made with",
    "lora": "A LoRA it was made with",
    "workflow": "The workflow",
    "technique": "depth, canny, img2img …",
    "seed": "The seed",
    "size": "1024x768, 2048+, landscape, portrait, square",
    "is": "mine, video, undecided, inferred …",
    "before": "A day, such as 2026-03-12 or march",
    "after": "A day, such as monday",
}


_PROFILES = {
    "team": "the original, byte for byte",
    "client": "no prompts or names; licences, signed history and AI disclosure stay",
    "public": "as client, without the history",
    "archive": "the original, byte for byte",
}


def complete(
    table: Mapping[str, Command], desk: Desk, member: Member, place: ChatPlace, text: str, cursor: int
) -> list[Completion]:
    """What may stand where the cursor is, best first, at most 25; `value` replaces the word the cursor is in. Never raises.

    Inside a quoted text there is nothing to complete, and a database that does not answer completes nothing.
    """
    before = command_text.clean(text[: max(0, cursor)]).lstrip()
    word = re.search(r"\S*\Z", before)
    typed = word.group() if word else ""
    done = before[: len(before) - len(typed)]
    if not done.strip():
        return _commands(typed, dict.fromkeys(table.values()))
    command = table.get(done.split()[0].lstrip("/").casefold())
    if command is None or done.count('"') % 2:
        return []
    try:
        with desk.reading() as session:
            return _Completing(session, member, place, table, command, command_text.read(done), typed).found()
    except SlateError:
        return []  # a half-typed line is no place to complain about


def _commands(typed: str, table: Iterable[Command]) -> list[Completion]:
    slash = "/" if typed.startswith("/") or not typed else ""
    every = [Completion(slash + one.name, usage(one), one.summary) for one in table]
    return best(typed.lstrip("/"), every)


def best(typed: str, every: list[Completion]) -> list[Completion]:
    """Those that begin with what was typed, then those that contain it, then those that look like it; otherwise as they came."""
    wanted = typed.casefold()
    if not wanted:
        return every[:MOST]
    ranked = [(_rank(wanted, one), at, one) for at, one in enumerate(every)]
    return [one for rank, _, one in sorted(ranked, key=lambda item: item[:2]) if rank < 4][:MOST]


def _rank(wanted: str, one: Completion) -> int:
    value = one.value.casefold().lstrip("/")
    value = value.split(":", 1)[1].strip('"') if ":" in value[:-1] else value
    label = one.label.casefold()
    if value == wanted:
        return 0
    if value.startswith(wanted) or label.startswith(wanted):
        return 1
    if wanted in value or wanted in label:
        return 2
    return 3 if len(wanted) > 2 and fuzz.ratio(wanted, value.rstrip(":")) >= 70 else 4


@dataclass(frozen=True)
class _Completing:
    """One half-typed line, and everything that may be asked about it."""

    session: Session
    member: Member
    place: ChatPlace
    table: Mapping[str, Command]
    command: Command
    line: command_text.CommandLine
    """What is before the word that is being typed."""
    typed: str

    def found(self) -> list[Completion]:
        option = re.match(r"([^\W\d_][\w-]*)[:=](.*)", self.typed, re.DOTALL)
        if option:
            return best(option.group(2).strip("\"'“”"), self._values(option.group(1).casefold()))
        words = len(self.line.words)
        first = self._subjects() if words == 0 and not self.line.options else []
        if self.command.subject == "member":
            return best(self.typed, first + self._roles() + self._names())
        if self.command.subject in ("workflow", "command", "model") and words == 0:
            return best(self.typed, first)
        return best(self.typed, first + self._names())

    def _subjects(self) -> list[Completion]:
        if self.command.subject == "workflow":
            every = storage_workflows.everything(self.session)
            return [Completion(one.name, one.name, one.title or one.description) for one in every]
        if self.command.subject == "command":
            return [Completion(one.name, usage(one), one.summary) for one in dict.fromkeys(self.table.values())]
        if self.command.subject == "project":
            return [Completion(one.slug, one.slug, one.name) for one in projects.everything(self.session)]
        if self.command.subject in ("render", "asset"):
            return self._renders()
        if self.command.subject == "model":
            return self._models()
        return self._people() if self.command.subject == "member" else []

    def _models(self) -> list[Completion]:
        every = lookup.everything(self.session)
        return [Completion(command_text.quote(one.label), one.label, one.now.title or one.kind) for one in every]

    def _people(self) -> list[Completion]:
        if not may(self.session, self.member, Permission.SEE_PEOPLE, self.place.project):
            return []
        known = team.everybody(self.session)
        return [
            Completion(command_text.quote(one.name), one.name, one.role.value if one.active else "not active") for one in known
        ]

    def _roles(self) -> list[Completion]:
        """The roles that the member may give, once it is said to whom."""
        if self.command.name != "role" or not self.line.words:
            return []
        here = givable(role_in(self.session, self.member, self.place.project), in_project=True)
        return [Completion(one.value, one.value, "overall, or with project: there only") for one in here]

    def _renders(self) -> list[Completion]:
        """The member's own newest renders; for cancel those that can be cancelled, for judging those with pictures."""
        judged = self.command.subject == "asset"
        states: tuple[RenderState, ...] = (RenderState.DONE,) if judged else ()
        if self.command.name == "cancel":
            states = (RenderState.RUNNING, RenderState.QUEUED)
        own = renders.newest(self.session, member_id=self.member.id, states=states, limit=MOST)
        found = [
            Completion(one.code, one.code, f"{one.state.value}: {formatting.short(str(one.inputs.get('prompt', '')), 60)}")
            for one in own
        ]
        return found + self._single_pictures(own) if judged and self.typed else found

    def _single_pictures(self, own: list[Render]) -> list[Completion]:
        """Each picture of these renders, by its number and by its own id."""
        made: list[Completion] = []
        for one in own:
            pictures = assets.of_render(self.session, one.id or 0)
            for number, asset in enumerate(pictures, 1):
                about = formatting.short(asset.prompt, 60) or asset.filename
                if len(pictures) > 1:
                    about = f"{number} of {len(pictures)}: {about}"
                    made.append(Completion(f"{one.code}#{number}", f"{one.code}#{number}", about))
                made.append(Completion(asset.code, asset.code, about))
        return made

    def _names(self) -> list[Completion]:
        """Names of inputs and options that are not given yet, those that must be given first."""
        given = {spelled(name) for name, _ in self.line.options}
        if self.command.subject == "question":
            words = [Completion(f"{name}:", f"{name}:", about) for name, about in _CONDITIONS.items()]
        else:
            specs = sorted(self._specs(), key=lambda spec: not spec.required)
            words = [Completion(f"{spec.name}:", f"{spec.name}:", about_input(spec)) for spec in specs]
        words += [Completion(f"{one.name}:", f"{one.name}:", one.help) for one in self.command.options]
        return [one for one in words if spelled(one.value[:-1]) not in given]

    def _specs(self) -> list[InputSpec]:
        """The inputs of the workflow that the line is about."""
        if not self.command.inputs:
            return []
        if self.command.name == "upscale":
            return workflows.inputs_of(workflows.find(self.session, "upscale")[1])
        if self.command.subject == "workflow":
            return workflows.inputs_of(workflows.find(self.session, self.line.word(0))[1])
        row = ids.number("R", self.line.word(0))
        render = renders.by_id(self.session, row) if row is not None else None
        version = storage_workflows.version_by_id(self.session, render.workflow_version_id) if render else None
        return workflows.inputs_of(version) if version else []

    def _values(self, name: str) -> list[Completion]:
        option = next((one for one in self.command.options if one.name == name), None)
        if option is not None:
            return self._option_values(option)
        if self.command.subject == "question":
            return self._names_known(name, name)
        spec = next((one for one in self._specs() if spelled(one.name) == spelled(name)), None)
        return self._input_values(spec) if spec else []

    def _option_values(self, option: Option) -> list[Completion]:
        if option.kind == "switch":
            return [_valued(option.name, word, word) for word in ("yes", "no")]
        if option.name == "profile":
            return [_valued("profile", one, one, about) for one, about in _PROFILES.items()]
        if option.kind == "member":
            return [_valued(option.name, one.label, one.label, one.help) for one in self._people()]
        if option.kind == "project":
            return [_valued("project", one.slug, one.slug, one.name) for one in projects.everything(self.session)]
        return self._names_known(option.name, option.kind)

    def _names_known(self, name: str, kind: str) -> list[Completion]:
        if kind not in list(FacetField):
            return []
        scope = Scope(visible_projects(self.session, self.member))
        known = entities.read(self.session, scope).of([FacetField(kind)])
        here = self.place.project.id if self.place.project else None
        known.sort(key=lambda one: (here not in one.projects, one.label.casefold()))
        return [_valued(name, one.label, one.label) for one in known]

    def _input_values(self, spec: InputSpec) -> list[Completion]:
        if spec.kind == "switch":
            return [_valued(spec.name, word, word) for word in ("yes", "no")]
        if spec.kind == "picture":
            return self._pictures(spec.name)
        if spec.kind == "model" and not spec.choices:
            return [_valued(spec.name, one, one) for one in models_known(self.session).get(spec.folder, ())]
        usual = [] if spec.default in (None, "") else [_valued(spec.name, str(spec.default), str(spec.default), "default")]
        choices = [_valued(spec.name, str(one), str(one)) for one in spec.choices or () if one != spec.default]
        return usual + choices

    def _pictures(self, name: str) -> list[Completion]:
        own = renders.newest(self.session, member_id=self.member.id, states=(RenderState.DONE,), limit=MOST)
        made = [asset for one in own for asset in assets.of_render(self.session, one.id or 0)]
        return [_valued(name, one.code, one.code, formatting.short(one.prompt, 60) or one.filename) for one in made]


def _valued(name: str, value: str, label: str, about: str = "") -> Completion:
    return Completion(f"{name}:{command_text.quote(value)}", label, about)
