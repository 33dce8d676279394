// What the charts that move share: parts of a drawing, a slider to follow, a finger to follow. Put before each of them.
const SVG = "http://www.w3.org/2000/svg";
const KINDS = ["baseline", "nat"];

const kept = new WeakMap();

// Draw anew in the place of the view that was there; returns what ends the new one.
function replaced(parentElement, make) {
  const before = kept.get(parentElement);
  // What the page draws while a hand is dragging answers to what came before, and the hand would lose its hold.
  if (before?.dragged) before.next = () => replaced(parentElement, make);
  else {
    before?.stop();
    kept.set(parentElement, make());
  }
  return () => kept.get(parentElement).stop();
}

// A drawing that follows a slider and fits its width; `draw` and `slides` are the heir's.
class Following {
  constructor(page, data, send) {
    this.data = data;
    this.send = send;
    this.page = page;
    this.dragged = false;
    this.next = null;
    this.drawing = page.querySelector(".drawing");
    for (const [name, colour] of Object.entries(data.colours)) page.style.setProperty(`--${name}`, colour);
  }

  fit() {
    this.draw();
    this.sized = new ResizeObserver(() => this.drawing.clientWidth !== this.width && this.draw());
    this.sized.observe(this.drawing);
  }

  // The native slider tells its value while it is dragged, though the app hears of it only on release. While the drawing
  // itself is dragged, it is only drawn anew where it stood.
  follow(key, move) {
    const slider = document.querySelector(`.st-key-${key}`);
    if (!slider) return;
    this.slides = new MutationObserver(() => {
      const input = slider.querySelector("input");
      if (input && !this.dragged) move(Number(input.value));
    });
    this.slides.observe(slider, { subtree: true, attributes: true, attributeFilter: ["value", "aria-valuetext"] });
  }

  stop() {
    this.sized.disconnect();
    this.slides?.disconnect();
    cancelAnimationFrame(this.frame);
  }

  // From a press on the drawing until its release, `to` is told where the finger is, in pixels from the left; `released`
  // then sends where it was let go, if that is news.
  drag(event, svg, to, released) {
    const at = (pointer) => to(pointer.clientX - svg.getBoundingClientRect().left);
    const release = () => {
      svg.removeEventListener("pointermove", at);
      this.dragged = false;
      released();
      this.next?.();
    };
    this.dragged = true;
    svg.setPointerCapture(event.pointerId);
    svg.addEventListener("pointermove", at);
    svg.addEventListener("lostpointercapture", release, { once: true });
    at(event);
  }
}

function element(name, attributes = {}) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function line(x1, y1, x2, y2, stroke, width, dashes = "none") {
  return element("line", { x1, y1, x2, y2, stroke, "stroke-width": width, "stroke-dasharray": dashes });
}

function text(x, y, words, anchor, kind = "") {
  const made = element("text", { x, y, "text-anchor": anchor, class: kind });
  made.textContent = words;
  return made;
}
