// A station's screen: without a touch for a minute it goes back to its start, where nothing of the last visitor is left.

const SECONDS = 60;
const { start } = document.querySelector("script[data-start]").dataset;
let left;

function again() {
  sessionStorage.clear();
  location.replace(start);
}

function touched() {
  clearTimeout(left);
  left = setTimeout(again, SECONDS * 1000);
}

for (const kind of ["pointerdown", "keydown", "input", "scroll"]) addEventListener(kind, touched, { passive: true });
window.addEventListener("pageshow", (event) => event.persisted && again());
sessionStorage.clear();
touched();
