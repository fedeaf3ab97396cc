"""Every documented limit of Discord that the simulator enforces, as data (API reference, v10)."""

from __future__ import annotations

import re

CONTENT = 2000
COMPONENTS = 40
COMPONENT_TEXT = 4000
ROW_BUTTONS = 5
SECTION_TEXTS = (1, 3)
GALLERY = (1, 10)
CUSTOM_ID = (1, 100)
BUTTON_LABEL = 80
BUTTON_URL = 512
SELECT_OPTIONS = (1, 25)
OPTION_LABEL = (1, 100)
OPTION_VALUE = (1, 100)
PLACEHOLDER = 150
DESCRIPTION = 1024
FILES = 10
FILE_BYTES = 10 * 1024 * 1024
REQUEST_BYTES = 25 * 1024 * 1024
NONCE = 25
REACTIONS = 20

MODAL_TITLE = (1, 45)
MODAL_COMPONENTS = (1, 5)
LABEL = (1, 45)
LABEL_DESCRIPTION = 100
INPUT_PLACEHOLDER = 100
INPUT_LENGTH = 4000
UPLOADS = (0, 10)
RADIO_OPTIONS = (2, 10)

COMMAND_NAME = re.compile(r"[-_'\w]{1,32}", re.UNICODE)
COMMAND_DESCRIPTION = (1, 100)
COMMAND_OPTIONS = 25
COMMAND_CHARACTERS = 8000
COMMANDS = 100
MENUS = 5
CHOICES = 25
CHOICE_NAME = (1, 100)
CHOICE_VALUE = 100
STRING_OPTION = 6000

THREAD_NAME = (1, 100)
FORUM_TAGS = 20
TAG_NAME = 20
THREAD_TAGS = 5

ACKNOWLEDGE_SECONDS = 3.0
TOKEN_SECONDS = 15 * 60.0

# intents, by the events they let through
INTENTS = {
    "GUILD_CREATE": 1 << 0,
    "GUILD_DELETE": 1 << 0,
    "CHANNEL_CREATE": 1 << 0,
    "CHANNEL_UPDATE": 1 << 0,
    "CHANNEL_DELETE": 1 << 0,
    "THREAD_CREATE": 1 << 0,
    "THREAD_UPDATE": 1 << 0,
    "THREAD_DELETE": 1 << 0,
    "GUILD_MEMBER_ADD": 1 << 1,
    "GUILD_MEMBER_UPDATE": 1 << 1,
    "GUILD_MEMBER_REMOVE": 1 << 1,
}
GUILD_MESSAGES, GUILD_REACTIONS, DIRECT_MESSAGES, DIRECT_REACTIONS = 1 << 9, 1 << 10, 1 << 12, 1 << 13
MESSAGE_CONTENT = 1 << 15
PRIVILEGED = (1 << 1) | (1 << 8) | MESSAGE_CONTENT

# requests a bucket lets through, and in how many seconds
RATES = {
    "POST /channels/{channel}/messages": (5, 5.0),
    "PATCH /channels/{channel}/messages/{message}": (5, 5.0),
    "DELETE /channels/{channel}/messages/{message}": (5, 1.0),
    "PUT /channels/{channel}/messages/{message}/reactions/{emoji}/@me": (1, 0.25),
    "POST /webhooks/{application}/{token}": (5, 2.0),
    "PATCH /webhooks/{application}/{token}/messages/{message}": (5, 2.0),
    "PUT /applications/{application}/commands": (2, 60.0),
}
OTHERWISE = (50, 1.0)
GLOBAL = (50, 1.0)
