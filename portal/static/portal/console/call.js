// The operator's form: places and categories are found while one types, matters like it are looked for, and the keyboard
// alone is enough: Enter goes on to the next field, Ctrl Enter logs the call.
import { dressFinders } from "./finder.js";

const PAUSE = 400;
const form = document.querySelector("[data-call]");
const FIELDS = "input:not([type=hidden], [type=checkbox], [type=radio]), textarea, select:not([hidden]), button";

dressFinders(form);
document.querySelector("#done")?.focus();
// By selector: the field that finds has the id that is the list's name, and a form's elements go by both
const list = (name) => form.querySelector(`select[name=${name}]`);

function changed() {
  document.body.dispatchEvent(new CustomEvent("call:changed"));
}

list("grid").addEventListener("finder:picked", (event) => {
  const { address, lon, lat } = event.detail;
  if (address) form.elements.address.value = address;
  form.elements.lon.value = address && lon !== null && lon !== undefined ? lon : "";
  form.elements.lat.value = address && lat !== null && lat !== undefined ? lat : "";
});
form.elements.address.addEventListener("input", () => (form.elements.lon.value = form.elements.lat.value = ""));
for (const one of [form.elements.text, list("grid"), list("category")]) one.addEventListener("input", changed);

const kinds = list("category");
const guesses = Object.assign(document.createElement("p"), { className: "guesses", hidden: true });
kinds.finder.box.after(guesses);
let waiting = 0;
document.querySelector(`#${kinds.dataset.guessFrom}`).addEventListener("input", (event) => {
  clearTimeout(waiting);
  waiting = setTimeout(() => guess(event.target.value), PAUSE);
});

async function guess(text) {
  const found = text.trim().length > 1 ? (await kinds.finder.ask(text.slice(0, 200))).slice(0, 3) : [];
  guesses.replaceChildren(kinds.dataset.guessWords, ...found.map(button));
  guesses.hidden = found.length === 0;
}

function button(option) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "button small", textContent: option.label });
  made.addEventListener("click", () => kinds.finder.pick(option));
  return made;
}

form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
  if (event.ctrlKey || event.metaKey) {
    event.preventDefault();
    form.requestSubmit();
  } else if (event.target.matches("input:not([type=checkbox], [type=radio])")) {
    event.preventDefault();
    const all = [...form.querySelectorAll(FIELDS)];
    all[all.indexOf(event.target) + 1]?.focus();
  }
});
form.addEventListener("submit", (event) => {
  if (form.dataset.sent) event.preventDefault(); // pressed twice, sent once; the key would stop a second one anyway
  form.dataset.sent = "1";
});
window.addEventListener("pageshow", () => delete form.dataset.sent);
