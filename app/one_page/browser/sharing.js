// A card to share: the app's own, drawn in a dialog of the page's from one picture and what both networks say of it.

// Return a button that opens the card; `card` returns what is on it, and is asked only once the button is pressed.
function shareButton(page, key, card) {
  const open = async () => showShareCard(page, await card());
  return make("button", { type: "button", "data-key": `${key} share`, onclick: open }, page.words.share.open);
}

function showShareCard(page, card) {
  const { share } = page.words;
  const inside = make("div");
  inside.innerHTML = SHARE_CARD;
  const close = make("button", { type: "button", "aria-label": share.close, onclick: () => dialog.close() }, "×");
  const head = make("div", { class: "head" }, make("h2", {}, share.title), close);
  const dialog = make("dialog", { class: "sharing", "aria-label": share.title }, head, inside);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  drawShareCard({ data: shareCardData(page, card), parentElement: inside });
}

// Return what the card is drawn from, as `share_card.ShareCard.data` has it. `photo` is an address, `says` what is said
// of both answers, `credit` whose photo it is.
function shareCardData(page, { file, photo, shows, sentence, says, answers, credit = "" }) {
  const { words, carried, step } = page;
  const classes = Object.values(words.sentences.classes);
  const networks = KINDS.map((kind) => ({
    name: words.kinds[kind],
    colour: carried.colours.light[kind],
    hatched: kind === "baseline",
    classes,
    probabilities: answers[kind].probabilities,
    percent: percent(answers[kind].confidence),
    says: says[kind],
  }));
  const said = KINDS.map((kind) => says[kind]).join(" ");
  return {
    ...carried.card,
    file: `${file}.png`,
    photo,
    alt: filled(words.share.in_words, { sentence, shows: shows.replace(/\.+$/, ""), said }),
    sentence,
    networks,
    credit,
    about: filled(words.share.about, { threshold: words.thresholds_said[step] }),
    words: words.share,
  };
}

// Return a file's name without its ending.
const stemOf = (file) => file.replace(/\.\w+$/, "");

// Return the address of a picture's square with what the networks see in its lower corner, `share` of its side,
// as the app shows it.
async function squareWithInset(address, pixels, share, side = 512) {
  const photo = make("img", { src: address });
  await photo.decode();
  const canvas = squareCanvas(photo, side);
  const context = canvas.getContext("2d");
  const inset = Math.round(share * side);
  // A white edge parts the inset from a photo of any colour.
  context.fillStyle = "white";
  context.fillRect(side - inset - 6, side - inset - 6, inset + 6, inset + 6);
  context.imageSmoothingEnabled = false;
  context.drawImage(seenCanvas(pixels), side - inset, side - inset, inset, inset);
  return canvas.toDataURL("image/jpeg", 0.9);
}
