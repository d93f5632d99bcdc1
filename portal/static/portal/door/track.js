// A slip's QR code brings number and code behind a #, which is sent nowhere: they are read here, and leave the address
// at once. A reload of a matter's page leads here, and back to the matter.

const form = document.querySelector("[data-track]");
const [number, code] = decodeURIComponent(location.hash.slice(1)).split(".");

function open(pair) {
  form.elements.number.value = pair.number;
  form.elements.code.value = pair.code;
  form.submit();
}

if (number && code) {
  history.replaceState(null, "", location.pathname);
  open({ number, code });
} else {
  const kept = sessionStorage.getItem("matter");
  const [way] = performance.getEntriesByType("navigation");
  if (kept && way?.type === "reload" && !document.querySelector("[role=alert]")) open(JSON.parse(kept));
  else sessionStorage.removeItem("matter");
}
