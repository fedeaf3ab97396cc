"""Prompts for common tasks, which people choose in their agent's program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import BadInput, NotFound

_LONGEST = 500


@dataclass(frozen=True)
class AgentPrompt:
    """One task. `text` has the arguments' names in braces."""

    name: str
    about: str
    arguments: tuple[tuple[str, str], ...]
    """(name, what it is); each is needed."""
    text: str


PROMPTS: tuple[AgentPrompt, ...] = (
    AgentPrompt(
        "who-made",
        "Find out who made something, and how.",
        (("what", "such as: the depth shot for Acme"),),
        "Who made {what}? Ask `find` in these words, give its answer as it is, and name the ids with their links. If it asks "
        "back, put its question to me.",
    ),
    AgentPrompt(
        "variations",
        "Render variations of a picture.",
        (("id", "an asset or render"), ("wish", "what shall be different")),
        "Look at {id} with `asset` and `why`. Then render three variations with `vary` in which: {wish}. Use an id of your own "
        "in `once` for each. Ask `why` until they are done, and show me the results with their links.",
    ),
    AgentPrompt(
        "deliver",
        "Check pictures and export them for a client.",
        (("ids", "the assets"), ("client", "for whom")),
        "For {ids}: check `asset` (only approved ones may leave), `compliance`, and `export` with profile client and dry. Tell "
        "me what stands in the way. When nothing does, ask me, and then export them to {client} as a zip.",
    ),
    AgentPrompt(
        "day",
        "What the team did in a day, and what waits.",
        (("day", "such as: yesterday"),),
        "Sum up {day}: ask `find` for what was made, approved and rejected {day}, by project and by person, and `queue` for what "
        "runs and waits now. At most ten lines, with ids.",
    ),
    AgentPrompt(
        "why-different",
        "Explain why two pictures look different.",
        (("one", "an asset"), ("other", "another asset")),
        "Use `compare` on {one} and {other}, and `provenance` where it matters. Say in three sentences what makes the "
        "difference.",
    ),
)
BY_NAME = {one.name: one for one in PROMPTS}


def filled(name: str, given: Mapping[str, str]) -> str:
    """A prompt's text with its arguments. Raises NotFound, BadInput for one that is missing or too long."""
    prompt = BY_NAME.get(name)
    if prompt is None:
        raise NotFound(f"There is no prompt {name[:40]}.", hint=f"There are {', '.join(BY_NAME)}.")
    text = prompt.text
    for argument, about in prompt.arguments:
        value = given.get(argument, "").strip()
        if not value or len(value) > _LONGEST:
            raise BadInput(f"`{argument}` is needed, {about}, in at most {_LONGEST} characters.", input=argument)
    return text.format_map({argument: given[argument].strip() for argument, _ in prompt.arguments})
