// The room: ties the messages, the feed, the composer, reactions, buttons and threads together.

import { Composer } from "./composer.js";
import { follow } from "./feed.js";
import { Log, mainLog } from "./log.js";
import { element, morph } from "./morph.js";
import { menu } from "./menus.js";
import { copy, key, near, page, post, toast } from "./send.js";
import { sheets, showForm, showSecret } from "./sheets.js";
import { localTimes } from "./times.js";

const main = document.getElementById("main");
const channel = `/c/${encodeURIComponent(main.dataset.channel)}`;
const log = mainLog(channel, +main.dataset.read);
const jump = document.getElementById("jump");
const picker = document.getElementById("picker");
const panel = document.getElementById("thread");
let thread = null;

/* What the server answers to whoever asked: a form to fill, a secret to keep, a text to copy, words near the button that was pressed. */
async function told(answer, button = null) {
  if (answer.secret) showSecret(answer.secret);
  else if (answer.copy) await copy(answer.copy);
  else if (answer.said && button) near(button, answer.said, nextSteps(answer));
  else if (answer.said) toast(answer.said);
  if (answer.form) showForm(answer.form, async (filled) => told(await post(`${channel}/fill`, { ...filled, thread: thread?.root ?? null })));
}

function nextSteps(answer) {
  const steps = (answer.buttons || []).map(({ action, label }) => ({ label, act: (made) => { made.dataset.action = action; pressed(made); } }));
  const there = () => log.stream.querySelector(`[data-subject="${CSS.escape(answer.render)}"]`)?.closest(".message");
  return answer.render ? [...steps, { label: "Show", act: () => there()?.scrollIntoView({ block: "end" }) }] : steps;
}

const say = async (saying) => told(await post(`${channel}/say`, saying));
const composer = new Composer(document.querySelector("[data-composer=main]"), { channel, thread: () => null, say });

/* Messages as they come */

function heard({ id, thread: root, mine, html }) {
  if (root) {
    if (thread?.root === root) thread.log.place(id, html, mine);
    return;
  }
  const added = log.place(id, html, mine);
  if (added === true && !mine && !log.pinned) jump.hidden = false;
  if (thread?.root === id) { morph(panel.querySelector(`.root #m${id}`), element(html)); localTimes(panel); }
  tick();
}

follow(main.dataset.channel, main.dataset.cursor, {
  message: heard,
  channels: ({ html }) => {
    const fresh = document.createElement("div");
    fresh.id = "channels";
    fresh.className = "shelves";
    fresh.innerHTML = html;
    morph(document.getElementById("channels"), fresh);
    unreadInTitle();
  },
  closed: () => location.assign("/"),
  line: (up) => { document.getElementById("line").hidden = up; },
});

const title = document.title;
function unreadInTitle() {
  const count = document.querySelectorAll("#channels .count").length;
  document.title = count ? `(${count}) ${title}` : title;
}

jump.addEventListener("click", () => { log.toEnd(); log.seen(); });
log.scroller.addEventListener("scroll", () => { if (log.atEnd) jump.hidden = true; }, { passive: true });
addEventListener("focus", () => log.pinned && log.seen());
document.addEventListener("visibilitychange", () => log.pinned && log.seen());

/* Seconds left, ticking; a new estimate comes with a new value. */
const ends = new WeakMap();
function tick() {
  for (const one of document.querySelectorAll("[data-left]")) {
    const known = ends.get(one);
    if (!known || known.said !== one.dataset.left) ends.set(one, { said: one.dataset.left, at: Date.now() + one.dataset.left * 1000 });
    const left = Math.ceil((ends.get(one).at - Date.now()) / 1000);
    const shown = left > 90 ? `${Math.round(left / 60)} min left` : left > 0 ? `${left} s left` : "any moment";
    if (one.textContent !== shown) one.textContent = shown;
  }
}
setInterval(tick, 250);
tick();

/* A live preview that is not there (any more) makes room. */
for (const one of document.querySelectorAll("[data-vanish]")) if (one.complete && !one.naturalWidth) one.hidden = true;
document.addEventListener("error", (event) => { if (event.target.matches?.("[data-vanish]")) event.target.hidden = true; }, true);

/* Buttons of cards */

async function pressed(button) {
  if (button.ariaBusy === "true") return;
  button.ariaBusy = "true";
  try {
    const inside = Boolean(button.closest("#thread"));
    await told(await post(`${channel}/press`, { action: button.dataset.action, thread: inside ? thread.root : null, key: key() }), button);
  } catch (problem) {
    toast(problem.message, true);
  } finally {
    button.ariaBusy = null;
  }
}

/* The menu of forms stands above the button that opened it. */
document.getElementById("forms").addEventListener("toggle", (event) => {
  if (event.newState !== "open") return;
  const { right, top } = document.querySelector("[data-forms]").getBoundingClientRect();
  const { width, height } = event.target.getBoundingClientRect();
  event.target.style.left = `${Math.max(8, right - width)}px`;
  event.target.style.top = `${Math.max(8, top - height - 10)}px`;
  event.target.querySelector("button")?.focus();
});

/* Reactions */

let picking = null;
async function react(message, emoji, added) {
  try {
    await told(await post(`${channel}/react`, { message: +message, emoji, added }));
  } catch (problem) {
    toast(problem.message, true);
  }
}

function pick(button) {
  picking = button.closest(".message").dataset.id;
  picker.showPopover();
  const { left, bottom, top } = button.getBoundingClientRect();
  const { width, height } = picker.getBoundingClientRect();
  picker.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
  picker.style.top = `${bottom + height + 8 > innerHeight ? top - height - 6 : bottom + 6}px`;
  picker.querySelector("button").focus();
}

picker.addEventListener("click", (event) => {
  const one = event.target.closest("[data-emoji]");
  if (!one) return;
  picker.hidePopover();
  const there = document.querySelector(`#m${picking} .mark-chip[data-emoji="${CSS.escape(one.dataset.emoji)}"]`);
  react(picking, one.dataset.emoji, there?.getAttribute("aria-pressed") !== "true");
});

/* Threads */

function wireThread(root) {
  const scroller = panel.querySelector(".log");
  const made = new Log(scroller, panel.querySelector(".stream"));
  thread = { root, log: made };
  thread.composer = new Composer(panel.querySelector("[data-composer]"), { channel, thread: () => root, say });
  localTimes(panel);
  made.toNewest();
}

async function openThread(root, push = true) {
  try {
    panel.innerHTML = await page(`${channel}/t/${root}/panel`);
  } catch (problem) {
    toast(problem.message, true);
    return;
  }
  panel.hidden = false;
  document.body.classList.add("has-thread");
  wireThread(root);
  thread.composer.area.focus();
  if (push) history.pushState({ thread: root }, "", `${channel}/t/${root}`);
}

function closeThread(push = true) {
  if (!thread) return;
  const root = thread.root;
  thread = null;
  panel.hidden = true;
  panel.replaceChildren();
  document.body.classList.remove("has-thread");
  if (push) history.pushState({}, "", channel);
  document.querySelector(`#stream #m${root} [data-thread]`)?.focus();
}

addEventListener("popstate", () => {
  const root = location.pathname.match(/\/t\/(\d+)$/)?.[1];
  if (root) openThread(+root, false);
  else closeThread(false);
});
if (main.dataset.thread) wireThread(+main.dataset.thread);

/* Messages by keyboard: arrows go from message to message, and only the buttons of that one are reached by Tab. */

function walk(event) {
  const scroller = event.target.closest(".log");
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!scroller || !step || (event.target !== scroller && !event.target.matches(".message"))) return;
  const all = [...scroller.querySelectorAll(".message")];
  const at = event.target === scroller ? (step < 0 ? all.length : -1) : all.indexOf(event.target);
  const next = all[at + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

document.addEventListener("keydown", walk);
document.addEventListener("focusin", (event) => {
  const here = event.target.closest(".message");
  for (const one of document.querySelectorAll(".message.reached")) {
    if (one === here) continue;
    one.classList.remove("reached");
    one.querySelectorAll(".tools button").forEach((button) => { button.tabIndex = -1; });
  }
  if (!here) return;
  here.classList.add("reached");
  here.querySelectorAll(".tools button").forEach((button) => { button.tabIndex = 0; });
});

/* Clicks and keys */

document.addEventListener("click", (event) => {
  const on = (selector) => event.target.closest(selector);
  const button = on("[data-action]") || on(".mark-chip") || on("[data-pick]") || on("[data-thread]:is(button)") || on("[data-copy]");
  if (on("[data-close-thread]")) { event.preventDefault(); closeThread(); }
  if (on("[data-side]")) document.getElementById("side").classList.toggle("open");
  else if (!on("#side")) document.getElementById("side").classList.remove("open");
  if (on("[data-try]")) composer.write(on("[data-try]").dataset.try);
  if (on("[data-leave]")) post("/leave", {}).then(({ go }) => location.assign(go));
  if (!button) return;
  button.closest("#forms")?.hidePopover();
  if (button.dataset.action) pressed(button);
  else if (button.matches(".mark-chip")) react(button.closest(".message").dataset.id, button.dataset.emoji, button.getAttribute("aria-pressed") !== "true");
  else if (button.matches("[data-pick]")) pick(button);
  else if (button.dataset.thread) openThread(+button.dataset.thread);
  else copy(button.dataset.copy);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector("dialog[open]") && !picker.matches(":popover-open")) {
    document.getElementById("side").classList.remove("open");
    if (thread && !event.defaultPrevented) closeThread();
  }
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !document.querySelector("dialog[open]")) { event.preventDefault(); composer.write("/"); }
});

/* Pictures dropped anywhere */

const veil = document.getElementById("veil");
let over = 0;
const hasFiles = (event) => [...(event.dataTransfer?.types || [])].includes("Files") && !document.querySelector("dialog[open]");
addEventListener("dragenter", (event) => { if (hasFiles(event)) { over += 1; veil.hidden = false; } });
addEventListener("dragleave", () => { over = Math.max(0, over - 1); if (!over) veil.hidden = true; });
addEventListener("dragover", (event) => { if (hasFiles(event)) event.preventDefault(); });
addEventListener("drop", (event) => {
  over = 0;
  veil.hidden = true;
  if (!hasFiles(event)) return;
  event.preventDefault();
  (event.target.closest?.("#thread") && thread ? thread.composer : composer).take([...event.dataTransfer.files]);
});

sheets();
menu(picker);
menu(document.getElementById("forms"));
localTimes();
log.toNewest();
if (log.line) document.querySelector(".fresh-line")?.scrollIntoView({ block: "center" });
log.pinned = log.atEnd;
jump.hidden = log.atEnd;
log.seen();
if (location.hash.startsWith("#m")) document.querySelector(location.hash)?.classList.add("called");
if (matchMedia("(hover: hover)").matches) composer.area.focus();
main.dataset.ready = "";
