"""One claimed render on its ComfyUI server: submit or take up its run, follow it to the end, download what it made.

A run's id is derived from the render, so whoever takes the render up finds a run that was made already. Only a file that
cannot be had any more is a reason to render again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from threading import Event
from uuid import NAMESPACE_URL, uuid5

import structlog

from core import events, workflows
from core.comfyui.client import Comfy, OutputFile, Patience, ProgressStep, Run, RunState, ServerInfo
from core.comfyui.download import result_too_large
from core.comfyui.graph import Graph
from core.desk import Desk
from core.errors import BackendError, NoOutputs, RunInterrupted, RunVanished
from core.events.actions import Action
from core.files import stored
from core.rendering.context import Briefing, PictureIn
from core.rendering.heartbeat import Heart, Lost
from core.rendering.waiting import Waiting
from storage.rendering import left_runs, renders
from storage.tables import Render

log = structlog.get_logger(__name__)

MOST_RUNS = 4
"""A render whose runs get lost this often has failed."""
LONGEST_SILENCE = 600.0
"""Seconds that a server may be silent while it makes something, however long that takes."""
INPUTS = "slate/inputs"
"""Where pictures that go into renders lie on a server, named by digest, so that each is uploaded and encoded once."""


@dataclass(frozen=True)
class Finished:
    """What a run left on a server: its own name and version too, as it may be another than the one that claimed the render."""

    run: Run
    graph: Graph
    backend: str
    server: ServerInfo
    files: tuple[bytes, ...] = ()
    """The results, in order, where they were downloaded already."""


class Leaving(Exception):
    """The render has better chances on another server; `message` says why."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


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
        """Have the graph run to its end, taking up a run that is already there; None when it was cancelled.

        Raises Leaving when the run waits here and another server would make it sooner; then it is not in the queue any more.
        """
        if not self.render.run_submitted and (made := self._made_elsewhere()):
            return made
        while self.render.run <= MOST_RUNS + len(self.render.refused_by):  # a refused run was none
            prompt_id, graph = run_id(self.render, self.render.run), self._graph(self.render.run)
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

    def collect(self, finished: Finished) -> Iterator[tuple[OutputFile, bytes]]:
        """Each result with its complete bytes. Raises OutputLost, ResultTooLarge or another BackendError; the run stays there."""
        left = self.desk.settings.max_result_mb << 22
        for ordinal, output in enumerate(finished.run.results):
            data = finished.files[ordinal] if finished.files else self.comfy.collect(output, self.heart.rest)
            left -= len(data)
            if left < 0:
                raise result_too_large(self.backend, self.desk.settings.max_result_mb << 22)
            yield output, data

    def once_more(self, finished: Finished, output: OutputFile) -> bytes:
        """The bytes of a result anew. Raises what `collect` raises."""
        if finished.files:
            return finished.files[finished.run.results.index(output)]
        return self.comfy.collect(output, self.heart.rest)

    def _made_elsewhere(self) -> Finished | None:
        """A run of this render that was left on a server which did not answer then, and that has ended there since."""
        with self.desk.reading() as session:
            left = left_runs.of_render(session, self.render)
        for one, backend in left:
            prompt_id = run_id(self.render, one.number)
            try:
                most = self.desk.settings.max_result_mb << 20
                with Comfy(backend.url, name=backend.name, timeout=10.0, max_result=most) as comfy:
                    run = comfy.look(prompt_id)
                    if run.state is not RunState.DONE or run.error or not run.results:
                        continue
                    files = tuple(comfy.collect(output, self.heart.rest) for output in run.results)
                    log.info("worker.made-elsewhere", render=self.render.code, backend=backend.name, run=one.number)
                    return Finished(run, self._graph(one.number), backend.name, comfy.server(), files)
            except BackendError as problem:
                log.info("worker.not-made-elsewhere", render=self.render.code, backend=backend.name, problem=problem.message)
        return None

    def _finished(self, run: Run, graph: Graph) -> Finished:
        return Finished(run, graph, self.backend, self.comfy.server())

    def _next_run(self) -> None:
        with self.desk.reading() as session:
            self.render.run, self.render.run_submitted = left_runs.next_number(session, self.render), False

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
        return self._finished(Run(prompt_id, RunState.DONE, None, files), graph)

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
            if not renders.change_claimed(session, self.render.id, self.claim.token, run=self.render.run, run_submitted=True):
                raise Lost
            stored = renders.by_id(session, self.render.id)
            self.render.run_submitted = True
            backend = stored.backend_id if stored else None
            code = self.render.code
            events.record(session, events.Event(Action.RENDER_SUBMITTED, code, render_id=self.render.id, backend_id=backend))
            return stored is not None and stored.cancel_requested_by is None

    def _graph(self, number: int) -> Graph:
        """The graph as it is handed in. Its files go into a folder of the run's own: another Slate may use the same server."""
        pictures = {name: f"{INPUTS}/{_stored_as(picture)}" for name, picture in self.briefing.pictures.items()}
        code = self.render.code
        prefix = f"slate/{code}-{run_id(self.render, number)[:8]}/{code}-{number}"
        return workflows.fill(self.briefing.version, self.briefing.inputs, pictures, prefix=prefix)

    def _upload(self) -> None:
        for picture in self.briefing.pictures.values():
            if not self.comfy.has_input(_stored_as(picture), picture.size, subfolder=INPUTS):
                self.comfy.upload(_stored_as(picture), self._bytes(picture), subfolder=INPUTS, overwrite=True)

    def _bytes(self, picture: PictureIn) -> bytes:
        """Raises BlobMissing, BlobDamaged, StoreError."""
        return stored.read(self.desk, picture.sha256, name=picture.asset)

    def _watch(self, prompt_id: str, graph: Graph) -> Finished | None:
        def seen(step: ProgressStep) -> None:
            self.heart.progress(step.done, f"{_words(step)} on {self.backend}")
            if step.preview:
                self.desk.queue.keep_preview(self.render.id or 0, step.preview)

        patience = Patience(running=min(LONGEST_SILENCE, max(Patience.running, self.render.cost)))
        watched = Waiting(self.desk, self.backend, self.heart)
        while not (
            run := self.comfy.watch(prompt_id, seen=seen, keep_going=watched.worth_it, told=watched.told, patience=patience)
        ).state.over:
            self.heart.check()
            if watched.reason and self.heart.steady():
                self._leave(prompt_id, watched)
                continue
            ended = self._cancel(prompt_id)
            if ended is None:
                return None
            run = ended
            break
        if run.state is RunState.CANCELLED:
            raise RunInterrupted(
                f"Somebody interrupted this run on {self.backend} itself.", hint="Press Retry to render it again."
            )
        if run.error:
            raise run.error
        if not run.results:
            raise NoOutputs(hint="Does the workflow end in a Save node that gets a picture?")
        return self._finished(run, graph)

    def _leave(self, prompt_id: str, watched: Waiting) -> None:
        """Take the run out of the server's queue, if it can be reached. Raises Leaving, unless the run has begun after all.

        On a server that is down the run stays where it is: one with a dead worker thread shows this only while something
        waits there. The run is settled once the server is up again (see left_runs.py).
        """
        try:
            state = self.comfy.look(prompt_id).state
            if state is RunState.RUNNING or state.over:
                watched.reason = ""
                return
            if not watched.down:
                self.comfy.cancel(prompt_id)
        except BackendError as problem:
            log.info("worker.run-left", render=self.render.code, backend=self.backend, problem=problem.message)
        raise Leaving(watched.reason)

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


def _words(step: ProgressStep) -> str:
    name = step.node_type_or_title or "working"
    return f"step {step.value:g}/{step.maximum:g} · {name}" if step.maximum > 1 else name
