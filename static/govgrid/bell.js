// The bell in the head of every page of the desk: how much waits to be read, without reloading. A light question every
// 15 to 30 seconds, none while the page is hidden. Decision: docs/adr/0032-the-bell-asks.md.
const SHORTEST = 15_000;
const LONGEST = 30_000;
const LONGEST_AFTER_FAILURES = 300_000;

const bell = document.querySelector("[data-bell]");
const count = bell?.querySelector("[data-count]");
const words = bell?.querySelector("[data-words]");
const plainTitle = document.title;
let failures = 0;
let waiting = 0;
let asking = false;
let newest = null;

function shown(number) {
  return number > 99 ? "99+" : String(number);
}

function show(said) {
  const number = said.unread + said.lists;
  count.textContent = number ? shown(number) : "";
  count.hidden = number === 0;
  bell.toggleAttribute("data-alarm", said.alarms > 0);
  words.textContent = said.alarms ? bell.dataset.alarmWords : bell.dataset.unreadWords.replace("0", shown(number));
  document.title = number ? `(${shown(number)}) ${plainTitle}` : plainTitle;
  const fresh = document.querySelector("[data-fresh]");
  if (fresh) fresh.hidden = newest === null || said.newest <= newest;
  newest ??= said.newest;
}

async function ask() {
  if (asking || document.hidden) return;
  asking = true;
  clearTimeout(waiting);
  try {
    // no-cache: the browser sends the mark of the last answer along, and gives that one again after a 304
    const answer = await fetch(bell.dataset.bell, { cache: "no-cache", headers: { Accept: "application/json" } });
    if (answer.status === 401) return; // signed out elsewhere: nothing more to ask
    if (!answer.ok) throw new Error(answer.status);
    show(await answer.json());
    failures = 0;
  } catch {
    failures += 1;
  } finally {
    asking = false;
  }
  later();
}

function later() {
  const usual = SHORTEST + Math.random() * (LONGEST - SHORTEST);
  waiting = setTimeout(ask, Math.min(usual * 2 ** failures, LONGEST_AFTER_FAILURES));
}

function readOnOpening(event) {
  const line = event.target.closest("[data-read]");
  if (!line) return;
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  fetch(line.dataset.read, {
    method: "POST", keepalive: true, headers: { "X-CSRFToken": token, Accept: "application/json" },
  }).catch(() => {});
  line.closest("li")?.classList.remove("unread");
}

if (bell) {
  ask();
  document.addEventListener("visibilitychange", () => {
    clearTimeout(waiting);
    if (!document.hidden) ask();
  });
  document.addEventListener("click", readOnOpening);
  document.addEventListener("auxclick", readOnOpening);
}
