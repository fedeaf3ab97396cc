"""Slack as a front end: what comes in (listeners), what goes out (chat), and how a Card looks there (dress)."""
