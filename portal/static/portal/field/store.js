// What the phone keeps, in IndexedDB. A classic script, because the service worker loads it too: not every browser lets
// a worker be a module. Decision: docs/adr/0036-a-queue-that-page-and-worker-share.md.
(() => {
  const config = self.document?.querySelector("#field-config");
  if (config) self.FIELD = JSON.parse(config.textContent);

  const NAME = "govgrid-field";
  const VERSION = 1;
  const STORES = { settings: {}, cases: { keyPath: "number" }, drafts: { keyPath: "id" }, photos: { keyPath: "id" } };
  const COUNTED = ["queue", "sent"];
  const SENT_KEPT = 30;
  let opening;

  function database() {
    opening ??= self.idb.openDB(NAME, VERSION, {
      upgrade(db) {
        for (const [name, how] of Object.entries(STORES)) db.createObjectStore(name, how);
        for (const name of COUNTED) db.createObjectStore(name, { keyPath: "id", autoIncrement: true });
      },
      terminated() {
        opening = undefined;
      },
    });
    return opening;
  }

  const setting = async (key) => (await database()).get("settings", key);
  const set = async (key, value) => (await database()).put("settings", value, key);
  const all = async (name) => (await database()).getAll(name);
  const get = async (name, key) => (await database()).get(name, key);
  const put = async (name, row) => (await database()).put(name, row);
  const remove = async (name, key) => (await database()).delete(name, key);

  // In the order in which they were made
  async function queueOf(user) {
    return (await all("queue")).filter((entry) => entry.user === user);
  }

  async function draftsOf(user) {
    const own = (await all("drafts")).filter((draft) => draft.user === user);
    return own.sort((one, other) => other.changed - one.changed);
  }

  // Done: out of the queue, into the list of what was sent; later ones on the same case go on from its new version
  async function settle(entry, answer) {
    const db = await database();
    const change = db.transaction(["queue", "sent"], "readwrite");
    const queue = change.objectStore("queue");
    await queue.delete(entry.id);
    const { user, title, label, thread } = entry;
    await change.objectStore("sent").add({ user, title, label, thread, number: answer?.number ?? "", at: Date.now() });
    for (const other of await queue.getAll()) {
      if (other.thread === entry.thread && other.version !== null && other.version === entry.version && answer?.version) {
        await queue.put({ ...other, version: answer.version });
      }
    }
    const sent = await change.objectStore("sent").getAllKeys();
    for (const key of sent.slice(0, -SENT_KEPT)) await change.objectStore("sent").delete(key);
    await change.done;
  }

  // What was read for one person is not the next one's. What they have not sent yet stays, and stays theirs
  async function forgetReading() {
    const db = await database();
    const change = db.transaction(["cases", "photos", "settings"], "readwrite");
    await change.objectStore("cases").clear();
    await change.objectStore("photos").clear();
    for (const key of ["area", "patrols", "tags", "work"]) await change.objectStore("settings").delete(key);
    await change.done;
  }

  self.fieldStore = { setting, set, all, get, put, remove, queueOf, draftsOf, settle, forgetReading };
})();
