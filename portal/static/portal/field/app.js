// The field app's frame: which page the address names, what the strip on top says, and when to read and send.

import { h, icon } from "./draw.js";
import { t } from "./words.js";
import { countdown, pressure } from "./moments.js";
import { mine } from "./queue.js";
import { pull } from "./work.js";
import * as todo from "./todo.js";
import * as one from "./case.js";
import * as acting from "./act.js";
import * as report from "./report.js";
import * as patrol from "./patrol.js";
import * as own from "./me.js";

const store = self.fieldStore;
const sending = self.fieldSending;
const main = document.querySelector("main");
const strip = document.querySelector("#strip");
const READ_EVERY = 60_000;
const TICK = 20_000;

// What a page shows; `live` ones are drawn anew when something was read or sent, those with a form are left alone
const PAGES = {
  todo: { draw: () => todo.show(main), live: true, tab: "todo", name: "todo" },
  case: { draw: (number) => one.show(main, number), live: true, tab: "todo", name: "todo" },
  act: { draw: (number, action) => acting.show(main, number, action), tab: "todo", name: "todo" },
  report: { draw: () => report.show(main), tab: "report", name: "report" },
  draft: { draw: (id) => report.show(main, id), tab: "report", name: "report" },
  map: { draw: async () => (await import("./map.js")).show(main), tab: "map", name: "map" },
  me: { draw: () => own.show(main), live: true, tab: "me", name: "mine" },
  patrol: { draw: () => patrol.checkIn(main), tab: "me", name: "check_in" },
  patrols: { draw: () => patrol.list(main), tab: "me", name: "my_patrols" },
};
let page = PAGES.todo;
let rest = [];
let drawing = Promise.resolve();

function draw(moved) {
  // One after the other: two at once would write over each other. Who has left a page meanwhile sees the other one
  const [wanted, said] = [page, rest];
  drawing = drawing.then(async () => {
    if (wanted !== page || said !== rest) return;
    const top = window.scrollY;
    const focused = document.activeElement?.closest("[data-number]")?.dataset.number;
    await wanted.draw(...said);
    if (moved) {
      window.scrollTo(0, 0);
      main.focus({ preventScroll: true });
      return;
    }
    window.scrollTo(0, top);
    if (focused) main.querySelector(`[data-number="${CSS.escape(focused)}"] a`)?.focus({ preventScroll: true });
  }).catch((error) => {
    main.replaceChildren(h("p", { class: "notice bad", role: "alert" }, t("went_wrong")), h("p", {}, h("a", { class: "button", href: "#/todo" }, t("todo"))));
    setTimeout(() => { throw error; });
  });
  return drawing;
}

function go() {
  const [, name = "", ...parts] = location.hash.split("/");
  page = PAGES[name] ?? PAGES.todo;
  rest = parts.map(decodeURIComponent);
  for (const tab of document.querySelectorAll("[data-tab]")) {
    if (tab.dataset.tab === page.tab) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  document.title = `${t(page.name)} · ${t("app_name")}`;
  document.body.dataset.page = name || "todo";
  return draw(true);
}

async function showStrip() {
  const waiting = await mine();
  const [refused, session] = [waiting.filter((entry) => entry.state === "refused").length, await store.setting("session")];
  const said = [];
  if (session && !session.user) said.push(h("a", { class: "sign-in", href: self.FIELD.sign_in }, icon("person-lock"), " ", t("sign_in_again", { number: waiting.length })));
  else if (!navigator.onLine || self.fieldAway) said.push(h("span", {}, icon("wifi-off"), " ", t("offline", { number: waiting.length })));
  else if (waiting.length > refused) said.push(h("a", { href: "#/me" }, icon("hourglass-split"), " ", t("number_waiting", { number: waiting.length })));
  if (refused) said.push(h("a", { class: "refused", href: "#/me" }, icon("exclamation-triangle"), " ", t("number_refused", { number: refused })));
  strip.replaceChildren(...said);
  strip.dataset.waiting = String(waiting.length);
  strip.dataset.state = session && !session.user ? "signed-out" : navigator.onLine && !self.fieldAway ? "online" : "offline";
}

// A phone may pass from hand to hand: what was read for one is not the next one's
async function take(session) {
  const before = await store.setting("user");
  await store.set("session", { user: session.user, name: session.name });
  if (session.user && session.user !== before) {
    if (before) await store.forgetReading();
    await store.set("user", session.user);
  }
  // Another language was chosen on another page: it is this person's for all of them
  if (session.user && session.language !== self.FIELD.language && sessionStorage.getItem("language") !== session.language) {
    sessionStorage.setItem("language", session.language);
    await store.set("language", session.language);
    location.reload();
  }
}

async function refresh() {
  try {
    const session = await sending.who();
    self.fieldAway = false;
    await take(session);
    if (session.user) {
      if ((await mine()).length) await sending.flush();
      await pull();
    }
  } catch (error) {
    if (error.status && error.status < 500) throw error;
    self.fieldAway = true;
  }
  document.body.dataset.read = String(Date.now());
  await showStrip();
}

let refreshing = null;
let asked = false;

// One reading at a time; whoever asks meanwhile gets one after it
function read() {
  if (refreshing) {
    asked = true;
    return refreshing;
  }
  refreshing = refresh().finally(() => {
    refreshing = null;
    if (asked) {
      asked = false;
      read();
    }
  });
  return refreshing;
}

function heard({ kind }) {
  showStrip();
  if (page.live) draw(false);
  if (kind === "sent" || kind === "refused") read();
}

function tick() {
  for (const place of document.querySelectorAll("[data-due]")) {
    const press = pressure(place.dataset.due);
    place.textContent = { late: "▲ ", soon: "◔ ", calm: "" }[press] + countdown(place.dataset.due);
    place.className = `chip ${press}`;
  }
}

async function install() {
  if (!("serviceWorker" in navigator)) return;
  const { serviceWorker } = navigator;
  let taken = Boolean(serviceWorker.controller);
  serviceWorker.addEventListener("controllerchange", () => {
    // The files of this page are the old ones: it is for the person to say when they may go
    if (taken) document.querySelector("#update").hidden = false;
    taken = true; // the first one of all replaces nothing
  });
  await serviceWorker.register(self.FIELD.worker, { scope: "/" });
  await serviceWorker.ready;
  document.body.dataset.installed = "yes";
  const keptMaps = await caches.open("field-maps");
  await keptMaps.addAll(self.FIELD.maps).catch(() => {});
}

function begin() {
  if (/(^|; )size=large/.test(document.cookie)) document.documentElement.dataset.size = "large";
  document.querySelector("#update button").addEventListener("click", () => location.reload());
  addEventListener("hashchange", go);
  addEventListener("field", (event) => heard(event.detail));
  sending.channel.addEventListener("message", (event) => heard(event.data));
  addEventListener("online", () => { self.fieldAway = false; sending.hurry().then(read); });
  addEventListener("offline", showStrip);
  document.addEventListener("visibilitychange", () => document.hidden || read());
  setInterval(() => document.hidden || read(), READ_EVERY);
  setInterval(tick, TICK);
  navigator.storage?.persist?.();
  store.set("language", self.FIELD.language);
  go().then(read).then(install);
  showStrip();
}

begin();
