// Where the matter is: the phone's position or a touch on the map, named by its grid before anything is sent.

const SUBDOMAINS = "01234567";
const FEW = 12; // so many names stand on the map at once; of more, each shows its own under the pointer
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

class Place {
  constructor(place) {
    this.place = place;
    this.lon = place.querySelector("[name=lon]");
    this.lat = place.querySelector("[name=lat]");
    this.named = place.querySelector("[data-named]");
    this.map = null;
    place.querySelector("[data-place-buttons]").hidden = false;
    place.querySelector("[data-locate]").addEventListener("click", () => this.locate());
    place.querySelector("[data-open-map]").addEventListener("click", (event) => this.open(event.currentTarget));
    if (this.lon.value) this.name();
  }

  locate() {
    this.tell(this.place.dataset.asking);
    if (!navigator.geolocation) return this.tell(this.place.dataset.refused);
    return navigator.geolocation.getCurrentPosition(
      (found) => this.choose(found.coords.longitude, found.coords.latitude),
      () => this.tell(this.place.dataset.refused),
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 },
    );
  }

  tell(words) {
    this.named.textContent = words;
  }

  async choose(lon, lat) {
    this.lon.value = lon.toFixed(6);
    this.lat.value = lat.toFixed(6);
    await this.name();
  }

  async ask(question) {
    const answer = await fetch(`${this.place.dataset.where}?${new URLSearchParams(question)}`);
    return answer.json();
  }

  async name() {
    const said = await this.ask({ lon: this.lon.value, lat: this.lat.value });
    this.tell(said.found ? said.place : said.detail ?? this.place.dataset.nowhere);
    if (!said.found) this.lon.value = this.lat.value = "";
    if (this.map) this.draw(said.outlines, said.found);
  }

  async open(button) {
    const drawn = this.place.querySelector("[data-map]");
    drawn.hidden = false;
    button.setAttribute("aria-expanded", "true");
    const L = await loaded(this.place);
    if (this.map) return;
    this.map = L.map(drawn, { attributionControl: Boolean(this.place.dataset.tiles) });
    if (this.place.dataset.tiles) {
      const said = { attribution: this.place.dataset.attribution, subdomains: SUBDOMAINS, maxZoom: 18 };
      L.tileLayer(this.place.dataset.tiles, said).addTo(this.map);
    }
    this.outlines = L.geoJSON(null, {
      style: (one) => ({ color: "#1257c9", weight: one.properties.here ? 3 : 1, fillOpacity: one.properties.here ? 0.2 : 0.05 }),
      onEachFeature: (one, layer) => {
        // The grid that was found has its name above the map, and the mark in it; what lies around all has no room
        if (one.properties.here || one.properties.around) return;
        layer.bindTooltip(one.properties.name, { permanent: this.few, direction: "center", className: "grid-label" });
      },
    }).addTo(this.map);
    this.map.on("click", (event) => this.choose(event.latlng.lng, event.latlng.lat));
    await this.begin(L);
  }

  async begin(L) {
    const { startLon, startLat, startGrid } = this.place.dataset;
    const lon = Number(this.lon.value || startLon);
    const lat = Number(this.lat.value || startLat);
    this.map.setView([lat || 35, lon || 105], lon ? 16 : 4);
    if (lon) {
      this.draw((await this.ask({ lon, lat })).outlines, Boolean(this.lon.value));
      return;
    }
    const code = startGrid || this.place.querySelector("[name=grid]")?.value;
    const said = code ? await this.ask({ grid: code }) : null;
    if (!said?.found) return;
    this.draw(said.outlines, false);
    const bounds = this.outlines.getBounds();
    if (bounds.isValid()) this.map.fitBounds(bounds);
    L.DomUtil.addClass(this.map.getContainer(), "ready");
  }

  draw(outlines, marked) {
    const L = window.L;
    this.few = outlines.features.length <= FEW;
    this.outlines.clearLayers().addData(outlines);
    this.mark?.remove();
    if (!marked) return;
    const spot = [Number(this.lat.value), Number(this.lon.value)];
    this.mark = L.circleMarker(spot, { radius: 10, color: "#fff", weight: 3, fillColor: "#b3261e", fillOpacity: 1 }).addTo(this.map);
    this.mark.bindTooltip(this.place.dataset.here);
    if (this.seen && this.map.getBounds().contains(spot)) return;
    this.seen = true;
    const found = this.outlines.getLayers().find((layer) => layer.feature.properties.here);
    if (found) this.map.fitBounds(found.getBounds(), { padding: [24, 24], maxZoom: 17 });
    else this.map.setView(spot, 16);
  }
}

const begin = () => document.querySelectorAll("[data-place]").forEach((place) => new Place(place));
document.addEventListener("door:drawn", begin);
begin();
