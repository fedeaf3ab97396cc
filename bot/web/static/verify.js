// The public page that checks a file: sends it, and puts the answer onto the page.
const form = document.getElementById("check");
const input = document.getElementById("file");
const outcome = document.getElementById("outcome");
const wait = document.getElementById("wait");

async function show(request) {
  wait.textContent = "Checking …";
  outcome.replaceChildren();
  try {
    const answer = await fetch(...request);
    if (answer.ok) {
      outcome.innerHTML = await answer.text();
      wait.textContent = "";
      outcome.querySelector("h2")?.scrollIntoView({ block: "nearest" });
    } else {
      const told = (answer.headers.get("content-type") || "").includes("json") ? await answer.json() : null;
      wait.textContent = told ? `${told.message} ${told.hint || ""}` : "That did not work. Try another file.";
    }
  } catch {
    wait.textContent = "The server does not answer. Try again in a moment.";
  }
}

const sends = (file) => show([`/api/verify?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file, headers: { Accept: "application/x-fragment" } }]);

input.addEventListener("change", () => input.files[0] && sends(input.files[0]));
for (const name of ["dragenter", "dragover"]) form.addEventListener(name, (event) => { event.preventDefault(); form.classList.add("over"); });
for (const name of ["dragleave", "drop"]) form.addEventListener(name, () => form.classList.remove("over"));
form.addEventListener("drop", (event) => { event.preventDefault(); if (event.dataTransfer.files[0]) sends(event.dataTransfer.files[0]); });
form.addEventListener("submit", (event) => event.preventDefault());
document.getElementById("by-address").addEventListener("submit", (event) => {
  event.preventDefault();
  const url = document.getElementById("url").value;
  show(["/api/verify/url", { method: "POST", body: JSON.stringify({ url }), headers: { "Content-Type": "application/json", Accept: "application/x-fragment" } }]);
});
