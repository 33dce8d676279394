// A control that the keyboard pressed may be gone once the page is drawn anew: Train becomes Cancel, a photo is taken
// out, a drop zone is emptied. The browser then forgets where the keyboard was, so the focus goes to what stands in
// its place; and where the page has grown, it stays in sight. Who uses a pointer is where it points. A new page begins
// at its top.
//
// Return what has to be called whenever something was drawn. Looked after are the controls inside of `places`; what
// they and the boxes around them are called is found by `keyed`, a selector, and `named`, which makes one of such an
// element.
// What is gone is looked for so often, as a page may be drawn in parts, one after the other; while it is `busy`, what is
// missing may still come.
function keptFocus({ places, keyed, named, looks, busy = () => false }) {
  const CONTROLS =
    'a[href], button:enabled, input:enabled, textarea:enabled, select:enabled, summary, [tabindex="0"]';
  const PAUSE = 150;
  const PATIENT = 3;
  const SETTLED = 800;
  let byKeyboard = false;
  let last = null;
  let looking = 0;
  // What was given the focus here, until the visitor does anything else; a slow page goes on growing around it.
  let given = null;
  let settling = 0;

  const controls = (place) =>
    [...place.querySelectorAll(CONTROLS)].filter((each) => each.tabIndex >= 0 && isSeen(each));
  const isSeen = (control) => control.checkVisibility();
  const isGone = (control) => !control.isConnected || !control.matches(CONTROLS) || !isSeen(control);
  const labelOf = (control) => control.getAttribute("aria-label") || control.textContent.trim();

  const within = (place) => (!place ? [] : place.matches(CONTROLS) ? [place] : controls(place));
  const boxOf = (control) => control.closest(keyed);
  const CHOOSER = 'input[type="file"]';
  const nameOf = (box) => (box && !box.matches(places) ? named(box) : null);

  function remember(control) {
    const place = control.closest(places);
    last = null;
    if (!place) return;
    const all = controls(place);
    const at = all.indexOf(control);
    const around = [];
    for (let box = boxOf(control); nameOf(box) && around.length < 3; box = boxOf(box.parentElement)) {
      around.push({ name: nameOf(box), number: controls(box).indexOf(control) });
    }
    const known = (each) => ({ each, name: nameOf(boxOf(each)) });
    last = {
      control,
      label: labelOf(control),
      around,
      chooses: Boolean(boxOf(control)?.querySelector(CHOOSER)),
      before: all.slice(0, Math.max(0, at)).reverse().map(known),
      after: all.slice(at + 1).map(known),
      path: location.pathname,
    };
  }

  // In the place of the widget itself, or of the row or box around it: what is called alike; once the page had time to
  // draw that, what is as far along; and where the boxes are gone too, what came after them, else before.
  function successor(left) {
    const boxes = last.around.map(({ name }) => document.querySelector(name));
    const there = boxes.map(within);
    const same = there.flat().find((each) => labelOf(each) === last.label);
    if (same) return same;
    const chooser = last.chooses && boxes.map(chooserIn).find(Boolean);
    if (chooser || looks - left < PATIENT) return chooser;
    const along = there.map((each, place) => each[Math.min(last.around[place].number, each.length - 1)]);
    return along.find((each) => each) ?? (left ? null : neighbour());
  }

  // While a file is on its way, a chooser's button is called otherwise, and stands behind what stops the file; taken over,
  // the file leaves a chooser of another name.
  function chooserIn(place) {
    const file = place?.querySelector(CHOOSER);
    return file && controls(boxOf(file)).at(-1);
  }

  // What follows what came before it, as what comes after may have been drawn only since.
  function neighbour() {
    const before = firstLeft(last.before, -1);
    const all = before ? controls(before.closest(places)) : [];
    return all[all.indexOf(before) + 1] ?? firstLeft(last.after, 0) ?? before;
  }

  function firstLeft(those, end) {
    for (const { each, name } of those) {
      const found = isGone(each) ? name && within(document.querySelector(name)).at(end) : each;
      if (found) return found;
    }
    return null;
  }

  function look(left) {
    looking = 0;
    const now = document.activeElement;
    if (!last || (now !== document.body && now !== last.control) || location.pathname !== last.path) return;
    // One that was only off for a moment is there again.
    const next = isGone(last.control) ? successor(left) : last.control;
    if (next) {
      next.focus({ focusVisible: true });
      given = next;
      settle();
    } else if (left) looking = setTimeout(look, PAUSE, busy() ? Math.max(1, left - 1) : left - 1);
  }

  function settle() {
    clearTimeout(settling);
    settling = setTimeout(keepInSight, SETTLED, given);
  }

  function keepInSight(control) {
    if (control?.closest(places) && document.activeElement === control) control.scrollIntoView({ block: "nearest" });
  }

  function pressed(event) {
    byKeyboard = true;
    given = null;
    if (event.key === "Enter" || event.key === " ") setTimeout(keepInSight, SETTLED, document.activeElement);
  }

  document.addEventListener("keydown", pressed, true);
  document.addEventListener("pointerdown", () => ([byKeyboard, given] = [false, null]), true);
  document.addEventListener("wheel", () => (given = null), { capture: true, passive: true });
  document.addEventListener("focusin", (event) => remember(event.target), true);
  return () => {
    if (given && document.activeElement === given) settle();
    // The browser takes the focus from what was turned off only when it draws, so whether it is lost is seen later.
    if (byKeyboard && last && !looking && isGone(last.control)) looking = setTimeout(look, PAUSE, looks);
  };
}
