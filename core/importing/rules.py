"""Tells from where a file lies whose it is: patterns such as `{client}/{project}/{shot}_*.png`, the first that fits.

`{by}`, `{client}`, `{project}` and `{shot}` stand for a part of a name, `*` for any part of one, `**` for any folders.

>>> rule = Rule.read("{client}/{project}/**/{shot}_*")
>>> rule.told("Acme/spring/final/sh010_v2_00001_.png")
{'client': 'Acme', 'project': 'spring', 'shot': 'sh010'}
>>> rule.told("loose.png")
{}
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import BadInput

FACETS = ("by", "client", "project", "shot")
"""What can be told of a file, and may have to be confirmed."""
_PART = re.compile(r"\{(\w*)\}|\*\*/?|\*|[^{*]+|.", re.DOTALL)


@dataclass(frozen=True)
class Rule:
    """One pattern over the path below the place, with `/` between folders; it must fit the whole path."""

    text: str
    pattern: re.Pattern[str]

    @classmethod
    def read(cls, text: str) -> Rule:
        """Raises BadInput for a pattern that says something else."""
        said: list[str] = []
        for part in _PART.finditer(text.strip().lstrip("/")):
            name = part[1]
            if name is not None and (name not in FACETS or f"(?P<{name}>" in "".join(said)):
                hint = f"There are {', '.join('{' + one + '}' for one in FACETS)}, each once; `*` is any text, `**` any folders."
                raise BadInput(f"The rule `{text[:100]}` cannot be used: `{part[0]}`.", hint=hint)
            said.append(f"(?P<{name}>[^/]+?)" if name else _WILD.get(part[0]) or re.escape(part[0]))
        if not any(one.startswith("(?P<") for one in said):
            raise BadInput(f"The rule `{text[:100]}` names nothing.", hint="Such as `{client}/{project}/{shot}_*`.")
        return cls(text, re.compile("".join(said)))

    def told(self, path: str) -> dict[str, str]:
        """Facet -> text, or nothing where the path does not fit."""
        match = self.pattern.fullmatch(path[:2_000])
        return {name: value.strip() for name, value in match.groupdict().items() if value.strip()} if match else {}


def first_that_fits(rules: Sequence[Rule], path: str) -> dict[str, str]:
    return next((told for rule in rules if (told := rule.told(path))), {})


_WILD = {"*": "[^/]*", "**": ".*", "**/": "(?:.*/)?"}
