"""Questions in German, French, Spanish, Portuguese, Japanese and Chinese: read as English, answered in their language.

Each language is a file of words and phrases beside this one; things.toml has what things are called in all of them.
Names, shots and prompts stay as they are.
"""

from core.search.languages.files import EUROPEAN, NAMES, language
from core.search.languages.recognising import answer_language, recognised
from core.search.languages.saying import answered
from core.search.languages.wording import Known, in_english

__all__ = ["EUROPEAN", "NAMES", "Known", "answer_language", "answered", "in_english", "language", "recognised"]
