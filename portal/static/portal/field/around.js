// What is open already near a draft's place: one joins it instead of saying it twice. Without a network, what is kept
// here is looked through.

import { h, icon, toast } from "./draw.js";
import { t } from "./words.js";
import { spoken } from "./moments.js";
import { area, askFor, cases } from "./work.js";
import { act } from "./queue.js";
import { metres } from "./place.js";

const store = self.fieldStore;
const METRES = 300;
const DAYS = 14;
const MOST = 3;

async function kept({ lon, lat }, category) {
  const since = Date.now() - DAYS * 86_400_000;
  const known = (await area())?.categories ?? [];
  const group = (code) => known.find((row) => row.code === code)?.group;
  return (await cases())
    .filter((one) => one.lon !== null && new Date(one.submitted_at) > since)
    .map((one) => ({ ...one, metres: Math.round(metres({ lon, lat }, one)), same_kind: Boolean(category) && group(one.category?.code) === group(category) }))
    .filter((one) => one.metres <= METRES)
    .sort((a, b) => Number(b.same_kind) - Number(a.same_kind) || a.metres - b.metres);
}

async function found(place, category) {
  try {
    return await askFor("cases/nearby/", { lon: place.lon, lat: place.lat, ...(category ? { category } : {}) });
  } catch {
    return kept(place, category);
  }
}

export async function around(draft) {
  if (draft.place?.lon === undefined || draft.place?.lon === null || !draft.category) return [];
  const near = (await found(draft.place, draft.category)).filter((one) => one.same_kind).slice(0, MOST);
  if (!near.length) return [];
  return [h("div", { class: "notice near", role: "status" }, h("p", {}, h("strong", {}, icon("people"), " ", t("reported_already"))),
    h("ul", { class: "plain-list" }, near.map((one) => h("li", {}, h("span", {}, one.title, " ", h("span", { class: "soft" }, t("so_far_away", { metres: one.metres, moment: spoken(one.submitted_at) }))),
      h("button", { type: "button", class: "button", "data-join": one.number, onclick: () => join(one, draft) }, t("join"))))))];
}

// Another voice on the same matter: its words and photos go to the case that is there
async function join(one, draft) {
  const known = await area();
  const note = t("another_voice", { text: draft.text.trim() || known?.categories.find((row) => row.code === draft.category)?.name || "" });
  const label = known?.moves.note.label ?? "";
  await act({ ...one, version: null }, "note", label, { note }, { matter: draft.photos });
  await store.remove("drafts", draft.id);
  toast(t("joined", { title: one.title }));
  location.hash = "#/todo";
}
