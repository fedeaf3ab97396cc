"""Questions people wrote without seeing the code, over five studios: right answers may not get fewer, wrong ones not more."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from storage.database import Database
from tests.questions import Outcome, asked, load

_SETS = Path(__file__).parents[2] / "data" / "questions"


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("name", "right", "wrong"), [("a", 252, 4), ("b", 218, 9), ("c", 237, 8), ("d", 196, 3), ("e", 187, 6)])
def test_as_many_questions_as_ever_are_answered_right(tmp_path: Path, name: str, right: int, wrong: int) -> None:
    database = Database(f"sqlite:///{tmp_path}/slate.db")
    database.migrate()
    studio = load(database, json.loads((_SETS / f"studio_{name}.json").read_text("utf-8")))
    counts, missed = Counter[Outcome](), []
    for question in json.loads((_SETS / f"questions_{name}.json").read_text("utf-8")):
        outcome, told = asked(database, studio, question)
        counts[outcome] += 1
        missed += [(question["text"], told)] if outcome is Outcome.WRONG else []
    database.close()

    assert counts[Outcome.RIGHT] >= right, counts
    assert counts[Outcome.WRONG] <= wrong, missed
