// A control that the keyboard pressed may be gone once the page is drawn anew: Train becomes Cancel, a photo is taken out,
// a drop zone is emptied. The browser then forgets where the keyboard was, so the focus goes to what stands in its place;
// and where the page has grown, it stays in sight. Who uses a pointer is where it points. A new page begins at its top.
const CONTROLS = 'a[href], button:enabled, input:enabled, textarea:enabled, select:enabled, summary, [tabindex="0"]';
const PLACES = '.st-key-page, [data-testid="stSidebar"]';
const KEYED = '[class*="st-key-"]';
const PAUSE = 150;
const LOOKS = 20; // for what is drawn in parts, one after the other
const SETTLED = 800;
let byKeyboard = false;
let last = null;
let looking = 0;

const controls = place => [...place.querySelectorAll(CONTROLS)].filter(each => each.tabIndex >= 0 && each.checkVisibility());
const keyOf = element => [...element.classList].find(name => name.startsWith("st-key-"));
const labelOf = control => control.getAttribute("aria-label") || control.textContent.trim();

function remember(control) {
  const place = control.closest(PLACES);
  last = null;
  if (!place) return;
  const all = controls(place), around = [];
  for (let each = control.closest(KEYED); each; each = each.parentElement.closest(KEYED)) {
    around.push({ key: keyOf(each), number: controls(each).indexOf(control) });
  }
  const before = all.slice(0, Math.max(0, all.indexOf(control))).reverse();
  last = { control, label: labelOf(control), around: around.slice(0, 2), before, path: location.pathname };
}

// In the place of the widget itself, or of the row or box around it: what is called alike, else what is as far along.
function successor(looks) {
  for (const { key, number } of last.around) {
    const place = document.querySelector(`.${CSS.escape(key)}`);
    const there = place ? controls(place) : [];
    const same = there.find(each => labelOf(each) === last.label) ?? there[Math.min(number, there.length - 1)];
    if (same) return same;
  }
  // The whole box is gone: what came before it.
  return looks < LOOKS ? null : last.before.find(each => each.isConnected && each.matches(CONTROLS));
}

function show(control) {
  control.focus({ focusVisible: true });
  setTimeout(keepInSight, SETTLED, control);
}

function keepInSight(control) {
  if (document.activeElement === control && control.closest(PLACES)) control.scrollIntoView({ block: "nearest" });
}

const isGone = control => !control.isConnected || !control.matches(CONTROLS) || !control.checkVisibility();

function look(looks) {
  looking = 0;
  if (!last || document.activeElement !== document.body || location.pathname !== last.path) return;
  // One that was only off for a moment is there again.
  const next = isGone(last.control) ? successor(looks) : last.control;
  if (next) show(next);
  else if (looks < LOOKS) looking = setTimeout(look, PAUSE, looks + 1);
}

// The browser takes the focus from what was turned off only when it draws, so whether it is lost is seen later.
function keepFocus() {
  if (byKeyboard && last && !looking && isGone(last.control)) looking = setTimeout(look, PAUSE, 0);
}

function pressed(event) {
  byKeyboard = true;
  if (event.key === "Enter" || event.key === " ") setTimeout(keepInSight, SETTLED, document.activeElement);
}

document.addEventListener("keydown", pressed, true);
document.addEventListener("pointerdown", () => (byKeyboard = false), true);
document.addEventListener("focusin", event => remember(event.target), true);
