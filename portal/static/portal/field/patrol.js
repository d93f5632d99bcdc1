// 走访: I was here, this is what I saw; and what I saw may become a case.

import { h, icon, newId, picture, toast } from "./draw.js";
import { t } from "./words.js";
import { spoken } from "./moments.js";
import { area, askFor } from "./work.js";
import { enqueue, mine, stateOf } from "./queue.js";
import { named, ownGrid, position } from "./place.js";
import { newDraft } from "./report.js";
import { small } from "../photos.js";

const store = self.fieldStore;
const MOST = 9;
const KEPT = "form:patrol";

export async function checkIn(main) {
  const known = await area();
  const said = (await store.setting(KEPT)) ?? { note: "", where: "", photos: [] };
  const words = h("strong", { "data-named": true, "aria-live": "polite" }, t("asking_position"));
  const keep = () => store.set(KEPT, said);
  const where = h("select", { id: "where", name: "where", onchange: () => { said.where = where.value; keep(); } }, options(known));
  where.value = said.where;
  const note = h("textarea", { id: "note", name: "note", rows: "3", maxlength: "2000", value: said.note, oninput: () => { said.note = note.value; keep(); } });
  const form = h("form", { class: "card", novalidate: true, "data-patrol": true },
    h("p", {}, icon("geo-alt"), " ", words),
    h("div", { class: "field" }, h("label", { for: "where" }, t("where_visited")), where),
    h("div", { class: "field" }, h("label", { for: "note" }, t("what_was_seen"), h("em", {}, t("if_you_like"))), note),
    photoField(said, keep),
    h("p", { class: "error", role: "alert", hidden: true }),
    h("button", { class: "button first big", name: "go", value: "" }, icon("check2-circle"), " ", t("check_in")),
    h("button", { class: "button big", name: "go", value: "case", "data-case": true }, icon("plus-circle"), " ", t("check_in_and_report")));
  main.replaceChildren(h("h1", {}, t("check_in")), form);
  const here = await position();
  const place = here ? await named(here.lon, here.lat) : await ownGrid();
  words.textContent = place?.words ?? t("no_place");
  form.addEventListener("submit", (event) => send(event, { form, said, place, here }));
}

function options(known) {
  const districts = (known?.grids ?? []).filter((grid) => grid.level === "micro");
  const group = (label, rows) => (rows.length ? h("optgroup", { label }, rows.map(([value, name]) => h("option", { value }, name))) : null);
  return [h("option", { value: "" }, t("where_i_am")), group(t("districts"), districts.map((grid) => [`grid:${grid.code}`, grid.name])),
    group(t("points"), (known?.points ?? []).map((point) => [`point:${point.token}`, point.name])),
    group(t("grids"), (known?.grids ?? []).filter((grid) => grid.level === "cell").map((grid) => [`grid:${grid.code}`, grid.name]))].filter(Boolean);
}

function photoField(said, keep) {
  const id = newId("photos");
  const list = h("ul", { class: "thumbs", "aria-live": "polite" });
  const draw = () => list.replaceChildren(...said.photos.map((blob, place) => h("li", {}, picture(blob, t("photo_number", { number: place + 1 })),
    h("button", { type: "button", "aria-label": t("take_out_photo", { number: place + 1 }), onclick: () => { said.photos.splice(place, 1); draw(); keep(); } }, "✕"))));
  const input = h("input", { id, type: "file", accept: "image/*", capture: "environment", multiple: true, onchange: async () => {
    const chosen = [...input.files].slice(0, MOST - said.photos.length);
    input.value = "";
    for (const file of chosen) said.photos.push(await small(file));
    draw();
    keep();
  } });
  draw();
  return h("div", { class: "field" }, input, h("label", { for: id, class: "button choose" }, icon("camera"), " ", t("take_photo")), list);
}

async function send(event, { form, said, place, here }) {
  event.preventDefault();
  const problem = form.querySelector("[role=alert]");
  if (!said.where && !place) {
    problem.hidden = false;
    problem.textContent = t("no_place");
    return;
  }
  const body = { key: crypto.randomUUID(), at: new Date().toISOString() };
  if (said.note.trim()) body.note = said.note.trim();
  if (here) Object.assign(body, { lon: String(here.lon), lat: String(here.lat) });
  const [kind, value] = said.where.split(":");
  if (kind === "point") body.intake_point = value;
  else if (kind === "grid") body.grid = value;
  else if (place.grid) body.grid = place.grid;
  const files = said.photos.map((blob) => ({ field: "file", blob, name: blob.name }));
  await enqueue({ path: "patrols/", body, files, thread: body.key, title: body.note ?? place?.words ?? "", label: t("check_in") });
  await store.remove("settings", KEPT);
  toast(t(navigator.onLine ? "is_sent_now" : "is_kept_offline", { what: t("check_in") }));
  if (event.submitter?.value !== "case") {
    location.hash = "#/patrols";
    return;
  }
  const draft = await newDraft({ patrol: body.key, text: said.note.trim(), photos: said.photos, place });
  location.hash = `#/draft/${draft.id}`;
}

export async function list(main) {
  let kept = (await store.setting("patrols")) ?? [];
  await draw(main, kept);
  try {
    kept = (await askFor("patrols/", { mine: "true" })).results;
    await store.set("patrols", kept);
    await draw(main, kept);
  } catch {
    // what was read last is shown
  }
}

async function draw(main, kept) {
  const waiting = (await mine()).filter((entry) => entry.path === "patrols/");
  const rows = [...waiting.reverse().map((entry) => {
    const state = stateOf(entry);
    return h("li", {}, h("strong", {}, entry.title), h("span", { class: `chip ${state.mark}` }, icon(state.icon), " ", state.words), h("span", { class: "soft" }, spoken(entry.made)));
  }), ...kept.map((one) => h("li", {}, h("strong", {}, one.intake_point ?? one.grid?.name ?? ""), h("span", { class: "soft" }, spoken(one.at)), one.note ? h("span", {}, one.note) : null,
    one.case ? h("a", { class: "plain", href: `#/case/${one.case}` }, t("became_case", { number: one.case })) : null))];
  main.replaceChildren(h("h1", {}, t("my_patrols")), h("p", {}, h("a", { class: "button first big", href: "#/patrol" }, icon("plus-circle"), " ", t("check_in"))),
    rows.length ? h("ul", { class: "card queue plain-list" }, rows) : h("p", { class: "card empty" }, t("no_patrols")));
}
