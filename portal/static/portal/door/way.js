// A matter's page is the answer to a form: its address is made an ordinary one, so that a reload asks no question and
// sends nothing twice; and a second press of a button does nothing.

const way = document.querySelector("[data-way]");

if (way && !way.hasAttribute("data-keeps-nothing")) {
  sessionStorage.setItem("matter", JSON.stringify({ number: way.dataset.number, code: way.dataset.code }));
}
if (way) history.replaceState(null, "", way.dataset.address);
document.querySelector("[data-another]")?.addEventListener("click", () => sessionStorage.removeItem("matter"));
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "1";
    return undefined;
  });
}
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
