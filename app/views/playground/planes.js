// One plane of the playground on a canvas, drawn anew in place: a picture that follows another one neither flashes nor
// fades. A click tells Python where it was; all that is drawn comes from there.
const views = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const view = views.get(parentElement) ?? new View(parentElement);
  views.set(parentElement, view);
  view.show(data, setTriggerValue);
  return () => {
    view.stop();
    views.delete(parentElement);
  };
}

class View {
  constructor(root) {
    this.canvas = root.querySelector(".plane canvas");
    this.cells = document.createElement("canvas");
    this.click = (event) => this.tell(event);
    this.canvas.addEventListener("click", this.click);
    this.sized = new ResizeObserver(() => this.data && this.draw());
    this.sized.observe(this.canvas);
  }

  stop() {
    this.sized.disconnect();
    this.canvas.removeEventListener("click", this.click);
  }

  show(data, send) {
    this.data = data;
    this.send = send;
    this.canvas.setAttribute("aria-label", data.alt);
    this.canvas.title = data.hint;
    this.canvas.dataset.step = data.step;
    this.draw();
  }

  draw() {
    const { canvas, data } = this;
    const side = Math.round((canvas.clientWidth || 430) * (window.devicePixelRatio || 1));
    if (canvas.width !== side) canvas.width = canvas.height = side;
    this.scale = side / (2 * data.extent);
    const pen = canvas.getContext("2d");
    pen.clearRect(0, 0, side, side);
    this.drawConfidence(pen, side);
    const fine = this.scale / 54;
    pen.lineWidth = 1.2 * fine;
    pen.strokeStyle = data.colours.line;
    pen.beginPath();
    for (let place = 0; place < data.borders.length; place += 4) {
      const [x1, y1, x2, y2] = data.borders.slice(place, place + 4);
      pen.moveTo(this.x(x1), this.y(y1));
      pen.lineTo(this.x(x2), this.y(y2));
    }
    pen.stroke();
    this.drawPoints(pen, fine);
    pen.lineWidth = 1;
    pen.strokeStyle = data.colours.faint;
    pen.strokeRect(0.5, 0.5, side - 1, side - 1);
  }

  // Each cell's byte is a place in the table of colours; the first row of cells is the lowest.
  drawConfidence(pen, side) {
    const { data, cells } = this;
    const { size, table } = data;
    cells.width = cells.height = size;
    const bytes = Uint8Array.from(atob(data.cells), (letter) => letter.charCodeAt(0));
    const image = new ImageData(size, size);
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        image.data.set(table[bytes[row * size + column]], 4 * ((size - 1 - row) * size + column));
      }
    }
    cells.getContext("2d").putImageData(image, 0, 0);
    pen.imageSmoothingEnabled = true;
    pen.drawImage(cells, 0, 0, side, side);
  }

  drawPoints(pen, fine) {
    const { data } = this;
    pen.fillStyle = data.colours.line;
    for (let place = 0; place < data.points.length; place += 3) {
      const [x, y, label] = data.points.slice(place, place + 3);
      polygon(pen, this.x(x), this.y(y), 4 * fine, label);
    }
    pen.globalAlpha = data.learned ? 1 : 0.3;
    pen.lineWidth = 2 * fine;
    pen.strokeStyle = data.colours.line;
    pen.beginPath();
    const arm = 4 * fine;
    for (let place = 0; place < data.negatives.length; place += 2) {
      const [x, y] = [this.x(data.negatives[place]), this.y(data.negatives[place + 1])];
      pen.moveTo(x - arm, y - arm);
      pen.lineTo(x + arm, y + arm);
      pen.moveTo(x - arm, y + arm);
      pen.lineTo(x + arm, y - arm);
    }
    pen.stroke();
    pen.globalAlpha = 1;
  }

  x(across) {
    return (across + this.data.extent) * this.scale;
  }

  y(up) {
    return (this.data.extent - up) * this.scale;
  }

  tell(event) {
    const box = this.canvas.getBoundingClientRect();
    const extent = this.data.extent;
    const across = ((event.clientX - box.left) / box.width) * 2 * extent - extent;
    const up = extent - ((event.clientY - box.top) / box.height) * 2 * extent;
    this.send("clicked", [across, up].map((number) => Math.round(10 * Math.max(-extent, Math.min(extent, number))) / 10));
  }
}

// One mark a class: circle, square, diamond, pentagon, star.
function polygon(pen, x, y, radius, label) {
  pen.beginPath();
  if (label === 0) {
    pen.arc(x, y, radius * 0.9, 0, 2 * Math.PI);
  } else {
    const corners = [0, 4, 4, 5, 10][label];
    const turn = label === 1 ? Math.PI / 4 : 0;
    for (let corner = 0; corner < corners; corner++) {
      const angle = (2 * Math.PI * corner) / corners - Math.PI / 2 + turn;
      const reach = radius * (label === 4 && corner % 2 ? 0.5 : 1.2);
      pen.lineTo(x + reach * Math.cos(angle), y + reach * Math.sin(angle));
    }
    pen.closePath();
  }
  pen.fill();
}
