"""The room in a real browser: writing, completion, forms, live cards, reactions, threads, pictures, phone and keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bot.cards import Answer, Button, Card, Progress, answer_to_json, to_json
from storage.chat import room
from storage.rendering import renders
from storage.tables import Render
from tests.web import Web, eventually, picture

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Visit = Callable[..., Page]
RUNNING = Card(
    "R-PF3D · text-to-image",
    "running",
    subject="R-PF3D",
    progress=Progress(0.25, "step 5/20 · KSampler on gpu-01", 30.0, preview="R-PF3D"),
    buttons=(Button("cancel", "R-PF3D", "Cancel", "danger"),),
)


def newest(web: Web) -> Render:
    with web.desk.reading() as session:
        return renders.newest(session)[0]


def edit(web: Web, row: int, card: Card) -> None:
    with web.desk.writing() as session:
        message = room.message(session, row)
        assert message is not None
        room.edit(session, message, card=to_json(card))
    web.desk.queue.call("room")


def test_two_people_talk(visit: Visit) -> None:
    mia, ana = visit("Mia"), visit("Ana")
    mia.keyboard.type("line one")
    mia.keyboard.press("Shift+Enter")
    mia.keyboard.type("line two <b>")
    mia.keyboard.press("Enter")
    expect(ana.locator(".message .text")).to_have_text("line one\nline two <b>")
    expect(mia.locator("#main-text")).to_have_value("")
    mia.keyboard.press("ArrowUp")
    expect(mia.locator("#main-text")).to_have_value("line one\nline two <b>")


def test_a_render_is_asked_for_with_completion(visit: Visit, web: Web) -> None:
    mia = visit("Mia")
    mia.keyboard.type("/ren")
    expect(mia.locator("#main-completions li").first).to_contain_text("render")
    mia.keyboard.press("Tab")
    expect(mia.locator("#main-text")).to_have_value("/render ")
    mia.keyboard.type("text-to")
    expect(mia.locator("#main-completions li").first).to_contain_text("text-to-image")
    mia.keyboard.press("ArrowDown")
    mia.keyboard.press("Enter")
    expect(mia.locator("#main-text")).to_have_value("/render text-to-image ")
    mia.keyboard.type('prompt:"a red shoe" st')
    mia.locator("#main-completions li", has_text="steps:").first.click()
    mia.keyboard.type("5")
    mia.keyboard.press("Escape")
    mia.keyboard.press("Enter")
    expect(mia.locator(".card.tone-queued h3")).to_contain_text("a red shoe")
    assert newest(web).inputs["steps"] == 5


def test_what_is_no_result_stands_below_the_results_with_all_its_buttons(visit: Visit, web: Web) -> None:
    more = Card("There is more", buttons=tuple(Button("find", f"page {n}", f"Page {n}") for n in range(5)))
    found = (Card("A-1 · shoe", subject="A-1"), Card("A-2 · boot", subject="A-2"), more)
    web.post(answer=answer_to_json(Answer("Two.", found)))
    mia = visit("Mia")
    aside = mia.locator(".result.aside")
    expect(aside.get_by_role("button")).to_have_count(5)
    expect(aside.locator(".shot")).to_have_count(0)
    whole = mia.locator(".results").bounding_box()
    below = aside.bounding_box()
    assert whole
    assert below
    assert below["width"] > whole["width"] * 0.98


def test_a_form_is_filled_with_a_picture(visit: Visit, web: Web, tmp_path: Path) -> None:
    mia = visit("Mia")
    mia.get_by_label("Open a workflow form").click()
    mia.locator("#forms button", has_text="Image to image").click()
    dialog = mia.locator("dialog#form")
    dialog.get_by_label("Prompt", exact=False).first.fill("in blue")
    file = tmp_path / "shoe.png"
    file.write_bytes(picture("navy", (512, 512)))
    dialog.locator("[data-picture] input[type=file]").set_input_files(str(file))
    expect(dialog.locator("[data-picture] input").first).to_have_value("shoe.png")
    dialog.get_by_role("button", name="Render").click()
    expect(dialog).not_to_be_visible(timeout=30_000)
    expect(mia.locator(".card.tone-queued")).to_be_visible()
    made = newest(web)
    assert made.inputs["prompt"] == "in blue"
    assert any(str(value).startswith("A-") for value in made.inputs.values())


def test_a_form_says_what_is_wrong_and_escape_closes_it(visit: Visit) -> None:
    mia = visit("Mia")
    mia.get_by_label("Open a workflow form").click()
    mia.locator("#forms button", has_text="Text to image").first.click()
    dialog = mia.locator("dialog#form")
    expect(dialog.locator("textarea").first).to_be_focused()
    dialog.get_by_role("button", name="Render").click()
    expect(dialog).to_be_visible()
    mia.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()


def test_one_message_lives_from_running_to_done(visit: Visit, web: Web) -> None:
    web.desk.queue.keep_preview(1, picture())
    mia = visit("Mia")
    row = web.post(card=to_json(RUNNING))
    message = mia.locator(f"#m{row}")
    expect(message.locator("progress")).to_have_js_property("value", 0.25)
    expect(message.locator(".left")).to_have_text(re.compile(r"(30|2\d) s left"))
    expect(message.locator(".live")).to_be_visible()
    message.locator("progress").evaluate("bar => { bar.kept = true }")
    edit(web, row, Card(RUNNING.title, "running", progress=Progress(0.75, "step 15/20")))
    expect(message.locator("progress")).to_have_js_property("value", 0.75)
    assert message.locator("progress").evaluate("bar => bar.kept"), "the bar glides: it is the same element"
    edit(web, row, Card("R-PF3D · done", "done"))
    expect(message.locator(".card.tone-done h3")).to_have_text("R-PF3D · done")
    expect(mia.locator(".message")).to_have_count(1)


def test_the_page_reconnects_and_misses_nothing(visit: Visit, web: Web) -> None:
    mia = visit("Mia")
    web.post("before")
    expect(mia.locator(".message")).to_have_count(1)
    mia.context.set_offline(True)
    mia.evaluate("() => 0")
    web.app.state.house.bell.ring()
    web.post("while away")
    mia.context.set_offline(False)
    web.post("after")
    expect(mia.locator(".message .text")).to_have_text(["before", "while away", "after"])


def test_reactions_are_picked_shown_and_taken_back(visit: Visit, web: Web) -> None:
    mia, ana = visit("Mia"), visit("Ana")
    row = web.post("look")
    mia.locator(f"#m{row}").hover()
    mia.locator(f"#m{row} [data-pick]").click()
    expect(mia.locator("#picker button").first).to_be_focused()
    mia.locator("#picker [data-emoji='🔥']").click()
    chip = ana.locator(f"#m{row} .mark-chip")
    expect(chip).to_have_attribute("title", "Mia")
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(mia.locator(f"#m{row} .mark-chip")).to_have_attribute("title", "Mia and Ana")
    chip.click()
    expect(mia.locator(f"#m{row} .mark-chip")).to_have_attribute("title", "Mia")


def test_buttons_copy_the_command(visit: Visit, web: Web) -> None:
    mia = visit("Mia")
    mia.keyboard.type("/render text-to-image a red shoe seed:7")
    mia.keyboard.press("Escape")
    mia.keyboard.press("Enter")
    mia.get_by_role("button", name="Copy command").click()
    expect(mia.locator("#toasts .toast")).to_have_text("Copied")
    assert mia.evaluate("navigator.clipboard.readText()").startswith("/render text-to-image")


def test_a_secret_is_shown_in_a_dialog_and_gone_when_it_closes(visit: Visit, web: Web) -> None:
    mia = visit("Mia")
    mia.keyboard.type("/apikeys new nightly report")
    mia.keyboard.press("Escape")
    mia.keyboard.press("Enter")
    dialog = mia.get_by_role("dialog", name="Shown this once")
    text = dialog.locator("code").inner_text()
    dialog.get_by_role("button", name="Copy").click()
    assert mia.evaluate("navigator.clipboard.readText()") == text
    dialog.get_by_role("button", name="Done").click()
    expect(dialog).to_be_hidden()
    assert text not in mia.content()


def test_a_thread_opens_beside_and_closes_with_escape(visit: Visit, web: Web) -> None:
    mia, ana = visit("Mia"), visit("Ana")
    row = web.post("root")
    mia.locator(f"#m{row}").hover()
    mia.locator(f"#m{row} .tools [data-thread]").click()
    expect(mia.locator("#thread textarea")).to_be_focused()
    assert mia.url.endswith(f"/c/general/t/{row}")
    mia.keyboard.type("an answer")
    mia.keyboard.press("Enter")
    expect(mia.locator("#thread .stream .text")).to_have_text("an answer")
    expect(ana.locator(f"#m{row} .replies")).to_contain_text("1 reply")
    expect(ana.locator("#stream > .message")).to_have_count(1)
    mia.keyboard.press("Escape")
    expect(mia.locator("#thread")).to_be_hidden()
    mia.go_back()
    expect(mia.locator("#thread")).to_be_visible()


def test_a_pasted_picture_is_asked_about(visit: Visit, web: Web) -> None:
    mia = visit("Mia")
    mia.evaluate(
        """bytes => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], "mail.png", { type: "image/png" }));
            const target = document.getElementById("main-text");
            target.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        list(picture()),
    )
    expect(mia.locator(".tray .name")).to_have_text("mail.png")
    mia.get_by_role("button", name="What is this?").click()
    expect(mia.locator(".message")).to_have_count(2)
    image = mia.locator(".message .attachments img")
    eventually(lambda: image.evaluate("image => image.complete && image.naturalWidth") == 64)
    image.click()
    expect(mia.locator("#lightbox")).to_be_visible()
    mia.keyboard.press("Escape")
    expect(mia.locator("#lightbox")).not_to_be_visible()


def test_private_answers_say_so(visit: Visit) -> None:
    mia, ana = visit("Mia"), visit("Ana")
    mia.keyboard.type("/render prodcut-depth shoe")
    mia.keyboard.press("Escape")
    mia.keyboard.press("Enter")
    expect(mia.locator(".message.private")).to_have_count(2)
    expect(mia.locator(".tone-error .card-text")).to_contain_text("product-depth")
    expect(ana.locator(".message")).to_have_count(0)


def test_what_is_new_is_marked_and_counted(visit: Visit, web: Web) -> None:
    mia = visit("Mia")
    mia.get_by_role("button", name="New channel").click()
    mia.get_by_label("Channel", exact=True).fill("acme")
    mia.get_by_role("button", name="Create channel").click()
    expect(mia.locator("h1")).to_contain_text("acme")
    first = web.post("read this")
    expect(mia.locator(f"#m{first}")).to_be_hidden()
    expect(mia.locator("[data-channel=general] .count")).to_have_text("1")
    expect(mia).to_have_title(re.compile(r"^\(1\) #acme"))
    mia.locator("[data-channel=general]").click()
    expect(mia.locator(f"#m{first}")).to_be_visible()
    eventually(lambda: read_mark(web, "Mia") == first)
    mia.goto("about:blank")
    web.post("and this")
    mia.goto(f"{web.url}/c/general")
    expect(mia.locator(".fresh-line")).to_have_text("New")


def read_mark(web: Web, name: str) -> int:
    with web.desk.reading() as session:
        return room.read_up_to(session, web.member(name).id or 0, web.channel().id or 0)


def test_a_long_answer_stays_at_its_sentence(visit: Visit, web: Web) -> None:
    for number in range(20):
        web.post(f"message {number}", by=None)
    mia = visit("Mia", height=500)
    mia.keyboard.type("/help")
    mia.keyboard.press("Escape")
    mia.keyboard.press("Enter")
    answer = mia.locator("#stream > .message").last
    sentence = answer.locator(".card-text").first
    expect(sentence).to_contain_text("Type a command")
    expect(sentence).to_be_in_viewport()
    top, room_for_it = answer.bounding_box(), mia.locator("#log").bounding_box()
    assert top is not None
    assert room_for_it is not None
    assert top["height"] > room_for_it["height"], "it is longer than the view"
    assert 0 <= top["y"] - room_for_it["y"] < 40


def test_older_messages_are_fetched_without_losing_the_place(visit: Visit, web: Web) -> None:
    for number in range(60):
        web.post(f"message {number}", by=None)
    mia = visit("Mia")
    expect(mia.locator("#stream > .message")).to_have_count(50)
    mia.get_by_role("button", name="Show older messages").click()
    expect(mia.locator("#stream > .message")).to_have_count(60)
    expect(mia.locator("#stream > .message .text").first).to_have_text("message 0")


def test_it_fits_a_phone(visit: Visit, web: Web) -> None:
    row = web.post(card=to_json(RUNNING))
    mia = visit("Mia", width=390, height=844, has_touch=True, is_mobile=True)
    expect(mia.locator(f"#m{row} .card")).to_be_visible()
    assert mia.evaluate("document.documentElement.scrollWidth") == 390
    assert mia.locator(f"#m{row} .card").bounding_box()["width"] > 300  # type: ignore[index]
    mia.get_by_role("button", name="Channels", exact=True).tap()
    expect(mia.locator("#side")).to_be_in_viewport()
    mia.get_by_label("Close the list of channels").tap()
    mia.locator(f"#m{row} .tools [data-thread]").tap()
    expect(mia.locator("#thread textarea")).to_be_visible()
    box = mia.locator("#thread").bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, 390)


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_it_follows_the_system_and_can_be_turned(visit: Visit, scheme: str) -> None:
    mia = visit("Mia", color_scheme=scheme)
    expect(mia.locator("html")).to_have_attribute("data-theme", scheme)
    mia.get_by_label("Light or dark").click()
    other = "light" if scheme == "dark" else "dark"
    expect(mia.locator("html")).to_have_attribute("data-theme", other)
    mia.reload()
    expect(mia.locator("html")).to_have_attribute("data-theme", other)


def test_the_keyboard_reaches_everything(visit: Visit, web: Web) -> None:
    web.post(card=to_json(RUNNING))
    mia = visit("Mia")
    expect(mia.locator(".card")).to_be_visible()
    mia.locator(".skip").focus()
    expect(mia.locator(".skip")).to_be_focused()
    expect(mia.locator(".skip")).to_be_in_viewport()
    reached = set()
    for _ in range(25):
        mia.keyboard.press("Tab")
        reached.add(mia.evaluate("document.activeElement.dataset.action || document.activeElement.ariaLabel || ''"))
    assert {"cancel:R-PF3D", "React", "Reply in thread", "Message, or / for commands", "Send"} <= reached
