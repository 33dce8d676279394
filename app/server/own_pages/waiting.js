{
  // What the page does before the first run has drawn anything: it comes with the page itself, so nothing moves later.
  const NARROWEST = 769;
  const WIDEST = 1023;
  const FOLDED = "nat_sidebar_folded";

  // Else a page for the wall would be drawn small first, and all of it grow.
  if (new URLSearchParams(location.search).get("wall") === "1") document.documentElement.classList.add("nat-wall");

  // On an upright tablet the sidebar would leave a page half the screen. Streamlit folds it on phones alone, and no option
  // sets from which width on; so it is folded as a finger would, once a visit.
  const onTablet = () => window.innerWidth >= NARROWEST && window.innerWidth <= WIDEST;
  const folder = () => document.querySelector('[data-testid="stSidebarCollapseButton"] button');
  if (onTablet() && !sessionStorage.getItem(FOLDED)) {
    const drawing = new MutationObserver(() => {
      const fold = folder();
      if (!fold) return;
      drawing.disconnect();
      sessionStorage.setItem(FOLDED, "once");
      fold.click();
    });
    drawing.observe(document.getElementById("root"), { subtree: true, childList: true });
  }

  // Opened there, it lies over the page (frame/style.css), and goes once another page is chosen, or this one touched: as
  // on a phone. What folds it is there only while it is open. Of the page's touches their beginning counts, so that what
  // is touched has the focus afterwards; a link has to be there until it was followed.
  const foldAt = (event, places) =>
    document.addEventListener(event, ({ target }) => onTablet() && target.closest(places) && folder()?.click());
  foldAt("pointerdown", ".st-key-page");
  foldAt("click", "a");

  // Says what may be wrong where a page stays empty; Streamlit itself shows a grey skeleton for ever.
  const PATIENCE = 10000;
  const LOOK = 1000;
  const words = document.getElementById("nat-waiting");
  const began = Date.now();
  const looking = setInterval(() => {
    // The page's own container is what the first run draws.
    const there = document.querySelector(".st-key-page") !== null;
    if (there) clearInterval(looking);
    const said = there || Date.now() - began < PATIENCE ? "" : words.dataset.words;
    if (words.textContent === said) return;
    words.textContent = said;
    words.style.padding = said ? "1rem" : "0";
  }, LOOK);
}
