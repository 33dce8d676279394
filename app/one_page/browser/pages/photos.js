// Your photos: dropped, chosen, pasted or taken, read and answered here; they go nowhere.

class YourPhotos {
  constructor(page) {
    this.page_ = page;
    const { words } = page;
    this.title = make("h1", { "aria-live": "polite" });
    this.sentences = make("p", { class: "findings" });
    this.all = make("p");
    this.problems = make("div", { class: "problems", role: "alert" });
    this.cards = make("div", { class: "cards" });
    this.drawnCards = new Map();
    this.note = make("p", { class: "caption" });
    this.samples = make("input", { type: "checkbox", checked: !!page.withSamples, "data-key": "samples" });
    this.samples.addEventListener("change", () => {
      page.withSamples = this.samples.checked;
      this.update();
    });
    this.page = make(
      "div",
      { class: "your-photos" },
      this.title,
      this.sentences,
      this.all,
      make(
        "div",
        { class: "controls" },
        this.dropZone(),
        make(
          "div",
          { class: "beside" },
          make("label", { class: "switch" }, this.samples, words.ui.samples),
          this.cameraButton(),
          thresholdSlider(page, (t) => {
            page.put({ t }, { quietly: true });
            this.update();
          }),
          make("p", { class: "private" }, words.ui.private),
        ),
      ),
      this.problems,
      this.cards,
      this.note,
      this.forgetButton(),
    );
    this.pasted = (event) => this.take([...event.clipboardData.files]);
    addEventListener("paste", this.pasted);
  }

  leave() {
    removeEventListener("paste", this.pasted);
    this.left = true;
    this.closeCamera();
  }

  // --- where photos come from ---

  dropZone() {
    const { words } = this.page_;
    const input = make("input", {
      type: "file",
      accept: "image/*",
      multiple: true,
      "data-key": "choose",
      id: "choose",
    });
    input.addEventListener("change", async () => {
      await this.take([...input.files]);
      input.value = "";
    });
    const zone = make("label", { class: "drop", htmlFor: "choose" }, make("span", {}, words.ui.drop), input);
    // What is dropped, here or beside it, the whole page takes.
    const over = (event) => zone.classList.toggle("over", event.type === "dragover");
    for (const each of ["dragover", "dragleave", "drop"]) zone.addEventListener(each, over);
    return zone;
  }

  cameraButton() {
    const { words } = this.page_;
    this.camera = make("div", { class: "camera" });
    if (!navigator.mediaDevices?.getUserMedia) return this.camera;
    this.camera.append(
      make("button", { type: "button", "data-key": "camera", onclick: () => this.openCamera() }, words.ui.camera),
    );
    return this.camera;
  }

  async openCamera() {
    const { words } = this.page_;
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      this.problems.replaceChildren(make("p", {}, words.ui.no_camera));
      return;
    }
    this.stream = stream;
    // The visitor may have gone on while the browser asked for leave: no camera films what nobody looks at.
    if (this.left) return this.closeCamera();
    const video = make("video", { autoplay: true, muted: true, playsInline: true, srcObject: this.stream });
    const shoot = make("button", { type: "button", onclick: () => this.shoot(video) }, words.ui.shoot);
    const close = make("button", { type: "button", onclick: () => this.closeCamera() }, words.ui.stop_camera);
    this.camera.replaceChildren(video, shoot, close);
    shoot.focus();
  }

  closeCamera() {
    this.stream?.getTracks().forEach((track) => track.stop());
    if (this.stream) this.camera.replaceWith(this.cameraButton());
    this.stream = null;
  }

  async shoot(video) {
    const canvas = make("canvas", { width: video.videoWidth, height: video.videoHeight });
    canvas.getContext("2d").drawImage(video, 0, 0);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
    this.page_.shots = (this.page_.shots ?? 0) + 1;
    const name = filled(this.page_.words.ui.shot, { number: this.page_.shots });
    await this.take([new File([blob], name, { type: "image/png" })]);
  }

  // --- reading ---

  async take(files) {
    const { photos, carried, words } = this.page_;
    const problems = [];
    for (const file of files) {
      // Forgotten while they are read, the rest is not taken either.
      if (photos !== this.page_.photos) return;
      if (photos.size >= carried.most) {
        problems.push(filled(words.ui.too_many, { most: carried.most }));
        break;
      }
      try {
        const { pixels, shown } = await photoOf(file);
        // The same photo twice is one.
        const key = `own ${pixels.join("")}`;
        if (photos.has(key)) continue;
        this.page_.taken = (this.page_.taken ?? 0) + 1;
        // A mark of its own, as two photos may be called alike.
        const mark = `own ${this.page_.taken}`;
        photos.set(key, { key, mark, name: file.name, pixels, shown, label: null, asks: true });
      } catch (error) {
        problems.push(filled(error instanceof RangeError ? words.ui.large : words.ui.unreadable, { file: file.name }));
      }
      await this.now?.update();
    }
    this.now?.problems.replaceChildren(...problems.map((each) => make("p", {}, each)));
  }

  // This page as it is drawn now: in another language or for the wall, it is drawn anew while photos are read.
  get now() {
    const { view } = this.page_;
    return view instanceof YourPhotos ? view : null;
  }

  // Return the cards to show: the visitor's photos, and the samples where they are wanted.
  async gathered() {
    const { page_: page } = this;
    const own = [...page.photos.values()];
    const samples = page.withSamples ? page.carried.samples.map((file) => this.sample(file)) : [];
    const cards = await Promise.all(
      [...own, ...samples].map(async (card) => ({
        ...card,
        own: card,
        answers: await page.answers(card.key, card.pixels),
      })),
    );
    const apart = ({ answers }) => Math.abs(answers.baseline.confidence - answers.nat.confidence);
    return cards.sort((one, other) => apart(other) - apart(one));
  }

  sample(file) {
    const { page_: page } = this;
    const { shows } = page.words.pictures[file];
    const name = shows.charAt(0).toUpperCase() + shows.slice(1);
    const { label } = page.picture(file);
    return { key: file, mark: file, name, pixels: page.pixelsOf(file), address: page.addressOf(file), label, asks: false };
  }

  // --- showing ---

  async update() {
    const { page_: page } = this;
    const { words, settings, step } = page;
    const asked = (this.asked = {});
    const cards = await this.gathered();
    // Another photo may have come meanwhile.
    if (this.asked !== asked) return;
    const [title, ...more] = cards.length ? findings(words, cards, settings.t) : [words.ui.try, words.ui.nothing];
    this.title.textContent = title;
    this.sentences.textContent = more.join(" ");
    const focused = document.activeElement?.dataset?.key;
    const waiting = cards.filter((card) => !card.label);
    this.all.replaceChildren(...(waiting.length ? [this.noneButton(waiting)] : []));
    this.place(cards.map((card) => this.cardOf(card)));
    const caption = words.photos.caption[Math.min(cards.length, 2) - 1] ?? "";
    this.note.textContent = filled(caption, { all: cards.length, threshold: words.shares[step] });
    this.forget.hidden = !page.photos.size;
    if (focused && document.activeElement === document.body)
      document.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  // Return a photo's card: the one that stands there, while it says the same.
  cardOf(card) {
    const { settings } = this.page_;
    const said = KINDS.map((kind) => this.verdictLine(card, kind));
    const says = JSON.stringify([card.label, ...said.map((each) => each.textContent)]);
    if (this.drawnCards.get(card.key)?.says !== says)
      this.drawnCards.set(card.key, { says, drawn: this.drawn(card, said) });
    const { drawn } = this.drawnCards.get(card.key);
    drawn.dataset.t = settings.t;
    return drawn;
  }

  // Put the cards into their order, and move none that has its place.
  place(cards) {
    for (const each of [...this.cards.children]) if (!cards.includes(each)) each.remove();
    cards.forEach((each, at) => {
      const there = this.cards.children[at];
      if (there !== each) this.cards.insertBefore(each, there ?? null);
    });
  }

  noneButton(waiting) {
    const { words } = this.page_;
    const say = () => {
      waiting.forEach((card) => (card.own.label = "none"));
      this.update();
    };
    return make(
      "button",
      { type: "button", "data-key": "none_of_them", onclick: say },
      words.sentences.for_all[Math.min(waiting.length, 2) - 1],
    );
  }

  drawn(card, said) {
    const { words, colours } = this.page_;
    const alt = `${words.sentences.ten_by_both} ${said.map((each) => each.textContent).join(" ")}`;
    const names = Object.values(words.sentences.classes);
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const bars = probabilityBars({
      kinds: KINDS,
      answers: card.answers,
      names,
      colours,
      words,
      alt,
      large: false,
      width: 18.75 * rem,
    });
    const seen = seenCanvas(card.pixels);
    seen.setAttribute("role", "img");
    seen.setAttribute("aria-label", `${card.name}: ${words.ui.seen}`);
    const controls = make(
      "div",
      { class: "asked" },
      card.asks ? this.question(card) : null,
      this.lookButton(card),
      shareButton(this.page_, card.mark, () => this.toShare(card, said)),
      card.asks ? this.removeButton(card) : null,
    );
    return make(
      "article",
      { class: "card", "aria-label": card.name },
      make("div", { class: "seen" }, make("div", { class: "pictures" }, this.shownPhoto(card), seen), bars),
      make("p", { class: "file" }, card.name),
      ...said,
      controls,
    );
  }

  shownPhoto({ shown, address, name }) {
    if (address) return make("img", { src: address, alt: name, width: 140, height: 140 });
    shown.setAttribute("role", "img");
    shown.setAttribute("aria-label", name);
    return shown;
  }

  verdictLine(card, kind) {
    const { words, settings } = this.page_;
    const answer = card.answers[kind];
    const said = verdict(words, answer, card.label, settings.t);
    const mark = make(
      "span",
      { class: { "▲": "fooled", "■": "kept" }[said[0]] ?? "mark", "aria-hidden": "true" },
      said[0],
    );
    const name = words.sentences.classes[answer.predicted];
    return make(
      "p",
      { class: "verdict" },
      make("b", { class: kind }, words.kinds[kind]),
      ` ${percent(answer.confidence)} ${name}. `,
      mark,
      said.slice(1),
    );
  }

  question(card) {
    const { words } = this.page_;
    const answers = KINDS.map((kind) => card.answers[kind].predicted);
    const unlike = Number(answers[0] !== answers[1]);
    const labels = [...new Set([...answers, ...(card.label ? [card.label] : []), "another", "none"])];
    const buttons = labels.map((label) =>
      make(
        "button",
        {
          type: "button",
          "aria-pressed": card.label === label,
          "data-key": `${card.mark} ${label}`,
          onclick: () => {
            card.own.label = card.label === label ? null : label;
            this.update();
          },
        },
        words.sentences.choices[label][unlike],
      ),
    );
    const asked = words.sentences.questions[answers[0]][answers[1]];
    return make("fieldset", {}, make("legend", {}, asked), ...buttons);
  }

  // What stands on a photo's card to share; of one of our samples, whose it is as well.
  toShare(card, said) {
    const { words, carried, settings } = this.page_;
    return {
      file: card.asks ? "nat-photo" : `nat-${stemOf(card.key)}`,
      photo: card.address ?? card.shown.toDataURL("image/jpeg", 0.9),
      shows: card.name,
      sentence: photoTitle(words, carried, card.answers, card.label, settings.t),
      says: Object.fromEntries(KINDS.map((kind, place) => [kind, said[place].textContent])),
      answers: card.answers,
      credit: card.asks ? "" : words.pictures[card.key].caption,
    };
  }

  lookButton(card) {
    const { page_: page } = this;
    return make(
      "button",
      {
        type: "button",
        "data-key": `${card.mark} look`,
        onclick: () => page.put({ page: "attention", looked_at: card.key }),
      },
      page.words.ui.look,
    );
  }

  removeButton(card) {
    const { page_: page } = this;
    const remove = async (event) => {
      const place = [...this.cards.children].indexOf(event.currentTarget.closest(".card"));
      page.photos.delete(card.key);
      this.drawnCards.delete(card.key);
      await this.update();
      // Who removes by the keyboard goes on where they were.
      const next = this.cards.children[Math.min(place, this.cards.children.length - 1)];
      (next?.querySelector("[data-key$=remove]") ?? document.getElementById("choose")).focus();
    };
    return make(
      "button",
      {
        type: "button",
        title: filled(page.words.ui.remove, { file: card.name }),
        "aria-label": filled(page.words.ui.remove, { file: card.name }),
        "data-key": `${card.mark} remove`,
        onclick: remove,
      },
      "×",
    );
  }

  forgetButton() {
    const { page_: page } = this;
    this.forget = make(
      "button",
      {
        type: "button",
        "data-key": "forget",
        onclick: () => {
          page.photos = new Map();
          this.drawnCards.clear();
          this.problems.replaceChildren();
          this.update();
          this.page.querySelector("#choose").focus(); // the button is gone with the photos
        },
      },
      page.words.ui.forget,
    );
    return this.forget;
  }
}
