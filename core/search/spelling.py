"""Mistyped words of a question: put right where a word of questions, of names or of pictures is a letter away."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from core.search.entities import Vocabulary
from core.search.lexicon import word_set
from core.search.line import Corpus, Word, known
from storage.search.tokenizer import words_of

_QUESTIONS = tuple(
    sorted(
        word_set(
            """
        approved rejected pictures images videos video renders rendered latest newest oldest shots yesterday today
        upscaled upscale upscales uploaded exported prompt prompts client clients project projects week month months
        everything anything something show made sampler workflow checkpoint settings between without tagged delivered
        anyone which please depth canny openpose lineart monday tuesday wednesday thursday friday saturday sunday
        january february april june july august september october november december people artist negative resolution
        longest biggest slowest fastest server sent send using used where there what when
            """
        )
    )
)


def put_right(words: list[Word], vocabulary: Vocabulary, corpus: Corpus) -> tuple[list[Word], list[tuple[str, str]]]:
    """The words with mistyped ones put right, and (as typed, as taken) of those that matter."""
    found, changed = list[Word](), list[tuple[str, str]]()
    for one in words:
        better = _better(one.key, vocabulary, corpus)
        if better:
            found.append(replace(one, key=better, spelled=True))
            if better not in _QUESTIONS or better in ("approved", "rejected", "depth", "canny"):
                changed.append((one.raw, better))
        else:
            found.append(one)
    return found, changed


def _better(key: str, vocabulary: Vocabulary, corpus: Corpus) -> str:
    if len(key) < 4 or not key.isalpha() or known(key) or key in _QUESTIONS or key in vocabulary.spellings:
        return ""
    tokens = tuple(words_of(key))
    if vocabulary.holding(tokens) or vocabulary.beginning(key) or vocabulary.squeezed(key) or corpus.has(tokens):
        return ""
    if len(tokens) == 1 and corpus.forms(tokens[0]):
        return ""
    if real(key):
        return ""
    best = _nearest(key, _QUESTIONS) or _nearest(key, vocabulary.spellings)
    return best or (next(iter(corpus.similar(tokens[0])), "") if len(tokens) == 1 else "")


def _nearest(key: str, spellings: tuple[str, ...]) -> str:
    """The one word that is a letter away, or two of seven and more; the first letter is the same."""
    far = 1 if len(key) < 7 else 2
    same = [one for one in spellings if one[:1] == key[:1] and abs(len(one) - len(key)) <= far]
    found = process.extractOne(key, same, scorer=OSA.distance, score_cutoff=far)
    return str(found[0]) if found else ""


@cache
def real(key: str) -> bool:
    """Whether it is a word of English, so that it is not mistyped."""
    from simplemma import is_known

    return bool(is_known(key, lang="en"))
