// Puts into the queue what is to be sent, and says what stands in it in words.

import { t } from "./words.js";

const store = self.fieldStore;
const sending = self.fieldSending;

export async function me() {
  const session = await store.setting("session");
  return session?.user ?? (await store.setting("user")) ?? null;
}

// `thread` keeps the order: what concerns one case goes one after the other. `hold` milliseconds can still be undone
export async function enqueue({ path, body, files = null, version = null, thread, title, label, back = null, hold = 0 }) {
  const entry = {
    path, body, files: files ?? [], form: files !== null, version, thread, title, label, back,
    user: await me(), key: crypto.randomUUID(), state: "waiting", tries: 0, made: Date.now(), next: hold ? Date.now() + hold : 0,
  };
  entry.id = await store.put("queue", entry);
  sending.tell("queue");
  askForHelp();
  setTimeout(sending.flush, hold + (hold ? 50 : 0));
  return entry;
}

// The browser may send it when the network is back, even where the app is closed by then
async function askForHelp() {
  try {
    const worker = await navigator.serviceWorker?.ready;
    await worker?.sync?.register("field-queue");
  } catch {
    // without it the app sends when it is opened, or hears that the network is back
  }
}

export const act = (one, action, label, inputs, photos = {}, more = {}) => {
  const files = Object.entries(photos).flatMap(([field, blobs]) => blobs.map((blob) => ({ field, blob, name: blob.name })));
  const common = { version: one.version, thread: one.number, title: one.title, label, back: { action, inputs }, ...more };
  if (!files.length) return enqueue({ path: `cases/${one.number}/actions/${action}/`, body: inputs, ...common });
  const body = { action, inputs: JSON.stringify(inputs) };
  return enqueue({ path: `cases/${one.number}/with-files/`, body, files, ...common });
};

export async function mine() {
  return store.queueOf(await me());
}

// What others have left waiting on this phone: neither shown nor sent, but said
export async function ofOthers() {
  const own = await me();
  return (await store.all("queue")).filter((entry) => entry.user !== own).length;
}

export async function discard(entry) {
  await store.remove("queue", entry.id);
  sending.tell("queue");
}

export async function again(entry, change = {}) {
  const fresh = entry.problem?.code === "idempotency_key_reused" ? { key: crypto.randomUUID() } : {};
  await store.put("queue", { ...entry, ...fresh, ...change, state: "waiting", tries: 0, next: 0, problem: null });
  sending.tell("queue");
  return sending.flush();
}

export function stateOf(entry) {
  if (entry.state === "refused") return { words: t("state_refused"), mark: "late", icon: "exclamation-triangle" };
  if (entry.state === "sending") return { words: t("state_sending"), mark: "action", icon: "arrow-repeat" };
  if (entry.tries) return { words: t("state_again"), mark: "soon", icon: "clock-history" };
  return { words: t("state_waiting"), mark: "", icon: "hourglass-split" };
}

// Why it was refused, and what to do: the server's own sentence, and ours
export function refusalOf(entry) {
  const { status, code, detail, errors } = entry.problem;
  const why = [detail, ...errors.map((one) => one.message)].filter(Boolean).join(" ");
  const advice = { 409: "refused_409", 412: "refused_412", 403: "refused_403", 404: "refused_404", 413: "refused_413" };
  const key = code === "idempotency_key_reused" ? "refused_key" : advice[status] ?? "refused_input";
  return { why, advice: t(key) };
}

// The words that somebody typed, to copy
export function textOf(entry) {
  const said = entry.back?.inputs ?? entry.back?.draft ?? {};
  return Object.values(said).filter((one) => typeof one === "string" && one).join("\n");
}
