// What was just revealed takes the focus: a keyboard goes on from there, a screen reader reads it, a phone scrolls to it.
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
  answer.scrollIntoView({ block: answer.offsetHeight > innerHeight ? "start" : "nearest" });
}
