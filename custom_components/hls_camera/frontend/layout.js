/** How many columns a wall of cameras has. */

/** Pixels below which a camera is too small to tell anything, where there is a choice. */
const NARROWEST = 260;

/**
 * Return how many columns so many cameras need.
 *
 * Where the height follows from the width, rows are as even as can be: four cameras are two
 * by two rather than three and one. Where both are given, pictures are as large as can be.
 * @param {number} count of cameras
 * @param {number} width of the wall, in pixels
 * @param {number} [height] of the wall, in pixels, where it is given
 * @param {number} [ratio] of a picture: its width divided by its height
 */
export function columnsFor(count, width, height, ratio = 16 / 9) {
  if (height) return largest(count, width, height, ratio);
  const most = Math.max(1, Math.min(count, Math.floor(width / NARROWEST)));
  const rows = Math.ceil(count / most);
  return Math.ceil(count / rows);
}

function largest(count, width, height, ratio) {
  const pictureWidth = (columns) => {
    const rows = Math.ceil(count / columns);
    return Math.min(width / columns, (height / rows) * ratio);
  };
  let best = 1;
  for (let columns = 2; columns <= count; columns++)
    if (pictureWidth(columns) > pictureWidth(best)) best = columns;
  return best;
}
