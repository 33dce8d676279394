// What was just revealed takes the focus: a keyboard goes on from there, a screen reader reads it, a phone scrolls to it.
// Milliseconds, after which nothing of it is awaited any more.
const GROWS = 3000;

export default function ({ data, parentElement }) {
  if (data.times === null) return;
  const answer = (parentElement.host ?? parentElement).closest(`.st-key-${data.key}`);
  if (!answer || answer.dataset.revealed === String(data.times)) return;
  answer.dataset.revealed = String(data.times);
  answer.tabIndex = -1;
  answer.setAttribute("role", "region");
  answer.setAttribute("aria-label", data.label);
  answer.focus({ preventScroll: true });
  // Of what is higher than a phone, its beginning, below the buttons at the window's top.
  answer.style.scrollMarginTop = "4rem";
  const show = () => answer.scrollIntoView({ block: answer.offsetHeight > innerHeight ? "start" : "nearest" });
  show();
  // Formulas and pictures come later, and it grows: so it is shown again, until the visitor does anything.
  const growing = new ResizeObserver(show);
  growing.observe(answer);
  const leave = new AbortController();
  leave.signal.addEventListener("abort", () => growing.disconnect());
  for (const act of ["pointerdown", "wheel", "keydown", "touchstart"]) {
    document.addEventListener(act, () => leave.abort(), { capture: true, passive: true, signal: leave.signal });
  }
  setTimeout(() => leave.abort(), GROWS);
}
