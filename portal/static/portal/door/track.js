// A slip's QR code brings number and code behind a #, which is sent nowhere: they are read here, and leave the address
// at once. A reload of a matter's page leads here, and back to the matter.

const form = document.querySelector("[data-track]");

function open(pair) {
  form.elements.number.value = pair.number;
  form.elements.code.value = pair.code;
  form.submit();
}

function follow() {
  const [number, code] = decodeURIComponent(location.hash.slice(1)).split(".");
  if (!number || !code) return false;
  history.replaceState(null, "", location.pathname);
  open({ number, code });
  return true;
}

addEventListener("hashchange", follow);
if (!follow()) {
  const kept = sessionStorage.getItem("matter");
  const [way] = performance.getEntriesByType("navigation");
  if (kept && way?.type === "reload" && !document.querySelector("[role=alert]")) open(JSON.parse(kept));
  else sessionStorage.removeItem("matter");
}
