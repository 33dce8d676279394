// A row of thumbnails scrolls sideways, and the one that was chosen may lie outside of what is seen of it: chosen in a list,
// by a link, or before the page was left. It is brought into sight once; after that the visitor scrolls as they like.
const ROWS = '.st-key-page [class*="st-key-row_"]';
const CHOSEN = '[class*="st-key-thumb_"] button[kind="primary"]';
let broughtInRows = new WeakMap();

function bringChosen() {
  for (const row of document.querySelectorAll(ROWS)) {
    const chosen = new Map([...row.querySelectorAll(CHOSEN)].map(button => [thumbnailOf(button).className, button]));
    const before = broughtInRows.get(row) ?? new Set();
    broughtInRows.set(row, new Set(chosen.keys()));
    const fresh = [...chosen].find(([name]) => !before.has(name));
    if (fresh) bringIntoRow(row, fresh[1]);
  }
}

function thumbnailOf(button) {
  return button.closest('[class*="st-key-thumb_"]');
}

// Sideways alone: the page itself stays where it is.
function bringIntoRow(row, button) {
  const seen = row.getBoundingClientRect();
  const { left, right } = button.getBoundingClientRect();
  if (left >= seen.left && right <= seen.right) return;
  row.scrollLeft += (left + right) / 2 - (seen.left + seen.right) / 2;
}

// In a window of another width, as when a phone is turned, other thumbnails are seen.
addEventListener("resize", () => {
  broughtInRows = new WeakMap();
  bringChosen();
});
