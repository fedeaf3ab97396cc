"""One claimed render on its ComfyUI server: submit or take up its run, follow it to the end, download what it made.

A run's id is derived from the render, so whoever takes the render up finds a run that was made already. Only a file that
cannot be had any more is a reason to render again.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event
from uuid import NAMESPACE_URL, uuid5

import structlog

from core import events, workflows
from core.comfyui.client import Comfy, OutputFile, Run, RunState, Step
from core.comfyui.graph import Graph
from core.desk import Desk
from core.errors import BlobMissing, NoOutputs, RunInterrupted, RunVanished, StoreError
from core.people.audit import Action
from core.rendering.context import Briefing, PictureIn
from core.rendering.heartbeat import Heart, Lost
from storage.blobs import BlobError, BlobNotFound
from storage.rendering import renders as rows
from storage.tables import Render

log = structlog.get_logger(__name__)

MOST_RUNS = 4
"""A render whose runs get lost this often has failed."""
INPUTS = "slate/inputs"
"""Where pictures that go into renders lie on a server, named by digest, so that each is uploaded and encoded once."""


@dataclass(frozen=True)
class Finished:
    """What a run left on the backend."""

    run: Run
    graph: Graph


def run_id(render: Render, run: int) -> str:
    """The ComfyUI prompt_id of a render's n-th run: the same for whoever asks."""
    return str(uuid5(NAMESPACE_URL, f"slate:{render.created_at.isoformat()}/{render.id}/{run}"))


class Attempt:
    """A claim being carried out. `heart.claim.render.run` and `.run_submitted` follow the run it is at."""

    def __init__(self, desk: Desk, backend: str, comfy: Comfy, briefing: Briefing, heart: Heart, stopping: Event) -> None:
        self.desk = desk
        self.backend = backend
        self.comfy = comfy
        self.briefing = briefing
        self.heart = heart
        self.claim = heart.claim
        self.render = heart.claim.render
        self._stopping = stopping

    def run(self) -> Finished | None:
        """Have the graph run to its end, taking up a run that is already there; None when it was cancelled."""
        while self.render.run <= MOST_RUNS + len(self.render.refused_by):  # a refused run was none
            prompt_id, graph = run_id(self.render, self.render.run), self._graph()
            if self.render.run_submitted and self._is_gone(prompt_id):
                if found := self._left_behind(prompt_id, graph):
                    return found
                self._next_run()
                continue
            if not self.render.run_submitted and not self._submit(graph, prompt_id):
                return None
            try:
                return self._watch(prompt_id, graph)
            except RunVanished:
                log.info("worker.run-vanished", render=self.render.code, run=self.render.run)
        raise RunVanished(
            f"{self.backend} lost this render {MOST_RUNS} times; it restarts, or somebody clears its queue.",
            hint="Ask whoever looks after that server, then press Retry.",
        )

    def collect(self, output: OutputFile) -> bytes:
        """The complete bytes of one file. Raises OutputLost, or BackendUnreachable and its kin while the run is still there."""
        return self.comfy.collect(output, self.heart.rest)

    def _next_run(self) -> None:
        self.render.run, self.render.run_submitted = self.render.run + 1, False

    def _is_gone(self, prompt_id: str) -> bool:
        """Whether the server knows nothing of a run, asked twice, so that a request still on its way is not overlooked."""
        if self.comfy.look(prompt_id).state is not RunState.ABSENT:
            return False
        self._stopping.wait(0.5)
        return self.comfy.look(prompt_id).state is RunState.ABSENT

    def _left_behind(self, prompt_id: str, graph: Graph) -> Finished | None:
        """The files of a run that had ended before the server forgot it."""
        files = self.comfy.written(graph)
        if not files:
            return None
        log.info("worker.files-found", render=self.render.code, run=self.render.run, files=len(files))
        return Finished(Run(prompt_id, RunState.DONE, None, files), graph)

    def _submit(self, graph: Graph, prompt_id: str) -> bool:
        """Hand the graph in; False when the render was cancelled meanwhile."""
        self._upload()
        if not self._note_run():
            return False
        self.heart.check()
        about = {"slate": {"render": self.render.code, "run": self.render.run}}
        self.comfy.submit(graph, prompt_id, extra_pnginfo=about)
        return True

    def _note_run(self) -> bool:
        """Write down that a run may exist from now on, right before it does; False when it was cancelled meanwhile.

        Asking whether the claim holds here, after the uploads, keeps a worker that slept through its lease from making a run.
        """
        with self.desk.writing() as session:
            if not rows.change_claimed(session, self.render.id, self.claim.token, run=self.render.run, run_submitted=True):
                raise Lost
            stored = rows.by_id(session, self.render.id)
            self.render.run_submitted = True
            backend = stored.backend_id if stored else None
            code = self.render.code
            events.record(session, events.Event(Action.RENDER_SUBMITTED, code, render_id=self.render.id, backend_id=backend))
            return stored is not None and stored.cancel_requested_by is None

    def _graph(self) -> Graph:
        """The graph as it is handed in. Its files go into a folder of the run's own: another Slate may use the same server."""
        pictures = {name: f"{INPUTS}/{_stored_as(picture)}" for name, picture in self.briefing.pictures.items()}
        code, number = self.render.code, self.render.run
        prefix = f"slate/{code}-{run_id(self.render, number)[:8]}/{code}-{number}"
        return workflows.fill(self.briefing.version, self.briefing.inputs, pictures, prefix=prefix)

    def _upload(self) -> None:
        for picture in self.briefing.pictures.values():
            if not self.comfy.has_input(_stored_as(picture), picture.size, subfolder=INPUTS):
                self.comfy.upload(_stored_as(picture), self._bytes(picture), subfolder=INPUTS, overwrite=True)

    def _bytes(self, picture: PictureIn) -> bytes:
        """Raises BlobMissing, StoreError."""
        try:
            return self.desk.blobs.get(picture.sha256)
        except BlobNotFound as problem:
            hint = "Restore the store from a backup, or send the picture again."
            raise BlobMissing(f"The bytes of {picture.asset} are not there any more.", hint=hint) from problem
        except BlobError as problem:
            raise StoreError(f"The bytes of {picture.asset} cannot be read right now.") from problem

    def _watch(self, prompt_id: str, graph: Graph) -> Finished | None:
        def seen(step: Step) -> None:
            self.heart.progress(step.done, f"{_words(step)} on {self.backend}")
            if step.preview:
                self.desk.queue.keep_preview(self.render.id or 0, step.preview)

        run = self.comfy.watch(prompt_id, seen=seen, keep_going=self.heart.steady)
        if run.state in (RunState.PENDING, RunState.RUNNING):
            self.heart.check()
            ended = self._cancel(prompt_id)
            if ended is None:
                return None
            run = ended
        if run.state is RunState.CANCELLED:
            raise RunInterrupted(
                f"Somebody interrupted this run on {self.backend} itself.", hint="Press Retry to render it again."
            )
        if run.error:
            raise run.error
        if not run.results:
            raise NoOutputs(hint="Does the workflow end in a Save node that gets a picture?")
        return Finished(run, graph)

    def _cancel(self, prompt_id: str) -> Run | None:
        """Stop our run, and only ours; the Run when it had ended before it could be stopped."""
        self.heart.label(f"cancelling on {self.backend}")
        self.comfy.cancel(prompt_id)
        try:
            run = self.comfy.watch(prompt_id, seen=lambda step: None, keep_going=self.heart.holds)
        except RunVanished:
            return None
        self.heart.check()
        return run if run.state is RunState.DONE else None


def _stored_as(picture: PictureIn) -> str:
    """The file name of a picture on a server. It begins with the digest, by which its use in a graph is recognised."""
    return f"{picture.sha256[:40]}{picture.suffix}"


def _words(step: Step) -> str:
    name = step.node_type_or_title or "working"
    return f"step {step.value:g}/{step.maximum:g} · {name}" if step.maximum > 1 else name
