// The loss of both networks over the steps, at the points that they learned and at held-out ones.
const LOSS_HEIGHT = 200;
const LOSS_MARGIN = { left: 54, right: 12, top: 26, bottom: 28 };

function drawLoss(box, data, history) {
  const width = box.clientWidth || 420;
  const most = Math.max(1, history.at(-1)?.step ?? 0);
  // A loss that runs away would press all others down to the axis.
  const mostLost = Math.max(0.1, ...history.flatMap((each) => each.losses.flat()));
  const highest = Math.min(2 * Math.log(data.sizes.at(-1)), mostLost);
  const x = (step) => LOSS_MARGIN.left + (step / most) * (width - LOSS_MARGIN.left - LOSS_MARGIN.right);
  const bottom = LOSS_HEIGHT - LOSS_MARGIN.bottom;
  const y = (loss) => bottom - (Math.min(loss, highest) / highest) * (bottom - LOSS_MARGIN.top);
  const svg = element("svg", { width, height: LOSS_HEIGHT, role: "img", "aria-label": lossWords(data, history) });
  for (const part of [0, 0.5, 1]) {
    svg.append(line(x(0), y(part * highest), x(most), y(part * highest), data.colours.faint, 1));
    const beyond = part === 1 && mostLost > highest ? "≥\u00a0" : "";
    svg.append(text(x(0) - 7, y(part * highest) + 4, beyond + figure(data, part * highest, 2), "end"));
  }
  svg.append(text(LOSS_MARGIN.left, 14, data.say.loss, "start", "title"));
  svg.append(text(x(0), bottom + 18, figure(data, 0), "middle"));
  svg.append(text(x(most), bottom + 18, figure(data, most), "end"));
  svg.append(text(x(most / 2), bottom + 18, data.say.loss_axis, "middle"));
  KINDS.forEach((kind, network) => {
    [1, 0].forEach((heldOut) => {
      const points = history.map((each) => `${x(each.step).toFixed(1)},${y(each.losses[network][heldOut]).toFixed(1)}`);
      const look = { fill: "none", stroke: data.colours[kind], "stroke-width": network ? 2.6 : 1.8 };
      svg.append(element("polyline", { points: points.join(" "), "stroke-dasharray": heldOut ? "none" : "2 4", ...look }));
    });
  });
  // Where the lines end: hollow for the baseline, filled for NAT, as everywhere.
  const last = history.at(-1);
  KINDS.forEach((kind, network) => {
    if (!last) return;
    const fill = network ? data.colours.nat : "var(--st-background-color)";
    const look = { r: 4.5, fill, stroke: data.colours[kind], "stroke-width": 2 };
    svg.append(element("circle", { cx: x(last.step), cy: y(last.losses[network][1]), ...look }));
  });
  const lines = document.createElement("p");
  lines.textContent = data.say.loss_lines;
  box.replaceChildren(svg, lines);
}

function lossWords(data, history) {
  const last = history.at(-1);
  if (!last?.step) return data.say.loss_none;
  const [baseline, nat] = last.losses.map((each) => each.map((loss) => figure(data, loss, 2)));
  const values = { baseline: baseline[0], baseline_held_out: baseline[1], nat: nat[0], nat_held_out: nat[1] };
  return fill(data.say.loss_alt, { step: figure(data, last.step), ...values });
}
