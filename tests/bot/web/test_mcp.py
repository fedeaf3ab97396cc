"""Agents over MCP: the same answers as in chat, with the rights of the key, small, bounded, and on record."""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.shared.exceptions import MCPError

from bot.agents import prompts, server, tools
from core.people import team
from storage.people import audit
from storage.tables import Asset, AuditEvent, Role
from tests.agents import called, key_of, over_http, run
from tests.bot.conftest import Talk
from tests.makers import make_member
from tests.shop import environment_of
from tests.web import Web

WRITES = {one.name for one in tools.TOOLS if one.scope.value == "write"}


@pytest.fixture
def web(talk: Talk) -> Iterator[Web]:
    with Web(talk.desk) as served:
        yield served


@pytest.fixture
def shoe(talk: Talk) -> Asset:
    return talk.finish(talk.ask())[0]


def listed(web: Web, key: str, mode: str = "auto") -> set[str]:
    async def names(client: Client) -> set[str]:
        return {one.name for one in (await client.list_tools()).tools}

    return over_http(web, key, names, mode)


def calls(talk: Talk) -> list[AuditEvent]:
    with talk.desk.reading() as session:
        return [one for one in audit.newest(session) if one.action == "agent:called"]


def test_a_question_has_the_same_answer_as_in_chat(web: Web, talk: Talk, shoe: Asset) -> None:
    question = "who made the shoe"
    answer = called(web, key_of(talk.desk, talk.mia, "read"), "find", question=question, project=talk.project.slug)
    chat = talk.say(f"/find {question}").data
    assert answer["answer"] == chat["answer"]
    assert [one["asset"] for one in answer["results"]] == [one["asset"] for one in chat["results"]] == [shoe.code]
    assert answer["results"][0]["link"] == f"{talk.desk.settings.base_url}/assets/{shoe.code}"


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_key_to_read_sees_no_tool_that_writes_and_may_call_none(web: Web, talk: Talk, shoe: Asset, mode: str) -> None:
    reads, writes = key_of(talk.desk, talk.mia, "read"), key_of(talk.desk, talk.mia)
    assert listed(web, writes, mode) - listed(web, reads, mode) == WRITES
    for name in sorted(WRITES):
        assert called(web, reads, name)["error"]["code"] == "refused"
    assert talk.say(f"/provenance {shoe.code}").data["status"] == ""


def test_an_agent_works_through_a_task_and_each_call_is_on_record(web: Web, talk: Talk, shoe: Asset) -> None:
    key = key_of(talk.desk, talk.ana)

    async def task(client: Client) -> dict[str, Any]:
        async def call(tool: str, **given: Any) -> dict[str, Any]:
            result = await client.call_tool(tool, given)
            assert not result.is_error, result.structured_content
            kinds = [one.type for one in result.content]
            assert json.loads(result.content[0].text) == result.structured_content  # type: ignore[union-attr]
            return {**result.structured_content, "_kinds": kinds}

        told: dict[str, Any] = {}
        told["asset"] = await call("asset", id=shoe.code)
        told["render"] = await call("render", workflow="text-to-image", inputs={"prompt": "a boat", "seed": 3}, once="boat-0001")
        told["again"] = await call("render", workflow="text-to-image", inputs={"prompt": "a boat", "seed": 3}, once="boat-0001")
        told["why"] = await call("why", id=told["render"]["render"])
        told["queue"] = await call("queue")
        told["cancel"] = await call("cancel", ids=[told["render"]["render"]])
        told["approve"] = await call("approve", ids=[shoe.code], note='fine" undo:yes seed:1')
        told["tag"] = await call("tag", ids=[shoe.code], tags=["hero shot"])
        told["provenance"] = await call("provenance", id=shoe.code)
        told["lineage"] = await call("lineage", id=shoe.code)
        told["workflows"] = await call("workflows")
        told["one"] = await call("workflows", workflow="text-to-image")
        return told

    told = over_http(web, key, task)
    assert (told["asset"]["asset"], told["asset"]["prompt"], told["asset"]["by"]) == (shoe.code, "hero shoe, low sun", "Mia Chen")
    assert told["render"]["render"] == told["again"]["render"]
    assert told["why"]["state"] == "queued"
    assert told["cancel"]["state"] == "cancelled"
    assert told["provenance"]["status"] == "approved"
    assert {"hero", "shot"} <= set(told["provenance"]["tags"])
    assert {"inputs"} <= set(told["one"]) | set(told["one"]["workflows"][0])
    assert "inputs" not in told["workflows"]["workflows"][0]
    with talk.desk.reading() as session:
        [verdict] = [one for one in audit.newest(session) if one.action == "asset:verdict"]
    assert verdict.after["note"] == 'fine" undo:yes seed:1'  # words for people, no command
    [approve] = [one for one in calls(talk) if one.after["tool"] == "approve"]
    assert (approve.actor_id, approve.subject.startswith("key/K-"), approve.after["about"]) == (talk.ana.id, True, shoe.code)
    assert len(calls(talk)) == len(told)


def test_a_picture_is_recognised(web: Web, talk: Talk, shoe: Asset) -> None:
    key = key_of(talk.desk, talk.vic, "read")
    picture = base64.b64encode(talk.desk.blobs.get(shoe.sha256)).decode()

    async def look(client: Client) -> Any:
        return await client.call_tool("whatis", {"picture": picture})

    result = over_http(web, key, look)
    assert (result.structured_content["asset"], result.structured_content["certainty"]) == (shoe.code, "certain")
    for wrong in ("not base 64!", "", "===="):
        assert called(web, key, "whatis", picture=wrong)["error"]["code"] == "bad-input"


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("asset", {}, "id"),
    ("asset", {"id": "A-7Q0D undo:yes"}, "id"),
    ("asset", {"id": ["A-7Q0D"]}, "id"),
    ("find", {"question": "x" * 3_000}, "question"),
    ("find", {"question": "x", "limit": 10_000}, "limit"),
    ("render", {"workflow": "text-to-image", "inputs": {"prompt:x": "y"}}, "inputs"),
    ("render", {"workflow": "text-to-image", "inputs": {"prompt": {"a": 1}}}, "inputs"),
    ("export", {"ids": ["A-7Q0D"], "profile": "everything"}, "profile"),
    ("approve", {"ids": []}, "ids"),
    ("queue", {"mine": False, "sudo": True}, "sudo"),
]


def test_wrong_arguments_are_named_and_nothing_is_done(web: Web, talk: Talk) -> None:
    async def all_of_them(client: Client) -> list[dict[str, Any]]:
        return [(await client.call_tool(tool, given)).structured_content for tool, given, _ in WRONG]

    answers = over_http(web, key_of(talk.desk, talk.ana), all_of_them)
    for (tool, given, name), answer in zip(WRONG, answers, strict=True):
        assert (answer["error"]["code"], name in answer["error"]["message"]) == ("bad-input", True), (tool, given, answer)
    assert called(web, key_of(talk.desk, talk.ana), "asset", id="A-ZZZZ")["error"]["code"] == "unknown-asset"

    async def no_such(client: Client) -> None:
        with pytest.raises(MCPError, match="no tool"):
            await client.call_tool("rm", {})
        with pytest.raises(MCPError, match="no resource"):
            await client.read_resource("slate://../etc/passwd")
        with pytest.raises(MCPError, match="no prompt"):
            await client.get_prompt("jailbreak", {})
        with pytest.raises(MCPError, match="is needed"):
            await client.get_prompt("who-made", {})

    over_http(web, key_of(talk.desk, talk.ana), no_such)


def test_resources_and_prompts(web: Web, talk: Talk, shoe: Asset) -> None:
    async def read(client: Client) -> tuple[set[str], Any, Any, str]:
        names = {str(one.uri) for one in (await client.list_resources()).resources}
        asset = json.loads((await client.read_resource(f"slate://asset/{shoe.code}")).contents[0].text)  # type: ignore[union-attr]
        workflow = json.loads((await client.read_resource("slate://workflow/upscale")).contents[0].text)  # type: ignore[union-attr]
        assert {one.name for one in (await client.list_prompts()).prompts} == set(prompts.BY_NAME)
        prompt = (await client.get_prompt("who-made", {"what": "the {depth} shot"})).messages[0].content
        return names, asset, workflow, prompt.text  # type: ignore[union-attr]

    names, asset, workflow, prompt = over_http(web, key_of(talk.desk, talk.mia, "read"), read)
    assert "slate://workflow/text-to-image" in names
    assert (asset["asset"], asset["seed"]) == (shoe.code, "7")
    assert workflow
    assert prompt.startswith("Who made the {depth} shot? ")


def test_who_may_not_come_in(web: Web, talk: Talk) -> None:
    key = key_of(talk.desk, talk.mia)
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    accepts = {"Accept": "application/json, text/event-stream"}

    def status(**headers: str) -> int:
        return httpx2.post(f"{web.url}/mcp", json=ping, headers={**accepts, **headers}).status_code

    assert status(Authorization=f"Bearer {key}") == 200
    assert status() == 401
    assert status(Authorization="Bearer slate_wrong") == 401
    assert status(Authorization=f"Bearer {key}", Origin="https://elsewhere.example") == 403
    huge = httpx2.post(f"{web.url}/mcp", content=b"[" * 6_000_000, headers={**accepts, "Authorization": f"Bearer {key}"})
    assert 400 <= huge.status_code < 500
    with talk.desk.writing() as session:
        team.deactivate(session, talk.mia, by=make_member(session, "Kit", Role.ADMIN))
    assert status(Authorization=f"Bearer {key}") == 401


def test_the_list_of_tools_stays_small() -> None:
    told = [server.tool_of(one).model_dump(mode="json", by_alias=True, exclude_none=True) for one in tools.TOOLS]
    assert len(json.dumps(told, separators=(",", ":"))) < 9_000
    assert all(len(one.about) < 260 for one in tools.TOOLS)


def test_an_agent_on_this_machine_speaks_over_standard_input_and_output(talk: Talk, shoe: Asset) -> None:
    key = key_of(talk.desk, talk.vic)

    async def go(environment: dict[str, str], *options: str) -> tuple[set[str], Any, Any]:
        program = StdioServerParameters(
            command=sys.executable, args=["-m", "bot.cli", "mcp", *options], env=environment, cwd=Path.cwd()
        )
        async with Client(stdio_client(program)) as client:
            names = {one.name for one in (await client.list_tools()).tools}
            found = await client.call_tool("find", {"question": "who made the shoe"})
            verdict = await client.call_tool("approve", {"ids": [shoe.code]})
            return names, found.structured_content, verdict.structured_content

    with environment_of(talk.desk.settings):
        environment = dict(os.environ)
    names, found, verdict = run(lambda: go({**environment, "SLATE_API_KEY": key}, "--read-only"))
    assert not names & WRITES
    assert "Mia Chen" in found["answer"]
    assert verdict["error"]["code"] == "refused"
    assert {one.actor_id for one in calls(talk)} == {talk.vic.id}
