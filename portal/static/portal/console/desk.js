// The desk: keys, the list and the open case beside it, counters and both of them changing by themselves.
import { dressCase, renew } from "./case.js";
import { dressFinders } from "./finder.js";
import { Pulse } from "./live.js";

const desk = document.querySelector("[data-desk]");
const help = document.querySelector("[data-help]");
const toast = desk.querySelector("[data-toast]");
const KEYS = "desk.keys";
const PANE = { "HX-Request": "true", "HX-Target": "pane" };
const LIST = { "HX-Request": "true", "HX-Target": "list" };
let place = 0; // of the row that was last stood on, so that the next one follows when it leaves the list
let wanted = ""; // the action whose form is to be opened with the next case

const rows = () => [...desk.querySelectorAll("#list [data-number]")];
const shownCase = () => desk.querySelector("#pane .case");
const named = () => new URLSearchParams(location.search).get("case") ?? "";

function tell(words) {
  toast.textContent = words;
  toast.hidden = !words;
}

function mark() {
  const number = named();
  desk.dataset.shows = number ? "case" : "list";
  for (const row of rows()) {
    row.classList.toggle("current", row.dataset.number === number);
    const link = row.querySelector("a");
    if (row.dataset.number === number) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

// --- keys ---

function standsOn() {
  const all = rows();
  const focused = all.findIndex((row) => row.contains(document.activeElement));
  if (focused >= 0) return focused;
  const open = all.findIndex((row) => row.dataset.number === named());
  return open >= 0 ? open : -1;
}

function go(step) {
  const all = rows();
  if (!all.length) return;
  const from = standsOn();
  const next = from < 0 ? Math.min(place, all.length - 1) : from + step;
  stand(all[Math.max(0, Math.min(all.length - 1, next))]);
}

function stand(row) {
  if (!row) return;
  place = rows().indexOf(row);
  row.querySelector("a").focus();
}

function open(action) {
  const at = rows()[standsOn()] ?? rows()[Math.min(place, rows().length - 1)];
  const shown = shownCase()?.dataset.case;
  if (shown && (!at || at.dataset.number === shown)) return begin(action);
  if (!at) return;
  wanted = action;
  at.querySelector("a").click();
}

function begin(action) {
  const form = shownCase()?.querySelector(`details[id="${action}"]`);
  if (!form) return;
  form.open = true;
  const field = action === "dispatch" ? form.querySelector("[role=combobox]") : form.querySelector("button.button");
  field?.focus();
  form.scrollIntoView({ block: "nearest" });
}

const DOES = {
  j: () => go(1),
  k: () => go(-1),
  a: () => open("accept"),
  d: () => open("dispatch"),
  x: () => (rows()[standsOn()]?.querySelector("[type=checkbox]")?.click()),
  "/": () => desk.querySelector("#search")?.focus(),
  "?": () => help.showModal(),
  "？": () => help.showModal(),
};

function inField(target) {
  return target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") !== null;
}

function leave(target) {
  if (document.querySelector("dialog[open]")) return;
  if (inField(target)) {
    target.blur();
    rows()[place]?.querySelector("a").focus();
  } else desk.querySelector(".to-list a")?.click();
}

document.addEventListener("keydown", (event) => {
  // keyCode 229: a key that an input method still composes a character of
  if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (localStorage.getItem(KEYS) === "off" || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") return void leave(event.target);
  const does = DOES[event.key];
  if (!does || inField(event.target)) return;
  event.preventDefault();
  does();
});

desk.querySelector("[data-open-help]").addEventListener("click", () => help.showModal());
const keysOn = help.querySelector("[data-keys-on]");
keysOn.checked = localStorage.getItem(KEYS) !== "off";
keysOn.addEventListener("change", () => localStorage.setItem(KEYS, keysOn.checked ? "on" : "off"));
desk.addEventListener("focusin", (event) => {
  const row = event.target.closest("#list [data-number]");
  if (row) place = rows().indexOf(row);
});

// --- what changes by itself ---

async function renewList() {
  const list = desk.querySelector("#list");
  const typing = document.activeElement?.closest("#list .find, #list .list-tools");
  if (typing || list.hasAttribute("data-paged")) return;
  const answer = await fetch(location.href, { headers: LIST });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#list");
  if (!fresh || !list.isConnected || fresh.dataset.address !== list.dataset.address) return;
  const chosen = new Set([...list.querySelectorAll("[name=case]:checked")].map((box) => box.value));
  const focused = list.contains(document.activeElement) ? document.activeElement.closest("[data-number]")?.dataset.number : "";
  const scroll = list.scrollTop;
  const new_ = document.importNode(fresh, true);
  for (const box of new_.querySelectorAll("[name=case]")) box.checked = chosen.has(box.value);
  list.replaceWith(new_);
  window.htmx.process(new_);
  dressFinders(new_);
  new_.scrollTop = scroll;
  mark();
  if (focused) stand(rows().find((row) => row.dataset.number === focused) ?? rows()[Math.min(place, rows().length - 1)]);
}

let before = "";
async function changed(said, asked) {
  for (const [name, count] of Object.entries(said.counts)) {
    const shown = desk.querySelector(`[data-count-of="${name}"]`);
    if (!shown || shown.textContent === count) continue;
    shown.textContent = count;
    shown.classList.toggle("none", count === "0");
  }
  const one = shownCase();
  const moved = one && one.dataset.case === asked && said.case !== null && said.case > Number(one.dataset.version);
  if (moved) await renew(one, location.href, PANE);
  const now = JSON.stringify(said);
  if (moved || (before && now !== before) || isBehind(said)) await renewList();
  before = now;
}

function isBehind(said) {
  const queue = desk.querySelector("#list").dataset.queue;
  return queue in said.counts && !said.counts[queue].endsWith("+") && !location.search.match(/[?&](search|grid|unit|from|until|urgency|channel|cursor)=[^&]/)
    && Number(said.counts[queue]) <= 50 && Number(said.counts[queue]) !== rows().length;
}

const pulse = new Pulse(desk.dataset.pulse, () => shownCase()?.dataset.case, changed, (why) => {
  tell(why === "gone" ? desk.dataset.gone : why === "signed-out" ? desk.dataset.signedOut : "");
});

// --- htmx ---

document.body.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, target } = event.detail;
  if (!target || (target.id !== "pane" && target.id !== "list")) return;
  if (xhr.responseText.includes(`id="${target.id}"`)) return;
  event.detail.shouldSwap = false; // a page to sign in, or of a fault: what was typed stays
  tell(xhr.responseText.includes('name="password"') ? desk.dataset.signedOut : desk.dataset.failed);
});
document.body.addEventListener("htmx:sendError", () => tell(desk.dataset.gone));
document.body.addEventListener("htmx:responseError", () => tell(desk.dataset.failed));
document.body.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful && event.detail.requestConfig?.verb === "post") {
    tell("");
    pulse.ask();
  }
});
document.body.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.id === "pane" || event.detail.elt?.id === "pane") paneCame(event);
  mark();
});

function paneCame(event) {
  dressCase(desk.querySelector("#pane"));
  const posted = event.detail.requestConfig?.verb === "post";
  const alert = desk.querySelector("#pane [role=alert]");
  if (wanted) {
    const action = wanted;
    wanted = "";
    return begin(action);
  }
  if (alert) return alert.focus();
  if (posted) return rows()[Math.min(place, rows().length - 1)]?.querySelector("a").focus();
  return desk.querySelector("#pane h1")?.focus({ preventScroll: false });
}

// Where the queues have no column of their own they stand behind the name of the one that is open
desk.querySelector(".queues details").open = window.matchMedia("(min-width: 1100px)").matches;
dressCase(desk.querySelector("#pane"));
dressFinders(desk);
mark();
