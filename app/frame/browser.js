const NARROWEST = 769;
const WIDEST = 1023;
const FOLDED = "nat_sidebar_folded";

// On an upright tablet the sidebar would leave a page half the screen. Streamlit folds it on phones alone, and no option
// sets from which width on; so it is folded as a finger would, once a visit: whoever opens it again keeps it open.
function foldOnTablet() {
  if (window.innerWidth < NARROWEST || window.innerWidth > WIDEST || sessionStorage.getItem(FOLDED)) return;
  const fold = document.querySelector('[data-testid="stSidebarCollapseButton"] button');
  if (!fold) return;
  sessionStorage.setItem(FOLDED, "once");
  fold.click();
}

// Streamlit gives a drop zone the role of a mere decoration and a label, which only what has a meaning may have. Drop
// zones come and go with the pages, so all are looked at whenever something is drawn.
const DROP_ZONE = '[data-testid="stFileUploaderDropzone"][role="presentation"]';
let zones = null;

function nameDropZones() {
  for (const zone of document.querySelectorAll(DROP_ZONE)) zone.setAttribute("role", "group");
}

export default function ({ data }) {
  // Screen readers choose their voice by it, and Streamlit says English whatever a page holds.
  document.documentElement.lang = data.language;
  foldOnTablet();
  nameDropZones();
  zones ??= new MutationObserver(nameDropZones);
  zones.observe(document.body, { subtree: true, childList: true });
}
