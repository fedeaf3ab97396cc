"""How well the words of a query fit a text: sorts hits where a database's own ranking would visit every text with the word."""

from __future__ import annotations

from collections.abc import Sequence

from storage.search.query import Phrase

_SATURATION, _LENGTH = 1.2, 0.75
"""k1 and b of BM25 (Robertson and Zaragoza, 2009)."""


def fits(bodies: Sequence[str], words: Sequence[Phrase]) -> list[float]:
    """A score for each text of tokens joined by spaces: more where the words stand more often and the text is short.

    BM25 without the weight of rare words: every text here holds all of the words, and counting how many others do costs
    a walk over all of them.

    >>> sun = Phrase(("low", "sun"))
    >>> short, twice, long = fits(["low sun", "low sun low sun", "low sun on a hill by the sea"], [sun])
    >>> twice > short > long
    True
    """
    needles = [_needles(one) for one in words if one.part == "body" and not one.negated]
    lengths = [body.count(" ") + 1 for body in bodies]
    usual = sum(lengths) / len(lengths) if lengths else 1.0
    return [_score(body, length / usual, needles) for body, length in zip(bodies, lengths, strict=True)]


def _score(body: str, relative: float, needles: Sequence[Sequence[str]]) -> float:
    spaced = f" {body.replace(' ', '  ')} "
    damped = _SATURATION * (1 - _LENGTH + _LENGTH * relative)
    counts = (sum(spaced.count(one) for one in needle) for needle in needles)
    return sum(times * (_SATURATION + 1) / (times + damped) for times in counts)


def _needles(words: Phrase) -> list[str]:
    """What to count where each token stands between two spaces of its own."""
    asked = f" {'  '.join(words.tokens)}{'' if words.prefix else ' '}"
    return [asked, *(f" {'  '.join(form)} " for form in words.forms)]
