// What is read: one's open cases and the reference data, fetched when there is a network, kept for when there is none.

const store = self.fieldStore;
const AT_ONCE = 20;
const MOST_PHOTOS = 150;

// With the tag of the last answer, what has not changed comes without a body: after a reload too
async function ask(path, params = "") {
  const tag = ((await store.setting("tags")) ?? {})[path];
  const headers = { Accept: "application/json", "Accept-Language": self.FIELD.language };
  if (tag && !params) headers["If-None-Match"] = tag;
  const answer = await fetch(`${self.FIELD.api}${path}${params}`, { headers, cache: "no-store" });
  if (answer.status === 304) return null;
  if (!answer.ok) throw Object.assign(new Error(`${path}: ${answer.status}`), { status: answer.status });
  const said = await answer.json();
  return Object.assign(said, { tag: answer.headers.get("ETag") });
}

// An answer and its tag are kept together, or a tag might stand for what was never written down
async function keep(name, path, said) {
  const { tag, ...rest } = said;
  await store.set(name, rest);
  await store.set("tags", { ...(await store.setting("tags")), [path]: tag });
  return rest;
}

export const askFor = (path, said) => ask(path, `?${new URLSearchParams(said)}`);

// The files that are new or differ, a few at a time; those that left the list go
export async function pull() {
  const [area, changed] = await Promise.all([ask("my/area/"), ask("my/work/")]);
  if (area) await keep("area", "my/area/", area);
  const work = changed ? await keep("work", "my/work/", changed) : await store.setting("work");
  const kept = new Map((await store.all("cases")).map((one) => [one.number, one]));
  const waiting = new Set((await store.all("queue")).map((entry) => entry.thread));
  const wanted = work.cases.filter((one) => differs(kept.get(one.number), one, work.stamp)).map((one) => one.number);
  const listed = new Set(work.cases.map((one) => one.number));
  for (const number of kept.keys()) {
    if (listed.has(number)) continue;
    // What still waits to be sent needs its case beside it, so that one sees what has become of it
    if (waiting.has(number)) wanted.push(number);
    else await store.remove("cases", number);
  }
  for (let from = 0; from < wanted.length; from += AT_ONCE) {
    await read(wanted.slice(from, from + AT_ONCE), work.stamp, listed);
    self.fieldSending.tell("work");
  }
  self.fieldSending.tell("work");
  await keepPhotos();
}

const differs = (kept, now, stamp) =>
  !kept || kept.version !== now.version || kept.stamp !== stamp || !kept.mine;

async function read(numbers, stamp, listed) {
  const params = `?${new URLSearchParams(numbers.map((number) => ["number", number]))}`;
  const files = await ask("my/work/files/", params);
  const found = new Set();
  for (const file of files) {
    found.add(file.number);
    await store.put("cases", { ...file, stamp, mine: listed.has(file.number) });
  }
  for (const number of numbers) if (!found.has(number)) await store.remove("cases", number);
}

// Small copies of photos, so that a case can be looked at without a network; those of cases that left go
async function keepPhotos() {
  if (navigator.connection?.saveData) return;
  const shown = new Map();
  for (const one of await store.all("cases")) {
    for (const file of one.attachments) if (file.thumbnail_url && shown.size < MOST_PHOTOS) shown.set(file.id, file);
  }
  for (const kept of await store.all("photos")) {
    if (shown.has(kept.id)) shown.delete(kept.id);
    else await store.remove("photos", kept.id);
  }
  for (const [id, file] of shown) {
    const answer = await fetch(new URL(file.thumbnail_url).pathname);
    if (answer.ok) await store.put("photos", { id, blob: await answer.blob() });
  }
}

export const cases = async () => (await store.all("cases")).filter((one) => one.mine);
export const caseOf = (number) => store.get("cases", number);
export const area = async () => (await store.setting("area")) ?? null;

// The clock that runs out first, of those that run
export function clockOf(one) {
  const running = one.clocks.filter((clock) => clock.state === "running");
  return running.sort((a, b) => new Date(a.due_at) - new Date(b.due_at))[0] ?? null;
}
