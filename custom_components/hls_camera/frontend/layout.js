/** The columns of a grid of cameras. */

/** Pixels; a narrower camera is too small to recognize anything. */
const NARROWEST = 260;

/**
 * Return the number of columns of a grid.
 *
 * Without a height, rows are as even as possible: four cameras are two by two rather than
 * three and one. With a height, pictures are as large as possible.
 * @param {number} count of cameras
 * @param {number} width of the grid, in pixels
 * @param {number} [height] of the grid, in pixels, if the dashboard sets it
 * @param {number} [ratio] of a picture: its width divided by its height
 */
export function columnsFor(count, width, height, ratio = 16 / 9) {
  if (height) return largest(count, width, height, ratio);
  const most = Math.max(1, Math.min(count, Math.floor(width / NARROWEST)));
  const rows = Math.ceil(count / most);
  return Math.ceil(count / rows);
}

/**
 * Return how cameras fill all rows: if the last row would stay incomplete, the first row
 * has fewer and larger pictures.
 * @param {number} count of cameras
 * @param {number} columns in which they are shown
 * @returns {{tracks: number, spans: [number, number], first: number}} the number of the
 *   grid's tracks, the tracks that each picture of the first row and of the other rows
 *   spans, and the number of pictures in the first row
 */
export function fillRows(count, columns) {
  const first = count % columns || columns;
  const common = greatestCommonDivisor(first, columns);
  return {
    tracks: (first * columns) / common,
    spans: [columns / common, first / common],
    first,
  };
}

/**
 * @param {number} a
 * @param {number} b
 * @returns {number}
 */
function greatestCommonDivisor(a, b) {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/**
 * Return the number of columns with the largest pictures.
 * @param {number} count
 * @param {number} width
 * @param {number} height
 * @param {number} ratio
 */
function largest(count, width, height, ratio) {
  /** @param {number} columns */
  const pictureWidth = (columns) => {
    const rows = Math.ceil(count / columns);
    return Math.min(width / columns, (height / rows) * ratio);
  };
  let best = 1;
  for (let columns = 2; columns <= count; columns++)
    if (pictureWidth(columns) > pictureWidth(best)) best = columns;
  return best;
}
