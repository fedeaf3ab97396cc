"""What Discord takes, as data: every number the dresser, the forms and the command tree keep to, each in one place.

From the API reference (message, component, application command and rate limit pages), v10.
"""

from __future__ import annotations

# a message of components (flag 1 << 15)
COMPONENTS = 40
"""Components of one message, nested ones included."""
TEXT = 4000
"""Characters of all text displays of one message together."""
GALLERY = 10
"""Pictures of one gallery."""
ATTACHMENTS = 10
"""Files of one message."""
FILE_BYTES = 10 * 1024 * 1024
"""A file where the server has no more to give; an interaction says how much it is there."""
ALL_BYTES = 24 * 1024 * 1024
"""All files of one request, with some room for the rest of it (Discord refuses more than 25 MiB)."""
ALT = 1024
ROW = 5
"""Buttons side by side."""
BUTTON_LABEL = 80
CUSTOM_ID = 100
URL = 512
OPTIONS = 25
"""Options of one select menu."""
OPTION_LABEL = 100
OPTION_VALUE = 100
PLACEHOLDER = 150
NONCE = 25

# a modal
MODAL_TITLE = 45
MODAL_PARTS = 5
LABEL = 45
LABEL_TEXT = 100
INPUT = 4000
INPUT_PLACEHOLDER = 100
FORM_FILES = 10

# commands
COMMANDS = 100
COMMAND_OPTIONS = 25
COMMAND_NAME = 32
COMMAND_TEXT = 100
CHOICES = 25
CHOICE_NAME = 100
CHOICE_VALUE = 100
OPTION_TEXT = 6000
"""Characters of one text option."""

# threads and boards
THREAD_NAME = 100
