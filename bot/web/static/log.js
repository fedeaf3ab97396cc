// The list of messages: where a message goes, what follows whom, what is new, and staying at the end while one is there.

import { element, morph } from "./morph.js";
import { page, post } from "./send.js";
import { dayOf, localTimes } from "./times.js";

const MINUTES_TOGETHER = 5;

export class Log {
  constructor(scroller, stream, { older, read, onRead } = {}) {
    Object.assign(this, { scroller, stream, older, onRead });
    this.read = read || 0;
    this.fresh = 0;
    this.stream.addEventListener("click", (event) => event.target.closest("[data-older]") && this.more());
    this.scroller.addEventListener("scroll", () => this.atEnd && this.seen(), { passive: true });
    new ResizeObserver(() => this.pinned && this.toNewest()).observe(this.stream);
    this.scroller.addEventListener("scroll", () => { this.pinned = this.atEnd; }, { passive: true });
    this.pinned = true;
    this.tidy();
  }

  get atEnd() { return this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < 60; }

  get messages() { return [...this.stream.querySelectorAll(":scope > .message")]; }

  get newest() { return this.messages.reduce((most, one) => Math.max(most, +one.dataset.id), 0); }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.pinned = true;
  }

  /* To the end; of a last message that is taller than the view, to its beginning. True when it is. */
  toNewest() {
    const last = this.messages.at(-1);
    const tall = Boolean(last) && last.offsetHeight > this.scroller.clientHeight - 60;
    if (!tall) this.toEnd();
    else this.scroller.scrollTop += last.getBoundingClientRect().top - this.scroller.getBoundingClientRect().top - 8;
    return tall;
  }

  /* Put a message in, or bring the one that is there in step; true when it is new, "tall" when only its beginning is in view. */
  place(id, html, mine) {
    const fresh = element(html);
    if (!fresh) return false;
    const there = this.stream.querySelector(`:scope > #m${id}`);
    if (there) {
      if (there.classList.contains("follows")) fresh.classList.add("follows");
      morph(there, fresh);
      localTimes(there);
      return false;
    }
    const all = this.messages;
    if (all.length && id < +all[0].dataset.id && this.stream.querySelector("[data-older]")) return false;
    const looking = this.pinned && document.hasFocus() && this.line >= this.newest;
    if (mine || looking) this.line = Math.max(this.line ?? 0, id);
    const next = all.find((one) => +one.dataset.id > id);
    this.stream.insertBefore(fresh, next || null);
    localTimes(fresh);
    this.tidy();
    const tall = (mine || this.pinned) && this.toNewest();
    if (this.pinned) this.seen();
    return tall ? "tall" : true;
  }

  /* Days, runs of one author, and the line above what is new. */
  tidy() {
    this.stream.querySelectorAll(":scope > .day, :scope > .fresh-line").forEach((one) => one.remove());
    let last = null;
    let marked = false;
    for (const one of this.messages) {
      const day = dayOf(one.dataset.at);
      const newDay = !last || dayOf(last.dataset.at) !== day;
      if (newDay) one.before(element(`<div class="day" role="separator"></div>`));
      if (newDay) one.previousElementSibling.textContent = day;
      const starts = !marked && this.line && +one.dataset.id > this.line && !one.classList.contains("mine");
      if (starts) one.before(element(`<div class="fresh-line" role="separator">New</div>`));
      marked = marked || Boolean(starts);
      const near = last && Date.parse(one.dataset.at) - Date.parse(last.dataset.at) < MINUTES_TOGETHER * 60_000;
      one.classList.toggle("follows", Boolean(!newDay && !starts && near && last.dataset.author === one.dataset.author && one.dataset.author && !one.matches(".private") && !last.matches(".private")));
      last = one;
    }
  }

  /* Everything up to here was looked at. */
  seen() {
    const newest = this.newest;
    if (!this.onRead || document.hidden || !document.hasFocus() || newest <= this.read) return;
    this.read = newest;
    this.onRead(newest);
  }

  async more() {
    const button = this.stream.querySelector("[data-older]");
    const first = this.messages[0];
    if (!button || !first || !this.older) return;
    button.disabled = true;
    const html = await page(this.older(first.dataset.id));
    const before = this.scroller.scrollHeight - this.scroller.scrollTop;
    button.remove();
    const made = document.createElement("template");
    made.innerHTML = html;
    this.stream.prepend(made.content);
    localTimes(this.stream);
    this.tidy();
    this.scroller.scrollTop = this.scroller.scrollHeight - before;
  }
}

export const mainLog = (channel, read) => {
  const made = new Log(document.getElementById("log"), document.getElementById("stream"), {
    read,
    older: (id) => `${channel}/older?before=${id}`,
    onRead: (message) => post(`${channel}/read`, { message }).catch(() => { made.read = 0; }),
  });
  made.line = read;
  made.tidy();
  return made;
};
