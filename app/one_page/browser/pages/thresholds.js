// Thresholds: the histograms of the app, drawn by its own script, with every sentence that it says while t moves.

class Thresholds {
  constructor(page) {
    this.page_ = page;
    const { words } = page;
    this.title = make("h1", { "aria-live": "polite" });
    this.slider = make("div", { class: "slides" });
    this.sets = make("div", { class: "sets st-key-set", role: "radiogroup", "aria-label": words.ui.sets });
    const keep = make("input", {
      type: "checkbox",
      checked: !!page.settings.keep95,
      "data-key": "keep95",
      onchange: () => page.put({ keep95: Number(keep.checked) }),
    });
    const paper = page.carried.paper.map((t) =>
      make(
        "button",
        { type: "button", "data-key": `t-${t}`, onclick: () => page.put({ t }) },
        written(t, String(t).length - 2, words.signs),
      ),
    );
    this.paper = paper;
    this.page = make(
      "div",
      { class: "st-key-page thresholds" },
      this.title,
      make(
        "div",
        { class: "controls" },
        this.slider,
        make("div", { class: "paper" }, make("span", { class: "caption" }, words.ui.paper), ...paper),
        make("label", { class: "switch", title: words.ui.keep_95_help }, keep, words.ui.keep_95),
      ),
      this.sets,
      (this.drawing = make("div", { class: "drawn" })),
    );
  }

  leave() {
    this.stop?.();
  }

  get data() {
    const { words, settings } = this.page_;
    const { first, sets } = words.thresholds[settings.pair];
    this.chosen = settings.set in sets ? settings.set : first;
    return sets[this.chosen];
  }

  update() {
    const { page_: page } = this;
    const { settings, colours, carried } = page;
    const stored = this.data;
    const locked = !!settings.keep95;
    const beyond = stored.known ? colours.kept : colours.fooled;
    // Where both networks share a threshold, the script moves both lines; else each stands at its own.
    const data = {
      ...stored,
      t: locked ? stored.at.nat : settings.t,
      locked,
      says: locked ? stored.keeping : stored.says,
      colours: { ...colours, beyond },
    };
    this.title.textContent = data.says[locked ? 0 : page.step].title;
    this.drawSlider(locked);
    this.paper.forEach((each) => (each.disabled = locked));
    this.drawSets();
    if (!this.drawing.firstChild) this.drawing.innerHTML = LIVE;
    const moved = (_, t) => {
      page.put({ t: carried.steps[page.stepOf(t)] });
    };
    // Once it stands on the page: its width decides how it is drawn.
    requestAnimationFrame(() => {
      this.stop = drawHistograms({ data, parentElement: this.drawing, setTriggerValue: moved });
    });
  }

  drawSlider(locked) {
    const { page_: page } = this;
    if (document.activeElement?.dataset?.key !== "t" || locked) {
      this.slider.replaceChildren(thresholdSlider(page, (t) => page.put({ t }, { quietly: true })));
    }
    this.slider.querySelector("input").disabled = locked;
  }

  drawSets() {
    const { page_: page } = this;
    const chips = page.words.thresholds[page.settings.pair].chips;
    const names = Object.keys(chips);
    const focused = document.activeElement?.dataset?.key;
    this.sets.replaceChildren(
      ...names.map((name) =>
        make(
          "button",
          {
            type: "button",
            role: "radio",
            "aria-checked": name === this.chosen,
            tabIndex: name === this.chosen ? 0 : -1,
            "data-key": `set-${name}`,
            onclick: () => page.put({ set: name }),
            onkeydown: (event) => {
              const move = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
              if (!move) return;
              event.preventDefault();
              const next = names[(names.indexOf(name) + move + names.length) % names.length];
              page.put({ set: next });
              this.sets.querySelector(`[data-key="set-${next}"]`).focus();
            },
          },
          chips[name],
        ),
      ),
    );
    if (focused) this.sets.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }
}
