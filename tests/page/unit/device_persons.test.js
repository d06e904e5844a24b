// The engine on the device gives persons the same numbers as Python, by the vectors that it wrote.

import assert from "node:assert/strict";
import test from "node:test";

import { bestAssignment } from "../../../src/wince/server/static/engine/device/faces/assignment.js";
import { Face } from "../../../src/wince/server/static/engine/device/faces/face.js";
import { Persons } from "../../../src/wince/server/static/engine/device/faces/persons.js";
import { readVectors } from "./vectors.js";

const { assignments, scenes } = readVectors("persons");

test("assignments have the smallest total cost", () => {
  assert.ok(assignments.length > 3);
  for (const { costs, pairs } of assignments) {
    assert.deepEqual(bestAssignment(costs, costs[0].length), pairs);
  }
  assert.deepEqual(bestAssignment([], 2), []);
});

test("persons who walk, cross and are hidden keep the numbers that Python gives them", () => {
  assert.ok(scenes.length > 3);
  for (const { away, frames } of scenes) {
    const persons = new Persons(away);
    for (const [seconds, boxes, bins, numbers] of frames) {
      const faces = boxes.map((box) => new Face(box, [], 1));
      const colours = bins && bins.map((bin) => colourOf(bin));
      assert.deepEqual(persons.update(seconds, faces, colours), numbers, `at ${seconds} s`);
    }
  }
});

test("a person is expected until they have been away for too long", () => {
  const persons = new Persons(2);
  const face = new Face([10, 10, 60, 60], [], 1);
  const [number] = persons.update(0, [face]);
  assert.equal(persons.lastFace(number), face);
  persons.update(1.9, []);
  assert.equal(persons.lastFace(number), face);
  persons.update(2, []);
  assert.equal(persons.lastFace(number), null);
});

function colourOf(bin) {
  const shares = new Float64Array(512);
  shares[bin] = 1;
  return { shares, isWhole: true };
}
