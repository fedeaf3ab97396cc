"""What RQ calls by name: one ticket, one stopped run. Never renamed, for a queue may still hold yesterday's jobs."""

from __future__ import annotations

from core.desk import here
from core.importing import second_phase
from core.models import registry
from core.recognition import keypoint_match
from core.rendering import worker


def work(pool: str) -> None:
    """A ticket: there was work in this pool. Carry out the best render for this worker's backend, if any is left."""
    worker.this_lane().work()


def stop_run(render_id: int) -> None:
    """Stop the run that a cancelled render left on a backend; whoever takes this job, for lanes may be busy for minutes."""
    worker.stop_run(here(), render_id)


def finish_found(first: int, last: int) -> None:
    """Finish the files that were taken in as the Assets from number `first` to `last`: bytes, looks, small pictures."""
    second_phase.finish_all(here(), after=first - 1, until=last)


def note_landmarks() -> None:
    """Note the keypoints of pictures that have none noted, by which crops and screenshots of them are found."""
    keypoint_match.note(here(), limit=keypoint_match.TOGETHER)


def scan_models() -> None:
    """Look for model files that are new, changed or gone."""
    desk = here()
    registry.scan(desk, desk.settings.models_paths)
