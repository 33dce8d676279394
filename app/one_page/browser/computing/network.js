// The networks' forward pass: WideResNets of width 1, from 32 x 32 pixels to logits and three attention maps.
//
// `weights` are named as in `nat_core.network.models`; the norm after a convolution is folded into it here, in float32.
// Pictures lie channels last with a border of zeros, as `convolution.wat` has it, which does the work. Where a browser
// runs no WebAssembly of four numbers at once, `convolveSlowly` does the same.

const EPSILON = 1e-5; // of PyTorch's BatchNorm2d
const SIDE = 32;

// The memory of all networks, and the convolution on it; `module` is the compiled convolution.wasm or null.
class Engine {
  constructor(module) {
    if (module) {
      const { memory, convolve } = new WebAssembly.Instance(module).exports;
      this.memory = memory;
      this.run = convolve;
    } else {
      this.memory = new WebAssemblyLessMemory();
      this.run = (...places) => convolveSlowly(new Float32Array(this.memory.buffer), places);
    }
    this.end = 16; // 0 means "no bias", so nothing lies there
  }

  // Return the address of so many numbers, all 0.
  place(count) {
    const address = this.end;
    this.end += 4 * (count + ((4 - (count % 4)) % 4));
    const lacking = this.end - this.memory.buffer.byteLength;
    if (lacking > 0) this.memory.grow(Math.ceil(lacking / 65536));
    return address;
  }

  // A view is void once the memory has grown, so it is made anew for each use.
  numbers(address, count) {
    return new Float32Array(this.memory.buffer, address, count);
  }

  put(values) {
    const address = this.place(values.length);
    this.numbers(address, values.length).set(values);
    return address;
  }
}

class WebAssemblyLessMemory {
  buffer = new ArrayBuffer(65536);
  grow(pages) {
    const larger = new ArrayBuffer(this.buffer.byteLength + 65536 * pages);
    new Uint8Array(larger).set(new Uint8Array(this.buffer));
    this.buffer = larger;
  }
}

// A picture of `channels` numbers a pixel, with a border of zeros.
class Picture {
  constructor(engine, side, channels) {
    this.engine = engine;
    this.side = side;
    this.channels = channels;
    this.row = (side + 2) * channels; // numbers in a row
    this.count = (side + 2) * this.row;
    this.address = engine.place(this.count);
    this.inside = this.address + 4 * (this.row + channels); // where its first pixel lies
  }

  get numbers() {
    return this.engine.numbers(this.address, this.count);
  }
}

// --- one network -----------------------------------------------------------------------------------------------------

class Network {
  constructor(engine, weights, mean, std) {
    this.engine = engine;
    this.weights = weights;
    this.input = new Picture(engine, SIDE, 3);
    this.levels = [0, 1, 2].map((level) => new Picture(engine, SIDE >> level, 16 << level));
    this.activated = this.levels.map((each) => new Picture(engine, each.side, each.channels));
    this.inner = this.levels.map((each) => new Picture(engine, each.side, each.channels));
    this.scale = std.map((each) => 1 / (255 * each));
    this.shift = mean.map((each, channel) => -each / std[channel]);
    this.stem = this.convolution("stem");
    this.blocks = [];
    for (let stage = 0; stage < 3; stage++) {
      for (let block = 0; `stages.${stage}.${block}.conv1.weight` in weights; block++) {
        this.blocks.push(this.block(`stages.${stage}.${block}`, stage, block));
      }
    }
    this.norm = this.normOf("norm");
    this.head = { weight: weights["classifier.weight"].values, bias: weights["classifier.bias"].values };
    this.weights = null; // all of it lies in the engine's memory now
  }

  block(name, stage, block) {
    return {
      from: block === 0 && stage > 0 ? stage - 1 : stage,
      to: stage,
      last: !(`stages.${stage}.${block + 1}.conv1.weight` in this.weights),
      norm1: this.normOf(`${name}.norm1`),
      conv1: this.convolution(`${name}.conv1`, this.normOf(`${name}.norm2`)),
      conv2: this.convolution(`${name}.conv2`),
      shortcut: `${name}.shortcut.weight` in this.weights ? this.convolution(`${name}.shortcut`) : null,
    };
  }

  normOf(name) {
    const [weight, bias, mean, variance] = ["weight", "bias", "running_mean", "running_var"].map(
      (part) => this.weights[`${name}.${part}`].values,
    );
    const scale = weight.map((each, channel) => each / Math.sqrt(variance[channel] + EPSILON));
    return { scale, shift: bias.map((each, channel) => each - mean[channel] * scale[channel]) };
  }

  // Put a convolution's weights in the order of convolution.wat, with the norm that follows it.
  convolution(name, norm = null) {
    const { values, shape } = this.weights[`${name}.weight`];
    const [outputs, inputs, taps] = shape;
    const ordered = new Float32Array(values.length);
    let place = 0;
    for (let block = 0; block < outputs; block += 8) {
      for (let y = 0; y < taps; y++) {
        for (let x = 0; x < taps; x++) {
          for (let input = 0; input < inputs; input++) {
            for (let output = block; output < block + 8; output++) {
              const scale = norm ? norm.scale[output] : 1;
              ordered[place++] = scale * values[((output * inputs + input) * taps + y) * taps + x];
            }
          }
        }
      }
    }
    const bias = norm ? norm.shift : new Float32Array(outputs);
    return { weights: this.engine.put(ordered), bias: this.engine.put(bias), taps, inputs, outputs, folded: !!norm };
  }

  // Write a convolution of `from` into `to`, on top of what is there where `added`.
  convolve({ weights, bias, taps, inputs, outputs, folded }, from, to, { stride = 1, added = false } = {}) {
    const row = 4 * from.row;
    const pixel = 4 * inputs;
    this.engine.run(
      taps === 3 ? from.address : from.inside,
      weights,
      added ? 0 : bias,
      to.inside,
      to.side,
      to.side,
      outputs,
      row,
      stride * row,
      stride * pixel,
      taps,
      taps * inputs,
      4 * to.row,
      folded ? 1 : 0,
    );
  }

  // Return the logits of 32 x 32 x 3 bytes, and the attention maps at the low, middle and high level: mean(A^2).
  answer(pixels) {
    this.take(pixels);
    this.convolve(this.stem, this.input, this.levels[0]);
    const maps = [];
    for (const { from, to, last, norm1, conv1, conv2, shortcut } of this.blocks) {
      const [before, after] = [this.levels[from], this.levels[to]];
      const stride = before.side / after.side;
      activate(before, norm1, this.activated[from]);
      this.convolve(conv1, this.activated[from], this.inner[to], { stride });
      // Where there is no shortcut, the block's input stands where its output is added.
      if (shortcut) this.convolve(shortcut, this.activated[from], after, { stride });
      this.convolve(conv2, this.inner[to], after, { added: true });
      if (last) maps.push(attentionMap(after));
    }
    return { logits: this.classified(), maps };
  }

  take(pixels) {
    const numbers = this.input.numbers;
    for (let y = 0, place = 0; y < SIDE; y++) {
      let at = (y + 1) * this.input.row + 3;
      for (let x = 0; x < 3 * SIDE; x++) numbers[at++] = pixels[place++] * this.scale[x % 3] + this.shift[x % 3];
    }
  }

  classified() {
    const last = this.levels[2];
    activate(last, this.norm, this.activated[2]);
    const { weight, bias } = this.head;
    const numbers = this.activated[2].numbers;
    const pooled = new Float64Array(last.channels);
    // The border counts nothing: it is 0.
    for (let place = 0; place < numbers.length; place++) pooled[place % last.channels] += numbers[place];
    const positions = last.side ** 2;
    return Float32Array.from(bias, (start, output) =>
      pooled.reduce((sum, each, channel) => sum + (each / positions) * weight[output * last.channels + channel], start),
    );
  }
}

// The norm and the ReLU before a convolution; the border stays 0.
function activate(from, { scale, shift }, to) {
  const [read, write] = [from.numbers, to.numbers];
  const { side, channels, row } = from;
  for (let y = 1; y <= side; y++) {
    for (let x = 1; x <= side; x++) {
      const start = y * row + x * channels;
      for (let channel = 0; channel < channels; channel++) {
        const value = read[start + channel] * scale[channel] + shift[channel];
        write[start + channel] = value > 0 ? value : 0;
      }
    }
  }
}

function attentionMap({ numbers, side, channels, row }) {
  const map = new Float32Array(side * side);
  for (let place = 0; place < map.length; place++) {
    const start = (Math.floor(place / side) + 1) * row + ((place % side) + 1) * channels;
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += numbers[start + channel] ** 2;
    map[place] = sum / channels;
  }
  return map;
}

// --- without WebAssembly ---------------------------------------------------------------------------------------------

// What convolution.wat does; addresses and distances come in bytes and are counted in numbers here.
function convolveSlowly(numbers, places) {
  const [input, weights, bias, output, height, width, channels, row, down, step, taps, length, line, relu] = places;
  const [from, to, wide] = [input >> 2, output >> 2, taps * length * 8];
  const sums = new Float64Array(8);
  for (let block = 0; block < channels; block += 8) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const result = to + y * (line >> 2) + x * channels + block;
        const start = bias ? (bias >> 2) + block : result;
        for (let each = 0; each < 8; each++) sums[each] = numbers[start + each];
        let weight = (weights >> 2) + (block / 8) * wide;
        for (let tap = 0; tap < taps; tap++) {
          let place = from + (y * down + tap * row + x * step) / 4;
          for (let n = 0; n < length; n++, weight += 8) {
            const value = numbers[place++];
            if (value) for (let each = 0; each < 8; each++) sums[each] += value * numbers[weight + each];
          }
        }
        for (let each = 0; each < 8; each++) numbers[result + each] = relu && sums[each] < 0 ? 0 : sums[each];
      }
    }
  }
}

// --- reading weights -------------------------------------------------------------------------------------------------

// Return 16-bit floats as 32-bit ones.
function widened(bytes) {
  const halves = new Uint16Array(bytes.slice().buffer);
  return Float32Array.from(halves, (half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    if (exponent === 31) return fraction ? NaN : sign * Infinity;
    return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
  });
}

// Return the tensors of a network by name; `tensors` say where each lies in the bytes, and whether it is 16 bits wide.
function tensorsIn(bytes, tensors) {
  const found = {};
  for (const { name, shape, start, length, half } of tensors) {
    const part = bytes.subarray(start, start + length);
    found[name] = { shape, values: half ? widened(part) : new Float32Array(part.slice().buffer) };
  }
  return found;
}

// Return all networks, ready to answer; `module` are the bytes of convolution.wasm, or null to go without.
function builtFrom({ networks, bytes, module }) {
  let compiled = null;
  try {
    compiled = module && new WebAssembly.Module(module);
  } catch {
    // A browser that is locked down, or older than 2021.
  }
  const engine = new Engine(compiled);
  return Object.fromEntries(
    Object.entries(networks).map(([name, { tensors, mean, std }]) => [
      name,
      new Network(engine, tensorsIn(bytes, tensors), mean, std),
    ]),
  );
}
