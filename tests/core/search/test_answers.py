"""Hundreds of questions in many phrasings with known answers, over a corpus of look-alikes: right first, never wrongly sure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from core.search import ask
from storage.database import Database
from tests.corpus import NOW, PLACES, TAKES, Corpus, Take, opened

SUBJECTS = {
    "old-shoe": ("hero shoe on sand", "hero shoe on the sand for Acme", "shoe on sand from January"),
    "depth-2": ("approved depth shot for Acme", "approved hero shoe in fog", "shoe in fog tagged hero"),
    "depth-3": ("rejected depth shot", "rejected shoe for Acme Spring", "hero shoe in the rain"),
    "labs-depth": ("glassware on the bench", "depth shot for Acme Labs", "laboratory bench for acme labs"),
    "labs-ink": ("ink drawing of a flask", "flask drawing", "Labs Launch flask"),
    "winter-lake": ("approved frozen lake", "frozen lake with depth of field", "approved lake for the Winter Catalogue"),
    "winter-up": ("upscaled frozen lake", "upscaled version of the lake", "upscaled dawn"),
    "tv-clip": ("penguins on ice", "video of the penguins", "penguin clip for Globex TV"),
    "tv-film": ("schöner Schuh", "Schuh im Regen", "東京 for Globex"),
    "tv-needs": ("neon street", "neon street in rain for Globex", "street in the neon rain"),
    "rose-1": ("red flower in a vase", "flower tagged pick for Rose", "Rose Garden flower"),
    "rosy": ("rose petals falling", "inpainted sky", "inpainted rose petals for Globex"),
}
"""What is asked about, in three ways each; every one fits one picture best."""

PHRASINGS = {
    "by": ("who made the {}", "who did the {}?", "Could you tell me who rendered the {}?", "whose is the {}"),
    "day": ("when did we make the {}", "when was the {} made?"),
    "seed": ("what seed was used for the {}", "which seed did we use for the {}?"),
    "model": ("which model was used for the {}", "what checkpoint is behind the {}"),
    "client": ("which client was the {} for", "who is the {} for"),
}


def _asked() -> list[tuple[str, Take, str]]:
    takes = {take.key: take for take in TAKES}
    return [
        (phrase.format(subject), takes[key], what)
        for what, phrases in PHRASINGS.items()
        for phrase in phrases
        for key, subjects in SUBJECTS.items()
        for subject in subjects
    ]


def _answer(take: Take, what: str) -> str:
    at = datetime.fromisoformat(take.at)
    return {
        "by": f"**{take.by}**",
        "day": {"2026-03-24": "Yesterday", "2026-03-25": "Today"}.get(take.at[:10], f"On {at.day} {at:%B}"),
        "seed": f"**{take.seed}**",
        "model": take.models[0]["name"],
        "client": f"**{PLACES[take.project][0]}**",
    }[what]


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def kept(request: pytest.FixtureRequest) -> Iterator[tuple[Database, Corpus]]:
    with opened(request) as corpus:
        yield corpus


def test_the_right_answer_comes_first_and_nothing_wrong_is_said(kept: tuple[Database, Corpus]) -> None:
    database, corpus = kept
    asked = _asked()
    late, wrong = [], []
    with database.reading() as session:
        for text, take, what in asked:
            found = ask.answer(session, text, by=corpus.people["Kit"], now=NOW)
            first = corpus.key_of(found.results[0].asset.code) if found.results else ""
            if first == take.key and _answer(take, what) in found.sentence:
                continue
            late.append((text, first, found.sentence))
            if found.results and len(found.results) == 1 and not found.sentence.startswith("Taking "):
                wrong.append((text, first, found.sentence))

    assert len(asked) >= 300
    assert wrong == []
    assert len(late) <= 0.02 * len(asked), late
