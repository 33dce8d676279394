// A line may break behind any hyphen, so that narrow places would break "WRN-16-1" and "CIFAR-100" within themselves.
// Behind each of a name's hyphens stands a sign of no width at which no line breaks; the hyphen stays what it is, so a
// name is found, read aloud and copied as it was written. Only the text itself is changed, in the nodes that are there.
//
// Return what has to be called with the browser's records of what was drawn, or with nothing to look at all there is.
function keptNames(root) {
  const JOINER = "\u2060";
  const WITHIN = /(?<=[\p{L}\p{N}])-(?=\p{N})/gu;
  const AS_TYPED = "code, pre, script, style, textarea, svg, [contenteditable]";

  function keep(text) {
    if (!text.nodeValue.includes("-") || text.parentElement?.closest(AS_TYPED)) return;
    const kept = text.nodeValue.replace(WITHIN, `-${JOINER}`);
    if (kept !== text.nodeValue) text.nodeValue = kept;
  }

  function keepIn(node) {
    if (node.nodeType === Node.TEXT_NODE) return keep(node);
    const texts = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) keep(texts.currentNode);
  }

  // What is copied is as it was written, too; a field has what was typed.
  document.addEventListener("copy", (event) => {
    const chosen = getSelection();
    const text = chosen.toString();
    if (event.defaultPrevented || event.target.closest?.("input, textarea") || !text.includes(JOINER)) return;
    const holder = document.createElement("div");
    for (let each = 0; each < chosen.rangeCount; each++) holder.append(chosen.getRangeAt(each).cloneContents());
    event.clipboardData.setData("text/plain", text.replaceAll(JOINER, ""));
    event.clipboardData.setData("text/html", holder.innerHTML.replaceAll(JOINER, ""));
    event.preventDefault();
  });

  return (records) => {
    if (!records) return keepIn(root);
    for (const { type, target, addedNodes } of records) {
      if (type === "characterData") keep(target);
      for (const each of addedNodes) keepIn(each);
    }
  };
}
