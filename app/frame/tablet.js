// On an upright tablet the sidebar would leave a page half the screen. Streamlit folds it on phones alone, and no option
// sets from which width on; so it is folded as a finger would, once a visit: whoever opens it again keeps it open.
const NARROWEST = 769;
const WIDEST = 1023;
const FOLDED = "nat_sidebar_folded";

export default function () {
  if (window.innerWidth < NARROWEST || window.innerWidth > WIDEST || sessionStorage.getItem(FOLDED)) return;
  const fold = document.querySelector('[data-testid="stSidebarCollapseButton"] button');
  if (!fold) return;
  sessionStorage.setItem(FOLDED, "once");
  fold.click();
}
