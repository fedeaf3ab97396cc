"""What Slack accepts at most, as data: the dresser keeps to it, and a property test proves that it does."""

from __future__ import annotations

BLOCKS = 50
"""Blocks of a message."""
VIEW_BLOCKS = 100
TEXT = 3000
"""Characters of one text object, and what is put into one rich text block."""
NOTIFICATION = 3000
"""Characters of a message's own text, which stands for its blocks in notifications; Slack splits beyond 4000."""
HEADER = 150
ACTIONS = 25
"""Elements of an actions block."""
BUTTON = 75
"""Characters on a button, and of an option of a menu."""
ACTION_ID = 255
BLOCK_ID = 255
ALT = 2000
OPTIONS = 100
"""Options of a menu that lists them all; a longer list is asked for while somebody types."""
OPTION_VALUE = 150
CHECKBOXES = 10
INPUT = 3000
"""Characters of a text field."""
LABEL = 2000
PLACEHOLDER = 150
TITLE = 24
"""Characters of a form's title and of its buttons."""
METADATA = 3000
"""Characters of what a form carries along unseen."""
FILES = 10
"""Files of one file field."""
URL = 3000

# Not Slack's own, but ours: beyond these a message would be no message any more.

CARD_TEXTS = 4
"""Rich text blocks for the text of a card."""
CARD_FIELDS = 10
"""Rich text blocks for the facts of a card."""
CARD_PICTURES = 10
BUTTONS = 5
"""Buttons of a card side by side; of more, the first few stay and the rest goes into a menu."""
OVERFLOW = 5
"""Options of an overflow menu (Slack's own limit)."""
LISTED = 2
"""From so many results on, each is one block of a list."""
PAGES = 3
"""Messages of one answer."""
