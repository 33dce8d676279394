// A row of thumbnails scrolls sideways, and the one that was chosen may lie outside of what is seen of it: chosen in a list,
// by a link, or before the page was left. It is brought into sight once; after that the visitor scrolls as they like.
const ROWS = '.st-key-page [class*="st-key-row_"]';
const CHOSEN = '[class*="st-key-thumb_"] button[kind="primary"]';
const NOWHERE = { page: null, names: [] };
let broughtIntoRows = NOWHERE;

function bringChosen() {
  const page = location.pathname;
  const chosen = [...document.querySelectorAll(ROWS)].flatMap(row => [...row.querySelectorAll(CHOSEN)]);
  const before = page === broughtIntoRows.page ? broughtIntoRows.names : null;
  // While a page is drawn anew, its rows, or what is chosen in them, may be gone for a moment.
  if (before && !chosen.length) return;
  broughtIntoRows = { page, names: chosen.map(nameOfThumbnail) };
  for (const button of chosen) {
    if (!before?.includes(nameOfThumbnail(button))) bringIntoRow(button.closest(ROWS), button);
  }
}

// Its key alone: its other classes change with how Streamlit draws it, as while a run is under way.
function nameOfThumbnail(button) {
  return [...button.closest('[class*="st-key-thumb_"]').classList].find(name => name.startsWith("st-key-thumb_"));
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
  broughtIntoRows = NOWHERE;
  bringChosen();
});
