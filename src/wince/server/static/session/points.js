// Every assessed frame of a session, in typed arrays, so that twelve hours fit into memory.

const CHUNK = 9000; // points: ten minutes at fifteen frames a second

/** What is kept of each point. Missing numbers are NaN in arrays of floats, and 0 in the others. */
export const COLUMNS = /** @type {const} */ ({
  seconds: Float64Array,
  score: Float32Array, // of this frame, not filtered
  confidence: Float32Array,
  AU4: Float32Array,
  AU6: Float32Array,
  AU7: Float32Array,
  AU9: Float32Array,
  AU10: Float32Array,
  AU43: Float32Array,
  filtered: Float32Array,
  stated: Float32Array, // what is stated over time
  low: Float32Array,
  high: Float32Array,
  probability: Float32Array,
  age: Float32Array,
  milliseconds: Float32Array,
  x0: Float32Array,
  y0: Float32Array,
  x1: Float32Array,
  y1: Float32Array,
  yaw: Float32Array,
  pitch: Float32Array,
  roll: Float32Array,
  person: Uint16Array,
  faces: Uint16Array,
  reasons: Uint16Array,
  hasFace: Uint8Array,
  level: Uint8Array,
  between: Uint8Array,
  kind: Uint8Array,
  statedLevel: Uint8Array,
  statedBetween: Uint8Array,
  isAnnounced: Uint8Array,
  eyes: Uint8Array,
});

/** @typedef {keyof typeof COLUMNS} Column */
/** @typedef {Partial<Record<Column, number>>} Point Columns that are missing have no value. */
/** @typedef {Float64Array | Float32Array | Uint16Array | Uint8Array} Values */
/** @typedef {ReturnType<typeof createPoints>} Points */

export const COLUMN_NAMES = /** @type {Column[]} */ (Object.keys(COLUMNS));

/** Return an empty list of points. */
export function createPoints() {
  /** @type {Record<Column, Values>[]} */
  const chunks = [];
  let length = 0;

  return {
    /** Return the number of points. */
    length: () => length,
    /**
     * Add a point.
     *
     * @param {Point} point
     */
    add(point) {
      const index = length % CHUNK;
      if (index === 0) chunks.push(newChunk());
      const chunk = chunks[chunks.length - 1];
      for (const name of COLUMN_NAMES) chunk[name][index] = point[name] ?? NaN; // NaN is 0 as an integer
      length += 1;
    },
    /**
     * Return a value of a point: NaN, or 0 in columns of whole numbers, if it has none.
     *
     * @param {number} index
     * @param {Column} name
     */
    get: (index, name) => chunks[Math.floor(index / CHUNK)][name][index % CHUNK],
    /** Return the size of all points in bytes. */
    bytes: () => chunks.length * CHUNK * BYTES_PER_POINT,
  };
}

const BYTES_PER_POINT = COLUMN_NAMES.reduce(
  (sum, name) => sum + COLUMNS[name].BYTES_PER_ELEMENT,
  0,
);

/** @returns {Record<Column, Values>} */
function newChunk() {
  const arrays = COLUMN_NAMES.map((name) => [name, new COLUMNS[name](CHUNK)]);
  return Object.fromEntries(arrays);
}
