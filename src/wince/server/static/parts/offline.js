// What the page says of its copy on the device; the offer of a new version stays in view.

import { byId, find, setText } from "../dom.js";
import { keepForOffline } from "../offline.js";
import { t } from "../texts.js";

/** Keep the page on the device, and return what draws how far that is. */
export function createOffline() {
  const note = byId("offline");
  const text = find(note, "span");
  const button = find(note, "button", HTMLButtonElement);
  /** @type {import("../offline.js").OfflineState} */
  let state = "saving";

  function draw() {
    setText(text, t(`offline.${state}`));
    button.hidden = state !== "update";
    note.classList.toggle("info", state !== "update");
    note.hidden = false;
  }

  const { useUpdate } = keepForOffline((newState) => {
    state = newState;
    draw();
  });
  button.addEventListener("click", useUpdate);
  return draw;
}
