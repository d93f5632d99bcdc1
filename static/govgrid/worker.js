// Shows pushed messages and opens their case. Nothing is stored: what it is given is all that it knows.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

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
