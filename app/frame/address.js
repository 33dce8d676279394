// The language that was chosen stays in the address, so that a page which is loaded again, or opened in another tab, speaks
// it. Streamlit drops what the address holds on the way to another page. It is put in place of what stands there, or Back
// would lead to the same page once more.
const LANG = "lang";
const PAGE = /^[a-z_]*$/;
let chosenLanguage = null;

function keepLanguage(chosen = chosenLanguage) {
  chosenLanguage = chosen;
  if (chosen === null) return;
  const here = inLanguage(location.href);
  if (here !== location.href) history.replaceState(history.state, "", here);
  for (const link of document.querySelectorAll("a[href]:not([download])")) {
    if (!leadsToPage(link)) continue;
    const there = inLanguage(link.href);
    if (there !== link.href) link.href = there;
  }
}

// Pages lie side by side, wherever the app is served.
function leadsToPage(link) {
  const [folder, name] = parted(link.pathname);
  return link.origin === location.origin && folder === parted(location.pathname)[0] && PAGE.test(name);
}

function parted(path) {
  const end = path.lastIndexOf("/") + 1;
  return [path.slice(0, end), path.slice(end)];
}

// The address with what was chosen, "" where the browser decides; as it is where it says that already.
function inLanguage(address) {
  const url = new URL(address);
  if ((url.searchParams.get(LANG) ?? "") === chosenLanguage) return address;
  // Only this part is written anew: all else stays as it was typed or linked.
  const others = url.search.slice(1).split("&").filter(each => each && each.split("=")[0] !== LANG);
  url.search = [...others, ...(chosenLanguage ? [`${LANG}=${chosenLanguage}`] : [])].join("&");
  return url.href;
}

// What the visitor comes back to may have been left before the switch: put right before Streamlit reads it.
addEventListener("popstate", () => keepLanguage(), { capture: true });
