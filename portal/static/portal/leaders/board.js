// A leader's page: charts and map are drawn whenever the board is; links swap it in place, and the address follows.
import { drawCharts } from "./charts.js";
import { decideIn } from "./decide.js";
import { drawMap } from "./map.js";

function follow(address) {
  const board = document.querySelector("[data-board]");
  if (address.startsWith("/leaders/") && window.htmx && board) {
    const link = document.createElement("a");
    link.href = address;
    board.append(link);
    window.htmx.process(link);
    link.click();
  } else location.assign(address);
}

function draw() {
  const board = document.querySelector("[data-board]");
  if (!board || board.hasAttribute("data-drawn")) return;
  board.toggleAttribute("data-drawn", true);
  decideIn(board);
  drawCharts(board, follow);
  drawMap(board, follow);
}

document.body.addEventListener("htmx:afterSettle", (event) => {
  draw();
  if (event.detail.elt?.id === "board" || event.target.id === "board") scrollTo({ top: 0 });
});
draw();
