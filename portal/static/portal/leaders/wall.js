// The wall: asks for its figures again and again. Where nobody answers, the last ones stay, with the moment they are of.
import { drawCharts } from "./charts.js";
import { drawMap } from "./map.js";

const ASK_AGAIN = 15_000;
const PATIENCE = 20_000;
const { dataset } = document.body;
const boards = JSON.parse(document.querySelector("#wall-boards").textContent);
const place = document.querySelector("[data-place]");
const said = document.querySelector("[data-said]");
const asOf = new Map();
let at = 0;
let shown = null;

function clock(moment) {
  return new Intl.DateTimeFormat(document.documentElement.lang, {
    hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false, timeZone: dataset.zone,
  }).format(moment);
}

function tell(words, address, bad) {
  said.textContent = `${words} ${clock(asOf.get(address) ?? Date.now())}`;
  said.classList.toggle("bad", bad);
}

function draw(address, text) {
  if (shown?.address === address && shown.text === text) return;
  shown = { address, text };
  place.innerHTML = text;
  drawCharts(place);
  drawMap(place, () => {});
}

async function ask() {
  const address = boards[at];
  try {
    // no-cache: the browser sends the mark of the last answer along, and gives that one again after a 304
    const answer = await fetch(address, { cache: "no-cache", signal: AbortSignal.timeout(PATIENCE) });
    if (answer.status === 401 || answer.status === 403) return tell(dataset.signedOut, shown.address, true);
    if (!answer.ok) throw new Error(answer.status);
    const text = await answer.text();
    if (boards[at] !== address) return undefined;
    asOf.set(address, Date.parse(answer.headers.get("Date")) || Date.now());
    draw(address, text);
    tell(dataset.fresh, address, false);
  } catch {
    tell(dataset.stale, shown.address, true);
  }
  return undefined;
}

async function turn() {
  at = (at + 1) % boards.length;
  await ask();
}

shown = { address: boards[0], text: "" };
asOf.set(boards[0], Date.now());
tell(dataset.fresh, boards[0], false);
drawCharts(place);
drawMap(place, () => {});
setInterval(ask, ASK_AGAIN);
if (boards.length > 1) setInterval(turn, Number(dataset.every) * 1000);
addEventListener("online", ask);
