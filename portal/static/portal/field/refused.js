// What was refused, in words: why, and what can be done about it. Nothing goes away unless somebody says so.

import { h, icon, toast } from "./draw.js";
import { t } from "./words.js";
import { caseOf } from "./work.js";
import { again, discard, refusalOf, textOf } from "./queue.js";

const store = self.fieldStore;

export function refusals(entry) {
  const { why, advice } = refusalOf(entry);
  const said = textOf(entry);
  const number = entry.path.startsWith("cases/with-files") || entry.path === "patrols/" ? "" : entry.thread;
  return h("div", { class: "notice bad refused", role: "alert", "data-entry": String(entry.id) },
    h("p", {}, h("strong", {}, icon("exclamation-triangle"), " ", t("was_refused", { what: `${entry.label} · ${entry.title}` }))),
    why ? h("p", {}, why) : null,
    h("p", {}, advice),
    h("p", { class: "acts" },
      number ? h("a", { class: "button", href: `#/case/${number}` }, t("look_anew")) : null,
      h("button", { type: "button", class: "button first", "data-again": true, onclick: () => resend(entry, number) }, number ? t("send_on_new") : t("send_again")),
      entry.back ? h("button", { type: "button", class: "button", "data-change": true, onclick: () => change(entry, number) }, t("change_it")) : null,
      said ? h("button", { type: "button", class: "button", "data-copy": true, onclick: () => copy(said) }, t("copy_text")) : null,
      h("button", { type: "button", class: "link take-away", "data-discard": true, onclick: () => drop(entry) }, t("discard"))));
}

async function resend(entry, number) {
  const now = number ? await caseOf(number) : null;
  await again(entry, now && entry.version !== null ? { version: now.version } : {});
}

// Back to where it was written, with all that was in it; a case becomes a draft again
async function change(entry, number) {
  const { draft, action, inputs } = entry.back;
  if (draft) await store.put("drafts", { ...draft, changed: Date.now() });
  else if (action) await store.set(`form:${number}:${action}`, inputs);
  else return;
  const photos = entry.files.map((file) => ({ field: file.field, blob: file.blob }));
  if (action && photos.length) await store.set(`photos:${number}:${action}`, photos);
  await discard(entry);
  location.hash = draft ? `#/draft/${draft.id}` : `#/act/${number}/${action}`;
}

async function copy(said) {
  try {
    await navigator.clipboard.writeText(said);
    toast(t("copied"));
  } catch {
    toast(said);
  }
}

// By hand, and asked twice: it is gone then
async function drop(entry) {
  if (window.confirm(t("discard_sure", { what: entry.label }))) await discard(entry);
}
