// Browsers begin with code that they compile fast and that runs about ten times slower, and compile it
// again after some runs. Those runs are made before the first photo or frame.

/** @import { FindCandidates } from "./faces/network.js" */
/** @import { Estimator } from "./runtime/estimator.js" */
/** @import { RgbImage } from "./rgb_image.js" */

import { constants } from "./constants.js";

const { MIN_SCORE } = constants.faces;
const { INPUT_SIDE } = constants.network;
// Measured in Node.js: after these runs a run takes no less time.
const ESTIMATOR_RUNS = 3;
const DETECTOR_RUNS = 20;

/**
 * Return a function that runs one of the networks on a blank square, and returns whether another call
 * is of use.
 *
 * @param {{ candidates: FindCandidates, estimator: Pick<Estimator, "estimate" | "spec"> }} networks
 */
export function createWarmUp({ candidates, estimator }) {
  let runs = 0;
  return async function warmUp() {
    if (runs < ESTIMATOR_RUNS) await estimator.estimate([blank(estimator.spec.size)]);
    else if (runs < ESTIMATOR_RUNS + DETECTOR_RUNS) await candidates(blank(INPUT_SIDE), MIN_SCORE);
    runs += 1;
    return runs < ESTIMATOR_RUNS + DETECTOR_RUNS;
  };
}

/**
 * @param {number} side
 * @returns {RgbImage}
 */
function blank(side) {
  return { width: side, height: side, data: new Uint8Array(side * side * 3) };
}
