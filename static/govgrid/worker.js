// The platform's service worker: it shows pushed messages, keeps the field app's shell for when there is no network,
// and sends what waits when the browser says that there is one again. `SHELL` and `FIELD` stand before it, as
// portal/field/shell.py writes them: a new version of any file is a new worker.
importScripts(...SHELL.scripts);

const CACHE = `field-${SHELL.version}`;
const MAPS = "field-maps";

self.addEventListener("install", (event) => {
  const asked = [...SHELL.files, ...Object.values(SHELL.pages)].map((url) => new Request(url, { cache: "reload" }));
  event.waitUntil(caches.open(CACHE).then((kept) => kept.addAll(asked)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("field-") && name !== CACHE && name !== MAPS;
  const tidy = caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))));
  event.waitUntil(tidy.then(() => self.clients.claim()));
});

// The app's page in the language that was chosen last; the network where it is not kept
async function page(request) {
  const language = (await self.fieldStore.setting("language").catch(() => null)) ?? SHELL.language;
  const kept = await caches.match(SHELL.pages[language] ?? SHELL.pages[SHELL.language], { cacheName: CACHE });
  return kept ?? fetch(request);
}

const file = async (request, cacheName) =>
  (await caches.match(request, { cacheName, ignoreVary: true })) ?? fetch(request);

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    if (url.pathname === SHELL.start && !url.search) event.respondWith(page(request));
    return;
  }
  if (SHELL.files.includes(url.pathname)) event.respondWith(file(request, CACHE));
  else if (SHELL.maps.includes(url.pathname)) event.respondWith(file(request, MAPS));
});

self.addEventListener("sync", (event) => {
  if (event.tag !== "field-queue") return;
  event.waitUntil(
    self.fieldSending.hurry().then((said) => {
      if (said === "stop") throw new Error("no network yet"); // the browser asks again
    }),
  );
});

self.addEventListener("push", (event) => {
  let said = {};
  try {
    said = event.data?.json() ?? {};
  } catch {
    said = { title: event.data?.text() };
  }
  const urgent = said.pace === "now";
  event.waitUntil(
    self.registration.showNotification(said.title || "govgrid", {
      body: said.body ?? "",
      tag: said.tag || undefined, // a repetition replaces the first
      renotify: Boolean(said.tag) && urgent,
      requireInteraction: urgent,
      data: { url: said.url ?? "/inbox/" },
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = new URL(event.notification.data?.url ?? "/inbox/", self.location.origin);
  if (url.origin !== self.location.origin) return; // a message leads nowhere else
  event.waitUntil(
    self.clients.matchAll({ type: "window", includeUncontrolled: true }).then((open) => {
      const same = open.find((page) => page.url === url.href);
      return same ? same.focus() : self.clients.openWindow(url.href);
    }),
  );
});
