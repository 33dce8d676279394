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
