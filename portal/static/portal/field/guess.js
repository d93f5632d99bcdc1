// Which kind of matter it probably is: three guesses by the words of the category tree. Triage will take this place.

const OWN = 3;
const ABOVE = 1;

function pairs(text) {
  const found = new Set();
  const plain = text.replace(/[\s，。、！？,.!?]/g, "");
  for (let place = 0; place + 1 < plain.length; place += 1) found.add(plain.slice(place, place + 2));
  return found;
}

const common = (said, words) => [...pairs(words)].filter((pair) => said.has(pair)).length;

// The codes of up to three categories, the likeliest first; `recent` are codes that this person chose lately, and fill
// what the words leave open
export function guess(text, categories, recent = []) {
  const said = pairs(text);
  const scored = categories.map((row) => {
    const [own, ...above] = row.words;
    const score = OWN * common(said, own) + ABOVE * above.reduce((sum, words) => sum + common(said, words), 0);
    return { code: row.code, score: score ? score / Math.sqrt(own.length) : 0 };
  });
  const found = scored.filter((one) => one.score > 0).sort((a, b) => b.score - a.score).map((one) => one.code);
  const known = new Set(categories.map((row) => row.code));
  return [...new Set([...found.slice(0, 3), ...recent.filter((code) => known.has(code))])].slice(0, 3);
}

// Categories in which all that was typed stands
export function search(text, categories) {
  const terms = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  if (!terms.length) return [];
  return categories.filter((row) => terms.every((term) => [row.name, row.group, ...row.words].join(" ").toLowerCase().includes(term))).slice(0, 12);
}
