// Deciding in place: the form of the case's own page is fetched, shown in the list, and sent to where it always goes.
// What is refused stays with what was typed; what is done says so.

async function page(address, options = {}) {
  const answer = await fetch(address, { credentials: "same-origin", headers: { Accept: "text/html" }, ...options });
  return { answer, read: new DOMParser().parseFromString(await answer.text(), "text/html") };
}

function note(acts, words, kind) {
  acts.querySelector("[data-note]")?.remove();
  if (!words) return;
  const said = document.createElement("p");
  said.className = `notice ${kind}`;
  said.setAttribute("role", "status");
  said.toggleAttribute("data-note", true);
  said.textContent = words;
  acts.prepend(said);
}

function show(acts, form, action) {
  acts.querySelector("[data-form]")?.remove();
  const place = document.createElement("div");
  place.dataset.form = action;
  place.append(document.importNode(form, true));
  const drawn = place.querySelector("details");
  if (drawn) drawn.open = true;
  acts.append(place);
  place.querySelector("select, textarea, input:not([type=hidden])")?.focus();
  place.querySelector("form").addEventListener("submit", (event) => send(event, acts, action));
}

async function open(event, acts) {
  const link = event.target.closest("[data-act]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const action = link.dataset.act;
  if (acts.querySelector(`[data-form="${action}"]`)) return;
  note(acts, acts.dataset.waiting, "");
  try {
    const { read } = await page(link.href.split("#")[0]);
    const form = read.getElementById(action);
    note(acts, form ? "" : acts.dataset.gone, "bad");
    if (form) show(acts, form, action);
  } catch {
    note(acts, acts.dataset.failed, "bad");
  }
}

async function send(event, acts, action) {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector("button:not([type=button])");
  if (button.disabled) return;
  button.disabled = true;
  note(acts, acts.dataset.waiting, "");
  try {
    const { answer, read } = await page(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (answer.ok) done(acts);
    else refused(acts, action, read);
  } catch {
    button.disabled = false;
    note(acts, acts.dataset.failed, "bad");
  }
}

function done(acts) {
  acts.querySelector("[data-form]")?.remove();
  for (const link of acts.querySelectorAll("[data-act]")) link.remove();
  note(acts, acts.dataset.done, "good");
  acts.closest("[data-need]")?.toggleAttribute("data-settled", true);
}

function refused(acts, action, read) {
  const form = read.getElementById(action);
  const words = read.querySelector("[role=alert]")?.textContent.trim() || acts.dataset.gone;
  if (form) show(acts, form, action);
  note(acts, words, "bad");
}

export function decideIn(root) {
  for (const acts of root.querySelectorAll("[data-acts]")) acts.addEventListener("click", (event) => open(event, acts));
}
