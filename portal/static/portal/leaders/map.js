// The leaders' map: places below in the colour of the chosen measure, or open cases as spots or as heat. A touch goes down.

const SUBDOMAINS = "01234567";
const FEW = 14; // so many names stand on the map at once; of more, each shows its own under the pointer
const FLAGS = { red: "#b3261e", yellow: "#8a5a00" };
const SHADES = [0.12, 0.3, 0.48, 0.66, 0.84];
let leaflet;

function loaded(place) {
  leaflet ??= new Promise((resolve, reject) => {
    const style = document.createElement("link");
    style.rel = "stylesheet";
    style.href = place.dataset.leafletCss;
    const script = document.createElement("script");
    script.src = place.dataset.leaflet;
    script.onload = () => resolve(window.L);
    script.onerror = reject;
    document.head.append(style, script);
  });
  return leaflet;
}

function words(text) {
  const said = document.createElement("span");
  said.textContent = text;
  return said;
}

class Board {
  constructor(place, follow) {
    this.place = place;
    this.follow = follow;
    this.ranks = JSON.parse(document.querySelector("#leaders-ranks")?.textContent || "{}");
    this.show = "measure";
  }

  async open() {
    const L = await loaded(this.place);
    if (!this.place.isConnected) return;
    this.drawn = this.place.querySelector("[data-map]");
    this.drawn.hidden = false;
    this.map = L.map(this.drawn, { attributionControl: Boolean(this.place.dataset.tiles), scrollWheelZoom: false,
      zoomControl: !this.place.hasAttribute("data-still"), zoomSnap: 0.25, minZoom: 3, maxZoom: 19 });
    if (this.place.dataset.tiles) {
      const said = { attribution: this.place.dataset.attribution, subdomains: SUBDOMAINS, maxZoom: 19, maxNativeZoom: 18 };
      L.tileLayer(this.place.dataset.tiles, said).addTo(this.map);
    }
    this.map.setView([35, 105], 4);
    this.spots = L.layerGroup();
    await this.outline(L);
    this.map.on("moveend", () => this.refresh());
    this.map.on("zoomend resize", () => this.unclutter());
    this.unclutter();
    for (const button of this.place.querySelectorAll("[data-show]")) {
      button.addEventListener("click", () => this.choose(button));
    }
    this.place.toggleAttribute("data-ready", true);
    new ResizeObserver(() => this.resized()).observe(this.drawn);
  }

  resized() {
    if (!this.place.isConnected) return;
    this.map.invalidateSize({ animate: false });
    if (this.place.hasAttribute("data-still")) this.fit();
  }

  async outline(L) {
    const answer = await fetch(this.place.dataset.outlines);
    if (!answer.ok) return;
    const said = await answer.json();
    const few = said.features.length <= FEW;
    this.outlines = L.geoJSON(said, { style: (one) => this.style(one) }).addTo(this.map);
    this.outlines.eachLayer((layer) => {
      const { code, name } = layer.feature.properties;
      const rank = this.ranks[code];
      const told = [rank?.mark, name, rank?.value === "–" ? "" : rank?.value].filter(Boolean).join(" ");
      layer.bindTooltip(words(told), { permanent: few, direction: "center", className: "grid-label" });
      if (rank?.address) layer.on("click", () => this.show === "measure" && this.follow(rank.address));
    });
    this.fit();
  }

  fit() {
    const bounds = this.outlines?.getBounds();
    if (bounds?.isValid()) this.map.fitBounds(bounds, { padding: [12, 12], animate: false });
  }

  // Where names would lie over each other, those with a flag or a figure stay; the others are in the table.
  unclutter() {
    const kept = [];
    const layers = [];
    this.outlines?.eachLayer((layer) => layers.push(layer));
    const weight = ({ feature }) => {
      const rank = this.ranks[feature.properties.code];
      return (rank?.mark ? 2 : 0) + (rank && rank.value !== "–" ? 1 : 0);
    };
    for (const layer of layers.sort((one, other) => weight(other) - weight(one))) {
      const label = layer.getTooltip()?.getElement();
      if (!label) continue;
      const box = label.getBoundingClientRect();
      const meets = (other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom;
      const crowded = kept.some(meets);
      label.classList.toggle("crowded", crowded);
      if (!crowded) kept.push(box);
    }
  }

  style(one) {
    const rank = this.ranks[one.properties.code];
    const tone = getComputedStyle(this.place).getPropertyValue("--action").trim();
    if (this.show !== "measure") return { color: tone, weight: 1, fillOpacity: 0.03 };
    const flag = FLAGS[rank?.flag];
    return { color: flag ?? tone, weight: flag ? 3 : 1, fillColor: tone, fillOpacity: rank ? SHADES[rank.shade] ?? 0 : 0 };
  }

  choose(button) {
    this.show = button.dataset.show;
    for (const other of this.place.querySelectorAll("[data-show]")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    this.place.querySelector("[data-legend]").hidden = this.show !== "measure";
    this.outlines?.setStyle((one) => this.style(one));
    this.outlines?.eachLayer((layer) => (this.show === "measure" ? layer.openTooltip?.() : layer.closeTooltip?.()));
    this.unclutter();
    this.refresh();
  }

  async refresh() {
    const note = this.place.querySelector("[data-hidden-note]");
    if (this.show === "measure") {
      this.spots.remove();
      this.heat?.remove();
      if (note) note.textContent = "";
      return;
    }
    const bounds = this.map.getBounds().pad(0.05);
    const box = [Math.max(-180, bounds.getWest()), Math.max(-90, bounds.getSouth()), Math.min(180, bounds.getEast()), Math.min(90, bounds.getNorth())];
    const asked = new URLSearchParams({ box: box.map((one) => one.toFixed(5)).join(","), zoom: String(Math.round(this.map.getZoom())) });
    const mine = (this.asked = asked.toString());
    const answer = await fetch(`${this.place.dataset.spots}${this.place.dataset.spots.includes("?") ? "&" : "?"}${asked}`);
    if (!answer.ok || mine !== this.asked || this.show === "measure") return;
    const said = await answer.json();
    if (note) note.textContent = said.hidden ? note.dataset.words.replace("0", said.hidden) : "";
    if (this.show === "heat") this.warm(said.spots);
    else this.cluster(said.spots);
  }

  cluster(spots) {
    this.heat?.remove();
    this.spots.clearLayers().addTo(this.map);
    const L = window.L;
    const { open, late } = this.place.dataset;
    for (const spot of spots) {
      const size = Math.round(26 + 6 * Math.log2(spot.cases));
      const mark = words(spot.late ? `▲ ${spot.cases}` : String(spot.cases));
      const icon = L.divIcon({ html: mark, className: `spot${spot.late ? " late" : ""}`, iconSize: [Math.max(size, spot.late ? 40 : 26), size] });
      const told = [spot.number, `${open} ${spot.cases}`, spot.late ? `${late} ${spot.late}` : ""].filter(Boolean).join(" · ");
      const marker = L.marker([spot.lat, spot.lon], { icon, title: told, alt: told }).addTo(this.spots);
      marker.on("click", () => this.enter(spot));
    }
  }

  enter(spot) {
    if (spot.number) this.follow(this.place.dataset.caseAt.replace("NUMBER", spot.number));
    else this.map.setView([spot.lat, spot.lon], Math.min(this.map.getZoom() + 2, 19));
  }

  warm(spots) {
    this.spots.remove();
    this.heat?.remove();
    const most = Math.max(1, ...spots.map((spot) => spot.cases));
    this.heat = window.L.layerGroup();
    for (const spot of spots) {
      const share = spot.cases / most;
      for (const [part, depth] of [[1, 0.12], [0.66, 0.2], [0.33, 0.34]]) {
        window.L.circleMarker([spot.lat, spot.lon], {
          radius: (16 + 34 * Math.sqrt(share)) * part, stroke: false, interactive: false,
          fillColor: share > 0.5 ? "#b3261e" : "#d97706", fillOpacity: depth * (0.4 + 0.6 * share),
        }).addTo(this.heat);
      }
    }
    this.heat.addTo(this.map);
  }
}

export async function drawMap(root, follow) {
  const place = root.querySelector("[data-board-map]");
  if (place) await new Board(place, follow).open();
}
