"""What people say to Slate in passing, in a mention or below a result -> the command line it stands for.

>>> settled("warmer, seed 7", {"seed": "seed", "steps": "integer"})
('warmer', {'seed': '7'})
>>> settled("Steps: 30 and seed=8", {"seed": "seed", "steps": "integer"})
('', {'seed': '8', 'steps': '30'})
>>> settled("the same shoe, but with 7 seeds", {"seed": "seed"})
('the same shoe, but with 7 seeds', {})
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot import command_text, commands
from bot.commands.inputs import prompt_of
from core import workflows
from core.desk import Desk
from core.rendering import lifecycle
from core.search import ask
from storage import ids
from storage.files import assets
from storage.rendering import renders
from storage.tables import Render

ASKS_WHAT = ("what is this", "what's this", "whatis", "what’s this")
_AGAIN = ("again", "another", "another one", "one more", "once more", "new seed", "another seed")
_COURTESIES = ("thanks", "thank you", "thx", "nice", "great", "perfect", "cool", "love it", "wow", "ok", "okay", "hi", "hello")
_NUMBERS = ("seed", "integer", "number")
_SEAM = r"(?:^|(?<=[\s,;]))"


def line_of(desk: Desk, text: str, *, subject: str = "", files: bool = False) -> str:
    """The command line that `text` stands for; empty when nothing is to be done.

    `subject` is what the message is about below which it is said (`R-4F2K`, `A-7Q0D`), `files` whether pictures came along.
    Commands are taken as they are. Below a result, a question is about it, and anything else changes it: "warmer, seed 7" is a
    variation whose prompt goes on with "warmer" and whose seed is 7. Elsewhere, anything else is a question. Raises
    DatabaseUnavailable.
    """
    said = command_text.clean(text).strip()
    bare = said.casefold().strip(" ?!.")
    if said.startswith("/"):
        return said
    if bare in ASKS_WHAT or (files and not said):
        return f"/whatis {subject}".strip() if not files else "/whatis"
    if not bare or bare in _COURTESIES:
        return ""
    if said.split()[0].casefold().rstrip(":,") in commands.BY_NAME:
        return f"/{said}"
    if not subject:
        return f"/find {said}"
    if ask.is_question(said):
        return f"/find {said} {subject}"
    return f"/reroll {subject}" if bare in _AGAIN else _variation(desk, subject, said)


def settled(text: str, kinds: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """(the words that are left, the numbers that were said for inputs): `kinds` is each input's name and kind."""
    given: dict[str, str] = {}
    names = [name for name, kind in kinds.items() if kind in _NUMBERS]
    for name in names:
        pattern = rf"{_SEAM}{re.escape(name)}\s*[:=]?\s*(-?\d+(?:\.\d+)?)(?=$|[\s,;.])"
        found = re.search(pattern, text, re.IGNORECASE)
        if found:
            given[name] = found.group(1)
            text = f"{text[: found.start()]} , {text[found.end() :]}"
    pieces = [re.sub(r"^(and|with)\b|\b(and|with)$", "", piece.strip(" .")).strip() for piece in text.split(",")]
    return ", ".join(piece for piece in pieces if piece), given


def _variation(desk: Desk, subject: str, said: str) -> str:
    with desk.reading() as session:
        asset = assets.by_code(session, subject) if subject.startswith("A-") else None
        row = asset.render_id if asset else ids.number("R", subject)
        source: Render | None = renders.by_id(session, row) if row else None
        specs = workflows.inputs_of(lifecycle.version_of(session, source)) if source else ()
    line = command_text.read(f"vary {said}", names={spec.name.casefold() for spec in specs})
    words, numbers = settled(line.rest(0), {spec.name: spec.kind for spec in specs})
    options = {**numbers, **dict(line.options)}
    prompt = prompt_of(specs)
    if words and prompt and prompt not in options:
        before = str(source.inputs.get(prompt, "")) if source else ""
        options[prompt] = f"{before.rstrip(' ,.')}, {words}" if before else words
    return "/" + command_text.write("vary", [subject], options) if options else f"/vary {subject} {said}"
