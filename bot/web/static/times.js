// Times in the browser's own zone: pages are written in UTC or in the zone that was known when somebody signed in.

const WHOLE = { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hour12: false };
const CLOCK = { hour: "2-digit", minute: "2-digit", hour12: false };
const DAY = { day: "numeric", month: "long", year: "numeric" };

const show = (at, options) => new Date(at).toLocaleString("en-GB", options);

/* `Monday, 23 November 2026`. */
export const dayOf = (at) => `${show(at, { weekday: "long" })}, ${show(at, DAY)}`;

export function localTimes(root = document) {
  for (const one of root.querySelectorAll("time[data-local], time[data-clock]")) {
    const shown = show(one.dateTime, one.matches("[data-clock]") ? CLOCK : WHOLE);
    if (one.textContent !== shown) one.textContent = shown;
    one.title = `${dayOf(one.dateTime)}, ${show(one.dateTime, CLOCK)} (${Intl.DateTimeFormat().resolvedOptions().timeZone})`;
  }
}
