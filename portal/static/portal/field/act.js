// The form of an action, drawn from what the table of moves says that it asks for. What was typed is kept until it is
// sent.

import { h, icon, newId, picture, toast } from "./draw.js";
import { t } from "./words.js";
import { area, caseOf } from "./work.js";
import { act } from "./queue.js";
import { small } from "../photos.js";

const store = self.fieldStore;
const MOST = 9;
const PHOTOS = {
  finish: ["before", "after"], progress: ["before", "after"], contribute: ["before", "after"], solve_on_spot: ["before", "after"],
  note: ["matter"], report_in: ["matter"], answer_supervision: ["matter"],
};

export async function show(main, number, action) {
  const [one, known] = [await caseOf(number), await area()];
  const move = known?.moves[action];
  if (!one || !move) return main.replaceChildren(h("h1", {}, number), h("p", { class: "card" }, t("not_kept")));
  const kept = { form: `form:${number}:${action}`, photos: `photos:${number}:${action}` };
  const said = (await store.setting(kept.form)) ?? {};
  const photos = await bringBack(kept.photos);
  const fields = Object.entries(move.schema.properties).map(([name, schema]) =>
    field(name, schema, { one, known, value: said[name], required: move.schema.required.includes(name) }));
  const form = h("form", { class: "card", novalidate: true, "data-act": action },
    fields, ...(PHOTOS[action] ?? []).map((kind) => photoField(kind, known, photos, kept.photos)),
    h("p", { class: "error", role: "alert", hidden: true }),
    h("button", { class: "button first big" }, move.label));
  form.addEventListener("input", () => store.set(kept.form, read(form, move.schema)));
  form.addEventListener("submit", (event) => send(event, { form, one, move, action, photos, kept }));
  return main.replaceChildren(h("p", { class: "number" }, h("a", { href: `#/case/${number}` }, one.title)), h("h1", {}, move.label), form);
}

async function bringBack(key) {
  const photos = { before: [], after: [], matter: [] };
  for (const { field: kind, blob } of (await store.setting(key)) ?? []) photos[kind]?.push(blob);
  return photos;
}

async function send(event, { form, one, move, action, photos, kept }) {
  event.preventDefault();
  const inputs = read(form, move.schema);
  const missing = move.schema.required.filter((name) => inputs[name] === undefined);
  const problem = form.querySelector("[role=alert]");
  if (missing.length) {
    problem.hidden = false;
    problem.textContent = t("still_missing", { what: missing.map((name) => move.schema.properties[name].title).join(t("comma")) });
    form.elements[missing[0]]?.focus?.();
    return;
  }
  form.querySelector("button.first").disabled = true;
  await act(one, action, move.label, inputs, photos);
  await store.remove("settings", kept.form);
  await store.remove("settings", kept.photos);
  toast(t(navigator.onLine ? "is_sent_now" : "is_kept_offline", { what: move.label }));
  location.hash = `#/case/${one.number}`;
}

// What is in the form, as the API takes it; what is blank is left out
function read(form, schema) {
  const said = {};
  for (const [name, how] of Object.entries(schema.properties)) {
    const value = valueOf(form.elements[name], how);
    if (value !== undefined) said[name] = value;
  }
  return said;
}

function valueOf(element, how) {
  if (!element) return undefined;
  if (how.type === "array") {
    const chosen = [...element.selectedOptions].map((option) => Number(option.value));
    return chosen.length ? chosen : undefined;
  }
  const value = element.value.trim();
  if (value === "") return undefined;
  if (how.type === "boolean") return value === "true";
  return how.type === "integer" || how.type === "number" ? Number(value) : value;
}

const FORMATS = {
  unit: ({ one, known }) => [
    ...(one.routing?.unit && one.routing.within_reach ? [[one.routing.unit.id, `★ ${one.routing.unit.name}`]] : []),
    ...known.units.filter((unit) => unit.id !== one.routing?.unit?.id).map((unit) => [unit.id, unit.name])],
  co_handler: ({ one }) => one.assignments.filter((share) => share.part === "co" && !share.ended_at).map((share) => [share.unit.id, share.unit.name]),
  category: ({ known }) => known.categories.map((row) => [row.code, `${row.group} · ${row.name}`]),
  "supervision-order": ({ one }) => one.supervision_orders.filter((order) => !order.closed_at).map((order) => [order.id, order.text.slice(0, 60)]),
};

function field(name, schema, about) {
  const id = newId("field");
  const { value, required } = about;
  const needed = h("em", {}, t(required ? "needed" : "if_you_like"));
  if (schema.oneOf || schema.type === "boolean") {
    const options = schema.oneOf?.map((one) => [String(one.const), one.title]) ?? [["true", t("yes")], ["false", t("no")]];
    return h("fieldset", { class: "field" }, h("legend", {}, schema.title, needed), h("div", { class: "choices" },
      options.map(([key, title]) => h("label", {}, h("input", { type: "radio", name, value: key, checked: String(value) === key }), h("span", {}, title)))));
  }
  const label = h("label", { for: id }, schema.title, needed);
  return h("div", { class: "field" }, label, control(id, name, schema, about));
}

function control(id, name, schema, about) {
  const list = FORMATS[schema.format ?? schema.items?.format];
  const value = about.value ?? "";
  if (list) {
    const many = schema.type === "array";
    const chosen = new Set([value].flat().map(String));
    const options = list(about).map(([key, words]) => {
      const option = h("option", { value: String(key) }, words);
      option.selected = chosen.has(String(key));
      return option;
    });
    return h("select", { id, name, multiple: many, size: many ? "6" : undefined }, many || about.required ? null : h("option", { value: "" }, "–"), options);
  }
  if (schema.type === "number" || schema.type === "integer") {
    return h("input", { id, name, type: "number", step: "0.5", min: schema.minimum, max: schema.maximum, inputmode: "decimal", value });
  }
  if (schema.format === "date") return h("input", { id, name, type: "date", value });
  if (schema.format === "case" || schema.maxLength <= 300) return h("input", { id, name, type: "text", maxlength: schema.maxLength, value });
  return h("textarea", { id, name, rows: "3", maxlength: schema.maxLength, value });
}

// Photos of one kind; the phone keeps them with the form
function photoField(kind, known, photos, key) {
  const id = newId("photos");
  const list = h("ul", { class: "thumbs", "aria-live": "polite" });
  const label = known.words.file_kind[kind];
  const keep = () => store.set(key, Object.entries(photos).flatMap(([field, blobs]) => blobs.map((blob) => ({ field, blob }))));
  const draw = () => list.replaceChildren(...photos[kind].map((blob, place) => h("li", {}, picture(blob, label),
    h("button", { type: "button", "aria-label": t("take_out_photo", { number: place + 1 }), onclick: () => { photos[kind].splice(place, 1); draw(); keep(); } }, "✕"))));
  const input = h("input", { id, type: "file", accept: "image/*", multiple: true, "data-photos": kind, onchange: async () => {
    const chosen = [...input.files];
    input.value = "";
    const room = MOST - Object.values(photos).flat().length;
    if (chosen.length > room) toast(t("most_photos", { most: MOST }));
    for (const file of chosen.slice(0, room)) photos[kind].push(await small(file));
    draw();
    keep();
  } });
  draw();
  return h("div", { class: "field" }, input, h("label", { for: id, class: "button choose" }, icon("camera"), " ", t("photos_of", { what: label })), list);
}
