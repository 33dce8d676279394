// The mathematics of twins.py and of the divergences in training/losses.py, for a visitor's browser: two small networks
// from one start, the second of which learns from negatives too. A test holds both beside each other, weight by weight.
const BLOWN_UP = 1000;

// Of each activation: the value, and its derivative by what went in and what came out.
const ACTIVATIONS = {
  relu: [(x) => (x > 0 ? x : 0), (x, value) => (value > 0 ? 1 : 0)],
  tanh: [Math.tanh, (x, value) => 1 - value * value],
  sine: [Math.sin, (x) => Math.cos(x)],
};

// Each divergence of one negative from uniform: its value, while `pull` takes the derivative by each logit. Given are the
// logits o, their softmax p and its logarithm q.
const DIVERGENCES = {
  kl_from_uniform(o, p, q, pull) {
    const classes = o.length;
    let value = 0;
    for (let k = 0; k < classes; k++) {
      value -= q[k] / classes;
      pull[k] = p[k] - 1 / classes;
    }
    return Math.max(0, value - Math.log(classes));
  },
  kl_to_uniform(o, p, q, pull) {
    const log = Math.log(o.length);
    return Math.max(0, alongProbabilities(p, pull, (k) => q[k] + log));
  },
  jensen_shannon(o, p, q, pull) {
    const uniform = 1 / o.length;
    let value = 0;
    alongProbabilities(p, pull, (k) => {
      const middle = Math.log((p[k] + uniform) / 2);
      value += (p[k] * (q[k] - middle) + uniform * (Math.log(uniform) - middle)) / 2;
      return (q[k] - middle) / 2;
    });
    return Math.max(0, value);
  },
  brier(o, p, q, pull) {
    let value = 0;
    alongProbabilities(p, pull, (k) => {
      const apart = p[k] - 1 / o.length;
      value += apart * apart;
      return 2 * apart;
    });
    return value;
  },
  hellinger(o, p, q, pull) {
    const root = Math.sqrt(o.length);
    let sum = 0;
    for (let k = 0; k < p.length; k++) sum += Math.exp(q[k] / 2);
    for (let k = 0; k < p.length; k++) pull[k] = (p[k] * sum - Math.exp(q[k] / 2)) / (2 * root);
    return Math.max(0, 1 - sum / root);
  },
  centred_logits(o, p, q, pull) {
    let mean = 0;
    let value = 0;
    for (const logit of o) mean += logit / o.length;
    for (let k = 0; k < o.length; k++) {
      const apart = o[k] - mean;
      value += (apart * apart) / o.length;
      pull[k] = (2 * apart) / o.length;
    }
    return value;
  },
  softened(o, p, q, pull) {
    const target = new Float64Array(o.length);
    const logarithm = new Float64Array(o.length);
    softmax(o, target, logarithm, 2);
    let value = 0;
    for (let k = 0; k < o.length; k++) {
      // 0 times minus infinity is no number: the engine bounds the logarithm as well.
      value += target[k] * (Math.max(logarithm[k], -1e30) - Math.max(q[k], -1e30));
      pull[k] = p[k] - target[k];
    }
    return Math.max(0, value);
  },
};

// From the derivative by each probability to that by each logit; returns the sum of probability times derivative.
function alongProbabilities(p, pull, derivative) {
  let mean = 0;
  for (let k = 0; k < p.length; k++) {
    // Where a probability vanishes its derivative counts for nothing, even where it is infinite.
    pull[k] = p[k] > 0 ? derivative(k) : 0;
    mean += p[k] * pull[k];
  }
  for (let k = 0; k < p.length; k++) pull[k] = p[k] * (pull[k] - mean);
  return mean;
}

function softmax(logits, probabilities, logarithms, temperature = 1) {
  let most = -Infinity;
  for (const logit of logits) most = Math.max(most, logit / temperature);
  let sum = 0;
  for (let k = 0; k < logits.length; k++) sum += Math.exp(logits[k] / temperature - most);
  const log = Math.log(sum);
  for (let k = 0; k < logits.length; k++) {
    logarithms[k] = logits[k] / temperature - most - log;
    probabilities[k] = Math.exp(logarithms[k]);
  }
}

class Twins {
  // `weights` are one network's, as starts.py gives them; both networks begin with them.
  constructor(sizes, activation, weights) {
    this.sizes = sizes;
    this.activation = ACTIVATIONS[activation];
    this.start = Float64Array.from(weights);
    this.rewind();
  }

  rewind() {
    this.at = {
      step: 0,
      weights: [this.start.slice(), this.start.slice()],
      mean: [new Float64Array(this.start.length), new Float64Array(this.start.length)],
      square: [new Float64Array(this.start.length), new Float64Array(this.start.length)],
    };
    this.good = null;
    this.losses = [NaN, NaN];
    this.parted = false;
  }

  get step() {
    return this.at.step;
  }

  get classes() {
    return this.sizes.at(-1);
  }

  // One step of Adam for both networks on these inputs, the first of which have labels, while the others are negatives.
  // Returns whether it went well; where a loss or a weight is no number or a loss is huge, the last good state is put
  // back instead.
  advance(inputs, labels, { rate, divergence, weight }) {
    const count = inputs.length / this.sizes[0];
    this.parted ||= count > labels.length;
    const before = this.at;
    const steps = [0, 1].map((network) => {
      // Without negatives both do the very same: it is computed once.
      if (network && !this.parted) return null;
      const rows = network ? count : labels.length;
      return this.gradient(before.weights[network], inputs, rows, labels, divergence, weight);
    });
    steps[1] ??= steps[0];
    this.losses = steps.map((each) => each.loss);
    const nothing = Math.log(this.classes);
    const better = this.losses[0] <= nothing && this.losses[1] <= (nothing * labels.length) / count;
    if (better || !this.good) this.good = before;
    this.at = this.adam(before, steps.map((each) => each.gradient), rate);
    const well =
      this.losses.every((loss) => Number.isFinite(loss) && loss < BLOWN_UP) &&
      this.at.weights.every((weights) => weights.every(Number.isFinite));
    if (!well) this.at = this.good;
    return well;
  }

  adam(before, gradients, rate) {
    const step = before.step + 1;
    const long = 1 - 0.999 ** step;
    const pace = rate / (1 - 0.9 ** step);
    const following = { step, weights: [], mean: [], square: [] };
    for (const network of [0, 1]) {
      if (network && !this.parted) {
        for (const part of ["weights", "mean", "square"]) following[part].push(following[part][0].slice());
        break;
      }
      const gradient = gradients[network];
      const [weights, mean, square] = ["weights", "mean", "square"].map((part) => before[part][network].slice());
      for (let place = 0; place < weights.length; place++) {
        const pull = gradient[place];
        mean[place] += 0.1 * (pull - mean[place]);
        square[place] += 0.001 * (pull * pull - square[place]);
        weights[place] -= (pace * mean[place]) / (Math.sqrt(square[place] / long) + 1e-8);
      }
      following.weights.push(weights);
      following.mean.push(mean);
      following.square.push(square);
    }
    return following;
  }

  // J_NAT of one network on the first `rows` inputs, and its gradient.
  gradient(weights, inputs, rows, labels, divergence, weight) {
    const { sizes, classes } = this;
    const { into, values } = this.layers(weights, inputs, rows);
    const logits = values.at(-1);
    let pulls = new Float64Array(rows * classes);
    const [p, q] = [new Float64Array(classes), new Float64Array(classes)];
    let loss = 0;
    for (let row = 0; row < rows; row++) {
      const own = logits.subarray(row * classes, (row + 1) * classes);
      const pull = pulls.subarray(row * classes, (row + 1) * classes);
      softmax(own, p, q);
      if (row < labels.length) {
        loss -= q[labels[row]];
        for (let k = 0; k < classes; k++) pull[k] = (p[k] - (k === labels[row] ? 1 : 0)) / rows;
      } else {
        loss += weight * DIVERGENCES[divergence](own, p, q, pull);
        for (let k = 0; k < classes; k++) pull[k] *= weight / rows;
      }
    }
    const gradient = new Float64Array(weights.length);
    let from = weights.length;
    for (let layer = sizes.length - 2; layer >= 0; layer--) {
      const [before, after] = [sizes[layer], sizes[layer + 1]];
      from -= (before + 1) * after;
      pulls = this.back(layer, from, weights, gradient, into, values, pulls, rows, before, after);
    }
    return { loss: loss / rows, gradient };
  }

  // Adds one layer's part of the gradient, and returns what pulls at the values that went into the layer.
  back(layer, from, weights, gradient, into, values, pulls, rows, before, after) {
    const derivative = this.activation[1];
    const further = new Float64Array(layer ? rows * before : 0);
    const bias = from + before * after;
    for (let row = 0; row < rows; row++) {
      const at = row * after;
      for (let k = 0; k < after; k++) gradient[bias + k] += pulls[at + k];
      for (let j = 0; j < before; j++) {
        const value = values[layer][row * before + j];
        const place = from + j * after;
        if (value !== 0) for (let k = 0; k < after; k++) gradient[place + k] += value * pulls[at + k];
        if (!layer) continue;
        const slope = derivative(into[layer][row * before + j], value);
        if (slope === 0) continue;
        let sum = 0;
        for (let k = 0; k < after; k++) sum += weights[place + k] * pulls[at + k];
        further[row * before + j] = slope * sum;
      }
    }
    return further;
  }

  // What goes into each layer's activation and comes out of it, the inputs first and the logits last.
  layers(weights, inputs, rows) {
    const { sizes } = this;
    const into = [null];
    const values = [inputs];
    let from = 0;
    for (let layer = 0; layer < sizes.length - 1; layer++) {
      const [before, after] = [sizes[layer], sizes[layer + 1]];
      const sums = new Float64Array(rows * after);
      const bias = from + before * after;
      for (let row = 0; row < rows; row++) {
        const at = row * after;
        for (let k = 0; k < after; k++) sums[at + k] = weights[bias + k];
        for (let j = 0; j < before; j++) {
          const value = values[layer][row * before + j];
          if (value === 0) continue;
          const place = from + j * after;
          for (let k = 0; k < after; k++) sums[at + k] += value * weights[place + k];
        }
      }
      from = bias + after;
      into.push(sums);
      values.push(layer === sizes.length - 2 ? sums : sums.map(this.activation[0]));
    }
    return { into, values };
  }

  logits(network, inputs) {
    return this.layers(this.at.weights[network], inputs, inputs.length / this.sizes[0]).values.at(-1);
  }
}
