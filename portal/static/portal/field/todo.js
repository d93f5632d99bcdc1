// 待办: what waits for me, by how much it presses. A row is signed by a swipe to the right, or by its button.

import { h, icon, toast } from "./draw.js";
import { t } from "./words.js";
import { countdown, isToday, pressure, spoken } from "./moments.js";
import { area, cases, clockOf } from "./work.js";
import { act, discard, mine } from "./queue.js";

const store = self.fieldStore;
const SWIPE = 96;
const UNDO_MS = 5000;
let filter = "all";

const SECTIONS = [
  ["overdue", (one, due) => due && new Date(due) < Date.now()],
  ["due_today", (one, due) => due && isToday(due)],
  ["to_accept", (one) => one.available_actions.includes("accept")],
  ["to_sign", (one) => one.available_actions.includes("sign")],
  ["handling", (one) => one.status === "handling"],
  ["to_revisit", (one) => one.status === "feedback"],
  ["others", () => true],
];

const dueOf = (one) => clockOf(one)?.due_at ?? one.due_at;

function sorted(all) {
  const found = Object.fromEntries(SECTIONS.map(([name]) => [name, []]));
  const inOrder = [...all].sort((a, b) => new Date(dueOf(a) ?? 8e15) - new Date(dueOf(b) ?? 8e15));
  for (const one of inOrder) found[SECTIONS.find(([, fits]) => fits(one, dueOf(one)))[0]].push(one);
  return found;
}

export async function show(main) {
  const [all, waiting, known, work] = [await cases(), await mine(), await area(), await store.setting("work")];
  const groups = sorted(all);
  if (filter !== "all" && !groups[filter].length) filter = "all";
  const shown = SECTIONS.map(([name]) => name).filter((name) => groups[name].length && [name, "all"].includes(filter));
  const drawn = shown.map((name) => section(name, groups[name], waiting, known));
  main.replaceChildren(
    h("h1", { class: "unseen" }, t("todo")),
    ...(work?.truncated ? [h("p", { class: "notice" }, t("too_many_cases"))] : []),
    ...(drawn.length ? drawn : [empty(work)]),
    ...(all.length ? [chips(groups, all.length, () => show(main))] : []),
  );
}

function empty(work) {
  if (!work) return h("p", { class: "card empty", role: "status" }, t("first_reading"));
  return h("div", { class: "card empty" }, h("p", {}, icon("check2-circle"), " ", t("nothing_to_do")), h("p", {}, t("nothing_to_do_why")));
}

// Within reach of the thumb: below the list, above the tabs
function chips(groups, count, redraw) {
  const all = [["all", count], ...SECTIONS.map(([name]) => [name, groups[name].length]).filter(([, many]) => many)];
  const one = ([name, many]) =>
    h("button", { type: "button", class: "filter", "aria-pressed": String(filter === name), onclick: () => { filter = name; redraw(); } },
      t(name), " ", h("b", {}, String(many)));
  return h("div", { class: "filters", role: "group", "aria-label": t("show_only") }, all.map(one));
}

const MARKS = { overdue: "exclamation-triangle", due_today: "alarm", to_accept: "plus-circle", to_sign: "pen", handling: "tools", to_revisit: "telephone", others: "three-dots" };

function section(name, rows, waiting, known) {
  const title = h("h2", { class: `section ${name}` }, icon(MARKS[name]), " ", t(name), " ", h("span", { class: "count" }, String(rows.length)));
  return h("section", { "data-section": name }, title, h("ul", { class: "work" }, rows.map((one) => row(one, waiting, known))));
}

export function clockLine(one, known) {
  const due = dueOf(one);
  if (!due) return h("span", { class: "chip" }, known?.words.status[one.status] ?? "");
  const press = pressure(due);
  const mark = { late: "▲ ", soon: "◔ ", calm: "" }[press];
  return h("span", { class: `chip ${press}`, "data-due": due }, mark + countdown(due));
}

function row(one, waiting, known) {
  const clock = clockOf(one);
  const own = waiting.filter((entry) => entry.thread === one.number);
  const place = one.grid?.place.split(" / ").slice(-2).join(" ") ?? "";
  const link = h("a", { href: `#/case/${one.number}` },
    h("span", { class: "title" }, one.title), clockLine(one, known),
    h("span", { class: "soft" }, one.address || place),
    h("span", { class: "soft category" }, icon("tag"), " ", one.category?.name ?? t("no_category")));
  const item = h("li", { "data-number": one.number }, link);
  if (clock) item.append(why(clock, known));
  const refused = own.some((entry) => entry.state === "refused");
  if (refused) item.append(h("p", { class: "pending refused" }, icon("exclamation-triangle"), " ", t("state_refused")));
  else if (own.length) item.append(h("p", { class: "pending" }, icon("hourglass-split"), " ", own.map((entry) => entry.label).join(t("comma"))));
  else if (one.available_actions.includes("sign")) signing(item, link, one, known);
  return item;
}

function why(clock, known) {
  const kind = known?.words.deadline_kind[clock.kind] ?? "";
  return h("details", { class: "because" }, h("summary", {}, kind, " · ", t("until", { moment: spoken(clock.due_at) })), h("p", {}, clock.explanation));
}

function signing(item, link, one, known) {
  const label = known?.moves.sign.label ?? "";
  const sign = () => signed(one, label);
  item.append(h("button", { type: "button", class: "button sign", "data-sign": true, onclick: sign }, icon("pen"), " ", t("sign")));
  item.prepend(h("span", { class: "swipe-words", "aria-hidden": "true" }, t("sign")));
  swipe(item, link, sign);
}

async function signed(one, label) {
  const entry = await act(one, "sign", label, {}, {}, { hold: UNDO_MS });
  toast(t("signed", { title: one.title }), { words: t("undo"), run: () => discard(entry) });
}

// A finger that moves right across the row; one that moves up or down scrolls
function swipe(item, link, done) {
  let start = null;
  const end = () => {
    start = null;
    item.classList.remove("swiping", "far");
    item.dataset.shift = "0";
  };
  link.addEventListener("pointerdown", (event) => { if (event.pointerType !== "mouse") start = [event.clientX, event.clientY]; });
  link.addEventListener("pointermove", (event) => {
    if (!start) return;
    const [east, south] = [event.clientX - start[0], Math.abs(event.clientY - start[1])];
    if (south > 30 && east < SWIPE / 2) return end();
    item.classList.toggle("swiping", east > 12);
    item.classList.toggle("far", east > SWIPE);
    item.dataset.shift = String(Math.max(0, Math.min(10, Math.round(east / 12))));
  });
  link.addEventListener("pointerup", (event) => {
    const far = item.classList.contains("far");
    end();
    if (!far) return;
    link.addEventListener("click", (click) => click.preventDefault(), { once: true });
    event.preventDefault();
    done();
  });
  link.addEventListener("pointercancel", end);
}
