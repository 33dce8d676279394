// Two histograms and their sentences that follow the threshold while it is dragged; words and numbers come from Python.
const MARGIN = { left: 66, right: 14, top: 26, bottom: 46, between: 36 };

export default function ({ data, parentElement, setTriggerValue }) {
  return replaced(parentElement, () => new View(parentElement.querySelector(".live"), data, setTriggerValue));
}

class View extends Following {
  constructor(page, data, send) {
    super(page, data, send);
    this.at = this.heard = data.t;
    this.page.classList.toggle("locked", data.locked);
    this.fit();
    this.followSlider();
    this.followChips();
  }

  // The native slider counts its steps; they are short near 1, where t differs by little.
  followSlider() {
    if (this.data.locked) return;
    this.follow(this.data.slider, (step) => {
      // The app hears of the slider from the slider, and does not draw the chart again for it.
      this.heard = this.data.steps[step] ?? this.heard;
      this.moveTo(this.data.steps[step]);
    });
  }

  moveTo(t) {
    if (this.data.locked || !Number.isFinite(t) || t === this.at) return;
    this.at = t;
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.show());
  }

  // On a phone the image sets stand in one row that scrolls: the chosen one is to be seen. Its buttons may come later than
  // this drawing does.
  followChips() {
    const place = document.querySelector(`.st-key-${this.data.chips}`);
    if (!place) return;
    this.chips = new MutationObserver(() => this.showChosenChip(place));
    this.chips.observe(place, { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-checked"] });
    this.showChosenChip(place);
  }

  showChosenChip(place) {
    const chip = place.querySelector('[aria-checked="true"]');
    const row = chip?.parentElement;
    if (row) row.scrollLeft = chip.offsetLeft - row.offsetLeft - (row.clientWidth - chip.clientWidth) / 2;
  }

  stop() {
    this.chips?.disconnect();
    super.stop();
  }

  // --- what is drawn once for each width ---

  draw() {
    const { drawing, data } = this;
    this.width = drawing.clientWidth || 640;
    const height = this.width < 480 ? 330 : data.height;
    const panel = (height - MARGIN.top - MARGIN.bottom - MARGIN.between) / 2;
    this.x = (share) => MARGIN.left + share * (this.width - MARGIN.left - MARGIN.right);
    const svg = element("svg", { width: this.width, height, role: "img" });
    const definitions = svg.appendChild(element("defs"));
    this.lines = [];
    KINDS.forEach((kind, row) => {
      const top = MARGIN.top + row * (panel + MARGIN.between);
      this.lines.push(this.drawPanel(svg, definitions, kind, top, panel));
    });
    this.drawAxis(svg, height - MARGIN.bottom);
    svg.addEventListener("pointerdown", (event) => this.grab(event, svg));
    drawing.replaceChildren(svg);
    this.svg = svg;
    this.show();
  }

  drawPanel(svg, definitions, kind, top, panel) {
    const { data, x } = this;
    const bottom = top + panel;
    const y = (share) => bottom - (share / data.top) * panel;
    for (const tick of data.ticks) {
      svg.appendChild(line(x(0), y(tick), x(1), y(tick), data.colours.faint, 1));
      svg.appendChild(text(x(0) - 8, y(tick) + 4, `${Math.round(100 * tick)}\u00a0%`, "end", "tick"));
    }
    const clip = definitions.appendChild(element("clipPath", { id: `beyond-${kind}` }));
    const beyond = clip.appendChild(element("rect", { x: x(0), y: top - 2, width: 0, height: panel + 4 }));
    const colour = data.colours[kind];
    svg.appendChild(bars(data.shares[kind], x, y, hatched(definitions, kind, colour, "below")));
    const filled = bars(data.shares[kind], x, y, hatched(definitions, kind, data.colours.beyond, "above"));
    const covered = svg.appendChild(element("g", { "clip-path": `url(#beyond-${kind})` }));
    covered.appendChild(element("rect", { x: x(0), y: top, width: x(1) - x(0), height: panel, fill: "var(--st-background-color)" }));
    data.ticks.forEach((tick) => covered.appendChild(line(x(0), y(tick), x(1), y(tick), data.colours.faint, 1)));
    covered.appendChild(filled);
    if (data.no_opinion !== null) {
      svg.appendChild(line(x(data.no_opinion), top, x(data.no_opinion), bottom, data.colours.line, 1.5, "5 4"));
    }
    const title = svg.appendChild(text(x(0), top - 9, "", "start", "title"));
    title.style.fill = colour;
    const middle = svg.appendChild(text(14, (top + bottom) / 2, data.y_axis, "middle", "tick"));
    middle.setAttribute("transform", `rotate(-90 14 ${(top + bottom) / 2})`);
    const threshold = svg.appendChild(line(0, top - 4, 0, bottom, data.colours.line, 2));
    const label = svg.appendChild(text(0, top + 11, "", "end", "tick at"));
    return { kind, beyond, title, threshold, label };
  }

  drawAxis(svg, bottom) {
    for (const [share, words] of this.data.axis_ticks) {
      svg.appendChild(text(this.x(share), bottom + 18, words, share === 1 ? "end" : "middle", "tick"));
    }
    const title = this.width < 480 ? this.data.short_axis : this.data.axis;
    svg.appendChild(text(this.x(0.5), bottom + 38, title, "middle", "tick"));
  }

  // --- what moves ---

  show() {
    const { data, x } = this;
    const step = nearest(data.steps, this.at);
    const says = data.says[data.locked ? 0 : step];
    for (const { kind, beyond, title, threshold, label } of this.lines) {
      // Of another score than confidence t is no share of the axis, so where it stands comes from Python as well.
      const t = data.locked ? data.places[kind] : this.at;
      beyond.setAttribute("x", x(t));
      beyond.setAttribute("width", Math.max(x(1) - x(t), 0));
      for (const end of ["x1", "x2"]) threshold.setAttribute(end, x(t));
      const left = t > 0.5;
      label.setAttribute("x", x(t) + (left ? -6 : 6));
      label.setAttribute("text-anchor", left ? "end" : "start");
      label.textContent = data.locked ? data.marks[kind] : data.step_marks[step];
      title.textContent = says[kind].panel;
      for (const part of ["name", "fooled", "kept"]) this.page.querySelector(`.${kind} .${part}`).textContent = says[kind][part];
    }
    this.page.querySelector(".trade").textContent = says.trade;
    this.page.querySelector(".source").textContent = data.source;
    this.svg.dataset.t = this.at;
    this.svg.setAttribute("aria-label", `${data.alt} ${says.title}`);
    this.retitle(says.title);
  }

  // The page's title holds the same numbers; the app writes it anew on release.
  retitle(words) {
    const heading = document.querySelector(".st-key-page h1");
    const walker = heading && document.createTreeWalker(heading, NodeFilter.SHOW_TEXT);
    const node = walker && walker.nextNode();
    if (node && node.data !== words && !walker.nextNode()) node.data = words;
  }

  // --- the line itself can be taken hold of ---

  grab(event, svg) {
    if (this.data.locked) return;
    const to = (x) => {
      const share = (x - this.x(0)) / (this.x(1) - this.x(0));
      this.moveTo(this.data.steps[nearest(this.data.steps, share)]);
    };
    this.drag(event, svg, to, () => {
      if (this.at === this.heard) return;
      this.heard = this.at;
      this.send("moved", this.at);
    });
  }
}

// The place of the step that lies nearest to a threshold.
function nearest(steps, t) {
  return steps.reduce((best, step, place) => (Math.abs(step - t) < Math.abs(steps[best] - t) ? place : best), 0);
}

// Hatched for the baseline, solid for NAT, as on every chart.
function hatched(definitions, kind, colour, name) {
  if (kind === "nat") return { fill: colour, stroke: "none" };
  const id = `hatch-${name}`;
  const pattern = definitions.appendChild(
    element("pattern", { id, width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" })
  );
  pattern.appendChild(element("rect", { width: 2.4, height: 5, fill: colour }));
  return { fill: `url(#${id})`, stroke: colour };
}

function bars(shares, x, y, paint) {
  const group = element("g", paint);
  const width = 1 / shares.length;
  shares.forEach((share, place) => {
    if (!share) return;
    const left = x(place * width) + 0.5;
    const bar = { x: left, y: y(share), width: Math.max(x((place + 1) * width) - left - 0.5, 0.5), height: y(0) - y(share) };
    group.appendChild(element("rect", bar));
  });
  return group;
}
