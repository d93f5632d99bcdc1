// "Tell me on this device": asks the browser for a subscription to pushed messages and hands it to the platform.
const area = document.querySelector("[data-push]");
const button = area?.querySelector("button");
const told = area?.querySelector("[role=status]");
const possible = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

function bytes(key) {
  const padded = key.replace(/-/g, "+").replace(/_/g, "/").padEnd(Math.ceil(key.length / 4) * 4, "=");
  return Uint8Array.from(atob(padded), (sign) => sign.charCodeAt(0));
}

function nameOfDevice() {
  return navigator.userAgentData?.platform || navigator.platform || "";
}

async function subscribe() {
  button.disabled = true;
  told.textContent = "";
  try {
    if ((await Notification.requestPermission()) !== "granted") {
      told.textContent = area.dataset.refused;
      return;
    }
    await navigator.serviceWorker.register(area.dataset.worker, { scope: "/" });
    const { pushManager } = await navigator.serviceWorker.ready;
    const wanted = { userVisibleOnly: true, applicationServerKey: bytes(area.dataset.key) };
    const subscription = (await pushManager.getSubscription()) ?? (await pushManager.subscribe(wanted));
    const body = new URLSearchParams({ subscription: JSON.stringify(subscription), label: nameOfDevice() });
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    const answer = await fetch(area.dataset.push, { method: "POST", body, headers: { "X-CSRFToken": token } });
    if (!answer.ok) throw new Error(answer.status === 400 ? await answer.text() : area.dataset.failed);
    location.assign(area.dataset.done);
  } catch (error) {
    told.textContent = error.message || area.dataset.failed;
  } finally {
    button.disabled = false;
  }
}

if (area && possible) {
  area.hidden = false;
  button.addEventListener("click", subscribe);
}
