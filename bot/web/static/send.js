// Asking the server for something, and telling people what came of it.

export class Problem extends Error {
  constructor(told) {
    super([told.message, told.hint].filter(Boolean).join(" "));
    this.code = told.error;
  }
}

async function answered(response) {
  if (response.ok) return response;
  let told = { message: "Slate does not answer.", hint: "Try again in a moment.", error: "unreachable" };
  try { told = await response.json(); } catch { /* not our words: ours above will do */ }
  if (response.status === 401) location.assign(`/?next=${encodeURIComponent(location.pathname)}`);
  throw new Problem(told);
}

async function reach(path, options) {
  try {
    return await answered(await fetch(path, options));
  } catch (problem) {
    if (problem instanceof Problem || problem.name === "AbortError") throw problem;
    throw new Problem({ message: "Slate cannot be reached.", hint: "Nothing was sent. Try again when connected.", error: "unreachable" });
  }
}

export const post = async (path, body) =>
  (await reach(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) })).json();

export const get = async (path, options = {}) => (await reach(path, options)).json();

export const page = async (path) => (await reach(path, {})).text();

export const upload = async (file) =>
  (await reach(`/uploads?name=${encodeURIComponent(file.name || "picture")}`, { method: "POST", body: file })).json();

export const key = () => (crypto.randomUUID ? crypto.randomUUID() : Array.from(crypto.getRandomValues(new Uint8Array(16)), (one) => one.toString(16).padStart(2, "0")).join(""));

export function toast(text, bad = false) {
  const made = document.createElement("div");
  made.className = bad ? "toast bad" : "toast";
  made.textContent = text;
  document.getElementById("toasts").append(made);
  setTimeout(() => made.remove(), bad ? 9000 : 3500);
}

/* Words near a button that was pressed, with what may be pressed next; they go by themselves. */
export function near(button, text, next = []) {
  const note = document.getElementById("near");
  if (!note || !button.isConnected) { toast(text); return; }
  const words = document.createElement("span");
  words.textContent = text;
  note.replaceChildren(words, ...next.map(({ label, act }) => {
    const made = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: label });
    made.addEventListener("click", () => { note.hidden = true; act(made); });
    return made;
  }));
  note.hidden = false;
  const { left, top, bottom } = button.getBoundingClientRect();
  const { width, height } = note.getBoundingClientRect();
  note.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
  note.style.top = `${bottom + height + 12 > innerHeight ? top - height - 6 : bottom + 6}px`;
  clearTimeout(near.timer);
  near.timer = setTimeout(() => { note.hidden = true; }, 10_000);
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) { toast(text); return; }
  }
  toast("Copied");
}
