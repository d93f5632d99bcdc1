// 上报: camera first, then place, words, kind. Every draft is kept as it is typed; several stand side by side.

import { h, icon, newId, picture, toast } from "./draw.js";
import { t, language } from "./words.js";
import { spoken } from "./moments.js";
import { area } from "./work.js";
import { enqueue, me } from "./queue.js";
import { guess, search } from "./guess.js";
import { named, ownGrid, position } from "./place.js";
import { around } from "./around.js";
import { small } from "../photos.js";

const store = self.fieldStore;
const MOST = 9;
const RECENT = 3;

export async function newDraft(more = {}) {
  const draft = {
    id: crypto.randomUUID(), user: await me(), made: Date.now(), changed: Date.now(), text: "", photos: [], category: "",
    urgency: "", solved: false, done: "", place: null, patrol: null, ...more,
  };
  await store.put("drafts", draft);
  return draft;
}

const isBlank = (draft) => !draft.text && !draft.photos.length && !draft.category && !draft.patrol;

// The tab: a blank draft at once, the others above it
export async function show(main, id = null) {
  const drafts = await store.draftsOf(await me());
  const draft = (id && drafts.find((one) => one.id === id)) || drafts.find(isBlank) || (await newDraft());
  const others = drafts.filter((one) => one.id !== draft.id && !isBlank(one));
  history.replaceState(null, "", `#/draft/${draft.id}`); // a reload comes back to what is being written
  await new Draft(main, draft, await area()).draw(others);
}

class Draft {
  constructor(main, draft, known) {
    Object.assign(this, { main, draft, known });
    this.places = { named: h("strong", { "data-named": true, "aria-live": "polite" }), guesses: h("div", { class: "guesses" }), near: h("div", { "data-near": true }) };
    this.thumbs = h("ul", { class: "thumbs", "aria-live": "polite" });
  }

  async save(change = {}) {
    Object.assign(this.draft, change, { changed: Date.now() });
    await store.put("drafts", this.draft);
  }

  async draw(others) {
    const form = h("form", { class: "report", novalidate: true, "data-draft": this.draft.id, onsubmit: (event) => this.send(event) },
      this.camera(), this.where(), this.words(), this.kind(), this.places.near, this.more(),
      h("p", { class: "error", role: "alert", hidden: true }),
      h("button", { class: "button first big", "data-send": true }, icon("send"), " ", t("send")));
    this.form = form;
    this.main.replaceChildren(h("h1", {}, t("report")), others.length ? drafts(others) : "", form,
      h("button", { type: "button", class: "link take-away", "data-drop": true, onclick: () => this.drop() }, t("drop_draft")));
    this.showPhotos();
    await this.showGuesses();
    if (this.draft.place) this.showPlace();
    else await this.locate();
    await this.showNear();
  }

  camera() {
    const id = newId("camera");
    const input = h("input", { id, type: "file", accept: "image/*", capture: "environment", multiple: true, "data-camera": true, onchange: () => this.choose(input) });
    return h("div", { class: "field camera" }, input, h("label", { for: id, class: "button first shoot" }, icon("camera"), " ", t("take_photo")), this.thumbs);
  }

  async choose(input) {
    const chosen = [...input.files];
    input.value = "";
    const room = MOST - this.draft.photos.length;
    if (chosen.length > room) toast(t("most_photos", { most: MOST }));
    for (const file of chosen.slice(0, room)) this.draft.photos.push(await small(file));
    await this.save();
    this.showPhotos();
  }

  showPhotos() {
    this.thumbs.replaceChildren(...this.draft.photos.map((blob, place) => h("li", {}, picture(blob, t("photo_number", { number: place + 1 })),
      h("button", { type: "button", "aria-label": t("take_out_photo", { number: place + 1 }), onclick: async () => {
        this.draft.photos.splice(place, 1);
        await this.save();
        this.showPhotos();
      } }, "✕"))));
  }

  where() {
    const map = h("div", { class: "map", hidden: true });
    const wrong = h("button", { type: "button", class: "link", "aria-expanded": "false", "data-wrong": true, onclick: async () => {
      map.hidden = false;
      wrong.setAttribute("aria-expanded", "true");
      const { pick } = await import("./map.js");
      await pick(map, this.draft.place, (lon, lat) => this.setPlace(lon, lat));
    } }, t("wrong_place"));
    return h("div", { class: "field place" }, h("p", {}, icon("geo-alt"), " ", this.places.named, " ", wrong), map);
  }

  async locate() {
    this.places.named.textContent = t("asking_position");
    const here = await position();
    if (here) return this.setPlace(here.lon, here.lat);
    await this.save({ place: await ownGrid() });
    return this.showPlace();
  }

  async setPlace(lon, lat) {
    await this.save({ place: await named(lon, lat) });
    this.showPlace();
    await this.showNear();
  }

  showPlace() {
    this.places.named.textContent = this.draft.place?.words ?? t("no_place");
  }

  words() {
    const id = newId("text");
    const input = h("textarea", { id, name: "text", rows: "2", maxlength: "2000", value: this.draft.text, oninput: async () => {
      await this.save({ text: input.value });
      await this.showGuesses();
    } });
    const speaks = self.SpeechRecognition ?? self.webkitSpeechRecognition;
    return h("div", { class: "field" }, h("label", { for: id }, t("what_is_it")), input,
      speaks ? h("button", { type: "button", class: "button voice", onclick: () => this.listen(speaks, input) }, icon("mic"), " ", t("speak")) : null);
  }

  listen(Speaks, input) {
    const ear = new Speaks();
    ear.lang = language.startsWith("en") ? "en-GB" : "zh-CN";
    ear.onresult = (event) => {
      const heard = [...event.results].map((one) => one[0].transcript).join("");
      input.value = `${input.value}${heard}`;
      input.dispatchEvent(new Event("input"));
    };
    ear.onerror = () => toast(t("not_heard"));
    ear.start();
    toast(t("listening"));
  }

  kind() {
    const id = newId("search");
    const found = h("div", { class: "guesses" });
    const input = h("input", { id, type: "search", placeholder: t("search_category"), oninput: () => {
      const rows = search(input.value, this.known?.categories ?? []);
      found.replaceChildren(...rows.map((row) => this.choice(row)));
    } });
    return h("fieldset", { class: "field" }, h("legend", {}, t("category")), this.places.guesses,
      h("label", { class: "unseen", for: id }, t("search_category")), input, found);
  }

  choice(row) {
    const chosen = this.draft.category === row.code;
    return h("button", { type: "button", class: "guess", "aria-pressed": String(chosen), "data-category": row.code, onclick: async () => {
      await this.save({ category: chosen ? "" : row.code });
      await this.showGuesses();
      this.showUrgency();
      await this.showNear();
    } }, row.name, h("small", {}, row.group));
  }

  async showGuesses() {
    const known = this.known?.categories ?? [];
    const recent = (await store.setting(`recent:${this.draft.user}`)) ?? [];
    const codes = guess(this.draft.text, known, recent);
    if (this.draft.category && !codes.includes(this.draft.category)) codes.unshift(this.draft.category);
    const rows = codes.map((code) => known.find((row) => row.code === code)).filter(Boolean);
    this.places.guesses.replaceChildren(...rows.slice(0, 3).map((row) => this.choice(row)));
  }

  get category() {
    return this.known?.categories.find((row) => row.code === this.draft.category) ?? null;
  }

  async showNear() {
    this.places.near.replaceChildren(...(await around(this.draft)));
  }

  more() {
    const done = h("div", { class: "field", hidden: !this.draft.solved }, h("label", { for: "done" }, t("what_was_done"), h("em", {}, t("needed"))),
      h("textarea", { id: "done", name: "done", rows: "2", maxlength: "2000", value: this.draft.done, oninput: (event) => this.save({ done: event.target.value }) }));
    const solved = h("input", { type: "checkbox", role: "switch", name: "solved", checked: this.draft.solved, onchange: async () => {
      done.hidden = !solved.checked;
      await this.save({ solved: solved.checked });
    } });
    this.urgency = h("select", { id: "urgency", name: "urgency", onchange: (event) => this.save({ urgency: event.target.value }) });
    this.showUrgency();
    return h("div", { class: "field" }, h("label", { class: "check" }, solved, h("span", {}, t("solved_on_spot"), h("small", {}, t("solved_on_spot_why")))), done,
      h("label", { for: "urgency" }, t("urgency")), this.urgency);
  }

  showUrgency() {
    const words = this.known?.words.urgency ?? {};
    const usual = words[this.category?.urgency ?? "ordinary"] ?? "";
    const options = [["", t("as_usual", { what: usual })], ...Object.entries(words)];
    this.urgency.replaceChildren(...options.map(([value, label]) => h("option", { value }, label)));
    this.urgency.value = this.draft.urgency;
  }

  wrong() {
    if (!this.draft.text.trim() && !this.category) return t("say_or_choose");
    if (!this.draft.place) return t("no_place");
    if (this.draft.solved && !this.draft.done.trim()) return t("say_what_was_done");
    if (this.draft.solved && this.category?.photo_required && !this.draft.photos.length) return t("photo_required");
    return "";
  }

  async send(event) {
    event.preventDefault();
    const problem = this.form.querySelector("[role=alert]");
    problem.textContent = this.wrong();
    problem.hidden = !problem.textContent;
    if (problem.textContent) return;
    this.form.querySelector("[data-send]").disabled = true;
    await submit(this.draft, this.category);
    toast(t(navigator.onLine ? "is_sent_now" : "is_kept_offline", { what: t("report") }));
    location.hash = "#/todo";
  }

  async drop() {
    if (!isBlank(this.draft) && !window.confirm(t("discard_sure", { what: t("draft") }))) return;
    await store.remove("drafts", this.draft.id);
    location.hash = "#/todo";
  }
}

async function submit(draft, category) {
  const { place } = draft;
  const text = draft.text.trim() || category.name;
  const report = { text, channel: "patrol" };
  if (category) report.category = category.code;
  if (draft.urgency) report.urgency = draft.urgency;
  if (place.grid) report.grid = place.grid;
  else Object.assign(report, { lon: place.lon, lat: place.lat, coordinate_source: "wgs84" });
  const body = { report: JSON.stringify(report) };
  if (draft.solved) body.solved = draft.done.trim();
  if (draft.patrol) body.patrol = draft.patrol;
  const files = draft.photos.map((blob) => ({ field: "file", blob, name: blob.name }));
  await enqueue({ path: "cases/with-files/", body, files, thread: draft.patrol ?? draft.id, title: text.slice(0, 40), label: t("report"), back: { draft } });
  await store.remove("drafts", draft.id);
  if (!category) return;
  const key = `recent:${draft.user}`;
  const recent = ((await store.setting(key)) ?? []).filter((code) => code !== category.code);
  await store.set(key, [category.code, ...recent].slice(0, RECENT));
}

function drafts(others) {
  return h("details", { class: "card drafts" }, h("summary", {}, icon("file-earmark-text"), " ", t("other_drafts", { number: others.length })),
    h("ul", { class: "plain-list" }, others.map((one) => h("li", {}, h("a", { href: `#/draft/${one.id}`, class: "plain" }, one.text || t("without_words"), " ",
      h("span", { class: "soft" }, spoken(one.changed)))))));
}
