"""Slack over signed HTTP, mounted in the web process; and installing Slate in another workspace by OAuth."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest

from bot.slack.runtime import Front
from core.desk import Desk
from storage.people import workspaces
from storage.tables import Role, Workspace
from tests.makers import make_member
from tests.shop import open_shop
from tests.simulators.slack import Slack
from tests.simulators.slack.world import Channel, User
from tests.stories.in_slack import RUNNING
from tests.web import Web

EVENTS = "/slack/events"


class Served:
    """Slate's web process with a simulated Slack that reaches it over HTTP."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.slack: Slack = RUNNING[desk.settings.slack_api_url]
        self.web = Web(desk)

    def __enter__(self) -> Served:
        self.web.__enter__()
        self.slack.wires.http = self.web.url + EVENTS
        return self

    def __exit__(self, *_: object) -> None:
        self.web.__exit__()

    @property
    def front(self) -> Front:
        found: Front = self.web.app.state.slack
        return found

    def member(self, team: str, name: str) -> tuple[User, Channel]:
        user = self.slack.do(self.slack.user, team, name)
        return user, self.slack.do(self.slack.channel, team, f"c-{name.lower()}", user)

    def slash(self, user: User, channel: Channel, command: str, text: str, trigger: str = "") -> str:
        receipt = self.slack.run(self.slack.people.slash(user, channel, command, text, trigger))
        self.front.settle()
        return receipt.error

    def told(self, user: User, channel: Channel) -> list[str]:
        return [one.text for one in channel.messages if one.only_for == user.id]

    def post(self, body: str, headers: dict[str, str], kind: str = "application/json") -> int:
        answer = httpx2.post(self.web.url + EVENTS, content=body, headers=headers | {"Content-Type": kind}, trust_env=False)
        self.front.settle()
        return answer.status_code


@pytest.fixture
def more_settings() -> dict[str, Any]:
    return {
        "slack_signing_secret": "sim-signing-secret",
        "slack_client_id": "11.22",
        "slack_client_secret": "sim-client-secret",
        "secret": "a house key of some length",
        "public_url": "http://slate.example.com",
    }


@pytest.fixture
def served(desk: Desk) -> Iterator[Served]:
    with open_shop(desk), Served(desk) as made:
        with desk.writing() as session:
            make_member(session, "Kit Admin", Role.ADMIN)
        made.web.client("Kit Admin")
        yield made


def home(served: Served) -> str:
    """The workspace whose token is in the settings."""
    return next(iter(served.slack.world.teams))


def kept(served: Served, team: str) -> Workspace:
    with served.desk.reading() as session:
        found = workspaces.find(session, "slack", team)
    assert found is not None
    return found


def test_commands_buttons_and_events_come_in_over_signed_http(served: Served) -> None:
    mia, channel = served.member(home(served), "Mia")
    assert served.slash(mia, channel, "/workflows", "") == ""
    assert "Workflows" in served.told(mia, channel)[-1]
    listing = next(one for one in channel.messages if one.only_for == mia.id)
    receipt = served.slack.run(served.slack.people.press(mia, channel, listing, "edit:text-to-image"))
    served.front.settle()
    assert (receipt.error, len(served.slack.world.modals[mia.id])) == ("", 1)
    bot = served.slack.world.install_of(mia.team)
    assert bot is not None
    served.slack.do(served.slack.people.say, mia, channel, f"<@{bot.bot}> /queue")
    served.slack.settle()
    served.front.settle()
    assert "Nothing is running or waiting" in served.told(mia, channel)[-1]
    assert served.slack.events.sent == 1


@pytest.mark.parametrize(
    ("at", "secret", "tampered"),
    [(0.0, "another secret", False), (-301.0, "", False), (301.0, "", False), (0.0, "", True)],
    ids=["another secret", "five minutes old", "from the future", "tampered with"],
)
def test_what_slack_did_not_sign_just_now_is_refused(served: Served, at: float, secret: str, tampered: bool) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "x"})
    headers = served.slack.wires.signed(body, time.time() + at, secret)
    assert served.post(body + " " * tampered, headers) == 401


def test_unsigned_requests_and_other_paths_are_refused(served: Served) -> None:
    assert served.post("{}", {}) == 401
    assert served.post("x" * 3_000_000, {}) == 401
    assert served.post("{}", {"X-Slack-Request-Timestamp": "abc", "X-Slack-Signature": "v0=00"}) == 401
    dated = {"X-Slack-Request-Timestamp": str(int(time.time())), "X-Slack-Signature": "v0=00"}
    assert served.post("{}", dated) == 401
    assert served.post("x" * 3_000_000, dated) == 413
    assert httpx2.get(served.web.url + EVENTS, trust_env=False).status_code == 405


def test_a_request_that_is_replayed_is_carried_out_once(served: Served) -> None:
    mia, channel = served.member(home(served), "Mia")
    assert served.slash(mia, channel, "/queue", "") == ""
    said = {
        "team_id": mia.team,
        "user_id": mia.id,
        "channel_id": channel.id,
        "command": "/workflows",
        "text": "",
        "trigger_id": "t1",
    }
    body = urlencode(said | {"api_app_id": "A1", "response_url": ""})
    headers = served.slack.wires.signed(body)
    before = len(served.told(mia, channel))
    for _ in range(3):
        assert served.post(body, headers, "application/x-www-form-urlencoded") == 200
    assert len(served.told(mia, channel)) == before + 1
    event = {"type": "message", "channel_type": "im", "channel": channel.id, "user": mia.id, "text": "queue", "ts": "1.1"}
    event_body = json.dumps({"type": "event_callback", "event_id": "Ev1", "team_id": mia.team, "event": event})
    headers = served.slack.wires.signed(event_body)
    assert [served.post(event_body, headers) for _ in range(3)] == [200, 200, 200]
    assert len(served.told(mia, channel)) == before + 2


def install(served: Served, name: str, team: str) -> httpx2.Response:
    """An admin of Slate goes through the pages, and an admin of the other workspace says yes."""
    browser = served.web.client(name)
    asked = browser.get("/slack/install")
    admin = served.slack.do(served.slack.user, team, "Olga")
    back = served.slack.do(served.slack.approve, admin, asked.headers["location"])
    cookie = asked.headers["set-cookie"].partition(";")[0]
    path = back.partition("example.com")[2]
    return browser.get(path, headers={"Cookie": cookie})


def test_another_workspace_installs_slate_and_its_token_is_kept_sealed(served: Served) -> None:
    other = served.slack.do(served.slack.team, "Other Studio", installed=False)
    answer = install(served, "Kit Admin", other)
    assert (answer.status_code, answer.text) == (200, "Slate is installed in Other Studio. Write /slate help there.\n")
    token = served.slack.token(other)
    stored = kept(served, other)
    assert (stored.name, token in stored.sealed_token, served.front.workspaces.of(other).token) == ("Other Studio", False, token)
    lee, channel = served.member(other, "Lee")
    assert served.slash(lee, channel, "/queue", "") == ""
    assert served.told(lee, channel)
    used = {call.token for call in served.slack.world.calls if call.args.get("channel") == channel.id}
    assert used <= {token}, "each workspace is spoken to with its own token"


def test_an_installation_is_for_admins_and_its_way_back_is_good_once_in_the_same_browser(served: Served) -> None:
    other = served.slack.do(served.slack.team, "Other Studio", installed=False)
    admin = served.slack.do(served.slack.user, other, "Olga")
    assert served.web.client("Somebody").get("/slack/install").status_code == 403
    browser = served.web.client("Kit Admin")
    asked = browser.get("/slack/install")
    cookie = {"Cookie": asked.headers["set-cookie"].partition(";")[0]}
    path = served.slack.do(served.slack.approve, admin, asked.headers["location"]).partition("example.com")[2]
    assert "invalid browser" in browser.get(path, headers={"Cookie": "slack-app-oauth-state=forged"}).text
    assert browser.get(path, headers=cookie).status_code == 200
    assert "invalid state" in browser.get(path, headers=cookie).text, "the same way back a second time"
    assert "not installed" in browser.get("/slack/oauth_redirect?error=access_denied").text


def test_a_workspace_that_removes_slate_is_not_served_any_more_until_it_is_installed_again(served: Served) -> None:
    other = served.slack.do(served.slack.team, "Other Studio", installed=False)
    install(served, "Kit Admin", other)
    lee, channel = served.member(other, "Lee")
    served.slack.do(served.slack.events.tell, other, {"type": "app_uninstalled", "event_ts": "1.1"})
    served.slack.settle()
    served.front.settle()
    assert (kept(served, other).sealed_token, kept(served, other).revoked_at is None) == ("", False)
    served.slash(lee, channel, "/queue", "")
    assert not any("Nothing is running" in text for text in served.told(lee, channel))
    old = served.slack.world.installs[served.slack.token(other)]
    old.revoked = True
    assert install(served, "Kit Admin", other).status_code == 200
    assert served.slash(lee, channel, "/queue", "") == ""
    assert "Nothing is running" in served.told(lee, channel)[-1]
