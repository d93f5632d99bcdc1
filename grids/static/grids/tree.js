// Opens and closes the levels of a tree in the administration. What lies below a row is fetched when it is first opened.

const opened = new WeakMap(); // row -> rows below it

function dressRows(rows, notes, level) {
  const nodes = [...notes.content.querySelectorAll("i")];
  rows.forEach((row, index) => {
    const cell = row.querySelector("th");
    if (!cell || !nodes[index]) return;
    row.dataset.level = level;
    cell.style.setProperty("--tree-level", level);
    cell.classList.add("tree-cell");
    const mark = document.createElement(Number(nodes[index].dataset.children) ? "button" : "span");
    mark.className = "tree-mark";
    if (mark.tagName === "BUTTON") {
      mark.type = "button";
      mark.textContent = "▸";
      mark.setAttribute("aria-expanded", "false");
      mark.setAttribute("aria-label", notes.dataset.open);
      mark.addEventListener("click", () => toggle(row, mark, nodes[index].dataset.pk, level, notes));
    }
    cell.prepend(mark);
  });
  return rows;
}

async function toggle(row, mark, pk, level, notes) {
  const open = mark.getAttribute("aria-expanded") === "true";
  if (!open && !opened.has(row)) {
    mark.disabled = true;
    try {
      opened.set(row, await fetchBelow(row, pk, level));
    } finally {
      mark.disabled = false;
    }
  }
  show(row, !open);
  mark.setAttribute("aria-expanded", String(!open));
  mark.setAttribute("aria-label", open ? notes.dataset.open : notes.dataset.close);
  mark.textContent = open ? "▸" : "▾";
}

function show(row, visible) {
  for (const below of opened.get(row) ?? []) {
    below.hidden = !visible;
    const mark = below.querySelector("button.tree-mark");
    if (mark?.getAttribute("aria-expanded") === "true") show(below, visible);
  }
}

async function fetchBelow(row, pk, level) {
  const rows = [];
  for (let page = 1, more = true; more; page += 1) {
    const answer = await fetch(`${pk}/children/?p=${page}`);
    if (!answer.ok) throw new Error(answer.statusText);
    const part = new DOMParser().parseFromString(await answer.text(), "text/html");
    const notes = part.querySelector("template.tree-nodes");
    rows.push(...dressRows([...part.querySelectorAll("#result_list > tbody")], notes, level + 1));
    more = notes.dataset.more === "1";
  }
  row.after(...rows);
  return rows;
}

const table = document.querySelector("#result_list");
if (table) dressRows([...table.querySelectorAll(":scope > tbody")], document.querySelector("template.tree-nodes"), 0);
