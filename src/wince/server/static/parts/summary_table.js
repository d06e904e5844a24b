// The table of the time in each state.

/** @import { Level } from "../types.js" */
/** @import { Session } from "../session/session.js" */

import { create, createSvg } from "../dom.js";
import { shapeIcon, shapeName, statedTitle, STATE_SHAPES } from "../levels.js";
import { percent, t, title } from "../texts.js";
import { formatDuration } from "../times.js";
import { CROSS, reasonWords } from "./watch_texts.js";

/** @typedef {{ name: string, title: string, seconds: number, levels?: Level[] }} StateTime */

/**
 * @param {HTMLElement} body Of the table.
 * @returns {(session: Session) => void}
 */
export function createSummaryTable(body) {
  return (session) => {
    const total = session.sums.total();
    body.replaceChildren(...stateTimes(session).map((state) => createRow(state, total)));
  };
}

/**
 * Return the time in each state: all levels, and what else has occurred.
 *
 * @param {Session} session
 * @returns {StateTime[]}
 */
function stateTimes({ sums, scale }) {
  const times = sums.get();
  const levels = scale.levels.map(({ name }) => ({
    name,
    title: statedTitle({ level: name }),
    seconds: times.levels[name],
    levels: [name],
  }));
  const pairs = scale.levels.slice(1).flatMap(({ name: higher }, index) => {
    const lower = scale.levels[index].name;
    const seconds = times.between[`${lower}-${higher}`];
    if (seconds === undefined) return [];
    const text = statedTitle({ level: lower, between: [lower, higher] });
    return [{ name: "between", title: text, seconds, levels: [lower, higher] }];
  });
  const scored = scale.levels.length
    ? []
    : [{ name: "score", title: scale.name, seconds: times.scored }];
  const reasons = Object.entries(times.cannotTell).map(([reason, seconds]) => ({
    name: "cannot-tell",
    title: t("result.cannot-tell", { title: title("cannot-tell"), reason: reasonWords([reason]) }),
    seconds,
  }));
  const others = [
    { name: "changing", title: title("changing"), seconds: times.changing },
    ...reasons,
    { name: "not-in-view", title: title("not-in-view"), seconds: times.notInView },
    { name: "not-connected", title: t("summary.not-connected"), seconds: times.notConnected },
    { name: "page-hidden", title: t("summary.page-hidden"), seconds: times.pageHidden },
  ];
  return [...levels, ...pairs, ...scored, ...others.filter(({ seconds }) => seconds > 0)];
}

/**
 * @param {StateTime} state
 * @param {number} total Seconds.
 */
function createRow({ name, title: stateTitle, seconds, levels }, total) {
  const row = create("tr");
  row.dataset.state = name;
  const head = create("th");
  head.scope = "row";
  const icons = levels ? levels.map(levelIcon) : [stateIcon(name)];
  head.append(...icons, create("span", "", stateTitle));
  const share = total > 0 ? seconds / total : 0;
  const text = share > 0 && share < 0.005 ? `< ${percent(0.01)}` : percent(share);
  row.append(head, create("td", "", formatDuration(seconds)), create("td", "", text));
  return row;
}

/** @param {Level} level */
function levelIcon(level) {
  const icon = shapeIcon(level);
  icon.dataset.shape = shapeName(level);
  return icon;
}

/** @param {string} name */
function stateIcon(name) {
  const shapes = /** @type {Record<string, string>} */ (STATE_SHAPES);
  const svg = createSvg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" });
  const d = shapes[name] ?? CROSS;
  svg.append(createSvg("path", { d, "fill-rule": "evenodd" }));
  return svg;
}
