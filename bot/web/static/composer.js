// Where people write: Enter sends, Shift+Enter breaks the line, arrow-up brings back what was sent, `/` completes, pictures drop in.

import { get, key, toast, upload } from "./send.js";

const HISTORY = 50;
const MOST = 25; // completions the server gives at once

function history() {
  try { return JSON.parse(localStorage.getItem("slate-said") || "[]"); } catch { return []; }
}

/* Where the word that the cursor is in begins: after the last blank that is outside of quotes. */
export function wordAt(text, cursor) {
  let start = 0;
  let quote = "";
  for (let at = 0; at < cursor; at += 1) {
    const one = text[at];
    if (quote) { if (one === "\\") at += 1; else if (one === quote) quote = ""; } else if (one === '"' && /[:=]$/.test(text.slice(0, at))) quote = one;
    else if (/\s/.test(one)) start = at + 1;
  }
  return start;
}

export class Composer {
  constructor(form, { channel, thread, say }) {
    Object.assign(this, { form, channel, thread, say });
    this.area = form.querySelector("textarea");
    this.list = form.querySelector(".completions");
    this.tray = form.querySelector(".tray");
    this.input = form.querySelector("input[type=file]");
    this.files = [];
    this.recalled = -1;
    this.chosen = -1;
    this.draftKey = `slate-draft:${channel}:${thread() || ""}`;
    this.area.value = sessionStorage.getItem(this.draftKey) || "";
    this.listen();
    this.grow();
  }

  listen() {
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
    this.area.addEventListener("input", () => { this.recalled = -1; this.grow(); this.complete(); });
    this.area.addEventListener("keydown", (event) => this.keyed(event));
    this.area.addEventListener("blur", () => setTimeout(() => this.hide(), 150));
    this.area.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files || [])];
      if (files.length) { event.preventDefault(); this.take(files); }
    });
    this.list.addEventListener("pointerdown", (event) => {
      const one = event.target.closest("li[role=option]");
      if (one) { event.preventDefault(); this.accept(+one.dataset.at); }
    });
    this.form.querySelector("[data-attach]").addEventListener("click", () => this.input.click());
    this.input.addEventListener("change", () => { this.take([...this.input.files]); this.input.value = ""; });
  }

  write(text) {
    this.area.value = text;
    this.area.focus();
    this.area.setSelectionRange(text.length, text.length);
    this.grow();
    this.complete();
  }

  grow() {
    this.area.style.height = "auto";
    this.area.style.height = `${Math.min(this.area.scrollHeight, innerHeight * 0.38)}px`;
    this.area.classList.toggle("command", this.area.value.startsWith("/"));
    if (this.area.value) sessionStorage.setItem(this.draftKey, this.area.value);
    else sessionStorage.removeItem(this.draftKey);
  }

  keyed(event) {
    if (event.isComposing) return;
    if (!this.list.hidden && this.keyedInList(event)) return;
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) { event.preventDefault(); this.send(); }
    else if (event.key === "ArrowUp" && this.recalls(1)) event.preventDefault();
    else if (event.key === "ArrowDown" && this.recalled >= 0 && this.recalls(-1)) event.preventDefault();
  }

  keyedInList(event) {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move) this.choose((this.chosen + move + this.found.length + (this.chosen < 0 && move < 0 ? 1 : 0)) % this.found.length);
    else if (event.key === "Tab" && !event.shiftKey) this.accept(Math.max(this.chosen, 0));
    else if (event.key === "Enter" && this.chosen >= 0 && !event.shiftKey) this.accept(this.chosen);
    else if (event.key === "Escape") this.hide();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  recalls(step) {
    const said = history();
    const wanted = this.recalled + step;
    if (wanted < -1 || wanted >= said.length || (this.recalled < 0 && this.area.value)) return false;
    this.recalled = wanted;
    this.area.value = wanted < 0 ? "" : said[wanted];
    this.grow();
    this.hide();
    return true;
  }

  /* Completion */

  complete() {
    clearTimeout(this.waiting);
    if (!this.area.value.startsWith("/")) { this.hide(); return; }
    this.waiting = setTimeout(() => this.ask(), 70);
  }

  async ask() {
    this.asking?.abort();
    this.asking = new AbortController();
    const text = this.area.value;
    const cursor = this.area.selectionStart;
    try {
      const found = await get(`${this.channel}/complete?text=${encodeURIComponent(text)}&cursor=${[...text.slice(0, cursor)].length}`, { signal: this.asking.signal });
      if (this.area.value === text) this.show(found);
    } catch { this.hide(); }
  }

  show(found) {
    this.found = found;
    this.chosen = -1;
    this.list.replaceChildren(...found.map((one, at) => {
      const made = document.createElement("li");
      made.id = `${this.list.id}-${at}`;
      made.setAttribute("role", "option");
      made.dataset.at = at;
      const label = document.createElement("b");
      label.textContent = one.label || one.value;
      const help = document.createElement("span");
      help.textContent = one.help.replaceAll("`", "");
      made.append(label, help);
      if (at === 0) { const tab = document.createElement("kbd"); tab.textContent = "Tab"; made.append(tab); }
      return made;
    }));
    if (found.length >= MOST) {
      const more = document.createElement("li");
      more.className = "more";
      more.setAttribute("role", "presentation");
      more.textContent = `The first ${found.length} are shown: type on to narrow the list.`;
      this.list.append(more);
    }
    this.list.hidden = !found.length;
    this.list.classList.toggle("long", this.list.scrollHeight > this.list.clientHeight + 4);
    this.area.setAttribute("aria-expanded", String(Boolean(found.length)));
  }

  choose(at) {
    this.chosen = at;
    [...this.list.querySelectorAll("[role=option]")].forEach((one, index) => one.setAttribute("aria-selected", String(index === at)));
    this.list.children[at]?.scrollIntoView({ block: "nearest" });
    this.area.setAttribute("aria-activedescendant", `${this.list.id}-${at}`);
  }

  accept(at) {
    const one = this.found[at];
    if (!one) return;
    const text = this.area.value;
    const cursor = this.area.selectionStart;
    const start = wordAt(text, cursor);
    const rest = text.slice(cursor).replace(/^\S+/, "");
    const slash = text.startsWith("/") && start === 0 && !one.value.startsWith("/") ? "/" : "";
    const gap = /[:=]$/.test(one.value) || /^\s/.test(rest) ? "" : " ";
    const head = text.slice(0, start) + slash + one.value + gap;
    this.area.value = head + rest;
    this.area.setSelectionRange(head.length, head.length);
    this.grow();
    this.ask();
  }

  hide() {
    this.asking?.abort();
    clearTimeout(this.waiting);
    this.list.hidden = true;
    this.chosen = -1;
    this.area.setAttribute("aria-expanded", "false");
    this.area.removeAttribute("aria-activedescendant");
  }

  /* Pictures */

  take(files) {
    const limit = +document.getElementById("main").dataset.uploadMb;
    for (const file of files.slice(0, 10 - this.files.length)) {
      if (file.size > limit * 1024 * 1024) { toast(`${file.name} is larger than ${limit} MiB.`, true); continue; }
      const one = { file, row: this.row(file) };
      one.kept = upload(file).then(
        (told) => {
          one.receipt = told.receipt;
          one.row.removeAttribute("aria-busy");
          if (told.warning) toast(told.warning, true);
        },
        (problem) => { this.drop(one); toast(problem.message, true); },
      );
      this.files.push(one);
      one.row.querySelector(".off").addEventListener("click", () => this.drop(one));
    }
    this.area.focus();
    this.drawTray();
  }

  row(file) {
    const row = document.createElement("li");
    row.setAttribute("aria-busy", "true");
    const image = document.createElement("img");
    image.alt = "";
    if (file.type.startsWith("image/")) image.src = URL.createObjectURL(file);
    const name = document.createElement("span");
    name.className = "name";
    name.textContent = file.name || "picture";
    const off = document.createElement("button");
    off.type = "button";
    off.className = "off";
    off.textContent = "×";
    off.setAttribute("aria-label", `Leave out ${name.textContent}`);
    row.append(image, name, off);
    return row;
  }

  drop(one) {
    this.files = this.files.filter((other) => other !== one);
    this.drawTray();
  }

  drawTray() {
    const asks = document.createElement("li");
    asks.className = "asks";
    const what = document.createElement("button");
    what.type = "button";
    what.className = "button";
    what.textContent = "What is this?";
    what.addEventListener("click", () => { this.area.value = "/whatis"; this.send(); });
    asks.append(what);
    this.tray.replaceChildren(...this.files.map((one) => one.row), ...(this.files.length ? [asks] : []));
    this.tray.hidden = !this.files.length;
  }

  async send() {
    const text = this.area.value.trim();
    if (this.sending || (!text && !this.files.length)) return;
    this.sending = true;
    this.hide();
    try {
      await Promise.all(this.files.map((one) => one.kept));
      const receipts = this.files.map((one) => one.receipt).filter(Boolean);
      this.pending = this.pending?.text === text ? this.pending : { text, key: key() };
      const said = this.say({ text, receipts, thread: this.thread(), key: this.pending.key });
      if (text) localStorage.setItem("slate-said", JSON.stringify([text, ...history().filter((one) => one !== text)].slice(0, HISTORY)));
      this.area.value = "";
      this.recalled = -1;
      this.grow();
      const files = this.files;
      this.files = [];
      this.drawTray();
      this.sending = false;
      await said.catch((problem) => {
        if (!this.area.value) { this.area.value = text; this.grow(); }
        if (!this.files.length) { this.files = files; this.drawTray(); }
        throw problem;
      });
      this.pending = null;
    } catch (problem) {
      toast(problem.message, true);
    } finally {
      this.sending = false;
    }
  }
}
