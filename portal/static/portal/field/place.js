// Where it is: the phone's position, named by the outlines that are kept here, else by asking; corrected on the map.

import { t } from "./words.js";
import { askFor, area } from "./work.js";

const RANKS = ["city", "county", "town", "village", "cell", "micro"];

export function position() {
  return new Promise((resolve) => {
    if (!navigator.geolocation) return resolve(null);
    return navigator.geolocation.getCurrentPosition(
      (found) => resolve({ lon: found.coords.longitude, lat: found.coords.latitude }),
      () => resolve(null),
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 },
    );
  });
}

function inRing(lon, lat, ring) {
  let inside = false;
  for (let here = 0, before = ring.length - 1; here < ring.length; before = here, here += 1) {
    const [x, y] = ring[here];
    const [u, v] = ring[before];
    if (y > lat !== v > lat && lon < ((u - x) * (lat - y)) / (v - y) + x) inside = !inside;
  }
  return inside;
}

function contains(outline, lon, lat) {
  const polygons = outline.type === "Polygon" ? [outline.coordinates] : outline.coordinates;
  return polygons.some(([shell, ...holes]) => inRing(lon, lat, shell) && !holes.some((hole) => inRing(lon, lat, hole)));
}

// The deepest of one's own grids that the place lies in
export function gridAt(lon, lat, grids) {
  const found = grids.filter((grid) => grid.outline && contains(grid.outline, lon, lat));
  return found.sort((a, b) => RANKS.indexOf(b.level) - RANKS.indexOf(a.level))[0] ?? null;
}

// The place in words: its grid's names. Offline, what lies beyond one's own outlines has no name yet
export async function named(lon, lat) {
  const known = await area();
  const own = gridAt(lon, lat, known?.grids ?? []);
  if (own) return { lon, lat, words: own.place, own: true };
  try {
    const found = await askFor("grids/locate/", { lon, lat });
    return { lon, lat, words: found.grid.place, own: true };
  } catch {
    return { lon, lat, words: t("beyond_own_grids"), own: false };
  }
}

// Where there is no position: one's own narrowest grid
export async function ownGrid() {
  const posts = (await area())?.me.posts ?? [];
  const grids = posts.map((post) => post.grid).filter(Boolean);
  const deepest = grids.sort((a, b) => RANKS.indexOf(b.level) - RANKS.indexOf(a.level))[0];
  return deepest ? { grid: deepest.code, words: deepest.place.split(" / ").slice(-2).join(" / "), own: true } : null;
}

const METRE = (Math.PI / 180) * 6_371_008.8;

export function metres(a, b) {
  const east = (a.lon - b.lon) * METRE * Math.cos((a.lat * Math.PI) / 180);
  return Math.hypot(east, (a.lat - b.lat) * METRE);
}
