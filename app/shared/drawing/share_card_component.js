function press(parent, name, act) {
  const button = parent.querySelector(`.${name}`);
  button.onclick = act;
  return button;
}

export default function ({ data, parentElement }) {
  const canvas = parentElement.querySelector("canvas");
  const told = parentElement.querySelector(".told");
  const alt = parentElement.querySelector("textarea");
  canvas.setAttribute("aria-label", data.alt);
  alt.value = data.alt;
  alt.setAttribute("aria-label", data.words.alt);
  const photo = new Image();
  photo.onload = () => {
    drawCard(canvas, photo, data);
    canvas.dataset.drawn = data.file;
  };
  photo.src = data.photo;
  const blob = () => new Promise((done) => canvas.toBlob(done, "image/png"));
  press(parentElement, "save", async () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await blob());
    link.download = data.file;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }).textContent = data.words.save;
  press(parentElement, "copy", async () => {
    // Where a page may not write to the clipboard, as without HTTPS, the text is marked to be copied by hand.
    try {
      await navigator.clipboard.writeText(data.alt);
      told.textContent = data.words.copied;
    } catch {
      alt.select();
      told.textContent = data.words.by_hand;
    }
  }).textContent = data.words.copy;
  const share = press(parentElement, "share", async () => {
    const files = [new File([await blob()], data.file, { type: "image/png" })];
    try {
      await navigator.share({ files, text: data.alt });
    } catch {
      // Whoever turns back has shared nothing, which needs no word.
    }
  });
  share.textContent = data.words.share;
  share.hidden = !navigator.canShare?.({ files: [new File([], "card.png", { type: "image/png" })] });
}
