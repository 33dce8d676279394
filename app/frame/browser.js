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
  nameDropZones();
  zones ??= new MutationObserver(nameDropZones);
  zones.observe(document.body, { subtree: true, childList: true });
}
