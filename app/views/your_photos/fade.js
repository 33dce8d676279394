// A photo on its way into something else: the picture, the curves and both answers follow the slider while it is dragged.
const MARGIN = { left: 64, right: 14, top: 12, bottom: 46 };
const HEIGHT = 300;
const TOP = 1.12;

export default function ({ data, parentElement, setTriggerValue }) {
  return replaced(parentElement, () => new View(parentElement.querySelector(".along"), data, setTriggerValue));
}

class View extends Following {
  constructor(page, data, send) {
    super(page, data, send);
    this.place = data.place;
    this.frames = new Image();
    this.frames.onload = () => this.showPicture();
    this.frames.src = data.frames;
    this.fit();
    this.follow(data.slider, (value) => this.moveTo(data.steps.indexOf(value)));
  }

  moveTo(place) {
    if (place < 0 || place === this.place) return;
    this.place = place;
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.show());
  }

  // --- what is drawn once for each width ---

  draw() {
    const { drawing, data } = this;
    const last = data.steps.length - 1;
    this.width = drawing.clientWidth || 560;
    this.x = (place) => MARGIN.left + (place / last) * (this.width - MARGIN.left - MARGIN.right);
    this.y = (share) => HEIGHT - MARGIN.bottom - (share / TOP) * (HEIGHT - MARGIN.top - MARGIN.bottom);
    const svg = element("svg", { width: this.width, height: HEIGHT, role: "img", "aria-label": data.alt });
    this.drawAxes(svg, last);
    for (const kind of KINDS) {
      const points = data.confidence[kind].map((share, place) => `${this.x(place)},${this.y(share)}`).join(" ");
      const curve = { points, fill: "none", stroke: data.colours[kind], "stroke-width": 2.5 };
      svg.appendChild(element("polyline", curve));
    }
    this.levels = [
      this.drawLevel(svg, data.no_opinion, data.no_opinion_words, "5 4"),
      this.drawLevel(svg, data.t, data.t_words),
    ];
    this.stand = svg.appendChild(line(0, this.y(0), 0, this.y(TOP), data.colours.line, 1));
    this.marks = KINDS.map((kind) => this.drawMark(svg, kind));
    svg.addEventListener("pointerdown", (event) => this.grab(event, svg, last));
    drawing.replaceChildren(svg);
    this.svg = svg;
    this.show();
  }

  drawAxes(svg, last) {
    const { data } = this;
    for (const share of [0, 0.25, 0.5, 0.75, 1]) {
      svg.appendChild(line(this.x(0), this.y(share), this.x(last), this.y(share), data.colours.faint, 1));
      svg.appendChild(text(this.x(0) - 8, this.y(share) + 4, `${100 * share}\u00a0%`, "end", "tick"));
      const words = `${share * data.steps[last]}\u00a0%`;
      svg.appendChild(text(this.x(share * last), this.y(0) + 18, words, share === 1 ? "end" : "middle", "tick"));
    }
    svg.appendChild(text(this.x(last / 2), HEIGHT - 8, data.axis, "middle", "tick"));
    const middle = (this.y(0) + this.y(1)) / 2;
    const title = svg.appendChild(text(14, middle, data.sure, "middle", "tick"));
    title.setAttribute("transform", `rotate(-90 14 ${middle})`);
  }

  drawLevel(svg, share, words, dashes) {
    const { x, y, data } = this;
    const last = data.steps.length - 1;
    svg.appendChild(line(x(0), y(share), x(last), y(share), data.colours.line, 1.2, dashes));
    const written = svg.appendChild(text(x(last), y(share) + 14, words, "end", "tick haloed"));
    written.dataset.below = y(share) + 14;
    return written;
  }

  drawMark(svg, kind) {
    const colour = this.data.colours[kind];
    const fill = kind === "nat" ? colour : "var(--st-background-color)";
    const mark = svg.appendChild(element("circle", { r: 6, fill, stroke: colour, "stroke-width": 2.5 }));
    const label = svg.appendChild(text(0, 0, "", "start", "answer haloed"));
    label.style.fill = colour;
    return { kind, mark, label };
  }

  // --- what moves ---

  show() {
    const { data, place, x, y } = this;
    const says = data.says[place];
    const surer = data.confidence.baseline[place] >= data.confidence.nat[place] ? "baseline" : "nat";
    const late = place > 0.6 * (data.steps.length - 1);
    for (const end of ["x1", "x2"]) this.stand.setAttribute(end, x(place));
    for (const { kind, mark, label } of this.marks) {
      const height = y(data.confidence[kind][place]);
      mark.setAttribute("cx", x(place));
      mark.setAttribute("cy", height);
      label.setAttribute("x", x(place) + (late ? -12 : 12));
      label.setAttribute("text-anchor", late ? "end" : "start");
      label.textContent = says[kind];
      label.setAttribute("y", this.beside(kind, label, kind === surer));
    }
    this.levels.forEach((words) => this.clear(words));
    this.page.querySelector(".caption").textContent = says.caption;
    this.svg.dataset.place = place;
    this.showPicture();
  }

  // How far down an answer's words stand: above all of its curve that runs along them, or below all of it; a line that
  // would run through them is passed, too, where there is room.
  beside(kind, label, above) {
    const { x: from, width } = label.getBBox();
    const along = this.along(kind, from, from + width);
    const down = above ? Math.max(Math.min(...along) - 9, 14) : Math.min(Math.max(...along) + 20, this.y(0) - 4);
    const level = [this.data.t, this.data.no_opinion].map(this.y).find((each) => down - 14 < each && each < down + 5);
    if (level === undefined) return down;
    const passed = above ? level - 6 : level + 15;
    return 14 <= passed && passed <= this.y(0) - 4 ? passed : down;
  }

  // How high a curve runs between two places across.
  along(kind, from, to) {
    const { confidence, steps } = this.data;
    const step = this.x(1) - this.x(0);
    const first = Math.max(Math.floor((from - this.x(0)) / step), 0);
    const last = Math.min(Math.ceil((to - this.x(0)) / step), steps.length - 1);
    return confidence[kind].slice(first, last + 1).map(this.y);
  }

  // The words of a line stand where neither an answer nor a curve is: below it at its right end or its left, or above.
  clear(words) {
    const below = Number(words.dataset.below);
    const [left, right] = [this.x(0) + 4, this.x(this.data.steps.length - 1)];
    const above = below - 19;
    const places = [[right, below, "end"], [left, below, "start"], [right, above, "end"], [left, above, "start"]];
    const put = ([across, down, anchor]) => {
      words.setAttribute("x", across);
      words.setAttribute("y", down);
      words.setAttribute("text-anchor", anchor);
      return this.hits(words);
    };
    const hits = places.map(put);
    put(places[hits.indexOf(Math.min(...hits))]);
  }

  // How much is in the way of words: an answer more than a curve.
  hits(words) {
    const at = words.getBBox();
    const meets = (from, to) => from < at.y + at.height && at.y < to;
    const answers = this.marks.filter(({ label }) => {
      const over = label.getBBox();
      return over.x < at.x + at.width + 8 && at.x < over.x + over.width + 8 && meets(over.y, over.y + over.height);
    });
    const curves = KINDS.filter((kind) => {
      const along = this.along(kind, at.x, at.x + at.width);
      return meets(Math.min(...along) - 4, Math.max(...along) + 4);
    });
    return 3 * answers.length + curves.length;
  }

  showPicture() {
    const canvas = this.page.querySelector("canvas");
    const side = this.frames.naturalHeight;
    if (!side) return;
    canvas.width = canvas.height = side;
    canvas.getContext("2d").drawImage(this.frames, this.place * side, 0, side, side, 0, 0, side, side);
    canvas.setAttribute("aria-label", this.data.says[this.place].caption);
  }

  // --- the place itself can be taken hold of ---

  grab(event, svg, last) {
    const to = (across) => {
      const share = (across - this.x(0)) / (this.x(last) - this.x(0));
      this.moveTo(Math.round(last * Math.min(Math.max(share, 0), 1)));
    };
    this.drag(event, svg, to, () => this.place !== this.data.place && this.send("moved", this.data.steps[this.place]));
  }
}
