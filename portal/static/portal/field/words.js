// The page's words, in its language: they come with the page, so that nothing is written here in any one language.

const said = JSON.parse(document.querySelector("#field-words").textContent);

// The words of a key; `{name}` in them takes a value
export function t(key, values = {}) {
  const words = said[key];
  if (words === undefined) throw new Error(`no words for ${key}`);
  return words.replace(/\{(\w+)\}/g, (_whole, name) => values[name] ?? "");
}

export const language = document.documentElement.lang;
