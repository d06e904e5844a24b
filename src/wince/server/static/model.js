// The note on the model: what it is, what it was trained on, and what was measured.

const byId = (id) => document.getElementById(id);

/** Fill the note from what the server says about its model. */
export function fillModel({ name, version, title, trained_on: trainedOn, figures }) {
  byId("model-note").textContent = title;
  const rows = [["Name", `${name} ${version}`], ...plain(trainedOn), ...plain(figures)];
  byId("model-facts").replaceChildren(
    ...rows.flatMap(([term, value]) => [element("dt", term), element("dd", value)]),
  );
}

/** Return the rows of a card's section that a reader can use: numbers and texts, not tables. */
function plain(section) {
  return Object.entries(section)
    .filter(([, value]) => ["number", "string"].includes(typeof value))
    .map(([key, value]) => [words(key), typeof value === "number" ? number(value) : value]);
}

function words(key) {
  const text = key.replaceAll("_", " ");
  return text[0].toUpperCase() + text.slice(1);
}

function number(value) {
  return value.toLocaleString("en", { maximumFractionDigits: 3 });
}

function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
