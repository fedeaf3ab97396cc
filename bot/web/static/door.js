// The door: picks a name, and tells the room the browser's time zone.

const form = document.getElementById("door");
const name = document.getElementById("name");
const problem = document.getElementById("door-problem");
name.value = localStorage.getItem("slate-name") || "";

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  const next = form.dataset.next ? `?next=${encodeURIComponent(form.dataset.next)}` : "";
  try {
    const response = await fetch(`/join${next}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ name: name.value, time_zone: zone }) });
    const told = await response.json();
    if (!response.ok) { problem.textContent = `${told.message} ${told.hint || ""}`; name.focus(); return; }
    localStorage.setItem("slate-name", told.name);
    location.assign(told.go);
  } catch {
    problem.textContent = "Slate does not answer. Try again in a moment.";
  }
});
