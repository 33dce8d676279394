// Streamlit gives a drop zone the role of a mere decoration and a label, which only what has a meaning may have. Drop
// zones come and go with the pages, so all are looked at whenever something is drawn.
const DROP_ZONE = '.st-key-page section[role="presentation"]:has(> input[type="file"])';
let drawn = null;

// The zones for photos, by the ends of their keys. Streamlit's own list of kinds would refuse all else in its words, by
// the ends of names; so only the chooser is told, and whatever is dropped is looked into.
const PHOTOS = '[class*="uploads"] input[type="file"]:not([accept], [webkitdirectory])';
let accept = "";

// What Streamlit writes in a drop zone and at the camera is English whatever a page speaks, and so is what it tells screen
// readers there. Only the text itself is changed, in the nodes that are Streamlit's own, and what it had written is kept:
// so it may write anew, and the language may change.
const CHOOSERS = '.st-key-page input[type="file"]';
const CAMERAS = '[class*="st-key-shot"], [class*="_shot_"]';
let zoneWords = {};
const written = new WeakMap();

// Whatever bears the key of a drop zone or of a camera.
function zones() {
  const ofChoosers = [...document.querySelectorAll(CHOOSERS)].map(chooser => chooser.closest('[class*="st-key-"]'));
  return [...ofChoosers, ...document.querySelectorAll(CAMERAS)];
}

function translateZone(zone) {
  const texts = document.createTreeWalker(zone, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    // A visitor's own words, and ours, stand beside Streamlit's: the names of files, which are titles too as they may be
    // cut, and what a zone is for.
    if (!texts.currentNode.parentElement.closest("[title], label")) translate(texts.currentNode);
  }
  // Attributes are nodes too, with a value of their own.
  for (const each of zone.querySelectorAll("[aria-label]")) translate(each.getAttributeNode("aria-label"));
}

function translate(node) {
  const before = written.get(node);
  const theirs = before?.ours === node.nodeValue ? before.theirs : node.nodeValue;
  const ours = inOurWords(theirs);
  if (ours === theirs && !before) return;
  written.set(node, { theirs, ours });
  if (node.nodeValue !== ours) node.nodeValue = ours;
}

function inOurWords(theirs) {
  const whole = zoneWords[theirs.trim()];
  if (whole !== undefined) return theirs.replace(theirs.trim(), () => whole);
  for (const [said, ours] of Object.entries(zoneWords)) {
    const before = said.replace("{name}", ""); // a file's name ends what is said
    if (before !== said && theirs.startsWith(before)) {
      return ours.replace("{name}", () => theirs.slice(before.length));
    }
  }
  // Endings of pictures' names are too many for the line; what is read stands above it.
  const short = theirs.replace(/ • PNG, JPG, .*$/, "");
  return short.replace(/ per file(?=$| •)/, ` ${zoneWords["per file"]}`).replace(SIZE, inOurSigns);
}

// "60MB", "1.2KB": Streamlit leaves out the space, and its decimal sign is the English one.
const SIZE = /^(\d+(?:\.\d+)?)([KMG]?B)\b/;

function inOurSigns(_, number, unit) {
  const read = Number(number).toLocaleString(document.documentElement.lang || "en", { useGrouping: false });
  return `${read}\u00a0${unit}`;
}

function nameDropZones() {
  for (const zone of zones()) translateZone(zone);
  for (const zone of document.querySelectorAll(DROP_ZONE)) zone.setAttribute("role", "group");
  for (const chooser of document.querySelectorAll(PHOTOS)) chooser.setAttribute("accept", accept);
}

// On a phone the rows of a table of many columns, or of names in code, which are not broken, stand one below the other as
// cards (style.css): each cell then says what heads its column, empty ones are left out, and a row whose first cells are
// empty says what it goes on with.
const NARROW_ENOUGH = 3;

function headCells() {
  for (const table of document.querySelectorAll(".st-key-page table")) {
    const heads = [...table.querySelectorAll("thead th")].map(each => each.textContent.trim());
    if (heads.length <= NARROW_ENOUGH && !table.querySelector("td code")) continue;
    let above = [];
    for (const row of table.querySelectorAll("tbody tr")) above = headRow(row, heads, above);
  }
}

function headRow(row, heads, above) {
  const said = [...row.cells].map(each => each.textContent.trim());
  said.forEach((text, place) => mark(row.cells[place], "head", text && heads[place]));
  const begin = Math.max(0, said.findIndex(text => text));
  mark(row, "group", above.slice(0, begin).join(" · "));
  return [...above.slice(0, begin), ...said.slice(begin)];
}

function mark(element, name, text) {
  if (text) element.dataset[name] = text;
  else delete element.dataset[name];
}

// What a page found stands in its title, which changes with whatever a visitor moves. Who sees the page looks up; who
// hears it is told, once the title has come to rest, though not of the first one, with which reading begins anyway.
const REST = 600;
let title = null;
let waiting = 0;

function tellTitle() {
  const now = document.querySelector(".st-key-page h1")?.textContent.trim();
  if (!now || now === title) return;
  clearTimeout(waiting);
  if (title !== null) waiting = setTimeout(() => (teller().textContent = title), REST);
  title = now;
}

function teller() {
  const found = document.getElementById("nat-told");
  if (found) return found;
  const made = document.createElement("div");
  made.id = "nat-told";
  made.setAttribute("role", "status");
  made.style.cssText = "position:fixed;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap";
  return document.body.appendChild(made);
}

// Streamlit's keys are classes. Neither its sidebar has one, nor does it say otherwise whether a run is under way.
const keepFocus = keptFocus({
  places: '.st-key-page, [data-testid="stSidebar"]',
  keyed: '[class*="st-key-"]',
  named: element => `.${CSS.escape([...element.classList].find(name => name.startsWith("st-key-")))}`,
  looks: 20,
  busy: () => document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState !== "notRunning",
});

const keepNames = keptNames(document.body);

export default function ({ data }) {
  // Screen readers choose their voice by it, and Streamlit says English whatever a page holds.
  document.documentElement.lang = data.language;
  keepLanguage(data.chosen);
  accept = data.accept;
  zoneWords = data.zone;
  // A link for the wall has set it before the first run (app/server/own_pages/waiting.js); the switch sets it here.
  document.documentElement.classList.toggle("nat-wall", data.wall);
  nameDropZones();
  if (!drawn) keepNames();
  headCells();
  // There before it has anything to tell: what comes with its words already in it, nobody is told.
  teller();
  tellTitle();
  bringChosen();
  drawn ??= new MutationObserver(records => {
    keepLanguage();
    bringChosen();
    nameDropZones();
    // Before all that compares or copies what is written.
    keepNames(records);
    headCells();
    tellTitle();
    keepFocus();
  });
  // Attributes too, as a control that is turned off loses the focus as one that is gone does, and another is chosen.
  const watched = { subtree: true, childList: true, characterData: true, attributeFilter: ["disabled", "kind"] };
  drawn.observe(document.body, watched);
}
