"""Says an answer in the language it was asked in."""

from __future__ import annotations

from core.search.languages.files import language


def answered(sentence: str, code: str) -> str:
    """An answer said in the language, as far as its file has the words."""
    for pattern, said in language(code).answers if code else ():
        sentence = pattern.sub(said, sentence)
    return sentence
