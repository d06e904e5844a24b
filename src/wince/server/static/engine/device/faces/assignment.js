// The assignment problem: pairs of rows and columns with the smallest total cost. Mirrors
// src/wince/faces/assignment.py.

/**
 * Return pairs [row, column] with the smallest sum of costs, by column: shortest augmenting paths.
 *
 * Every row is paired if there are no more rows than columns, else every column.
 *
 * @param {number[][]} costs Rows of finite numbers.
 * @param {number} columnCount
 * @returns {[number, number][]}
 */
export function bestAssignment(costs, columnCount) {
  const rowCount = costs.length;
  if (rowCount > columnCount) {
    const flipped = Array.from({ length: columnCount }, (_, column) =>
      costs.map((row) => row[column]),
    );
    return bestAssignment(flipped, rowCount)
      .map(([column, row]) => /** @type {[number, number]} */ ([row, column]))
      .sort((pair, other) => pair[1] - other[1]);
  }
  const rowPrices = new Array(rowCount).fill(0);
  const columnPrices = new Array(columnCount).fill(0);
  /** @type {number[]} */
  const rowOf = new Array(columnCount).fill(-1);
  for (let start = 0; start < rowCount; start += 1) {
    const path = shortestPath(costs, rowPrices, columnPrices, rowOf, start);
    const { lengths, previous, isDone, length } = path;
    // Prices keep cost - rowPrice - columnPrice >= 0, with 0 for every pair.
    rowPrices[start] += length;
    for (let column = 0; column < columnCount; column += 1) {
      if (!isDone[column]) continue;
      if (rowOf[column] !== -1) rowPrices[rowOf[column]] += length - lengths[column];
      columnPrices[column] -= length - lengths[column];
    }
    for (let column = path.column; column !== -1;) {
      const before = previous[column];
      rowOf[column] = before === -1 ? start : rowOf[before];
      column = before;
    }
  }
  return rowOf.flatMap((row, column) =>
    row === -1 ? [] : [/** @type {[number, number]} */ ([row, column])],
  );
}

/**
 * Return the shortest path from a row to a column without a row, and the lengths of others.
 *
 * @param {number[][]} costs
 * @param {number[]} rowPrices
 * @param {number[]} columnPrices
 * @param {number[]} rowOf Row of each column; -1 for none.
 * @param {number} start
 */
function shortestPath(costs, rowPrices, columnPrices, rowOf, start) {
  const count = columnPrices.length;
  /** @type {number[]} */
  const lengths = new Array(count).fill(Infinity); // of the shortest path to each column
  /** @type {number[]} */
  const previous = new Array(count).fill(-1); // column before it on that path; -1 for the start
  /** @type {boolean[]} */
  const isDone = new Array(count).fill(false);
  let [row, column, length] = [start, -1, 0];
  while (row !== -1) {
    let next = -1;
    for (let other = 0; other < count; other += 1) {
      if (isDone[other]) continue;
      const through = length + costs[row][other] - rowPrices[row] - columnPrices[other];
      if (through < lengths[other]) [lengths[other], previous[other]] = [through, column];
      if (next === -1 || lengths[other] < lengths[next]) next = other;
    }
    column = next;
    isDone[column] = true;
    length = lengths[column];
    row = rowOf[column];
  }
  return { lengths, previous, isDone, length, column };
}
