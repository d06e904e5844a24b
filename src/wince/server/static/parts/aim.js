// Aiming: is the face close enough, in enough light, and turned to the camera? And who is it?

/** @import { Draw, State, Tick, Ticks } from "../state.js" */

import { byId, create, find, setText } from "../dom.js";
import { problemText } from "../errors.js";
import { isReady } from "../flows/ticks.js";
import { t } from "../texts.js";

const NAMES = /** @type {const} */ (["close", "light", "facing"]);
/** Shapes of a tick that is met, is not met, and is not known; in a box of 24 x 24. */
const SHAPES = {
  met: "m4 12.5 2.2-2.2 4 4L18 6.5l2.2 2.2-10 10Z",
  unmet: "M12 2 23.5 22H.5Zm-1.2 7v6h2.4V9Zm0 7.6V19h2.4v-2.4Z",
  unknown: "M12 4a8 8 0 1 0 0 16a8 8 0 1 0 0-16Zm0 3a5 5 0 1 1 0 10a5 5 0 1 1 0-10Z",
};

/**
 * @typedef {object} AimActions
 * @property {() => void} begin
 * @property {(change: { label: string } | { activity: "rest" | "movement" }) => void} setPerson
 */

/**
 * @param {AimActions} actions
 * @returns {Draw}
 */
export function createAim({ begin, setPerson }) {
  const list = byId("ticks");
  const rows = NAMES.map((name) => ({ name, ...createRow(list) }));
  const button = byId("begin", HTMLButtonElement);
  const form = byId("watch-setup", HTMLFormElement);
  const label = find(form, "[name=label]", HTMLInputElement);
  button.addEventListener("click", begin);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!button.disabled) begin();
  });
  label.addEventListener("input", () => setPerson({ label: label.value.trim() }));
  form.addEventListener("change", () => {
    const activity = new FormData(form).get("activity") === "movement" ? "movement" : "rest";
    setPerson({ activity });
  });

  return (state) => {
    if (state.live.step !== "aim") return;
    const { mode, ticks } = state.live;
    form.hidden = mode === "check";
    setText(byId("aim-how"), howText(state));
    for (const { name, draw } of rows) draw(name, ticks);
    setText(button, t(mode === "check" ? "check.begin" : "watch.begin"));
    button.disabled = !isReady(ticks);
    if (document.activeElement !== label) label.value = state.live.label;
  };
}

/**
 * What the user does next: wait for the camera, bring a face into view, choose the person.
 *
 * @param {State} state
 */
function howText({ live: { camera, trouble, answer, ticks } }) {
  const problem = camera.problem ?? trouble ?? answer?.problem;
  if (problem) return problemText(problem);
  if (camera.status !== "on" || !answer) return t("aim.starting");
  if (answer.persons.length > 1) return t("aim.tap", { count: answer.persons.length });
  return t(ticks ? "aim.one" : "aim.nobody");
}

/** @param {HTMLElement} list */
function createRow(list) {
  const row = create("li", "tick");
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("fill-rule", "evenodd");
  svg.append(path);
  const text = create("span");
  row.append(svg, text);
  list.append(row);
  /**
   * @param {typeof NAMES[number]} name
   * @param {Ticks} ticks
   */
  function draw(name, ticks) {
    const tick = ticks && ticks[name];
    const kind = !tick ? "unknown" : tick.isMet ? "met" : "unmet";
    if (row.dataset.kind !== kind) path.setAttribute("d", SHAPES[kind]);
    row.dataset.kind = kind;
    setText(text, tickText(name, tick));
  }
  return { draw };
}

/**
 * @param {typeof NAMES[number]} name
 * @param {Tick | null} tick
 */
function tickText(name, tick) {
  if (!tick || tick.isMet) return t(`aim.${name}`);
  return t(`aim.${tick.code}`, tick.values);
}
