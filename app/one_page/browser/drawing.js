// What the page draws: ten probabilities as bars, attention maps over a faint photo, and how far two of them lie apart.

// Return an element of HTML with properties (attributes where the name has a dash, listeners with "on") and contents.
function make(name, properties = {}, ...inside) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined) continue;
    if (key.startsWith("aria-")) made.setAttribute(key, value);
    else if (value === false) continue;
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key in made && !key.includes("-")) made[key] = value;
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...inside.filter((each) => each !== null && each !== undefined));
  return made;
}

let patterns = 0;

// Return what fills a network's bars: hatched for the baseline, solid for NAT; the definitions go into the drawing.
function barFill(svg, kind, colour) {
  if (kind === "nat") return { fill: colour, stroke: colour };
  const id = `bars-${patterns++}`;
  const pattern = element("pattern", {
    id,
    width: 5,
    height: 5,
    patternUnits: "userSpaceOnUse",
    patternTransform: "rotate(45)",
  });
  pattern.appendChild(element("rect", { width: 2.4, height: 5, fill: colour }));
  svg.appendChild(element("defs")).appendChild(pattern);
  return { fill: `url(#${id})`, stroke: colour };
}

// Return the probabilities of one picture by one network, or by both, as horizontal bars with 1/c dashed; `width` in
// pixels. A large drawing says whose they are, and what its axis means.
function probabilityBars({ kinds, answers, names, colours, words, alt, large, width }) {
  // For the wall all of it grows, as words do.
  const grown = document.documentElement.classList.contains("wall") ? 1.25 : 1;
  width = Math.round(width / grown);
  const narrow = width < 260;
  const margin = { left: narrow ? 78 : 88, right: narrow ? 4 : 16, top: large ? 24 : 4, bottom: large ? 40 : 22 };
  const height = large && !narrow ? 292 : 262;
  const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": alt, class: "bars" });
  svg.setAttribute("width", width * grown);
  svg.setAttribute("height", height * grown);
  const end = width - margin.right;
  const x = (share) => margin.left + (share * (end - margin.left)) / (narrow ? 1.5 : 1.2);
  const bottom = height - margin.bottom;
  const band = (bottom - margin.top) / names.length;
  for (const tick of narrow ? [0, 1] : [0, 0.5, 1]) {
    svg.appendChild(line(x(tick), margin.top, x(tick), bottom, colours.faint, 1));
    svg.appendChild(text(x(tick), bottom + 16, `${100 * tick}\u00a0%`, "middle", "tick"));
  }
  names.forEach((name, place) =>
    svg.appendChild(text(margin.left - 6, margin.top + band * (place + 0.5) + 4, name, "end", "tick")),
  );
  kinds.forEach((kind, row) =>
    drawBars(svg, { kind, row, rows: kinds.length, answer: answers[kind], x, band, top: margin.top, colours }),
  );
  const even = x(1 / names.length);
  svg.appendChild(line(even, margin.top, even, bottom, colours.line, 1.5, "5 4"));
  if (large) {
    const [kind] = kinds;
    svg.appendChild(text(margin.left - 6, 15, words.kinds[kind], "end", "title")).setAttribute("fill", colours[kind]);
    // Where there is no room for more, the share alone says what the dashed line is.
    svg.appendChild(
      text(even - 6, 15, narrow ? words.ui.no_opinion.split(", ").at(-1) : words.ui.no_opinion, "start", "tick"),
    );
    svg.appendChild(text(x(0.5), height - 6, words.ui.how_sure, "middle", "tick"));
  }
  return svg;
}

function drawBars(svg, { kind, row, rows, answer, x, band, top, colours }) {
  const group = svg.appendChild(element("g", barFill(svg, kind, colours[kind])));
  const high = (0.74 * band) / rows;
  const winner = answer.probabilities.indexOf(answer.confidence);
  answer.probabilities.forEach((probability, place) => {
    const y = top + band * place + 0.13 * band + high * row;
    group.appendChild(element("rect", { x: x(0), y, width: Math.max(x(probability) - x(0), 0.5), height: high - 1 }));
    // Two labels of the same class stand a little apart.
    const middle = y + high / 2 + 4 + (rows > 1 ? 5 * row - 2.5 : 0);
    if (place === winner)
      svg.appendChild(text(x(probability) + 5, middle, percent(probability), "start", rows > 1 ? "small" : "tick"));
  });
}

// --- attention maps --------------------------------------------------------------------------------------------------

// Return the colour of a share of the scale, between its stops.
function colourAt(scale, share) {
  const place = Math.min(Math.max(share, 0), 1) * (scale.length - 1);
  const low = Math.min(Math.floor(place), scale.length - 2);
  return scale[low].map((from, channel) => Math.round(from + (scale[low + 1][channel] - from) * (place - low)));
}

// Return a map as a canvas of its own few pixels, which a style enlarges without smoothing.
function mapCanvas(map, largest, scale) {
  const side = Math.sqrt(map.length);
  const canvas = make("canvas", { width: side, height: side, class: "map" });
  const image = new ImageData(side, side);
  map.forEach((value, place) => image.data.set([...colourAt(scale, value / (largest || 1)), 255], 4 * place));
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

// Return how far two maps lie apart, each scaled to length 1: `metrics.map_distances`.
function distanceOf(first, second) {
  const [one, other] = [first, second].map((map) => {
    const length = Math.max(Math.sqrt(map.reduce((sum, each) => sum + each * each, 0)), 1e-12);
    return Array.from(map, (each) => each / length);
  });
  return Math.sqrt(one.reduce((sum, each, place) => sum + (each - other[place]) ** 2, 0));
}

// Return the distances on a picture by level, each a diamond on its usual spread, in a drawing so wide: one that is
// shrunk to fit a phone has words that are too small to read.
function distancesDrawn({ here, spread, words, colours, alt, width }) {
  const [height, left, bottom] = [210, 108, 166];
  const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": alt, class: "distances" });
  const x = (distance) => left + ((distance + 0.02) / 1.47) * (width - left - 14);
  for (const tick of [0, 0.5, 1, 1.41]) {
    svg.appendChild(line(x(tick), 8, x(tick), bottom, colours.faint, 1));
    svg.appendChild(text(x(tick), bottom + 18, String(tick).replace(".", words.signs[0]), "middle", "tick"));
  }
  svg.appendChild(text(x(0.7), height - 6, words.ui.distance, "middle", "tick"));
  Object.keys(here).forEach((level, row) => {
    const y = 44 + 48 * row;
    const [lowest, low, middle, high, highest] = spread.quantiles[level];
    svg.appendChild(text(left - 8, y + 4, words.maps.levels[level], "end", "tick"));
    svg.appendChild(line(x(lowest), y, x(highest), y, colours.baseline, 2)).setAttribute("opacity", 0.45);
    svg.appendChild(line(x(low), y, x(high), y, colours.baseline, 9)).setAttribute("opacity", 0.45);
    svg.appendChild(line(x(middle), y - 8, x(middle), y + 8, colours.line, 2));
    if (spread.seeds) {
      const ring = {
        cx: x(spread.seeds[level]),
        cy: y,
        r: 5.5,
        fill: "none",
        stroke: colours.baseline,
        "stroke-width": 2,
      };
      svg.appendChild(element("circle", ring));
    }
    const at = x(here[level]);
    svg.appendChild(element("path", { d: `M${at} ${y - 8}l7 8l-7 8l-7 -8z`, fill: colours.line }));
    svg.appendChild(text(at, y - 14, written(here[level], words.maps.decimals, words.signs), "middle", "tick at"));
  });
  return svg;
}
