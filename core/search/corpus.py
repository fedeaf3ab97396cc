"""The words of all pictures somebody may see: whether a word occurs, in which forms, and what a mistyped one may be."""

from __future__ import annotations

from rapidfuzz import process
from rapidfuzz.distance import OSA
from sqlmodel import Session

from storage import search
from storage.search import Phrase, Query, Scope, entity_index, forms


class ScopeCorpus:
    """The words of the pictures in a scope; what was looked up is kept for the length of a question."""

    def __init__(self, session: Session, scope: Scope, *, other_words: bool = True) -> None:
        self.other_words = other_words
        self._session = session
        self._scope = scope
        self._has: dict[tuple[str, ...], bool] = {}
        self._forms: dict[str, tuple[tuple[str, ...], ...]] = {}

    def has(self, tokens: tuple[str, ...]) -> bool:
        """Whether a picture has these tokens, one after the other."""
        if tokens not in self._has:
            self._has[tokens] = search.count(self._session, Query(words=(Phrase(tokens),)), self._scope, 1) > 0
        return self._has[tokens]

    def forms(self, token: str) -> tuple[tuple[str, ...], ...]:
        """Other forms of the word that pictures have: `drawing` for `drawn`."""
        if token not in self._forms:
            found = [(word,) for word in forms.alike(self._session, token)]
            self._forms[token] = tuple(one for one in found if self.has(one))
        return self._forms[token]

    def recipients(self, part: str) -> list[str]:
        """Whom something was sent to, of those whose name has this part."""
        return entity_index.recipients(self._session, part)

    def similar(self, token: str) -> list[str]:
        """Words of pictures that differ by a letter or two (of eight and more), best first."""
        if not forms.fit(token) or len(token) < 4:
            return []
        far = 1 if len(token) < 8 else 2
        found = process.extract(token, forms.every(self._session), scorer=OSA.distance, limit=5, score_cutoff=far)
        return [word for word, _score, _at in found if self.has((word,))]
