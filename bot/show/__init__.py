"""A render, an asset or an error as a Card: what a person is shown, before a platform dresses it."""

from bot.cards import Card
from bot.show.assets import asset_card, asset_facts, provenance_card
from bot.show.facts import LONGEST_PROMPT, alt_of, model_lines, page_of, picture_of, pictures_of, purpose
from bot.show.renders import render_alt, render_card
from core.errors import SlateError

__all__ = [
    "LONGEST_PROMPT",
    "alt_of",
    "asset_card",
    "asset_facts",
    "error_card",
    "model_lines",
    "page_of",
    "picture_of",
    "pictures_of",
    "provenance_card",
    "purpose",
    "render_alt",
    "render_card",
]


def error_card(problem: SlateError) -> Card:
    """What happened, what to do, and the stable code."""
    return Card(problem.message, tone="error", text=problem.hint, footer=problem.code)
