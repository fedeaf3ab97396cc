"""The table that decides what is said of a file: row by row, and as it is printed in docs/provenance.md."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from pathlib import Path

import pytest

from core.verification.decision_table import Basis, Decision, Evidence, Outcome, Recognised, Seen, Signature, decide, rows

DOCS = Path(__file__).parents[3] / "docs" / "provenance.md"
WORTHLESS = frozenset(Signature) - {Signature.TRUSTED}
SAME = (Recognised.EQUAL, Recognised.MARKED, Recognised.LOOKS)
EVERY = [
    Evidence(signature, recognised, made_here, ours, signed, claims, seen)
    for signature, recognised, made_here, ours, signed, claims, seen in itertools.product(
        Signature, Recognised, (True, False), (True, False, None), (True, False, None), (True, False), Seen
    )
    if recognised is not Recognised.NO or not made_here
]


def printed(found: Evidence) -> str:
    member, stranger = decide(found), decide(found, stranger=True)
    made = ("made here" if found.made_here else "brought here") if found.recognised is not Recognised.NO else ""
    lost = found.signature is Signature.NONE and found.recognised is Recognised.EQUAL
    recognised = f"{found.recognised.value}{f', {found.seen.value}' if lost else ''}"
    told = "the same" if stranger == member else f"{stranger.title}: {stranger.sentence}"
    cells = (found.signature.value, recognised, made, f"`{member.outcome.value}`", member.title, member.sentence, told)
    return f"| {' | '.join(cells)} |"


def table() -> str:
    head = "| signature | recognised | | code | title | to a member | to a stranger |\n|---|---|---|---|---|---|---|"
    return "\n".join([head, *map(printed, rows())])


def test_the_documents_print_the_table_as_it_is() -> None:
    """Run `python -m tests.core.verification.test_decision_table` to print it anew."""
    text = DOCS.read_text(encoding="utf-8")
    found = re.search(r"<!-- verdicts -->\n(.*?)\n<!-- /verdicts -->", text, re.S)
    assert found
    assert found.group(1) == table()


@pytest.mark.parametrize("found", list(rows()), ids=lambda one: f"{one.signature.name}-{one.recognised.name}-{one.made_here}")
def test_each_row_has_a_title_a_sentence_and_no_word_too_much(found: Evidence) -> None:
    for verdict in (decide(found), decide(found, stranger=True)):
        assert verdict.title
        assert verdict.sentence.endswith(".")
        assert "authentic" not in (verdict.title + verdict.sentence).casefold()
        assert {*re.findall(r"{(\w+)}", verdict.sentence)} <= {"signer", "asset", "how"}
    assert "{asset}" not in decide(found, stranger=True).sentence


def proofs(found: Evidence) -> list[Decision]:
    return [decide(found), decide(found, stranger=True)]


def test_made_here_with_ai_always_says_ai() -> None:
    for found in EVERY:
        if found.made_here and found.ours_ai and found.recognised in SAME:
            for verdict in proofs(found):
                assert (verdict.ai, verdict.basis) == (True, Basis.MADE_HERE), found
                assert "with AI" in verdict.sentence


def test_only_a_trusted_signature_or_equal_pixels_ever_say_that_there_is_no_ai() -> None:
    for found in EVERY:
        for verdict in proofs(found):
            if verdict.ai is False:
                equal = found.recognised is Recognised.EQUAL and found.made_here and found.ours_ai is False
                assert equal or found.signature is Signature.TRUSTED, found


def test_proved_is_only_what_is_validly_signed_by_somebody_trusted_about_its_making() -> None:
    for found in EVERY:
        for verdict in proofs(found):
            assert verdict.outcome is not Outcome.PROVED or found.signature is Signature.TRUSTED
            assert "identical to a picture made here" not in verdict.title or (
                found.recognised is Recognised.EQUAL and found.made_here
            )


def test_unknown_signers_are_called_unknown_before_anything_else_is_said_of_them() -> None:
    for found in EVERY:
        if found.signature is Signature.UNKNOWN:
            for verdict in proofs(found):
                assert verdict.title.startswith("Unknown signer")
                assert verdict.sentence.startswith("Unknown signer")


def test_lost_is_said_only_of_what_has_had_credentials() -> None:
    for found in EVERY:
        for verdict in proofs(found):
            if verdict.outcome is Outcome.REGISTERED or "lost" in verdict.sentence:
                assert found.seen is Seen.SEALED
                assert found.recognised is Recognised.EQUAL
    outcomes = {decide(Evidence(Signature.NONE, Recognised.EQUAL, True, True, seen=seen)).outcome for seen in Seen}
    assert outcomes == {Outcome.REGISTERED, Outcome.NEVER_SEALED}


def test_a_stranger_is_told_the_same_of_what_was_brought_here_as_of_what_nobody_knows() -> None:
    for found in EVERY:
        if not found.made_here:
            nobody = Evidence(found.signature, signed_ai=found.signed_ai, claims_ai=found.claims_ai)
            assert decide(found, stranger=True) == decide(nobody, stranger=True)


def test_what_only_resembles_a_picture_made_here_says_nothing_of_ai() -> None:
    for found in EVERY:
        if found.recognised is Recognised.RESEMBLES:
            alone = decide(replace(found, recognised=Recognised.NO, made_here=False, ours_ai=None))
            assert (decide(found).ai, decide(found).basis) == (alone.ai, alone.basis)


if __name__ == "__main__":
    text = DOCS.read_text(encoding="utf-8")
    made = f"<!-- verdicts -->\n{table()}\n<!-- /verdicts -->"
    DOCS.write_text(re.sub(r"<!-- verdicts -->.*?<!-- /verdicts -->", lambda _: made, text, flags=re.S), encoding="utf-8")
