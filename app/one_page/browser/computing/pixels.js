// A photo becomes 32 x 32 pixels as `nat_core.data.images` makes it: upright, on white, its centre square, and Pillow's
// bicubic filter, which widens as it shrinks and counts in whole numbers; so the same pixels in are the same bytes out.

const BITS = 2 ** 22; // Pillow's fixed point of a weight
const BAND = 128; // rows that are read from a canvas at once
const LARGEST = 50_000_000; // bytes of a file, as `images.MAX_BYTES`

function bicubic(distance) {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

// For each pixel of the result, where its stretch of the source begins, and the weights there.
function stretches(source, result) {
  const scale = source / result;
  const wide = Math.max(scale, 1);
  const narrow = 1 / wide;
  return Array.from({ length: result }, (_, place) => {
    const middle = (place + 0.5) * scale;
    const start = Math.max(0, Math.trunc(middle - 2 * wide + 0.5));
    const end = Math.min(source, Math.trunc(middle + 2 * wide + 0.5));
    const weights = [];
    for (let at = start; at < end; at++) weights.push(bicubic((at - middle + 0.5) * narrow));
    const sum = weights.reduce((total, each) => total + each, 0);
    return { start, weights: weights.map((each) => Math.sign(each) * Math.floor(0.5 + Math.abs((each / sum) * BITS))) };
  });
}

const byte = (sum) => Math.max(0, Math.min(255, Math.floor((sum + BITS / 2) / BITS)));

// Make rows of RGBA narrower: `into` takes `side` RGB pixels a row, from its row `first` on.
function narrowed(rgba, width, rows, columns, into, first) {
  for (let row = 0; row < rows; row++) {
    columns.forEach(({ start, weights }, place) => {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        let at = 4 * (row * width + start) + channel;
        for (const weight of weights) {
          sum += weight * rgba[at];
          at += 4;
        }
        into[3 * ((first + row) * columns.length + place) + channel] = byte(sum);
      }
    });
  }
}

function fewer(narrow, side, rows) {
  const pixels = new Uint8Array(3 * side * rows.length);
  rows.forEach(({ start, weights }, row) => {
    for (let place = 0; place < 3 * side; place++) {
      let sum = 0;
      weights.forEach((weight, at) => (sum += weight * narrow[3 * side * (start + at) + place]));
      pixels[3 * side * row + place] = byte(sum);
    }
  });
  return pixels;
}

// Return 32 x 32 x 3 bytes of the centre square of a picture; `rowsAt(left, top, width, count)` returns its RGBA.
function shrunk(width, height, rowsAt, side = 32) {
  const square = Math.min(width, height);
  const [left, top] = [Math.floor((width - square) / 2), Math.floor((height - square) / 2)];
  const places = stretches(square, side);
  const narrow = new Uint8Array(3 * side * square);
  for (let row = 0; row < square; row += BAND) {
    const count = Math.min(BAND, square - row);
    narrowed(rowsAt(left, top + row, square, count), square, count, places, narrow, row);
  }
  return fewer(narrow, side, places);
}

// Return a file's picture: the bytes that the networks see, and a canvas of its square to show. Rejects where the browser
// cannot read it.
async function photoOf(file, shownSide = 384) {
  if (file.size > LARGEST) throw new RangeError("too large");
  // As Pillow reads it: turned upright, its colours as they are stored.
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image", colorSpaceConversion: "none" });
  const band = document.createElement("canvas");
  [band.width, band.height] = [Math.min(bitmap.width, bitmap.height), BAND];
  const context = band.getContext("2d", { willReadFrequently: true });
  const pixels = shrunk(bitmap.width, bitmap.height, (left, top, width, count) => {
    context.fillStyle = "white";
    context.fillRect(0, 0, width, count);
    context.drawImage(bitmap, left, top, width, count, 0, 0, width, count);
    return context.getImageData(0, 0, width, count).data;
  });
  const shown = squareCanvas(bitmap, shownSide);
  bitmap.close();
  return { pixels, shown };
}

function squareCanvas(picture, side) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const square = Math.min(picture.width, picture.height);
  const [left, top] = [(picture.width - square) / 2, (picture.height - square) / 2];
  const context = canvas.getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, side, side);
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, left, top, square, square, 0, 0, side, side);
  return canvas;
}

// Return a canvas of the 32 x 32 pixels themselves, for a style that enlarges them without smoothing.
function seenCanvas(pixels, side = 32) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const image = new ImageData(side, side);
  for (let place = 0; place < side * side; place++) {
    for (let channel = 0; channel < 3; channel++) image.data[4 * place + channel] = pixels[3 * place + channel];
    image.data[4 * place + 3] = 255;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}
