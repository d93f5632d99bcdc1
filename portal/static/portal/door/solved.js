// The map of the bulletin: villages with what was solved in them, never a house. A touch shows that village's list.

const SUBDOMAINS = "01234567";
const place = document.querySelector("[data-solved-map]");
let map;
let layer;

function loaded() {
  return new Promise((resolve, reject) => {
    const style = document.createElement("link");
    style.rel = "stylesheet";
    style.href = place.dataset.leafletCss;
    const script = document.createElement("script");
    script.src = place.dataset.leaflet;
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(style, script);
  });
}

function label(one) {
  return `${one.properties.name} · ${place.dataset.words} ${one.properties.count}`;
}

async function draw() {
  const answer = await fetch(document.querySelector("#entries").dataset.mapOf);
  if (!answer.ok) return;
  const said = await answer.json();
  if (!said.features.length && !map) return;
  place.hidden = false;
  if (!map) {
    await loaded();
    map = window.L.map(place, { attributionControl: Boolean(place.dataset.tiles), scrollWheelZoom: false });
    if (place.dataset.tiles) {
      const options = { attribution: place.dataset.attribution, subdomains: SUBDOMAINS, maxZoom: 18 };
      window.L.tileLayer(place.dataset.tiles, options).addTo(map);
    }
    layer = window.L.featureGroup().addTo(map);
  }
  layer.clearLayers();
  for (const one of said.features) {
    const { code, count, lon, lat } = one.properties;
    const outline = window.L.geoJSON(one, { style: { color: "#1b6e3c", weight: 1, fillOpacity: 0.15 } });
    const spot = window.L.circleMarker([lat, lon], {
      radius: 8 + 3 * Math.sqrt(Math.min(count, 100)), color: "#fff", weight: 2, fillColor: "#1b6e3c", fillOpacity: 0.9,
    });
    for (const shape of [outline, spot]) {
      shape.bindTooltip(label(one));
      shape.on("click", () => location.assign(`${place.dataset.list}?place=${code}`));
      layer.addLayer(shape);
    }
  }
  if (said.features.length) map.fitBounds(layer.getBounds(), { padding: [16, 16], maxZoom: 14 });
}

document.body.addEventListener("htmx:afterSwap", draw);
draw();
