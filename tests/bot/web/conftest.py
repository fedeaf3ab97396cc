"""A running room on loopback, people who joined it, and a browser."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from core.desk import Desk
from core.people.projects import ensure_defaults
from core.workflows import seed_library
from tests.conftest import missing
from tests.web import Web

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def web(desk: Desk) -> Iterator[Web]:
    with desk.writing() as session:
        ensure_defaults(session)
        seed_library(session)
    with Web(desk) as served:
        yield served


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        missing("Chromium", "apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Browser, web: Web) -> Iterator[Callable[..., Page]]:
    """Opens a page of the room for somebody who comes in through the door; fails when the page's console shows an error."""
    problems: list[str] = []
    contexts = []

    def open_(name: str, *, width: int = 1280, height: int = 860, **more: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, timezone_id="Europe/Berlin", **more)
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=web.url)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda said: problems.append(said.text) if "Content Security Policy" in said.text else None)
        page.goto(web.url)
        page.fill("#name", name)
        page.press("#name", "Enter")
        page.wait_for_selector("#main[data-ready]")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert problems == []


if os.environ.get("CI") == "true" and not CHROMIUM.exists():
    pytest.exit("Chromium is missing, and in CI nothing may be skipped: apt-get install chromium", 1)
