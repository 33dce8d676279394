// One network's plane on a canvas: its answers as colours, points and negatives as marks, and what a hand or the keys do
// to the negatives. `hands` is told of that, in the plane's own units.
const NEAR = { mouse: 10, pen: 14, touch: 22 };
const STROKE = 0.4;
const ARROW = 0.7;

class Plane {
  constructor(figure, hands) {
    this.figure = figure;
    this.hands = hands;
    this.canvas = figure.querySelector("canvas");
    this.cells = document.createElement("canvas");
    this.off = new AbortController();
    const on = (name, does, more = {}) => this.canvas.addEventListener(name, does, { signal: this.off.signal, ...more });
    on("pointerdown", (event) => this.press(event));
    on("pointermove", (event) => this.move(event));
    on("pointerup", (event) => this.release(event));
    on("pointercancel", () => this.giveUp());
    on("keydown", (event) => this.key(event));
    on("focus", () => this.draw());
    on("blur", () => this.draw());
    // A finger scrolls the page unless it has something to do here.
    on("touchstart", (event) => this.takes(event) && event.preventDefault(), { passive: false });
    this.sized = new ResizeObserver(() => this.shown && this.draw());
    this.sized.observe(this.canvas);
  }

  stop() {
    this.off.abort();
    this.sized.disconnect();
  }

  show(shown) {
    this.shown = shown;
    this.draw();
  }

  // --- what is drawn ---

  draw() {
    const { canvas, shown } = this;
    if (!shown) return;
    const side = Math.round((canvas.clientWidth || 430) * (window.devicePixelRatio || 1));
    if (canvas.width !== side) canvas.width = canvas.height = side;
    this.scale = side / (2 * shown.data.extent);
    const pen = canvas.getContext("2d");
    // Marks grow with the plane, but on a telephone they stay large enough to be told apart.
    const fine = Math.max(this.scale / 54, 0.62 * (window.devicePixelRatio || 1));
    pen.clearRect(0, 0, side, side);
    this.drawAnswers(pen, side);
    this.drawSure(pen, fine);
    this.drawBorders(pen, fine);
    this.drawPoints(pen, fine);
    this.drawNegatives(pen, fine);
    if (shown.arrows) this.drawArrows(pen, fine);
    if (document.activeElement && this.canvas.matches(":focus")) this.drawCursor(pen, fine);
    pen.lineWidth = 1;
    pen.strokeStyle = shown.data.colours.faint;
    pen.strokeRect(0.5, 0.5, side - 1, side - 1);
    canvas.dataset.step = shown.step;
  }

  drawAnswers(pen, side) {
    const { cells, shown } = this;
    const { size, top, confidence } = shown.answer;
    const { strength, colours } = shown.data;
    cells.width = cells.height = size;
    const image = new ImageData(size, size);
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        const cell = row * size + column;
        const pixel = 4 * ((size - 1 - row) * size + column);
        // Rounded down, so that no cell below the threshold has a colour from above it.
        const sure = confidence[cell] > shown.data.t ? Math.ceil(100 * shown.data.t) : 0;
        image.data.set(colours.classes[top[cell]], pixel);
        image.data[pixel + 3] = strength[Math.min(100, Math.max(sure, Math.floor(100 * confidence[cell])))];
      }
    }
    cells.getContext("2d").putImageData(image, 0, 0);
    pen.imageSmoothingEnabled = true;
    pen.drawImage(cells, 0, 0, side, side);
  }

  drawBorders(pen, fine) {
    const { data, answer } = this.shown;
    const pieces = borders(answer, data.extent);
    const readable = pieces.length <= 4 * data.pieces;
    this.canvas.dataset.pieces = readable ? pieces.length / 4 : 0;
    if (!readable) return this.note(pen, fine, data.say.too_many_borders);
    pen.lineWidth = 1.3 * fine;
    pen.strokeStyle = data.colours.line;
    pen.beginPath();
    for (let place = 0; place < pieces.length; place += 4) {
      pen.moveTo(this.x(pieces[place]), this.y(pieces[place + 1]));
      pen.lineTo(this.x(pieces[place + 2]), this.y(pieces[place + 3]));
    }
    pen.stroke();
  }

  note(pen, fine, words) {
    pen.font = `${13 * fine}px sans-serif`;
    pen.fillStyle = this.shown.data.colours.ground;
    pen.fillRect(0, this.canvas.height - 24 * fine, pen.measureText(words).width + 16 * fine, 24 * fine);
    pen.fillStyle = this.shown.data.colours.line;
    pen.fillText(words, 8 * fine, this.canvas.height - 8 * fine);
  }

  // The mark of fooled wherever a network is sure in the empty plane.
  drawSure(pen, fine) {
    const { data, answer, empty } = this.shown;
    const reach = 2.6 * fine;
    pen.fillStyle = data.colours.fooled;
    pen.strokeStyle = data.colours.line;
    pen.lineWidth = 0.6 * fine;
    pen.beginPath();
    for (let across = -data.extent + 0.25; across < data.extent; across += 0.5) {
      for (let up = -data.extent + 0.25; up < data.extent; up += 0.5) {
        const cell = cellAt(across, up, answer.size, data.extent);
        if (!(answer.confidence[cell] > data.t) || !empty[cellAt(across, up, data.grid, data.extent)]) continue;
        const [x, y] = [this.x(across), this.y(up)];
        pen.moveTo(x, y - reach);
        pen.lineTo(x + reach, y + reach * 0.8);
        pen.lineTo(x - reach, y + reach * 0.8);
        pen.closePath();
      }
    }
    pen.fill();
    pen.stroke();
  }

  drawPoints(pen, fine) {
    const { data, points } = this.shown;
    pen.lineWidth = 1.1 * fine;
    pen.strokeStyle = data.colours.line;
    for (let number = 0; number < points.labels.length; number++) {
      const label = points.labels[number];
      pen.fillStyle = `rgb(${data.colours.classes[label]})`;
      polygon(pen, this.x(points.places[2 * number]), this.y(points.places[2 * number + 1]), 4.2 * fine, label);
      pen.fill();
      pen.stroke();
    }
  }

  drawNegatives(pen, fine) {
    const { data, negatives, learns } = this.shown;
    pen.globalAlpha = learns ? 1 : 0.3;
    const arm = 4.4 * fine;
    pen.lineCap = "round";
    for (const [width, colour] of [[5, data.colours.ground], [2.2, data.colours.line]]) {
      pen.lineWidth = width * fine;
      pen.strokeStyle = colour;
      pen.beginPath();
      for (const [across, up] of negatives) {
        const [x, y] = [this.x(across), this.y(up)];
        pen.moveTo(x - arm, y - arm);
        pen.lineTo(x + arm, y + arm);
        pen.moveTo(x - arm, y + arm);
        pen.lineTo(x + arm, y - arm);
      }
      pen.stroke();
    }
    pen.globalAlpha = 1;
  }

  // Up: a point's class gained probability; down: NAT grew less sure of a negative. As long as what changed.
  drawArrows(pen, fine) {
    const { arrows, data } = this.shown;
    pen.lineWidth = 1.8 * fine;
    pen.strokeStyle = pen.fillStyle = data.colours.line;
    for (const { x, y, change } of arrows) {
      const length = ARROW * change;
      if (Math.abs(length) < 0.05) continue;
      const [left, from, to] = [this.x(x), this.y(y), this.y(y + length)];
      const head = Math.sign(length) * 4 * fine;
      pen.beginPath();
      pen.moveTo(left, from);
      pen.lineTo(left, to);
      pen.stroke();
      pen.beginPath();
      pen.moveTo(left, to - head);
      pen.lineTo(left - 3.2 * fine, to + head * 0.4);
      pen.lineTo(left + 3.2 * fine, to + head * 0.4);
      pen.fill();
    }
  }

  drawCursor(pen, fine) {
    const { data, cursor } = this.shown;
    const [x, y] = [this.x(cursor[0]), this.y(cursor[1])];
    for (const [width, colour] of [[4, data.colours.ground], [1.6, data.colours.line]]) {
      pen.lineWidth = width * fine;
      pen.strokeStyle = colour;
      pen.beginPath();
      pen.arc(x, y, 9 * fine, 0, 2 * Math.PI);
      pen.moveTo(x - 14 * fine, y);
      pen.lineTo(x + 14 * fine, y);
      pen.moveTo(x, y - 14 * fine);
      pen.lineTo(x, y + 14 * fine);
      pen.stroke();
    }
  }

  x(across) {
    return (across + this.shown.data.extent) * this.scale;
  }

  y(up) {
    return (this.shown.data.extent - up) * this.scale;
  }

  // --- what a hand does ---

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    const extent = this.shown.data.extent;
    // As Python keeps it, in 32 bits: so a place that comes back from there is still the same one.
    const within = (number) => Math.fround(Math.round(20 * Math.max(-extent, Math.min(extent, number))) / 20);
    return [
      within(((event.clientX - box.left) / box.width) * 2 * extent - extent),
      within(extent - ((event.clientY - box.top) / box.height) * 2 * extent),
    ];
  }

  under(place, pointer) {
    const units = (NEAR[pointer] * 2 * this.shown.data.extent) / this.canvas.clientWidth;
    return nearest(this.shown.negatives, place, units);
  }

  takes(event) {
    return this.shown && (this.hands.paints() || this.under(this.at(event.touches[0]), "touch") >= 0);
  }

  press(event) {
    if (event.button || !this.shown) return;
    const place = this.at(event);
    this.held = { number: this.under(place, event.pointerType), from: [event.clientX, event.clientY], last: place, moved: false };
    this.canvas.setPointerCapture(event.pointerId);
  }

  move(event) {
    const { held } = this;
    if (!held) return;
    const place = this.at(event);
    const far = Math.hypot(event.clientX - held.from[0], event.clientY - held.from[1]) > 4;
    if (!held.moved && far) {
      // Without Paint a finger that moves scrolls the page, and leaves no negatives behind.
      if (held.number < 0 && event.pointerType === "touch" && !this.hands.paints()) return this.giveUp();
      held.moved = true;
      if (held.number >= 0) this.hands.lift(held.number);
      else this.hands.begin(held.last);
    }
    if (!held.moved) return;
    if (held.number >= 0) this.hands.carry(place);
    else if (Math.hypot(place[0] - held.last[0], place[1] - held.last[1]) >= STROKE) {
      this.hands.paint(place);
      held.last = place;
    }
  }

  release(event) {
    const { held } = this;
    this.held = null;
    if (!held) return;
    if (held.moved) this.hands.end();
    else if (held.number >= 0) this.hands.remove(held.number);
    else this.hands.add(this.at(event));
  }

  giveUp() {
    if (this.held?.moved) this.hands.end();
    this.held = null;
  }

  // --- what the keys do ---

  key(event) {
    const far = event.shiftKey ? 1 : 0.25;
    const ways = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, far], ArrowDown: [0, -far] };
    if (event.key in ways) this.hands.steer(ways[event.key], this.figure.className);
    else if (event.key === "Enter" || event.key === " ") this.hands.add(this.shown.cursor);
    else if (event.key === "Delete" || event.key === "Backspace") {
      const number = nearest(this.shown.negatives, this.shown.cursor, 0.75);
      if (number >= 0) this.hands.remove(number);
    } else return;
    event.preventDefault();
  }
}

// The number of the place that lies nearest, -1 where none is as near as that.
function nearest(places, [x, y], most) {
  let found = -1;
  places.forEach((place, number) => {
    const distance = Math.hypot(place[0] - x, place[1] - y);
    if (distance <= most) [found, most] = [number, distance];
  });
  return found;
}

function cellAt(across, up, size, extent) {
  const column = Math.min(size - 1, Math.floor(((across + extent) * size) / (2 * extent)));
  const row = Math.min(size - 1, Math.floor(((up + extent) * size) / (2 * extent)));
  return row * size + column;
}

// Where the answer changes: x1, y1, x2, y2 of each piece of line, one after the other. In each square of four cells that
// do not all have the same answer, the zero of one class's logit less the highest other one (marching squares).
function borders({ size, top, logits }, extent) {
  const classes = logits.length / top.length;
  const pieces = [];
  const middle = (place) => ((place + 0.5) * 2 * extent) / size - extent;
  const lead = (cell, label) => {
    let most = -Infinity;
    for (let k = 0; k < classes; k++) if (k !== label) most = Math.max(most, logits[cell * classes + k]);
    return logits[cell * classes + label] - most;
  };
  for (let row = 0; row < size - 1; row++) {
    for (let column = 0; column < size - 1; column++) {
      const first = row * size + column;
      const corners = [first, first + 1, first + size + 1, first + size];
      const labels = [...new Set(corners.map((cell) => top[cell]))].sort();
      // Of two classes that meet, either has the same border; of more, all but one have one of their own.
      for (const label of labels.slice(0, -1)) {
        const leads = corners.map((cell) => lead(cell, label));
        const crossings = [];
        corners.forEach((_, corner) => {
          const [one, other] = [leads[corner], leads[(corner + 1) % 4]];
          if (one > 0 === other > 0) return;
          const share = one / (one - other);
          const [x, y] = [[0, 1, 1, 0], [0, 0, 1, 1]].map((ends, axis) => {
            const from = ends[corner] + share * (ends[(corner + 1) % 4] - ends[corner]);
            return middle((axis ? row : column) + from);
          });
          crossings.push(x, y);
        });
        pieces.push(...crossings);
      }
    }
  }
  return pieces;
}

// One mark a class: circle, square, diamond, pentagon, star.
function polygon(pen, x, y, radius, label) {
  pen.beginPath();
  if (label === 0) {
    pen.arc(x, y, radius * 0.9, 0, 2 * Math.PI);
    return;
  }
  const corners = [0, 4, 4, 5, 10][label];
  const turn = label === 1 ? Math.PI / 4 : 0;
  for (let corner = 0; corner < corners; corner++) {
    const angle = (2 * Math.PI * corner) / corners - Math.PI / 2 + turn;
    const reach = radius * (label === 4 && corner % 2 ? 0.5 : 1.2);
    pen.lineTo(x + reach * Math.cos(angle), y + reach * Math.sin(angle));
  }
  pen.closePath();
}
