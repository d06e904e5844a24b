// Prints the summary, the number of points and the CSV of a session of the answers in a file.

import { readFileSync } from "node:fs";

import { csvFile, sessionData } from "../../../src/wince/server/static/session/export.js";
import { createSession } from "../../../src/wince/server/static/session/session.js";

const { answers, scale } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const session = createSession({
  label: "",
  activity: null,
  source: "ward.mp4",
  isRecording: true,
  start: 0,
  scale,
  model: { name: "m", version: "1" },
  settings: { smoothing: 0.05, hold: 1, margin: 1.2 },
});
for (const { seconds, ...answer } of answers) session.add(answer, 1000 * seconds);
const csv = await (await csvFile(session)).text();
console.log(JSON.stringify({ summary: sessionData(session), csv }));
