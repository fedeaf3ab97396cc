// Asking the server for something, and telling people what came of it.

export class Problem extends Error {
  constructor(told) {
    super([told.message, told.hint].filter(Boolean).join(" "));
    this.code = told.error;
  }
}

async function answered(response) {
  if (response.ok) return response;
  let told = { message: "The room does not answer.", hint: "Try again in a moment.", error: "unreachable" };
  try { told = await response.json(); } catch { /* not our words: ours above will do */ }
  if (response.status === 401) location.assign(`/?next=${encodeURIComponent(location.pathname)}`);
  throw new Problem(told);
}

async function reach(path, options) {
  try {
    return await answered(await fetch(path, options));
  } catch (problem) {
    if (problem instanceof Problem || problem.name === "AbortError") throw problem;
    throw new Problem({ message: "The room cannot be reached.", hint: "Nothing was sent: do it again when it is back.", error: "unreachable" });
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
