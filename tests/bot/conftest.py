"""People, a place and a voice: what stories about commands start from."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from PIL import Image

from bot import commands
from bot.cards import Answer
from bot.request import Attachment, ChatPlace, ChatRequest, Completion
from core import files as core_files
from core import workflows
from core.desk import Desk
from core.people import projects
from core.rendering.lifecycle import get
from storage import search
from storage.clock import now
from storage.files import assets
from storage.rendering import renders
from storage.tables import Asset, Member, Origin, Project, Render, RenderState, Role
from tests.bot.terminal import Terminal
from tests.makers import make_member
from tests.shop import Shop, environment_of, open_shop

MODEL = {"folder": "checkpoints", "name": "base.safetensors", "sha256": "ab" * 32, "licence": "CC-BY-4.0"}


@dataclass
class Talk:
    """A conversation in one channel."""

    desk: Desk
    project: Project
    mia: Member
    ana: Member
    vic: Member
    thread: str = ""
    said: list[Answer] = field(default_factory=list)

    @property
    def place(self) -> ChatPlace:
        return ChatPlace("room", "general", self.thread, self.project)

    def say(self, text: str, *, by: Member | None = None, files: tuple[Attachment, ...] = (), key: str | None = None) -> Answer:
        return commands.answer(self.desk, ChatRequest(by or self.mia, self.place, text, files, key, now=True))

    def press(self, action: str, *, by: Member | None = None, values: dict[str, str] | None = None) -> Answer:
        return commands.press(self.desk, by or self.mia, self.place, action, values)

    def complete(self, text: str) -> list[str]:
        return [one.value for one in self.completions(text)]

    def completions(self, text: str) -> list[Completion]:
        return commands.complete(self.desk, self.mia, self.place, text, len(text))

    def ask(self, text: str = "render text-to-image hero shoe, low sun seed:7 shot:sh010") -> Render:
        """Ask for a render and give its row."""
        answer = self.say(text)
        assert not answer.error, answer
        with self.desk.reading() as session:
            return get(session, str(answer.data["render"]))

    def reread(self, render: Render) -> Render:
        with self.desk.reading() as session:
            return get(session, render.code)

    def finish(self, render: Render, pictures: int = 1) -> list[Asset]:
        """Bring a render to its good end, as a worker would, with pictures of one colour each."""
        made = []
        for ordinal in range(pictures):
            data = png((ordinal * 40 % 255, (render.id or 0) * 7 % 255, 90))
            draft = core_files.keep(
                self.desk, data, f"slate_{ordinal}.png", member_id=render.member_id, project_id=render.project_id
            )
            draft.asset.origin, draft.asset.render_id, draft.asset.ordinal = Origin.RENDER, render.id, ordinal
            draft.asset.prompt, draft.asset.workflow = str(render.inputs.get("prompt", "")), "text-to-image"
            draft.asset.workflow_number, draft.asset.seed, draft.asset.shot = 1, render.seed, render.shot
            draft.asset.models = [MODEL]
            made.append(draft)
        with self.desk.writing() as session:
            kept = [assets.add(session, draft) for draft in made]
            for asset in kept:
                search.index(session, asset.id or 0)
        self.end(render, RenderState.DONE)
        return kept

    def end(self, render: Render, state: RenderState, **values: object) -> None:
        with self.desk.writing() as session:
            begun = render.created_at
            renders.change_queued(session, render.id or 0, state=state, started_at=begun, finished_at=now(), **values)

    def upload(self, data: bytes, filename: str = "drop.png") -> Attachment:
        return Attachment(filename, "image/png", self.desk.blobs.put(data), len(data))


def png(colour: tuple[int, int, int], size: tuple[int, int] = (64, 48)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def talk(desk: Desk) -> Talk:
    with desk.writing() as session:
        project = projects.ensure_defaults(session)
        workflows.seed_library(session)
        mia = make_member(session, "Mia Chen", Role.ARTIST)
        ana = make_member(session, "Ana Ruiz", Role.LEAD)
        vic = make_member(session, "Vic Low", Role.VIEWER)
    return Talk(desk, project, mia, ana, vic)


@pytest.fixture
def slate(desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """A terminal on the test's desk, where nothing else runs."""
    monkeypatch.setenv("COLUMNS", "160")
    with environment_of(desk.settings):
        yield Terminal(capsys)


@pytest.fixture
def shop(desk: Desk) -> Iterator[Shop]:
    with open_shop(desk) as opened:
        yield opened


@pytest.fixture
def shoe(slate: Terminal, shop: Shop) -> Asset:
    """A picture that was rendered."""
    render = shop.ask(prompt="a hero shoe in low sun", seed="7")
    shop.drain()
    [asset] = shop.outputs(render)
    return asset
