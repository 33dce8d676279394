// Where they look: three maps of each network over the faint photo, and how far the chosen pair's lie apart.

class Attention {
  constructor(page) {
    this.page_ = page;
    const { words, settings } = page;
    this.title = make("h1", { "aria-live": "polite" });
    this.photo = make("figure", { class: "photo" });
    this.faint = make("div", { class: "faint" });
    this.grid = make("div", { class: "maps", role: "img" });
    this.note = make("p", { class: "caption" });
    this.apart = make("div", { class: "apart" });
    const strength = make("input", {
      type: "range",
      min: 0,
      max: 100,
      step: 5,
      value: settings.strength,
      "data-key": "strength",
    });
    strength.addEventListener("input", () => page.put({ strength: Number(strength.value) }));
    const own = make("input", {
      type: "checkbox",
      checked: !!settings.own_scale,
      "data-key": "own_scale",
      onchange: () => page.put({ own_scale: Number(own.checked) }),
    });
    this.picker = make("div");
    this.page = make(
      "div",
      { class: "attention" },
      this.title,
      make(
        "div",
        { class: "looks" },
        make("div", { class: "looked-at" }, this.photo, this.picker, this.faint),
        make(
          "div",
          { class: "looking" },
          this.grid,
          make(
            "div",
            { class: "controls" },
            make("label", { class: "slider" }, make("span", {}, words.ui.strength), strength),
            make("label", { class: "switch", title: words.ui.own_scale_help }, own, words.ui.own_scale),
          ),
          this.note,
          make("p", { class: "caption" }, words.ui.students),
          this.apart,
        ),
      ),
    );
    this.fit();
  }

  // Drawn anew where the page becomes narrower or wider, as on See it.
  fit() {
    this.sized = new ResizeObserver(() => {
      if (this.width && this.width !== this.apart.clientWidth) this.update();
      this.width = this.apart.clientWidth;
    });
    this.sized.observe(this.apart);
  }

  leave() {
    this.sized.disconnect();
  }

  // The picture: one of the visitor's photos, or of the gallery.
  get looked() {
    const { page_: page } = this;
    const own = page.photos.get(page.settings.looked_at);
    if (own) return { key: own.key, pixels: own.pixels, name: own.name, caption: own.name, picture: own.shown };
    const file = page.picture(page.settings.looked_at) ? page.settings.looked_at : page.shown;
    const said = page.words.pictures[file];
    return {
      key: file,
      pixels: page.pixelsOf(file),
      name: said.shows,
      caption: said.caption,
      address: page.addressOf(file),
    };
  }

  async update() {
    const { page_: page } = this;
    const looked = this.looked;
    if (looked.key !== this.key) this.showPhoto(looked);
    this.key = looked.key;
    const asked = page.words.rows.map(async (row) => {
      const kept = row.network in page.carried.stored;
      return {
        ...row,
        answer: kept ? page.stored(row.network, looked.key) : await page.answer(row.network, looked.key, looked.pixels),
      };
    });
    const rows = (await Promise.all(asked)).filter((row) => row.answer);
    if (this.key !== looked.key) return;
    const pair = KINDS.map((kind) => rows.find((row) => row.network === page.pair[kind]).answer.maps);
    const here = Object.fromEntries(
      Object.keys(page.words.maps.levels).map((level, place) => [level, distanceOf(pair[0][place], pair[1][place])]),
    );
    const furthest = Object.keys(here).reduce((most, level) => (here[level] > here[most] ? level : most));
    this.title.textContent = this.spread.titles[furthest];
    this.drawMaps(rows, looked);
    this.drawDistances(here);
    const neutral = rows.filter((row) => row.answer.confidence <= 2 / row.answer.probabilities.length);
    this.faint.replaceChildren(...neutral.map((row) => make("p", { class: "caption" }, row.faint)));
  }

  showPhoto(looked) {
    const { page_: page } = this;
    const square = looked.address
      ? make("img", { src: looked.address, alt: looked.name, width: 240, height: 240 })
      : looked.picture;
    const seen = seenCanvas(looked.pixels);
    seen.setAttribute("aria-hidden", "true");
    this.photo.replaceChildren(make("div", { class: "square" }, square, seen), make("figcaption", {}, looked.caption));
    const own = Object.fromEntries([...page.photos.values()].map(({ key, name }) => [key, name]));
    const gallery = Object.fromEntries(
      page.carried.pictures.map(({ file }) => [
        file,
        `${page.words.pictures[file].name} (${page.words.pictures[file].shows})`,
      ]),
    );
    this.picker.replaceChildren(
      chooser(page.words.ui.picture, "looked_at", { ...own, ...gallery }, looked.key, (key) =>
        page.put({ looked_at: key }),
      ),
    );
  }

  drawMaps(rows, looked) {
    const { words, settings, carried } = this.page_;
    const shared = [0, 1, 2].map((level) => Math.max(...rows.flatMap((row) => [...row.answer.maps[level]])));
    const cells = rows.flatMap(({ title, answer }) => [
      make(
        "p",
        { class: "row-title" },
        `${title}: ${percent(answer.confidence)} ${words.sentences.classes[answer.predicted]}`,
      ),
      ...answer.maps.map((map, level) => {
        const largest = settings.own_scale ? Math.max(...map) : shared[level];
        const over = mapCanvas(map, largest, carried.scale);
        over.style.opacity = settings.strength / 100;
        return make(
          "div",
          { class: "cell" },
          this.ground(looked),
          over,
          make("span", {}, filled(words.ui.largest, { most: short(largest, words.signs) })),
        );
      }),
    ]);
    const heads = Object.values(words.maps.levels).map((title) => make("p", { class: "level" }, title));
    this.grid.replaceChildren(...heads, ...cells);
    const said = rows.map(
      ({ title, answer }) => `${title}: ${percent(answer.confidence)} ${words.sentences.classes[answer.predicted]}`,
    );
    this.grid.setAttribute(
      "aria-label",
      filled(words.ui.maps_alt, { rows: said.join(", "), title: this.title.textContent }),
    );
    this.note.textContent = words.maps.captions[`${settings.own_scale}|${Number(settings.strength < 100)}`];
  }

  // The photo in greys: the colours are the maps' alone.
  ground(looked) {
    if (looked.address) return make("img", { src: looked.address, alt: "", class: "ground" });
    const copy = make("canvas", { width: looked.picture.width, height: looked.picture.height, class: "ground" });
    copy.getContext("2d").drawImage(looked.picture, 0, 0);
    return copy;
  }

  get beside() {
    const { words, settings } = this.page_;
    const { first, spreads } = words.looks[settings.pair];
    return settings.level_set in spreads ? settings.level_set : first;
  }

  get spread() {
    return this.page_.words.looks[this.page_.settings.pair].spreads[this.beside];
  }

  drawDistances(here) {
    const { page_: page, spread } = this;
    const { words, colours } = page;
    const { spreads } = words.looks[page.settings.pair];
    const said = Object.fromEntries(
      Object.entries(here).map(([level, each]) => [level, written(each, words.maps.decimals, words.signs)]),
    );
    const sentence = filled(spread.sentence, said);
    const titles = Object.fromEntries(Object.entries(spreads).map(([name, each]) => [name, each.title]));
    const focused = document.activeElement?.dataset?.key === "level_set";
    this.apart.replaceChildren(
      chooser(words.ui.beside, "level_set", titles, this.beside, (name) => page.put({ level_set: name })),
      distancesDrawn({ here, spread, words, colours, alt: sentence, width: Math.min(560, this.apart.clientWidth || 560) }),
      make("p", {}, sentence),
      make("p", { class: "caption" }, spread.caption),
      make("p", {}, spread.finding),
    );
    if (focused) this.apart.querySelector("select").focus();
  }
}
