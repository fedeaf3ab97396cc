"""Has a question that was not understood put into Slate's own words by a language model of the team's.

The model sees the question and a description of how questions may be typed, and nothing of what Slate knows: no names, no
prompts, no pictures. What it answers is read like anything a person types, so it can only ask, never tell. A line that names
something the question does not, or that has a word Slate does not understand, is not used; a model that is slow, away or wrong
changes nothing. The interface is chat completions as Ollama, llama.cpp and vLLM offer it.
"""

from __future__ import annotations

import json
import re
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import structlog
from rapidfuzz import fuzz

from core.errors import BadInput
from core.formats import bounded_json
from core.search.conditions import Question
from core.search.entities import KnownName
from core.security import safe_fetch
from core.settings import Settings
from storage.search.tokenizer import fold

log = structlog.get_logger(__name__)

LONGEST = 600
"""Characters of a question that is handed on, and of a line that is taken."""
_MOST_BYTES = 64 << 10
_MOST_VALUES = 2_000
_AT_ONCE = 4
_PAUSE = 60.0
"""Seconds without asking after the model was away or too slow."""
_ALIKE = 80.0
"""How alike a name in the line must be to something in the question, in percent (RapidFuzz's partial_ratio)."""
_FENCE = re.compile(r"^```\w*\s*|\s*```$")


@dataclass
class _Health:
    """How the model of this process does."""

    free: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(_AT_ONCE))
    away_until: float = 0.0


_STATE = _Health()


def line(settings: Settings, question: str) -> str:
    """The question as one line that may be typed; empty where there is no model, or none that helps. Never raises for the model.

    It takes `SLATE_LLM_SECONDS` at most. Four are asked at a time; a fifth question goes without.
    """
    if not settings.llm_url or len(question) > LONGEST or time.monotonic() < _STATE.away_until:
        return ""
    if not _STATE.free.acquire(blocking=False):
        return ""
    try:
        return _line(_answer(settings, question))
    except BadInput as problem:
        _STATE.away_until = time.monotonic() + _PAUSE
        log.warning("translator.away", problem=problem.message)
        return ""
    finally:
        _STATE.free.release()


def forget() -> None:
    """Ask the model again at once, however it did before."""
    _STATE.away_until = 0.0


def is_unsure(question: Question) -> bool:
    """Whether something in a question was not understood; what is only ambiguous is better asked back."""
    return bool(question.unknown or question.strangers or question.missed or question.unplaced or question.instead)


def says_no_more(question: Question, original: str, asker: KnownName | None) -> bool:
    """Whether a line, understood, is free of doubt and has no name but the asker's that the original question does not have.

    Words to look for may be others than in the question, as in a question in another language; people see them as conditions.
    """
    if question.choices or is_unsure(question):
        return False
    said = fold(original)
    names = [name for one in question.conditions for name in one.names if name != asker]
    return all(any(_stands_in(spelling, said) for spelling in name.keys) for name in names)


def _stands_in(spelling: str, said: str) -> bool:
    """Whether a name, or a whole word of it, stands in the question, spelled about so."""
    parts = [spelling, *(part for part in re.split(r"[\s_.-]+", spelling) if len(part) > 2)]
    return any(fuzz.partial_ratio(part, said) >= (_ALIKE if len(part) > 3 else 100.0) for part in parts)


def _answer(settings: Settings, question: str) -> str:
    """What the model wrote. Raises BadInput when it is away, too slow, or answers something else."""
    body = json.dumps(
        {
            "model": settings.llm_model,
            "messages": [{"role": "system", "content": _instructions()}, {"role": "user", "content": json.dumps(question)}],
            "temperature": 0,
            "max_tokens": 200,
            "stream": False,
        }
    ).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), "User-Agent": "Slate"}
    if settings.llm_key:
        headers["Authorization"] = f"Bearer {settings.llm_key}"
    address = settings.llm_url.rstrip("/") + "/chat/completions"
    answered = safe_fetch.ask(
        "POST", address, headers=headers, body=body, reachable=safe_fetch.anywhere, most=_MOST_BYTES, seconds=settings.llm_seconds
    )
    if answered.status != 200:
        raise BadInput(f"It answers {answered.status}.")
    return _content(answered.body)


def _content(body: bytes) -> str:
    """The text of the first choice. Raises BadInput."""
    try:
        told = bounded_json.value(body, _MOST_VALUES)
    except ValueError as problem:
        raise BadInput("It answers something that is no JSON.") from problem
    choices = told.get("choices") if isinstance(told, dict) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    message = first.get("message") if isinstance(first, dict) else None
    content = message.get("content") if isinstance(message, dict) else None
    if not isinstance(content, str):
        raise BadInput("It answers something that is no chat completion.")
    return content


def _line(content: str) -> str:
    """The line in what a model wrote; empty where it is none.

    >>> _line('```\\nwho made client:Acme\\n```'), _line('"UNSURE"'), _line('Sure! Here it is:\\nwho made client:Acme')
    ('who made client:Acme', '', '')
    """
    text = _FENCE.sub("", content.strip()).strip().strip("`").strip()
    if len(text) >= 2 and text[0] == text[-1] == '"' and '"' not in text[1:-1]:
        text = text[1:-1]
    plain = text.isprintable() and 0 < len(text) <= LONGEST
    return text if plain and text.casefold().rstrip(".") != "unsure" else ""


@cache
def _instructions() -> str:
    return (Path(__file__).parent / "translator_instructions.txt").read_text("utf-8")
