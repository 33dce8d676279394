// See it: one picture of the gallery, two answers.

class SeeIt {
  constructor(page) {
    this.page_ = page;
    const { words } = page;
    this.title = make("h1", { "aria-live": "polite" });
    this.photo = make("figure", { class: "photo" });
    this.panels = Object.fromEntries(KINDS.map((kind) => [kind, make("div", { class: `panel ${kind}` })]));
    this.figures = make("div", { class: "figures" });
    const of = (known) => page.carried.pictures.filter((each) => (each.label !== "none") === known);
    this.page = make(
      "div",
      { class: "see-it" },
      this.title,
      make("div", { class: "answers" }, this.photo, ...Object.values(this.panels)),
      this.row(words.ui.never, of(false)),
      this.row(words.ui.known, of(true)),
      this.figures,
      make(
        "p",
        { class: "onward" },
        this.link("your_photos", words.ui.own),
        this.link("thresholds", words.ui.move),
        this.link("attention", words.ui.look),
        shareButton(page, "see_it", () => this.card()),
      ),
      make(
        "details",
        {},
        make("summary", { "data-key": "why" }, words.ui.why),
        make("p", {}, words.figures[page.settings.pair].why),
      ),
    );
    this.fit();
  }

  // Drawn anew where the page becomes narrower or wider: words keep their size.
  fit() {
    this.sized = new ResizeObserver(() => {
      if (this.width && this.width !== this.panels.nat.clientWidth) this.update();
      this.width = this.panels.nat.clientWidth;
    });
    this.sized.observe(this.panels.nat);
  }

  leave() {
    this.sized.disconnect();
  }

  link(name, title) {
    return make(
      "button",
      { type: "button", "data-key": `to-${name}`, onclick: () => this.page_.put({ page: name }) },
      title,
    );
  }

  row(title, pictures) {
    const { page_: page } = this;
    const buttons = pictures.map(({ file }) => {
      const name = page.words.pictures[file].name;
      const thumbnail = make("img", { src: page.addressOf(file), alt: "", width: 54, height: 54, loading: "lazy" });
      const choose = () => page.put({ picture: file });
      return make(
        "button",
        {
          type: "button",
          class: "thumbnail",
          title: name,
          "aria-label": name,
          "data-file": file,
          "data-key": file,
          onclick: choose,
        },
        thumbnail,
      );
    });
    return make(
      "section",
      { "aria-label": title },
      make("p", { class: "caption" }, title),
      make("div", { class: "row" }, ...buttons),
    );
  }

  async update() {
    const { page_: page } = this;
    const file = page.shown;
    for (const each of this.page.querySelectorAll(".thumbnail"))
      each.setAttribute("aria-pressed", each.dataset.file === file);
    if (file !== this.file) this.showPhoto(file);
    this.file = file;
    const answers = await page.answers(file, page.pixelsOf(file));
    // Another picture may have been chosen meanwhile.
    if (page.shown === file) this.say(file, answers);
  }

  showPhoto(file) {
    const { words } = this.page_;
    const said = words.pictures[file];
    const photo = make("img", { src: this.page_.addressOf(file), alt: said.alt, width: 320, height: 320 });
    const seen = seenCanvas(this.page_.pixelsOf(file));
    seen.setAttribute("aria-hidden", "true");
    this.photo.replaceChildren(make("div", { class: "square" }, photo, seen), make("figcaption", {}, said.caption));
  }

  say(file, answers) {
    const { words, carried, settings, colours, step } = this.page_;
    const { label } = this.page_.picture(file);
    this.title.textContent = pictureTitle(words, carried, answers, label, settings.t);
    const names = Object.values(words.sentences.classes);
    for (const kind of KINDS) {
      const sentence = answerSentence(words, carried, kind, answers[kind], label, settings.t);
      const alt = filled(words.sentences.ten_of[kind], { sentence });
      const width = this.panels[kind].clientWidth || 380;
      const bars = probabilityBars({ kinds: [kind], answers, names, colours, words, alt, large: true, width });
      this.panels[kind].replaceChildren(bars, make("p", { class: "sentence" }, sentence));
    }
    const fools = label === "none" && answers.nat.confidence > settings.t;
    const often = words.figures[settings.pair].nat_fooled[step][Number(answers.baseline.confidence > settings.t)];
    this.panels.nat.append(make("p", { class: "caption" }, fools ? often : ""));
    this.count();
  }

  // What stands on a card of the picture that is shown.
  async card() {
    const { page_: page } = this;
    const { words, carried, settings, shown: file } = page;
    const { label } = page.picture(file);
    const answers = await page.answers(file, page.pixelsOf(file));
    const says = (kind) => answerSentence(words, carried, kind, answers[kind], label, settings.t);
    return {
      file: `nat-${stemOf(file)}`,
      photo: await squareWithInset(page.addressOf(file), page.pixelsOf(file), carried.card.inset),
      shows: words.pictures[file].alt.split(";")[0],
      sentence: pictureTitle(words, carried, answers, label, settings.t),
      says: Object.fromEntries(KINDS.map((kind) => [kind, says(kind)])),
      answers,
      credit: words.pictures[file].caption,
    };
  }

  count() {
    const { words, settings, step } = this.page_;
    const said = words.figures[settings.pair];
    const blocks = ["right", "fooled", "kept"].map((key) => {
      const { title, values, source } = said[key];
      const value = values[values.length === 1 ? 0 : step];
      const lines = KINDS.map((kind) =>
        make("p", { class: `number ${kind}` }, `${words.kinds[kind]} `, make("b", {}, value[kind])),
      );
      return make(
        "div",
        {},
        make("h2", {}, title),
        ...lines,
        make("p", { class: "caption" }, filled(source, { threshold: words.shares[step] })),
      );
    });
    this.figures.replaceChildren(...blocks);
  }
}
