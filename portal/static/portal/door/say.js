// The form of the resident's door: photos are made small before they are sent, what was typed outlives a reload and a
// refusal, a second press does nothing, and where many reports come from a network the puzzle is solved by itself.
// Without this module the form works as forms do.

import { small } from "../photos.js";

const KEPT = ["text", "address", "name", "phone"];
const photos = [];
let sending = false;

const form = () => document.querySelector("[data-say]");
const store = () => (form() && !form().hasAttribute("data-keeps-nothing") ? sessionStorage : null);
const drafted = () => `say:${location.pathname}`;

function showPhotos(list) {
  list.replaceChildren(
    ...photos.map((photo, place) => {
      const item = document.createElement("li");
      if (photo.type.startsWith("image/")) {
        const picture = document.createElement("img");
        picture.src = URL.createObjectURL(photo);
        picture.alt = photo.name;
        picture.addEventListener("load", () => URL.revokeObjectURL(picture.src));
        item.append(picture);
      } else {
        const name = document.createElement("span");
        name.className = "document";
        name.textContent = photo.name;
        item.append(name);
      }
      const away = document.createElement("button");
      away.type = "button";
      away.textContent = "✕";
      away.setAttribute("aria-label", `${list.dataset.remove} ${place + 1}`);
      away.addEventListener("click", () => {
        photos.splice(place, 1);
        showPhotos(list);
      });
      item.append(away);
      return item;
    }),
  );
}

async function choose(input, list) {
  const chosen = [...input.files];
  input.value = "";
  const most = Number(input.dataset.most);
  for (const file of chosen) {
    if (photos.length >= most) {
      say(list.dataset.tooMany, true);
      break;
    }
    photos.push(await small(file));
    showPhotos(list);
  }
}

function say(words, bad = false) {
  const place = form().querySelector("[data-progress]");
  place.textContent = words;
  place.classList.toggle("bad", bad);
}

function zeroBits(digest) {
  let bits = 0;
  for (const byte of digest) {
    if (byte) return bits + Math.clz32(byte) - 24;
    bits += 8;
  }
  return bits;
}

async function solve(puzzle) {
  const challenge = puzzle.querySelector("[name=challenge]").value;
  const wanted = Number(puzzle.dataset.bits);
  const encoder = new TextEncoder();
  for (let first = 0; ; first += 256) {
    const numbers = Array.from({ length: 256 }, (_, step) => first + step);
    const digests = await Promise.all(
      numbers.map((number) => crypto.subtle.digest("SHA-256", encoder.encode(`${challenge}:${number}`))),
    );
    const found = digests.findIndex((digest) => zeroBits(new Uint8Array(digest)) >= wanted);
    if (found >= 0) return String(numbers[found]);
  }
}

function keep() {
  const kept = store();
  if (!kept) return;
  const said = Object.fromEntries(KEPT.map((name) => [name, form().elements[name].value]));
  kept.setItem(drafted(), JSON.stringify(said));
}

function bringBack() {
  const said = JSON.parse(store()?.getItem(drafted()) ?? "{}");
  for (const name of KEPT) {
    const field = form().elements[name];
    if (!field.value && said[name]) field.value = said[name];
  }
}

async function send(puzzleSeen) {
  const here = form();
  const puzzle = here.querySelector("[data-puzzle]");
  if (puzzle && crypto.subtle && !here.elements.sum.value && !here.elements.proof.value) {
    say(here.dataset.solving);
    here.elements.proof.value = await solve(puzzle);
  }
  say(here.dataset.sending);
  const body = new FormData(here);
  body.delete("file");
  for (const photo of photos) body.append("file", photo, photo.name);
  const answer = await fetch(location.href, { method: "POST", body });
  if (answer.redirected) {
    store()?.removeItem(drafted());
    photos.length = 0;
    here.reset();
    location.assign(answer.url);
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const main = page.querySelector("main");
  if (!main?.querySelector("[data-say]")) throw new Error("not the form");
  document.querySelector("main").replaceWith(main);
  document.dispatchEvent(new CustomEvent("door:drawn"));
  begin();
  if (form().querySelector("[data-puzzle]") && crypto.subtle && !puzzleSeen && answer.status === 428) {
    await send(true);
    return;
  }
  sending = false;
  (document.querySelector(".wrong input:not([type=hidden]), .wrong textarea") ?? main.querySelector("[role=alert]"))?.focus();
  document.querySelector("[role=alert]")?.scrollIntoView({ block: "start" });
}

async function submit(event) {
  event.preventDefault();
  if (sending) return;
  sending = true;
  const button = form().querySelector("button.first");
  button.disabled = true;
  try {
    await send(false);
  } catch {
    sending = false;
    button.disabled = false;
    say(form().dataset.unsent, true);
  }
}

function begin() {
  const here = form();
  if (!here) return;
  here.classList.add("scripted");
  const input = here.querySelector("[type=file]");
  const list = here.querySelector("[data-thumbs]");
  input.addEventListener("change", () => choose(input, list));
  showPhotos(list);
  if (photos.length) here.querySelector("[data-photos-again]")?.remove();
  here.addEventListener("submit", submit);
  here.addEventListener("input", keep);
  bringBack();
}

// Back from the slip: a page that the browser had put aside holds the key of what was sent. A fresh one holds its own
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
begin();
