// Starts the engine's worker, which loads the networks. The page on the device runs this script before
// all others, so that they are loaded meanwhile; each import would delay it.

import { trustedScriptUrl } from "../trusted_urls.js";

const SCRIPT = new URL("device/device_worker.js", import.meta.url);

export const worker = new Worker(trustedScriptUrl(SCRIPT), { type: "module" });

/** Resolved when the script could not be loaded, or has stopped. */
export const stopped = new Promise((resolve) => worker.addEventListener("error", resolve));
