"""The command tree is the command table: every command by its name, everything it can be given, and the same line in the end."""

from __future__ import annotations

import inspect
from typing import Any

import discord
import pytest
from discord import app_commands

from bot import command_text
from bot.commands import BY_NAME, TABLE, Command
from bot.discord.command_options import Slot, line_of, slots_of
from bot.discord.completion import offers
from bot.discord.tree import MENUS, InteractionHandler, plant
from tests.bot.conftest import Talk
from tests.simulators.discord import checking


class Nobody(InteractionHandler):
    """Whoever answers, it is not asked here."""

    async def said(self, *_: Any) -> None: ...
    async def menu(self, *_: Any) -> None: ...
    async def completed(self, *_: Any) -> list[app_commands.Choice[str]]:
        return []


@pytest.fixture
def payload() -> dict[str, dict[str, Any]]:
    """Name -> what is registered with Discord."""
    client = discord.Client(intents=discord.Intents.none())
    tree: app_commands.CommandTree[discord.Client] = app_commands.CommandTree(client)
    plant(tree, Nobody())
    made = [one.to_dict(tree) for one in tree._get_all_commands()]
    checking.commands(made)
    return {one["name"]: dict(one) for one in made}


def test_the_tree_has_every_command_of_the_table_and_the_menus(payload: dict[str, dict[str, Any]]) -> None:
    assert set(payload) == {command.name for command in TABLE} | {menu.label for menu in MENUS}
    assert all(payload[command.name]["description"] == command.summary[:100] for command in TABLE)
    assert {menu.command for menu in MENUS} <= set(BY_NAME)


def test_every_option_of_the_table_is_an_option_of_its_type(payload: dict[str, dict[str, Any]]) -> None:
    types = {"switch": 5, "count": 4}
    for command in TABLE:
        there = {one["name"]: one for one in payload[command.name].get("options", [])}
        for option in command.options:
            assert there[option.name]["type"] == types.get(option.kind, 3), (command.name, option.name)
            assert there[option.name]["description"][:60] == option.help[:60]
        assert bool(command.inputs) == ("inputs" in there)
        assert ("picture" in there) == (command.inputs or "drop" in command.usage)
        assert all(one["type"] == 11 for name, one in there.items() if name.startswith("picture"))


def test_what_may_be_left_out_in_a_thread_is_not_asked_for(payload: dict[str, dict[str, Any]]) -> None:
    needed = {name: [one["name"] for one in made.get("options", []) if one.get("required")] for name, made in payload.items()}
    assert (needed["render"], needed["find"], needed["approve"], needed["vary"]) == (["workflow"], ["question"], [], [])


def test_every_usage_in_the_table_is_understood() -> None:
    """A usage that is not becomes one slot for everything; that is for commands whose words are a language of their own."""
    unclear = [command.name for command in TABLE for slot in slots_of(command) if (slot.name, slot.kind) == ("words", "words")]
    assert unclear == []


@pytest.mark.parametrize(
    ("name", "given", "line"),
    [
        ("render", {"workflow": "text-to-image", "prompt": 'a "neon: open" sign', "inputs": "steps:3 seed:7", "shot": "sh010"},
         '/render text-to-image "a \\"neon: open\\" sign" steps:3 seed:7 shot:sh010'),
        ("vary", {"id": "R-4F2K", "prompt": "A-7Q0D"}, '/vary R-4F2K "A-7Q0D"'),
        ("vary", {"prompt": "warmer"}, '/vary "warmer"'),
        ("find", {"question": "who made sh010?", "private": True, "limit": 3}, "/find who made sh010? private:yes limit:3"),
        ("reject", {"id": "A-7Q0D", "note": "undo:yes is no note"}, '/reject A-7Q0D "undo:yes is no note"'),
        ("tag", {"id": "A-7Q0D", "word": "hero pick"}, "/tag A-7Q0D hero pick"),
        ("queue", {"mine": False}, "/queue mine:no"),
        ("cancel", {"id": "all"}, "/cancel all"),
    ],
)  # fmt: skip
def test_what_is_given_is_the_line_a_person_would_have_typed(name: str, given: dict[str, Any], line: str) -> None:
    assert line_of(BY_NAME[name], given) == line
    assert command_text.read(line).command == name


def test_a_command_with_words_of_its_own_is_one_slot() -> None:
    def role(_: Any) -> Any:
        """Do something."""

    command = Command("role", role, "show | give NAME ROLE")
    assert [slot.name for slot in slots_of(command)] == ["words"]
    assert line_of(command, {"words": "give mia lead"}) == "/role give mia lead"
    assert inspect.getdoc(role)


def offered(talk: Talk, name: str, slot: str, typed: str, **given: str) -> list[str]:
    command = BY_NAME[name]
    one: Slot = next(one for one in slots_of(command) if one.name == slot)
    return [choice.value for choice in offers(command, one, typed, given, talk.completions)]


def test_workflows_projects_people_models_and_ids_are_offered_while_one_types(talk: Talk) -> None:
    render = talk.ask()
    talk.finish(render)
    assert "text-to-image" in offered(talk, "render", "workflow", "")
    assert offered(talk, "render", "workflow", "depth") == ["product-depth"]
    assert offered(talk, "render", "project", "") == [talk.project.slug]
    assert "sh010" in offered(talk, "render", "shot", "sh")
    assert offered(talk, "render", "inputs", "steps:30 samp", workflow="text-to-image")[0] == "steps:30 sampler:"
    assert "steps:30 sampler:heun" in offered(talk, "render", "inputs", "steps:30 sampler:he", workflow="text-to-image")
    assert render.code in offered(talk, "approve", "id", "")
    assert all(":" not in value for value in offered(talk, "vary", "id", ""))
    assert any("Mia" in value for value in offered(talk, "find", "question", "shoe by:m"))
    assert any("base.safetensors" in value for value in offered(talk, "find", "question", "model:"))


def test_completions_keep_to_what_discord_takes(talk: Talk) -> None:
    long = "x " * 60
    assert offered(talk, "render", "inputs", f"{long} ste", workflow="text-to-image") == []
    for command in TABLE:
        for slot in slots_of(command):
            if slot.kind in ("words", "inputs", "option"):
                made = offers(command, slot, "", {}, talk.completions)
                checking.completions([one.to_dict() for one in made])
