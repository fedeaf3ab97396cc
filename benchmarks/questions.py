"""How many questions of a set are answered right at first look: python -m benchmarks.questions STUDIO.json QUESTIONS.json

A studio is people, clients, projects and pictures with their verdicts, tags, exports and sources; it is written into a real
database of its own, and every question goes the way of `slate find`. Questions come with an answer computed from the studio
(tests/questions.py has the forms). Prints a table by category and by language, and with --list each question that was not right.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

from storage.database import Database
from tests.questions import Outcome, asked, load

_ORDER = [*Outcome]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("studio", type=Path)
    options.add_argument("questions", type=Path)
    options.add_argument("--list", action="store_true", help="print each question that was not right")
    options.add_argument("--only", default="", help="only questions of this language or category, or with this id")
    given = options.parse_args()
    questions = [
        one
        for one in json.loads(given.questions.read_text("utf-8"))
        if given.only in ("", one["language"], one["category"], one["id"])
    ]
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/slate.db")
        database.migrate()
        studio = load(database, json.loads(given.studio.read_text("utf-8")))
        by_category: dict[str, Counter[Outcome]] = defaultdict(Counter)
        by_language: dict[str, Counter[Outcome]] = defaultdict(Counter)
        total = Counter[Outcome]()
        for question in questions:
            outcome, told = asked(database, studio, question)
            for counts in (by_category[question["category"]], by_language[question["language"]], total):
                counts[outcome] += 1
            if given.list and outcome is not Outcome.RIGHT:
                print(
                    f"{question['id']} {outcome.value:<8} {question.get('after', '') or ''} | {question['text']}\n "
                    f"   {told}\n    wanted {question['how'][:160]}"
                )
        database.close()
    for name, table in (("category", by_category), ("language", by_language)):
        _print(name, table)
    _print("", {"all": total})


def _print(name: str, table: dict[str, Counter[Outcome]]) -> None:
    print(f"\n{name:<18}{'n':>5}" + "".join(f"{one.value:>11}" for one in _ORDER))
    for row, counts in sorted(table.items()):
        number = sum(counts.values())
        shares = (
            f"   {100 * counts[Outcome.RIGHT] / number:5.1f} % right, "
            f"{100 * (counts[Outcome.RIGHT] + counts[Outcome.CLICK]) / number:5.1f} % with a click"
        )
        print(f"{row:<18}{number:>5}" + "".join(f"{counts[one]:>11}" for one in _ORDER) + shares)


if __name__ == "__main__":
    main()
