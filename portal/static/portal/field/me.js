// 我的: what waits to be sent and what was, patrols, posts, how the app looks and speaks.

import { h, icon } from "./draw.js";
import { t, language } from "./words.js";
import { spoken } from "./moments.js";
import { area } from "./work.js";
import { me, mine, ofOthers, stateOf } from "./queue.js";
import { refusals } from "./refused.js";

const store = self.fieldStore;

export async function show(main) {
  const [known, session] = [await area(), await store.setting("session")];
  main.replaceChildren(...[
    h("h1", {}, known?.me.name || session?.name || t("mine")),
    await queue(),
    h("nav", { class: "card links", "aria-label": t("mine") },
      link("#/patrol", "person-walking", t("check_in")), link("#/patrols", "list-check", t("my_patrols")),
      link(self.FIELD.inbox, "bell", t("inbox")), link(self.FIELD.telling, "gear", t("telling")), link(self.FIELD.desk, "display", t("desk"))),
    posts(known), settings(), signOut(),
  ].filter(Boolean));
}

const link = (href, mark, words) => h("a", { class: "plain", href }, icon(mark), " ", words);

export async function queue() {
  const [waiting, others, sent, own] = [await mine(), await ofOthers(), await store.all("sent"), await me()];
  const done = sent.filter((one) => one.user === own).reverse().slice(0, 5);
  return h("section", { class: "card", "data-queue": true }, h("h2", {}, t("queue")),
    waiting.length ? h("ul", { class: "queue plain-list" }, waiting.map(entryOf)) : h("p", { class: "soft" }, t("queue_empty")),
    others ? h("p", { class: "notice" }, t("others_wait", { number: others })) : null,
    waiting.some((one) => one.state === "waiting") ? h("button", { type: "button", class: "button", "data-hurry": true, onclick: () => self.fieldSending.hurry() }, icon("arrow-repeat"), " ", t("send_now")) : null,
    done.length ? h("details", {}, h("summary", {}, t("was_sent")), h("ul", { class: "plain-list" }, done.map((one) =>
      h("li", {}, icon("check2"), ` ${one.label} · ${one.title} `, h("span", { class: "soft" }, `${one.number} ${spoken(one.at)}`))))) : null);
}

function entryOf(entry) {
  if (entry.state === "refused") return h("li", {}, refusals(entry));
  const state = stateOf(entry);
  const next = entry.tries && entry.next > Date.now() ? ` · ${t("next_try", { moment: spoken(entry.next) })}` : "";
  return h("li", { "data-entry": String(entry.id), "data-state": entry.state }, h("strong", {}, `${entry.label} · ${entry.title}`),
    h("span", { class: `chip ${state.mark}` }, icon(state.icon), " ", state.words), h("span", { class: "soft" }, spoken(entry.made) + next));
}

function posts(known) {
  if (!known) return null;
  return h("section", { class: "card" }, h("h2", {}, t("posts")), known.me.posts.length
    ? h("ul", { class: "plain-list" }, known.me.posts.map((post) => h("li", {}, h("strong", {}, post.role_label), ` ${post.unit?.name ?? ""} `, h("span", { class: "soft" }, post.grid?.place ?? ""))))
    : h("p", { class: "notice" }, t("no_post")));
}

function keep(name, value) {
  document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax`;
}

function settings() {
  const large = document.documentElement.dataset.size === "large";
  const size = h("input", { type: "checkbox", role: "switch", checked: large, name: "large", onchange: () => {
    keep("size", size.checked ? "large" : "normal");
    document.documentElement.dataset.size = size.checked ? "large" : "normal";
  } });
  const other = language.startsWith("en") ? "zh-hans" : "en";
  const names = { "zh-hans": "简体中文", en: "English" };
  return h("section", { class: "card" }, h("h2", {}, t("settings")),
    h("label", { class: "check" }, size, h("span", {}, t("large_type"))),
    h("button", { type: "button", class: "button", lang: other, "data-language": other, onclick: () => speak(other) }, icon("translate"), " ", names[other]));
}

// The shell of each language is kept by the worker, which asks here for the one to show
async function speak(other) {
  keep(self.FIELD.language_cookie, other);
  await store.set("language", other);
  await store.forgetReading();
  location.reload();
}

function signOut() {
  return h("p", { class: "after" }, h("button", { type: "button", class: "link", "data-sign-out": true, onclick: async () => {
    const waiting = (await mine()).length;
    if (waiting && !window.confirm(t("sign_out_sure", { number: waiting }))) return;
    const { token } = await self.fieldSending.who();
    await store.forgetReading();
    await store.set("user", null);
    await store.set("session", null);
    await fetch(self.FIELD.sign_out, { method: "POST", headers: { "X-CSRFToken": token }, redirect: "manual" });
    location.assign(self.FIELD.sign_in);
  } }, icon("box-arrow-right"), " ", t("sign_out")));
}
