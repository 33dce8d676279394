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
    const whole = (each) => Math.sign(each) * Math.floor(0.5 + Math.abs((each / sum) * BITS));
    return { start, weights: Float64Array.from(weights, whole) };
  });
}

const byte = (sum) => Math.max(0, Math.min(255, Math.floor((sum + BITS / 2) / BITS)));

// Make rows of RGBA narrower: `into` takes `side` RGB pixels a row, from its row `first` on. Three sums at once, and no
// function is called for a pixel: of a large photo there are millions.
function narrowed(rgba, width, rows, columns, into, first) {
  let result = 3 * first * columns.length;
  for (let row = 0; row < rows; row++) {
    for (const { start, weights } of columns) {
      let [red, green, blue] = [0, 0, 0];
      let at = 4 * (row * width + start);
      for (let each = 0; each < weights.length; each++, at += 4) {
        red += weights[each] * rgba[at];
        green += weights[each] * rgba[at + 1];
        blue += weights[each] * rgba[at + 2];
      }
      into[result++] = byte(red);
      into[result++] = byte(green);
      into[result++] = byte(blue);
    }
  }
}

// Return RGBA whose pixels are the means of `times` x `times` ones, as a JPEG has them that is decoded smaller. A pixel
// is read as one number, its red and blue summed together in the two halves of another: 64 of them fit.
function averaged(rgba, width, rows, times) {
  const pixels = new Uint32Array(rgba.buffer, rgba.byteOffset, width * rows);
  const small = new Uint8ClampedArray((4 * width * rows) / (times * times));
  const all = times * times;
  const next = (times - 1) * width; // from the end of a row of squares to the next one
  for (let result = 0, at = 0, left = width / times; result < small.length; result += 4, at += times) {
    let [redAndBlue, green] = [0, 0];
    for (let line = at; line <= at + next; line += width) {
      for (let each = line; each < line + times; each++) {
        redAndBlue += pixels[each] & 0xff00ff;
        green += pixels[each] & 0xff00;
      }
    }
    small[result] = (redAndBlue & 0xffff) / all;
    small[result + 1] = green / (256 * all);
    small[result + 2] = (redAndBlue >>> 16) / all;
    if (--left === 0) {
      left = width / times;
      at += next;
    }
  }
  return small;
}

function fewer(narrow, side, rows) {
  const pixels = new Uint8Array(3 * side * rows.length);
  rows.forEach(({ start, weights }, row) => {
    for (let place = 0; place < 3 * side; place++) {
      let sum = 0;
      for (let at = 0; at < weights.length; at++) sum += weights[at] * narrow[3 * side * (start + at) + place];
      pixels[3 * side * row + place] = byte(sum);
    }
  });
  return pixels;
}

// Return 32 x 32 x 3 bytes of the centre square of a picture; `rowsAt(left, top, width, count)` returns its RGBA, and
// `times` tells how many times smaller it is made first.
function shrunk(width, height, rowsAt, times = 1, side = 32) {
  const square = Math.floor(Math.min(width, height) / times) * times;
  const [left, top] = [Math.floor((width - square) / 2), Math.floor((height - square) / 2)];
  const [across, places] = [square / times, stretches(square / times, side)];
  const narrow = new Uint8Array(3 * side * across);
  for (let row = 0; row < square; row += BAND) {
    const count = Math.min(BAND, square - row);
    const read = rowsAt(left, top + row, square, count);
    const band = times === 1 ? read : averaged(read, square, count, times);
    narrowed(band, across, count / times, places, narrow, row / times);
  }
  return fewer(narrow, side, places);
}

// How many times smaller the engine decodes a picture, of a JPEG: its shorter side stays 512 (`images._fraction`).
async function fractionOf(file, shorter) {
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  if (first !== 0xff || second !== 0xd8) return 1;
  return [8, 4, 2].find((times) => shorter >= times * 512) ?? 1;
}

// Return a file's picture: the bytes that the networks see, and a canvas of its square to show. Rejects where the
// browser cannot read it.
async function photoOf(file, shownSide = 384) {
  if (file.size > LARGEST) throw new RangeError("too large");
  // As Pillow reads it: turned upright, its colours as they are stored.
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image", colorSpaceConversion: "none" });
  const band = document.createElement("canvas");
  [band.width, band.height] = [Math.min(bitmap.width, bitmap.height), BAND];
  const context = band.getContext("2d", { willReadFrequently: true });
  const times = await fractionOf(file, Math.min(bitmap.width, bitmap.height));
  const rowsAt = (left, top, width, count) => {
    context.fillStyle = "white";
    context.fillRect(0, 0, width, count);
    context.drawImage(bitmap, left, top, width, count, 0, 0, width, count);
    return context.getImageData(0, 0, width, count).data;
  };
  const pixels = shrunk(bitmap.width, bitmap.height, rowsAt, times);
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
