// 地图: my cells, my cases, points, household districts. The map's program comes when it is asked for, and stays.

import { h } from "./draw.js";
import { t } from "./words.js";
import { pressure } from "./moments.js";
import { area, cases, clockOf } from "./work.js";

const COLOURS = { late: "#b3261e", soon: "#8a5a00", calm: "#1257c9", none: "#51606f" };
const LAYERS = ["grids", "cases", "points", "districts"];
const shown = new Set(LAYERS);
let leaflet;

function loaded() {
  leaflet ??= new Promise((resolve, reject) => {
    const style = h("link", { rel: "stylesheet", href: self.FIELD.leaflet_css });
    const script = h("script", { src: self.FIELD.leaflet, onload: () => resolve(window.L), onerror: reject });
    document.head.append(style, script);
  });
  return leaflet;
}

async function mapIn(place) {
  const L = await loaded();
  const map = L.map(place, { attributionControl: Boolean(self.FIELD.tiles) });
  if (self.FIELD.tiles) {
    L.tileLayer(self.FIELD.tiles, { attribution: self.FIELD.attribution, subdomains: "01234567", maxZoom: 18 }).addTo(map);
  }
  return { L, map };
}

const outlineOf = (grid) => ({ type: "Feature", geometry: grid.outline, properties: { name: grid.name } });
const isDistrict = (grid) => grid.level === "micro";

function outlines(L, grids, thick) {
  const style = { color: "#1257c9", weight: thick ? 2 : 1, fillOpacity: thick ? 0.06 : 0.12, dashArray: thick ? null : "4 4" };
  return L.geoJSON(grids.filter((grid) => grid.outline).map(outlineOf), {
    style, onEachFeature: (one, layer) => layer.bindTooltip(one.properties.name),
  });
}

function spot(L, where, colour, words, href = "") {
  const mark = L.circleMarker([where.lat, where.lon], { radius: 9, color: "#fff", weight: 2, fillColor: colour, fillOpacity: 1 });
  mark.bindTooltip(words);
  if (href) mark.on("click", () => { location.hash = href; });
  return mark;
}

const placed = (rows) => rows.filter((row) => row.lon !== null && row.lat !== null);

function layersOf(L, known, mine) {
  const districts = known.grids.filter(isDistrict);
  return {
    grids: outlines(L, known.grids.filter((grid) => !isDistrict(grid)), true),
    cases: L.layerGroup(placed(mine).map((one) => spot(L, one, COLOURS[pressure(clockOf(one)?.due_at)], one.title, `#/case/${one.number}`))),
    points: L.layerGroup(placed(known.points).map((point) => spot(L, point, "#1b6e3c", point.name))),
    districts: L.layerGroup([outlines(L, districts, false), ...placed(districts.filter((grid) => !grid.outline)).map((grid) => spot(L, grid, "#51606f", grid.name))]),
  };
}

export async function show(main) {
  const [known, mine] = [await area(), await cases()];
  const place = h("div", { class: "map whole", role: "application", "aria-label": t("map") });
  const chips = h("div", { class: "filters", role: "group", "aria-label": t("show_on_map") });
  main.replaceChildren(h("h1", { class: "unseen" }, t("map")), place, chips, h("ul", { class: "legend plain-list" }, listed(known, mine)));
  if (!known) return;
  let made;
  try {
    made = await mapIn(place);
  } catch {
    place.replaceChildren(h("p", { class: "card" }, t("map_needs_network")));
    return;
  }
  const { L, map } = made;
  const layers = layersOf(L, known, mine);
  chips.replaceChildren(...LAYERS.map((name) => chip(name, layers[name], map)));
  for (const name of shown) layers[name].addTo(map);
  const bounds = L.featureGroup([...layers.grids.getLayers(), ...layers.cases.getLayers()]).getBounds();
  if (bounds.isValid()) map.fitBounds(bounds, { padding: [16, 16], maxZoom: 17 });
  else map.setView([39.5, 116.7], 9);
}

function chip(name, layer, map) {
  const button = h("button", { type: "button", class: "filter", "aria-pressed": String(shown.has(name)), "data-layer": name, onclick: () => {
    if (shown.delete(name)) layer.remove();
    else shown.add(name) && layer.addTo(map);
    button.setAttribute("aria-pressed", String(shown.has(name)));
  } }, t(name));
  return button;
}

// The same as words: what a map shows, it does not read aloud
function listed(known, mine) {
  const rows = mine.map((one) => h("li", {}, h("a", { class: "plain", href: `#/case/${one.number}` }, one.title)));
  const places = [...(known?.points ?? []), ...(known?.grids ?? []).filter(isDistrict)].map((one) => h("li", {}, one.name));
  return [...rows, ...places];
}

// A map on which a place is touched
export async function pick(place, where, choose) {
  const { L, map } = await mapIn(place);
  const known = await area();
  const own = outlines(L, known?.grids ?? [], true).addTo(map);
  let mark = null;
  const set = (lon, lat) => {
    mark?.remove();
    mark = spot(L, { lon, lat }, "#b3261e", t("here")).addTo(map);
  };
  map.on("click", (event) => {
    set(event.latlng.lng, event.latlng.lat);
    choose(event.latlng.lng, event.latlng.lat);
  });
  if (where?.lon) {
    set(where.lon, where.lat);
    map.setView([where.lat, where.lon], 16);
  } else if (own.getBounds().isValid()) map.fitBounds(own.getBounds());
  else map.setView([39.5, 116.7], 9);
}
