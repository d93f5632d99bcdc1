// Elements from data. Text is always text: nothing that somebody typed is ever read as markup.

export function h(tag, said = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(said)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "disabled") made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...inside.flat(2).filter((one) => one !== null && one !== undefined && one !== false));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

// A mark of the page's own sheet; the words beside it say the same
export function icon(name) {
  const drawn = document.createElementNS(SVG, "svg");
  drawn.setAttribute("class", "bi");
  drawn.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  drawn.append(use);
  return drawn;
}

// A picture that is kept here, or comes from an address
export function picture(source, words) {
  const made = h("img", { alt: words, loading: "lazy" });
  if (!(source instanceof Blob)) {
    made.src = source;
    return made;
  }
  made.src = URL.createObjectURL(source);
  made.addEventListener("load", () => URL.revokeObjectURL(made.src));
  return made;
}

let fading = 0;

// A line that says what was just done, with at most one thing to do about it
export function toast(words, act = null) {
  const place = document.querySelector("#toast");
  clearTimeout(fading);
  place.replaceChildren(h("span", {}, words));
  if (act) place.append(h("button", { type: "button", onclick: () => { clear(); act.run(); } }, act.words));
  const clear = () => place.replaceChildren();
  fading = setTimeout(clear, act ? 6000 : 4000);
}

let unique = 0;
export const newId = (of) => `${of}-${(unique += 1)}`;
