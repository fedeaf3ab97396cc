"""Questions people wrote without seeing the code, over seven studios: right answers may not get fewer, wrong ones not more."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from storage.database import Database
from tests.questions import Outcome, asked, load

_SETS = Path(__file__).parents[2] / "data" / "questions"


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [("a", 253, 5), ("b", 220, 10), ("c", 238, 8), ("d", 208, 2), ("e", 203, 3), ("f", 183, 7), ("g", 161, 10)],
)
def test_as_many_questions_as_ever_are_answered_right(tmp_path: Path, name: str, right: int, wrong: int) -> None:
    database = Database(f"sqlite:///{tmp_path}/slate.db")
    database.migrate()
    studio = load(database, json.loads((_SETS / f"studio_{name}.json").read_text("utf-8")))
    counts, missed = Counter[Outcome](), []
    for question in json.loads((_SETS / f"questions_{name}.json").read_text("utf-8")):
        outcome, told = asked(database, studio, question, clicks=False)
        counts[outcome] += 1
        missed += [(question["text"], told)] if outcome is Outcome.WRONG else []
    database.close()

    assert counts[Outcome.RIGHT] >= right, counts
    assert counts[Outcome.WRONG] <= wrong, missed
