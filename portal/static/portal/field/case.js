// A case on the phone: who has it until when, what was said, what happened, and one thing to do in reach of the thumb.

import { h, icon, picture } from "./draw.js";
import { t } from "./words.js";
import { spoken } from "./moments.js";
import { area, caseOf, clockOf } from "./work.js";
import { mine } from "./queue.js";
import { clockLine } from "./todo.js";
import { refusals } from "./refused.js";

const store = self.fieldStore;
const LIKELY = { submitted: "accept", accepted: "dispatch", dispatched: "sign", handling: "finish", review: "approve", feedback: "rate" };
const ELSEWHERE = new Set(["reveal_reporter", "publish", "unpublish"]);

export async function show(main, number) {
  const [one, known, queue] = [await caseOf(number), await area(), await mine()];
  const own = queue.filter((entry) => entry.thread === number);
  if (!one) return main.replaceChildren(h("h1", {}, number), h("p", { class: "card" }, t("not_kept")), desk(number));
  const words = known.words;
  return main.replaceChildren(...[
    h("p", { class: "number" }, one.number),
    h("h1", {}, one.title),
    h("p", { class: "state" }, h("span", { class: "chip action" }, words.status[one.status]), " ", clockLine(one, known),
      one.urgency === "ordinary" ? null : h("span", { class: "chip soon" }, words.urgency[one.urgency])),
    ...own.map((entry) => (entry.state === "refused" ? refusals(entry) : h("p", { class: "notice" }, icon("hourglass-split"), " ", t("waits_to_be_sent", { what: entry.label })))),
    holder(one), await photos(one, words), said(one), clocks(one, words), history(one, words), desk(number),
    bar(one, known, own),
  ].filter(Boolean));
}

const desk = (number) => h("p", { class: "after" }, h("a", { class: "plain", href: `${self.FIELD.desk}${number}` }, t("open_at_desk")));

function holder(one) {
  const due = clockOf(one);
  return h("dl", { class: "card" },
    line(t("who_has_it"), one.duty_unit?.name), line(t("lead"), one.lead_unit?.name),
    line(t("until_when"), due ? spoken(due.due_at) : ""), line(t("where"), [one.grid?.place, one.address].filter(Boolean).join(" · ")),
    line(t("category"), one.category?.name), line(t("reporter"), [one.reporter.name, one.reporter.phone].filter(Boolean).join(" ")),
    line(t("climbed"), one.escalations ? String(one.escalations) : ""), line(t("reply"), one.reply));
}

const line = (name, value) => (value ? h("div", {}, h("dt", {}, name), h("dd", {}, value)) : null);

async function photos(one, words) {
  const each = one.attachments.map(async (file) => {
    const kept = await store.get("photos", file.id);
    const kind = words.file_kind[file.kind];
    const shown = kept ? picture(kept.blob, kind) : file.thumbnail_url ? picture(new URL(file.thumbnail_url).pathname, kind) : h("span", { class: "document" }, "PDF");
    return h("li", {}, h("a", { href: new URL(file.url).pathname }, shown, h("span", { class: "soft" }, kind)));
  });
  return each.length ? h("ul", { class: "photos" }, await Promise.all(each)) : null;
}

const said = (one) => h("div", { class: "card" }, h("h2", {}, t("what_was_said")), h("p", { class: "words" }, one.text));

function clocks(one, words) {
  if (!one.clocks.length) return null;
  const drawn = [...one.clocks].reverse().map((clock) =>
    h("details", {}, h("summary", {}, `${words.deadline_kind[clock.kind]} · ${spoken(clock.due_at)}`,
      clock.flagged_at ? h("span", { class: "chip late" }, t("was_late")) : null),
    h("p", { class: "soft" }, clock.explanation)));
  return h("div", { class: "card clocks" }, h("h2", {}, t("deadlines")), drawn);
}

const OWN_WORDS = ["note", "reason", "reply", "text", "wanted", "comment"];

function history(one, words) {
  const drawn = [...one.events].reverse().map((event, place) => {
    const typed = OWN_WORDS.map((name) => event.details[name]).filter((value) => typeof value === "string" && value);
    const who = [event.actor?.name, event.unit?.name].filter(Boolean).join(" · ");
    return h("li", { class: place ? "" : "now" }, h("span", { class: "at" }, spoken(event.at)),
      h("strong", {}, words.event_kind[event.kind]), who ? h("span", { class: "soft" }, ` ${who}`) : null,
      typed.map((text) => h("p", {}, text)));
  });
  return h("div", { class: "card" }, h("h2", {}, t("what_happened")), h("ol", { class: "way" }, drawn));
}

// What one can do; once a signing waits to be sent, what one can do after it
function offered(one, own) {
  const waitsForSigning = own.some((entry) => entry.back?.action === "sign" && entry.state !== "refused");
  return (waitsForSigning ? one.after_sign : one.available_actions).filter((name) => !ELSEWHERE.has(name));
}

function bar(one, known, own) {
  const names = offered(one, own);
  if (!names.length) return null;
  const likely = names.includes(LIKELY[one.status]) ? LIKELY[one.status] : names.find((name) => name === "finish") ?? names[0];
  const go = (name) => `#/act/${one.number}/${name}`;
  const label = (name) => known.moves[name].label;
  const dialog = h("dialog", { class: "more", "aria-label": t("more") },
    h("h2", {}, t("more")),
    names.filter((name) => name !== likely).map((name) => h("a", { class: "button", href: go(name), "data-action": name, onclick: () => dialog.close() }, label(name))),
    h("button", { type: "button", class: "button", onclick: () => dialog.close() }, t("close")));
  return h("div", { class: "bar" },
    h("a", { class: "button first", href: go(likely), "data-action": likely }, label(likely)),
    h("button", { type: "button", class: "button", "data-more": true, onclick: () => dialog.showModal() }, icon("three-dots"), " ", t("more")), dialog);
}

export { offered };
