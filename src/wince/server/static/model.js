// The note on the model: what it is, what it was trained on, and what was measured.

const byId = (id) => document.getElementById(id);
const SHORT = /\b(pcc|mae|mse|auc|icc|ccc)\b/g; // names of metrics, written in capitals

/** Fill the note from what the server says about its model. */
export function fillModel({ name, version, title, trained_on: trainedOn, figures }) {
  byId("model-note").textContent = title;
  const rows = [["Name", `${name} ${version}`], ...rowsOf(trainedOn), ...rowsOf(figures)];
  byId("model-facts").replaceChildren(
    ...rows.flatMap(([term, value]) => [element("dt", term), element("dd", value)]),
  );
}

/** Return a card's section as rows of term and text; a table within becomes one row. */
function rowsOf(section, before = "") {
  return Object.entries(section).flatMap(([key, value]) => {
    const term = before ? `${before}: ${words(key)}` : capital(words(key));
    if (value === null || typeof value !== "object") return [[term, text(value)]];
    const entries = Object.entries(value);
    if (entries.some(([, inner]) => inner !== null && typeof inner === "object")) {
      return rowsOf(value, term);
    }
    return [[term, entries.map(([inner, one]) => `${words(inner)}: ${text(one)}`).join("; ")]];
  });
}

function words(key) {
  return key.replaceAll("_", " ").replace(SHORT, (name) => name.toUpperCase());
}

function capital(term) {
  return term[0].toUpperCase() + term.slice(1);
}

function text(value) {
  return typeof value === "number"
    ? value.toLocaleString("en", { maximumFractionDigits: 3 })
    : String(value ?? "unknown");
}

function element(tag, content) {
  const made = document.createElement(tag);
  made.textContent = content;
  return made;
}
