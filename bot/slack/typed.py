"""Commands as people type them in Slack: `/slate find …`, which works whichever of the two manifests an app has.

>>> typed("Write /find hero shoe, or see /help."), typed("https://a.example/find and/or A/find")
('Write /slate find hero shoe, or see /slate help.', 'https://a.example/find and/or A/find')
>>> typed("/slate queue")
'/slate queue'
"""

from __future__ import annotations

import re

from bot.commands import BY_NAME
from bot.slack.manifest import UMBRELLA

_COMMAND = re.compile(rf"(?<![\w/.:])/(?={'|'.join(sorted(BY_NAME.keys() - {'?'}, key=len, reverse=True))})(?=[a-z-]+(?![\w/-]))")


def typed(text: str) -> str:
    """A text of Slate's own, in which commands begin with `/slate`."""
    return _COMMAND.sub(f"/{UMBRELLA} ", text)
