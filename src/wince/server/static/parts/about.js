// The section about the model: what it is, what it was trained on, and its metrics.

/** @import { Model } from "../types.js" */

import { byId, capitalised, create } from "../dom.js";

const METRIC_NAMES = /\b(pcc|mae|mse|auc|icc|ccc)\b/g; // written in capitals

/**
 * Fill the section from what the server says about its model.
 *
 * @param {Model} model
 */
export function fillModelFacts({ name, version, title, trained_on: trainedOn, figures }) {
  byId("model-note").textContent = title;
  const rows = [["Name", `${name} ${version}`], ...rowsOf(trainedOn), ...rowsOf(figures)];
  byId("model-facts").replaceChildren(
    ...rows.flatMap(([term, value]) => [create("dt", "", term), create("dd", "", value)]),
  );
}

/**
 * Return a section of the manifest as rows of term and text; an inner table becomes one row.
 *
 * @param {Record<string, unknown>} section
 * @param {string} [parent] Term of the section around it.
 * @returns {string[][]}
 */
function rowsOf(section, parent = "") {
  return Object.entries(section).flatMap(([key, value]) => {
    const term = parent ? `${parent}: ${label(key)}` : capitalised(label(key));
    if (!isTable(value)) return [[term, text(value)]];
    const entries = Object.entries(value);
    if (entries.some(([, inner]) => isTable(inner))) return rowsOf(value, term);
    return [[term, entries.map(([name, inner]) => `${label(name)}: ${text(inner)}`).join("; ")]];
  });
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isTable(value) {
  return value !== null && typeof value === "object";
}

/** @param {string} key */
function label(key) {
  return key.replaceAll("_", " ").replace(METRIC_NAMES, (name) => name.toUpperCase());
}

/** @param {unknown} value */
function text(value) {
  return typeof value === "number"
    ? value.toLocaleString("en", { maximumFractionDigits: 3 })
    : String(value ?? "unknown");
}
