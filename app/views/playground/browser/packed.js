// What Python packs for the browser, and the browser for Python: numbers of 32 bits, and bits, in base64.

function points({ places, labels }) {
  return { places: Float64Array.from(numbers(places)), labels };
}

function bytes(packed) {
  return Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
}

function numbers(packed) {
  return new Float32Array(bytes(packed).buffer);
}

function bits(packed, count) {
  const held = bytes(packed);
  return Uint8Array.from({ length: count }, (_, place) => (held[place >> 3] >> (place & 7)) & 1);
}

function pairs(flat) {
  return Array.from({ length: flat.length / 2 }, (_, number) => [flat[2 * number], flat[2 * number + 1]]);
}

function text64(values) {
  return btoa(Array.from(new Uint8Array(values.buffer), (byte) => String.fromCharCode(byte)).join(""));
}
