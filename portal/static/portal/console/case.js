// A case on a page: its map, its pictures in large, and how it changes by itself when it moves on, without ever throwing
// away what somebody is typing.
import { dressFinders } from "./finder.js";
import { Pulse } from "./live.js";

const SUBDOMAINS = "01234567";
let leaflet;

function loaded(place) {
  leaflet ??= new Promise((resolve, reject) => {
    const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: place.dataset.leafletCss });
    const script = Object.assign(document.createElement("script"), { src: place.dataset.leaflet });
    script.onload = () => resolve(window.L);
    script.onerror = reject;
    document.head.append(style, script);
  });
  return leaflet;
}

async function drawMap(place) {
  const drawn = place.querySelector("[data-drawn]");
  if (!place.open || drawn.dataset.done) return;
  drawn.dataset.done = "1";
  const [L, answer] = await Promise.all([loaded(place), fetch(place.dataset.caseMap)]);
  const said = await answer.json();
  const map = L.map(drawn, { attributionControl: Boolean(place.dataset.tiles), scrollWheelZoom: false });
  if (place.dataset.tiles) {
    const options = { attribution: place.dataset.attribution, subdomains: SUBDOMAINS, maxZoom: 18 };
    L.tileLayer(place.dataset.tiles, options).addTo(map);
  }
  const shapes = L.featureGroup().addTo(map);
  L.geoJSON(said.outlines, { style: { color: "#1257c9", weight: 2, fillOpacity: 0.12 } })
    .bindTooltip((layer) => layer.feature.properties.name)
    .addTo(shapes);
  if (said.point) {
    const spot = [said.point[1], said.point[0]];
    L.circleMarker(spot, { radius: 9, color: "#fff", weight: 3, fillColor: "#b3261e", fillOpacity: 1 }).addTo(shapes);
  }
  const bounds = shapes.getBounds();
  if (bounds.isValid()) map.fitBounds(bounds, { padding: [16, 16], maxZoom: 17 });
  else map.setView([35, 105], 4);
}

function showLarge(event) {
  const link = event.target.closest("[data-large]");
  const view = document.querySelector("[data-large-view]");
  if (!link || !view || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const picture = view.querySelector("img");
  picture.src = link.href;
  picture.alt = link.querySelector("img")?.alt ?? "";
  view.showModal();
}

export function dressCase(root = document) {
  dressFinders(root);
  for (const place of root.querySelectorAll("[data-case-map]")) place.addEventListener("toggle", () => drawMap(place));
  const shown = root.querySelector(".case");
  shown?.addEventListener("input", () => (shown.typed = true));
}

/** Whether somebody is at work in a form of the case. */
function isWorkedOn(shown) {
  return shown.typed || Boolean(shown.querySelector("[role=alert]")) || document.activeElement?.closest(".case form") !== null;
}

/** Puts the case as it is now in the place of the one shown; while somebody types, only what stands around the forms. */
export async function renew(shown, address, headers = {}) {
  const answer = await fetch(address, { headers });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".case");
  if (!fresh || fresh.dataset.case !== shown.dataset.case || !shown.isConnected) return;
  if (!isWorkedOn(shown)) {
    const scroll = shown.parentElement.scrollTop;
    shown.replaceWith(fresh);
    fresh.parentElement.scrollTop = scroll;
    window.htmx?.process(fresh);
    dressCase(fresh.parentElement);
    return;
  }
  for (const part of shown.querySelectorAll("[data-live]")) {
    const other = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
    if (other) part.replaceWith(document.importNode(other, true));
  }
  shown.dataset.version = fresh.dataset.version; // of what is shown; a form keeps the version that it was read for
  const notice = shown.querySelector("[data-moved-notice]");
  notice.textContent = shown.dataset.moved;
  notice.hidden = false;
}

document.addEventListener("click", showLarge);
document.addEventListener("submit", (event) => {
  // A page of its own: pressed twice, sent once. In the desk htmx does it; the key would stop a second one anyway
  const form = event.target;
  if (form.hasAttribute("hx-post") || form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 5000);
});

const alone = document.querySelector("[data-pulse]:not([data-desk])");
if (alone) {
  dressCase(alone);
  const shown = () => alone.querySelector(".case");
  new Pulse(alone.dataset.pulse, () => shown()?.dataset.case, async (said) => {
    const one = shown();
    if (one && said.case !== null && said.case > Number(one.dataset.version)) await renew(one, location.pathname);
  });
}
