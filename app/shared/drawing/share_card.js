// A card to share, drawn here: the photo, two answers and one sentence, as one PNG. Nothing is fetched and nothing sent.
const WIDE = 1200;
const HIGH = 630;
const EDGE = 40;
const FONT = '"Source Sans", "Source Sans Pro", system-ui, sans-serif';

function linesOf(pen, text, width) {
  const lines = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line ? `${line} ${word}` : word;
    if (line && pen.measureText(longer).width > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return line ? [...lines, line] : lines;
}

// Write a text from the line at `y` on, or, where it is to end at the foot, so that its last line stands at `y`.
function write(pen, text, x, y, { width, size, weight = 400, colour, most = 2, right = false, foot = false }) {
  pen.font = `${weight} ${size}px ${FONT}`;
  pen.fillStyle = colour;
  pen.textAlign = right ? "right" : "left";
  const lines = linesOf(pen, text, width);
  // What does not fit is shortened, never written over the picture.
  if (lines.length > most) lines.splice(most - 1, lines.length, `${lines[most - 1]} …`);
  const first = foot ? y - (lines.length - 1) * size * 1.25 : y;
  lines.forEach((line, number) => pen.fillText(line, x, first + number * size * 1.25, width));
  return first + lines.length * size * 1.25;
}

// Hatched for the baseline, solid for NAT, as on every chart: the two differ without colour too.
function fill(pen, network, x, y, width, height) {
  pen.save();
  pen.beginPath();
  pen.rect(x, y, width, height);
  pen.clip();
  pen.fillStyle = pen.strokeStyle = network.colour;
  if (!network.hatched) pen.fillRect(x, y, width, height);
  else {
    pen.lineWidth = 3;
    pen.strokeRect(x, y, width, height);
    for (let start = x - height; start < x + width; start += 8) {
      pen.beginPath();
      pen.moveTo(start, y + height);
      pen.lineTo(start + height, y);
      pen.stroke();
    }
  }
  pen.restore();
}

function bars(pen, network, data, x, y, width) {
  const names = 112;
  const room = width - names - 74;
  // Below the bars there has to be room for three lines on what they mean, and for the two at the card's foot.
  const step = Math.min(30, 300 / Math.min(network.classes.length, 10));
  let top = write(pen, network.name, x, y, { width, size: 28, weight: 700, colour: network.colour, most: 1 });
  const first = top - 12;
  const best = network.probabilities.indexOf(Math.max(...network.probabilities));
  const shown = network.classes.map((name, number) => [name, network.probabilities[number], number]);
  // Of many classes, the ten that it thinks of most.
  if (shown.length > 10) shown.sort((one, other) => other[1] - one[1]).splice(10);
  for (const [name, probability, number] of shown) {
    write(pen, name, x + names - 10, top + step * 0.34, {
      width: names - 10, size: 18, colour: data.ink, most: 1, right: true, weight: number === best ? 700 : 400,
    });
    fill(pen, network, x + names, top - step * 0.2, Math.max(1.5, room * probability), step * 0.68);
    if (number === best)
      write(pen, network.percent, x + names + room * probability + 8, top + step * 0.34, {
        width: 70, size: 19, weight: 700, colour: data.ink, most: 1,
      });
    top += step;
  }
  pen.save();
  pen.strokeStyle = data.ink;
  pen.setLineDash([6, 5]);
  pen.beginPath();
  const even = x + names + room / network.classes.length;
  pen.moveTo(even, first);
  pen.lineTo(even, top - step * 0.2);
  pen.stroke();
  pen.restore();
  write(pen, network.says, x, top + 24, { width: width - 10, size: 21, weight: 600, colour: data.ink, most: 3 });
}

function drawCard(canvas, photo, data) {
  canvas.width = WIDE;
  canvas.height = HIGH;
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#FFFFFF";
  pen.fillRect(0, 0, WIDE, HIGH);
  write(pen, data.sentence, EDGE, EDGE + 34, { width: WIDE - 2 * EDGE, size: 38, weight: 700, colour: data.ink, most: 2 });
  const side = 380;
  const scale = Math.min(side / photo.naturalWidth, side / photo.naturalHeight);
  const [width, height] = [photo.naturalWidth * scale, photo.naturalHeight * scale];
  pen.imageSmoothingQuality = "high";
  pen.drawImage(photo, EDGE, 134 + (side - height) / 2, width, height);
  const column = (WIDE - 2 * EDGE - side - 30) / 2;
  data.networks.forEach((network, number) => bars(pen, network, data, EDGE + side + 30 + number * column, 148, column));
  write(pen, data.credit, EDGE, 134 + side + 28, { width: side, size: 17, colour: data.soft, most: 2 });
  write(pen, data.about, EDGE, HIGH - 20, { width: WIDE - 2 * EDGE, size: 17, colour: data.soft, foot: true });
}
