// The choice of the camera, below the image.

/** @import { CameraChoice } from "../media/camera.js" */
/** @import { Draw } from "../state.js" */

import { byId } from "../dom.js";
import { isHandheld } from "../media/camera.js";

/**
 * @param {{ changeCamera: (choice: CameraChoice) => void, setWhole: (isWhole: boolean) => void,
 *   leave: () => void }} actions setWhole: shows the whole image while watching, or the person
 * @returns {Draw}
 */
export function createCameraControls({ changeCamera, setWhole, leave }) {
  const select = byId("camera", HTMLSelectElement);
  const flip = byId("flip");
  let drawn = "";
  let isFront = true;
  select.addEventListener("change", () => changeCamera({ deviceId: select.value }));
  flip.addEventListener("click", () => changeCamera({ isFront: !isFront }));
  const whole = byId("whole-image");
  whole.addEventListener("click", () => setWhole(whole.ariaPressed !== "true"));
  byId("leave").addEventListener("click", leave);

  return ({ live: { camera, isWhole } }) => {
    whole.setAttribute("aria-pressed", String(isWhole));
    isFront = camera.isFront;
    const { devices, deviceId } = camera;
    flip.hidden = !isHandheld() || devices.length < 2;
    byId("camera-choice").hidden = isHandheld() || devices.length < 2;
    const key = JSON.stringify(devices);
    if (key !== drawn) {
      drawn = key;
      select.replaceChildren(...devices.map(({ id, label }) => new Option(label, id)));
    }
    // Without a camera that is listed no other one is shown in its place.
    const shown = deviceId ?? "";
    if (select.value !== shown) select.value = shown;
  };
}
