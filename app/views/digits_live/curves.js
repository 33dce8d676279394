// Two networks learning to read: how often unseen digits fool them, step by step, and the digits themselves. The words
// and numbers come from Python; what is drawn is replaced in place, so that nothing flashes.
const MARGIN = { left: 52, right: 16, top: 26, bottom: 44 };
const CELL = 5;
const GAP = 6;
const views = new WeakMap();

export default function ({ data, parentElement }) {
  const view = views.get(parentElement) ?? new View(parentElement);
  views.set(parentElement, view);
  view.show(data);
  return () => view.stop();
}

class View {
  constructor(root) {
    this.page = root.querySelector(".reading");
    this.curves = this.page.querySelector(".curves");
    this.sized = new ResizeObserver(() => this.data && this.curves.clientWidth !== this.width && this.draw());
    this.sized.observe(this.curves);
  }

  stop() {
    this.sized.disconnect();
    views.delete(this.page.parentElement);
  }

  show(data) {
    this.data = data;
    this.draw();
    KINDS.forEach((kind) => this.drawDigits(kind));
    // Said once it is over: four times a second would drown whatever else is read out.
    const said = data.over && data.at.length > 1 ? data.alt : "";
    const status = this.page.querySelector(".said");
    if (status.textContent !== said) status.textContent = said;
  }

  draw() {
    const { data, curves } = this;
    this.width = curves.clientWidth || 560;
    const height = this.width < 420 ? 250 : data.height;
    const x = (step) => MARGIN.left + (step / data.steps) * (this.width - MARGIN.left - MARGIN.right);
    const y = (share) => height - MARGIN.bottom - share * (height - MARGIN.top - MARGIN.bottom);
    const svg = element("svg", { width: this.width, height, role: "img", "aria-label": data.alt });
    for (const share of [0, 0.25, 0.5, 0.75, 1]) {
      svg.append(line(x(0), y(share), x(data.steps), y(share), data.colours.faint, 1));
      svg.append(text(x(0) - 8, y(share) + 4, `${100 * share}\u00a0%`, "end"));
    }
    for (const part of [0, 0.5, 1]) {
      const step = Math.round(part * data.steps);
      svg.append(text(x(step), height - MARGIN.bottom + 18, step, part === 1 ? "end" : "middle"));
    }
    svg.append(text(x(data.steps / 2), height - 6, data.axis, "middle"));
    svg.append(text(x(0), MARGIN.top - 10, data.title, "start", "title"));
    if (data.shown_from > 0) {
      svg.append(line(x(data.shown_from), y(0), x(data.shown_from), y(1), data.colours.line, 1, "5 4"));
      svg.append(text(x(data.shown_from) - 6, y(1) + 14, data.shown, "end"));
    }
    const ends = {};
    for (const kind of KINDS) {
      const points = data.curves[kind].map((share, place) => `${x(data.at[place])},${y(share)}`);
      const width = kind === "nat" ? 3 : 2;
      svg.append(element("polyline", { points: points.join(" "), fill: "none", stroke: data.colours[kind], "stroke-width": width }));
      ends[kind] = y(data.curves[kind].at(-1));
    }
    const end = x(data.at.at(-1));
    const parted = Math.abs(ends.baseline - ends.nat) > 15;
    const left = end > this.width - 90;
    for (const kind of KINDS) {
      const fill = kind === "nat" ? data.colours.nat : "var(--st-background-color)";
      svg.append(element("circle", { cx: end, cy: ends[kind], r: 5, fill, stroke: data.colours[kind], "stroke-width": 2 }));
      const shift = parted ? -9 : kind === "nat" ? 20 : -9;
      const label = text(end + (left ? 2 : 9), ends[kind] + (left ? shift : parted ? 4 : kind === "nat" ? 14 : -4), data.labels[kind], left ? "end" : "start", "title");
      label.style.fill = data.colours[kind];
      svg.append(label);
    }
    curves.replaceChildren(svg);
  }

  // Each digit as it is, in the page's own ink; behind those that fool the network lies the colour of fooled.
  drawDigits(kind) {
    const { data } = this;
    const canvas = this.page.querySelector(`.seen.${kind} canvas`);
    const pixels = Uint8Array.from(atob(data.digits), (letter) => letter.charCodeAt(0));
    const side = 8 * CELL;
    const rows = Math.ceil(data.fooled[kind].length / data.columns);
    canvas.width = data.columns * (side + GAP) - GAP;
    canvas.height = rows * (side + GAP) - GAP;
    canvas.setAttribute("aria-label", data.seen[kind]);
    this.page.querySelector(`.seen.${kind} p`).textContent = data.names[kind];
    this.page.querySelector(`.seen.${kind} p`).style.color = data.colours[kind];
    const pen = canvas.getContext("2d");
    data.fooled[kind].forEach((fooled, number) => {
      const left = (number % data.columns) * (side + GAP);
      const top = Math.floor(number / data.columns) * (side + GAP);
      pen.globalAlpha = fooled ? 0.75 : 1;
      pen.fillStyle = fooled ? data.colours.fooled : data.colours.faint;
      pen.fillRect(left, top, side, side);
      pen.fillStyle = data.colours.line;
      for (let place = 0; place < 64; place++) {
        pen.globalAlpha = pixels[64 * number + place] / 255;
        pen.fillRect(left + (place % 8) * CELL, top + Math.floor(place / 8) * CELL, CELL, CELL);
      }
      pen.globalAlpha = 1;
      if (fooled) triangle(pen, left + side - 7, top + 6, data.colours);
    });
  }
}

function triangle(pen, x, y, colours) {
  pen.beginPath();
  pen.moveTo(x, y - 5);
  pen.lineTo(x + 6, y + 5);
  pen.lineTo(x - 6, y + 5);
  pen.closePath();
  pen.fillStyle = colours.fooled;
  pen.strokeStyle = colours.line;
  pen.fill();
  pen.stroke();
}
