"""A prompt as a headline: the words, without the syntax that only a sampler reads.

>>> headline("(masterpiece:1.2), best quality, hero shoe, (low sun:1.3), <lora:film_look:0.8>")
'hero shoe, low sun'
>>> headline("masterpiece"), headline("((wet)) asphalt [neon] BREAK a red shoe"), headline("a shoe (size 42)")
('masterpiece', 'wet asphalt neon, a red shoe', 'a shoe (size 42)')
"""

from __future__ import annotations

import re

_NETWORK = re.compile(r"<(?:lora|lyco|hypernet|embedding)\s*:[^<>\n]{0,200}>", re.IGNORECASE)
_WEIGHTED = re.compile(r"[(\[]\s*([^()\[\]:]{0,300}?)\s*:\s*-?\d+(?:\.\d+)?\s*[)\]]")
_DOUBLED = re.compile(r"\({2,6}([^()]{0,300})\){2,6}|\[([^\[\]:|]{0,300})\]")
_QUALITY = frozenset(
    (
        *("masterpiece", "best quality", "high quality", "highest quality", "absurdres", "highres", "8k", "4k", "uhd"),
        *("ultra detailed", "highly detailed", "extremely detailed", "professional", "award winning", "very aesthetic"),
        *("score_9", "score_8_up", "score_7_up"),
    )
)
"""Words people put before every prompt; they tell one picture from no other."""
_READ = 2000


def headline(prompt: str) -> str:
    """The prompt on one line as a person would say it; where nothing else is left, as it was written."""
    line = " ".join(prompt[:_READ].split())
    words = _NETWORK.sub("", line)
    for _ in range(3):  # weights may be nested
        words = _WEIGHTED.sub(r"\1", words)
    words = _DOUBLED.sub(lambda found: found[1] or found[2] or "", words)
    parts = [part.strip() for part in re.sub(r"\bBREAK\b", ",", words).split(",")]
    kept = [part for part in parts if part and part.casefold() not in _QUALITY]
    return ", ".join(kept) or line
