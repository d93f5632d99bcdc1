// A list of options becomes a field that finds them while one types: those of the page first, then what the server finds
// by a part of the name. Without this script the list itself stays. Pattern: WAI-ARIA combobox with a listbox.
const PAUSE = 150;
const MOST = 10;
let made = 0;

const words = () => document.querySelector("[data-finder-words]")?.dataset ?? {};

class Finder {
  constructor(select) {
    this.select = select;
    this.many = select.multiple;
    this.options = [];
    this.active = -1;
    this.asked = 0;
    this.build();
    this.showPicked();
  }

  build() {
    const id = this.select.id || `finder-${(made += 1)}`;
    this.box = document.createElement("div");
    this.box.className = "finder";
    this.input = Object.assign(document.createElement("input"), { id, type: "text", autocomplete: "off", maxLength: 60 });
    this.list = Object.assign(document.createElement("ul"), { id: `${id}-found`, hidden: true });
    this.list.setAttribute("role", "listbox");
    this.picked = Object.assign(document.createElement("ul"), { className: "picked" });
    const said = { role: "combobox", "aria-expanded": "false", "aria-controls": this.list.id, "aria-autocomplete": "list" };
    const described = this.select.getAttribute("aria-describedby");
    if (described) said["aria-describedby"] = described;
    for (const [name, value] of Object.entries(said)) this.input.setAttribute(name, value);
    if (this.select.dataset.findFrom) this.input.placeholder = this.select.dataset.findFrom;
    const label = document.querySelector(`label[for="${CSS.escape(id)}"]`);
    if (label) this.list.setAttribute("aria-label", label.textContent.trim());
    this.input.required = this.select.required && !this.many;
    this.select.required = false;
    this.select.id = `${id}-value`;
    this.select.hidden = true;
    this.select.after(this.box);
    this.box.append(this.picked, this.input, this.list);
    this.listen();
  }

  listen() {
    this.input.addEventListener("input", (event) => event.isComposing || this.later());
    this.input.addEventListener("compositionend", () => this.later());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("focus", () => this.input.select());
    this.input.addEventListener("click", () => this.find());
    this.input.addEventListener("blur", () => setTimeout(() => this.leave(), 150));
    this.list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
    this.list.addEventListener("click", (event) => {
      const line = event.target.closest("[role=option]");
      if (line) this.pick(this.options[Number(line.dataset.place)]);
    });
  }

  later() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.find(), PAUSE);
  }

  own(typed) {
    const options = [...this.select.options].filter((one) => one.value && !(this.many && one.selected));
    return options
      .filter((one) => !typed || one.text.includes(typed))
      .slice(0, MOST)
      .map((one) => ({ value: one.value, label: one.text }));
  }

  async find() {
    const typed = this.input.value.trim() === this.shown ? "" : this.input.value.trim();
    const turn = (this.asked += 1);
    let found = this.own(typed);
    if (typed) {
      this.input.setAttribute("aria-busy", "true");
      found = found.concat(await this.ask(typed));
      this.input.removeAttribute("aria-busy");
    }
    if (turn !== this.asked || document.activeElement !== this.input) return; // typed on meanwhile
    const seen = new Set();
    this.options = found.filter((one) => {
      const key = `${one.value}|${one.address ?? ""}`;
      return !seen.has(key) && seen.add(key);
    }).slice(0, MOST);
    this.draw(typed);
  }

  async ask(typed) {
    try {
      const answer = await fetch(`${this.select.dataset.find}?${new URLSearchParams({ q: typed })}`);
      return answer.ok ? (await answer.json()).found : [];
    } catch {
      return []; // no network: what the page has can still be chosen
    }
  }

  draw(typed) {
    this.active = typed && this.options.length ? 0 : -1;
    const lines = this.options.map((one, place) => {
      const line = Object.assign(document.createElement("li"), { id: `${this.list.id}-${place}`, textContent: one.label });
      line.setAttribute("role", "option");
      line.dataset.place = place;
      return line;
    });
    if (!lines.length && typed) {
      const none = Object.assign(document.createElement("li"), { className: "soft", textContent: words().none ?? "" });
      none.setAttribute("role", "option");
      none.setAttribute("aria-disabled", "true");
      lines.push(none);
    }
    this.list.replaceChildren(...lines);
    this.open(lines.length > 0);
    this.mark();
  }

  open(is) {
    this.list.hidden = !is;
    this.input.setAttribute("aria-expanded", String(is));
    if (!is) this.input.removeAttribute("aria-activedescendant");
  }

  mark() {
    [...this.list.children].forEach((line, place) => line.setAttribute("aria-selected", String(place === this.active)));
    const line = this.list.children[this.active];
    if (!line) return this.input.removeAttribute("aria-activedescendant");
    this.input.setAttribute("aria-activedescendant", line.id);
    return line.scrollIntoView({ block: "nearest" });
  }

  key(event) {
    if (event.isComposing || event.keyCode === 229) return; // Enter there ends the composition of characters
    const shown = !this.list.hidden && this.options.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!shown) return void this.find();
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.active = (this.active + step + this.options.length) % this.options.length;
      this.mark();
    } else if (event.key === "Enter" && shown && this.active >= 0) {
      event.preventDefault();
      event.stopPropagation();
      this.pick(this.options[this.active]);
    } else if (event.key === "Enter" && this.input.value.trim() !== (this.shown ?? "") && this.input.value.trim()) {
      event.preventDefault(); // what is typed is nothing yet: find it first
      event.stopPropagation();
      this.find();
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.stopPropagation();
      this.open(false);
    }
  }

  pick(option) {
    if (!option) return;
    let own = [...this.select.options].find((one) => one.value === option.value);
    if (!own) this.select.append((own = new Option(option.label, option.value)));
    own.text = option.label;
    own.selected = true;
    this.open(false);
    this.showPicked();
    this.select.dispatchEvent(new CustomEvent("finder:picked", { bubbles: true, detail: option }));
    this.select.dispatchEvent(new Event("input", { bubbles: true }));
  }

  showPicked() {
    const chosen = [...this.select.selectedOptions].filter((one) => one.value);
    if (!this.many) {
      this.shown = chosen[0]?.text ?? "";
      this.input.value = this.shown;
      return;
    }
    this.shown = this.input.value = "";
    this.picked.replaceChildren(...chosen.map((one) => this.chip(one)));
  }

  chip(option) {
    const line = document.createElement("li");
    const away = Object.assign(document.createElement("button"), { type: "button", className: "link", textContent: "✕" });
    away.setAttribute("aria-label", `${words().away ?? ""} ${option.text}`);
    away.addEventListener("click", () => {
      option.selected = false;
      this.showPicked();
      this.input.focus();
    });
    line.append(option.text, " ", away);
    return line;
  }

  leave() {
    if (document.activeElement === this.input) return;
    this.open(false);
    if (this.many) return void (this.input.value = "");
    if (!this.input.value.trim() && this.shown) {
      this.select.value = "";
      this.shown = "";
      this.select.dispatchEvent(new Event("input", { bubbles: true }));
    }
    this.input.value = this.shown;
  }
}

export function dressFinders(root = document) {
  for (const select of root.querySelectorAll("select[data-find]:not([data-found])")) {
    select.dataset.found = "";
    select.finder = new Finder(select);
  }
}

dressFinders();
