// What the playground's two networks are measured by: at points, at negatives, and all over the plane.

// The probability of each point's own class, and the confidence at each negative, of both networks.
function standing(twins, known, negatives) {
  return KINDS.map((_, network) => {
    const [own, others] = [known.places, Float64Array.from(negatives.flat())].map((places) => rows(twins.logits(network, places), twins.classes));
    return {
      points: own.map((logits, number) => probabilities(logits)[known.labels[number]]),
      negatives: others.map((logits) => Math.max(...probabilities(logits))),
    };
  });
}

// The mean cross-entropy at some points, and how many of them a network classifies correctly.
function graded(twins, network, { places, labels }) {
  const { classes } = twins;
  const logits = twins.logits(network, places);
  const [p, q] = [new Float64Array(classes), new Float64Array(classes)];
  let loss = 0;
  let right = 0;
  labels.forEach((label, number) => {
    softmax(logits.subarray(number * classes, (number + 1) * classes), p, q);
    loss -= q[label] / labels.length;
    right += p.indexOf(Math.max(...p)) === label;
  });
  return { loss, right };
}

// One network's answer in the middle of each of size x size cells, row by row from below.
function everywhere(twins, network, extent, size) {
  const { classes } = twins;
  const middles = Float64Array.from({ length: size }, (_, place) => ((place + 0.5) * 2 * extent) / size - extent);
  const cells = new Float64Array(2 * size * size);
  for (let cell = 0; cell < size * size; cell++) {
    cells[2 * cell] = middles[cell % size];
    cells[2 * cell + 1] = middles[Math.floor(cell / size)];
  }
  const logits = twins.logits(network, cells);
  const top = new Uint8Array(size * size);
  const confidence = new Float64Array(size * size);
  for (let cell = 0; cell < size * size; cell++) {
    let most = 0;
    for (let k = 1; k < classes; k++) if (logits[cell * classes + k] > logits[cell * classes + most]) most = k;
    let sum = 0;
    for (let k = 0; k < classes; k++) sum += Math.exp(logits[cell * classes + k] - logits[cell * classes + most]);
    top[cell] = most;
    confidence[cell] = 1 / sum;
  }
  return { size, top, confidence, logits };
}

// Over the empty plane: each network's share that it is sure of, and what NAT lost of the baseline's.
function counted([baseline, nat], empty, learnedPlaces, data) {
  const { size } = baseline;
  const learned = [...learnedPlaces].map((place) => place.split(",").map(Number));
  const found = { empty: 0, baseline: 0, nat: 0, lost: 0, far: 0 };
  for (let cell = 0; cell < size * size; cell++) {
    const across = (((cell % size) + 0.5) * 2 * data.extent) / size - data.extent;
    const up = ((Math.floor(cell / size) + 0.5) * 2 * data.extent) / size - data.extent;
    if (!empty[cellAt(across, up, data.grid, data.extent)]) continue;
    found.empty += 1;
    found.baseline += baseline.confidence[cell] > data.t;
    found.nat += nat.confidence[cell] > data.t;
    if (!(baseline.confidence[cell] > data.t) || nat.confidence[cell] > data.t) continue;
    found.lost += 1;
    found.far += learned.every((place) => Math.hypot(place[0] - across, place[1] - up) > data.margin);
  }
  return found;
}

function probabilities(logits) {
  const [p, q] = [new Float64Array(logits.length), new Float64Array(logits.length)];
  softmax(logits, p, q);
  return p;
}

function rows(values, width) {
  return Array.from({ length: values.length / width }, (_, row) => values.subarray(row * width, (row + 1) * width));
}
