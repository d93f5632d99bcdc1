// Sends what waits in the queue: in order for each case, once however often it is tried, as the person who wrote it and
// nobody else. A classic script: page and service worker share it. `self.FIELD` names the addresses.
(() => {
  const FIRST_PAUSE = 5_000;
  const LONGEST_PAUSE = 600_000;
  const LOCK = "govgrid-field-queue";
  const store = self.fieldStore;
  const channel = new BroadcastChannel("govgrid-field");
  let waitingTurn = null;

  const tell = (kind, more = {}) => {
    channel.postMessage({ kind, ...more });
    self.dispatchEvent?.(new CustomEvent("field", { detail: { kind, ...more } }));
  };

  // Who is signed in, and the token that this person's requests carry: another person's session has another
  async function who() {
    const answer = await fetch(self.FIELD.session, { cache: "no-store", headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`${answer.status}`);
    return answer.json();
  }

  function request(entry, session) {
    const headers = { "Idempotency-Key": entry.key, "X-CSRFToken": session.token, Accept: "application/json" };
    headers["Accept-Language"] = self.FIELD.language ?? session.language;
    if (entry.version !== null) headers["If-Match"] = `"${entry.version}"`;
    if (!entry.form) {
      headers["Content-Type"] = "application/json";
      return { method: "POST", headers, body: JSON.stringify(entry.body) };
    }
    const body = new FormData();
    for (const [name, value] of Object.entries(entry.body)) body.append(name, value);
    entry.files.forEach((file, place) => body.append(file.field, file.blob, file.name ?? `photo-${place}.jpg`));
    return { method: "POST", headers, body };
  }

  async function problemIn(answer) {
    let said = {};
    try {
      said = await answer.json();
    } catch {
      // what stands between may answer with a page of its own
    }
    const { type = "", detail = "", errors = [] } = said;
    return { status: answer.status, code: type.split(":").pop(), detail, errors };
  }

  async function later(entry, seconds = 0) {
    const pause = Math.min(FIRST_PAUSE * 2 ** entry.tries, LONGEST_PAUSE);
    const next = Date.now() + Math.max(pause, seconds * 1000);
    await store.put("queue", { ...entry, state: "waiting", tries: entry.tries + 1, next });
  }

  const isPassing = (problem) =>
    problem.status >= 500 || [408, 425, 429].includes(problem.status) || problem.code === "busy";
  const isSignedOut = (problem) =>
    problem.status === 401 || (problem.status === 403 && problem.code !== "not_permitted");

  // "sent", "held": this one waits and those after it on the same case; "stop": nothing goes out just now
  async function send(entry, session) {
    await store.put("queue", { ...entry, state: "sending" });
    tell("queue");
    let answer;
    try {
      answer = await fetch(`${self.FIELD.api}${entry.path}`, request(entry, session));
    } catch {
      await later(entry);
      return "stop";
    }
    if (answer.ok) {
      await store.settle(entry, await answer.json().catch(() => null));
      tell("sent", { thread: entry.thread });
      return "sent";
    }
    const problem = await problemIn(answer);
    if (isSignedOut(problem)) {
      await store.put("queue", { ...entry, state: "waiting" });
      return "signed out";
    }
    if (isPassing(problem)) {
      await later(entry, Number(answer.headers.get("Retry-After")) || 0);
      return "held";
    }
    await store.put("queue", { ...entry, state: "refused", problem });
    tell("refused", { thread: entry.thread });
    return "held";
  }

  async function turn() {
    let session;
    try {
      session = await who();
    } catch {
      return "stop";
    }
    await store.set("session", { user: session.user, name: session.name });
    if (!session.user) return "signed out";
    const held = new Set();
    for (const { id } of await store.queueOf(session.user)) {
      const entry = await store.get("queue", id); // as it is now: what went before may have changed its version
      if (!entry || held.has(entry.thread)) continue;
      const waits = entry.state === "refused" || entry.next > Date.now();
      const said = waits ? "held" : await send(entry, session);
      if (said === "stop" || said === "signed out") return said;
      if (said === "held") held.add(entry.thread);
    }
    return "done";
  }

  // Whoever asks while a turn is under way gets one after it; all who wait share that one
  function flush() {
    waitingTurn ??= navigator.locks.request(LOCK, async () => {
      waitingTurn = null;
      const said = await turn();
      tell("queue", { said });
      return said;
    });
    return waitingTurn;
  }

  // Everything that waits may be tried at once: the network is back, or somebody asks for it
  async function hurry() {
    for (const entry of await store.all("queue")) {
      if (entry.state === "waiting" && entry.tries > 0) await store.put("queue", { ...entry, next: 0 });
    }
    return flush();
  }

  self.fieldSending = { who, flush, hurry, tell, channel };
})();
