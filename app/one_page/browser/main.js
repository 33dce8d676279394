// The page as a whole: what the file carries is unpacked, links' settings are followed, and one of its pages is shown.

const PAGES = { see_it: SeeIt, your_photos: YourPhotos, thresholds: Thresholds, attention: Attention };

// Return what a block of the file holds: its JSON, and the bytes that follow.
async function unpacked(id) {
  const block = document.getElementById(id);
  const packed = Uint8Array.from(atob(block.textContent), (each) => each.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const described = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  return { described, bytes: bytes.subarray(4 + length) };
}

// --- the networks, beside the page -----------------------------------------------------------------------------------

// Answers, each computed once; in a worker, or in the page itself where a browser allows none.
class Networks {
  constructor(networks, bytes) {
    const module = Uint8Array.from(atob(document.getElementById("kernel").textContent), (each) => each.charCodeAt(0));
    const code = document.getElementById("worker").textContent;
    this.waiting = new Map();
    this.found = new Map();
    this.load = { networks, bytes, module };
    try {
      this.worker = new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
      this.worker.onmessage = ({ data }) => this.answered(data);
      this.worker.onerror = () => this.goAlone();
      this.worker.postMessage(this.load);
    } catch {
      this.worker = null;
    }
  }

  get here() {
    return (this.built ??= builtFrom(this.load));
  }

  // Return the logits and maps of a picture by the network of this name; `id` is the picture's.
  ask(name, id, pixels) {
    const key = `${name} ${id}`;
    if (!this.found.has(key)) {
      this.found.set(
        key,
        new Promise((answer) => {
          this.waiting.set(key, { answer, name, pixels });
          if (this.worker) this.worker.postMessage({ id: key, name, pixels });
          else setTimeout(() => this.answered({ id: key, ...this.here[name].answer(pixels) }));
        }),
      );
    }
    return this.found.get(key);
  }

  answered({ id, logits, maps }) {
    this.waiting.get(id)?.answer({ logits, maps });
    this.waiting.delete(id);
  }

  goAlone() {
    this.worker.terminate();
    this.worker = null;
    for (const [id, { name, pixels }] of this.waiting) this.answered({ id, ...this.here[name].answer(pixels) });
  }
}

// --- settings, which links hold --------------------------------------------------------------------------------------

const DEFAULTS = {
  page: "see_it",
  pair: "wrn16_1",
  t: 0.9,
  picture: null,
  lang: null,
  wall: 0,
  set: null,
  keep95: 0,
  strength: 75,
  own_scale: 1,
  looked_at: null,
  level_set: null,
};

class Page {
  constructor({ described, bytes }, words) {
    this.carried = described;
    this.bytes = bytes;
    this.words = words;
    this.networks = new Networks(described.networks, bytes);
    this.photos = new Map();
    this.addresses = new Map();
    this.settings = { ...DEFAULTS };
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.dark.addEventListener("change", () => this.show());
    const keepFocus = keptFocus({
      places: "main",
      keyed: "[data-key]",
      named: (element) => `[data-key="${CSS.escape(element.dataset.key)}"]`,
      looks: 3,
    });
    new MutationObserver(keepFocus).observe(document.body, {
      subtree: true,
      childList: true,
      attributeFilter: ["hidden", "disabled"],
    });
    const keepNames = keptNames(document.body);
    keepNames();
    new MutationObserver(keepNames).observe(document.body, { subtree: true, childList: true, characterData: true });
    addEventListener("hashchange", () => this.written !== location.hash && this.follow());
    // Dropped beside the drop zone, a browser would show the photo in place of this page.
    for (const each of ["dragover", "drop"]) addEventListener(each, (event) => event.preventDefault());
    addEventListener("drop", (event) => this.takeDropped([...event.dataTransfer.files]));
  }

  // Answer photos that are dropped anywhere on any of the pages.
  takeDropped(files) {
    if (!files.length || !this.view) return;
    if (this.settings.page !== "your_photos") this.put({ page: "your_photos" });
    this.view.take(files);
  }

  get colours() {
    return this.carried.colours[this.dark.matches ? "dark" : "light"];
  }

  get pair() {
    return this.carried.pairs[this.settings.pair];
  }

  // The place of the threshold among the steps of the slider.
  get step() {
    return this.stepOf(this.settings.t);
  }

  stepOf(t) {
    const { steps } = this.carried;
    return steps.reduce((best, each, place) => (Math.abs(each - t) < Math.abs(steps[best] - t) ? place : best), 0);
  }

  // The picture of See it: the one that was chosen, else the one that tells most at this threshold.
  get shown() {
    return this.settings.picture ?? this.words.figures[this.settings.pair].telling[this.step];
  }

  picture(file) {
    return this.carried.pictures.find((each) => each.file === file);
  }

  part([start, length]) {
    return this.bytes.slice(start, start + length);
  }

  pixelsOf(file) {
    return this.part(this.picture(file).pixels);
  }

  // Return the address of a gallery photo's square, made once.
  addressOf(file) {
    if (!this.addresses.has(file)) {
      const photo = new Blob([this.part(this.picture(file).square)], { type: "image/jpeg" });
      this.addresses.set(file, URL.createObjectURL(photo));
    }
    return this.addresses.get(file);
  }

  // Return what a network says of a picture, with its maps.
  async answer(name, id, pixels) {
    const { logits, maps } = await this.networks.ask(name, id, pixels);
    return { ...answerOf(logits, this.carried.networks[name].classes), maps };
  }

  // Return the same of a network whose maps of the gallery alone are carried; null for another picture.
  stored(name, id) {
    const found = this.carried.stored[name][id];
    if (!found) return null;
    const maps = found.maps.map(([start, length, largest]) =>
      Float32Array.from(this.part([start, length]), (each) => (each / 255) * largest),
    );
    return { ...found, probabilities: this.carried.networks[this.pair.nat].classes, maps };
  }

  // Return what both networks of the chosen pair say.
  async answers(id, pixels) {
    const { baseline, nat } = this.pair;
    const said = await Promise.all([this.answer(baseline, id, pixels), this.answer(nat, id, pixels)]);
    return { baseline: said[0], nat: said[1] };
  }

  // --- links ---

  async follow() {
    const given = new URLSearchParams(location.hash.slice(1));
    this.complaints = [];
    const found = { ...DEFAULTS };
    const allowed = this.allowed();
    for (const [name, value] of given) {
      const known = allowed[name]?.(value);
      if (known === undefined || known === null) this.complain(`${name}=${value}`, DEFAULTS[name] ?? "");
      else found[name] = known;
    }
    const language = found.lang ?? this.asked;
    this.settings = found;
    if (language !== this.language) await this.speak(language);
    this.show();
  }

  // What each setting may be: a function that returns the value, or null where it is none.
  allowed() {
    const among = (list) => (value) => (list.includes(value) ? value : null);
    const files = this.carried.pictures.map((each) => each.file);
    const share = (value) =>
      /^[\d.]{1,9}$/.test(value) && Number(value) <= 1 ? this.carried.steps[this.stepOf(Number(value))] : null;
    const onOff = (value) => (value === "0" || value === "1" ? Number(value) : null);
    const { sets } = Object.values(this.words.thresholds)[0];
    return {
      page: among(Object.keys(PAGES)),
      pair: among(Object.keys(this.carried.pairs)),
      picture: among(files),
      t: share,
      lang: among(Object.keys(this.words.languages)),
      wall: onOff,
      set: among(Object.keys(sets)),
      keep95: onOff,
      strength: (value) => (/^\d{1,3}$/.test(value) && value <= 100 ? Number(value) : null),
      own_scale: onOff,
      looked_at: among(files),
      level_set: among(Object.values(this.words.looks).flatMap((each) => Object.keys(each.spreads))),
    };
  }

  complain(setting, used) {
    this.complaints.push(filled(this.words.ui.unknown, { setting: setting.slice(0, 60), used: used || "–" }));
  }

  get asked() {
    const wishes = navigator.languages ?? [navigator.language];
    return wishes.map((each) => each.slice(0, 2)).find((each) => document.getElementById(`words-${each}`)) ?? "en";
  }

  async speak(language) {
    this.words = (await unpacked(`words-${language}`)).described;
    this.language = document.documentElement.lang = language;
  }

  // Change settings, write them into the address, and show what changed.
  put(changes, { quietly = false } = {}) {
    Object.assign(this.settings, changes);
    const given = Object.entries(this.settings).filter(([name, value]) => value !== DEFAULTS[name] && value !== null);
    // No link carries a visitor's own photo.
    const carried = given.filter(([name, value]) => name !== "looked_at" || this.picture(value));
    const hash = `#${new URLSearchParams(carried)}`;
    this.written = hash;
    history.replaceState(null, "", hash);
    if ("lang" in changes) this.follow();
    else if (!quietly) this.show();
  }

  // --- the frame ---

  show() {
    const { words, settings } = this;
    document.documentElement.classList.toggle("wall", !!settings.wall);
    for (const [name, colour] of Object.entries(this.colours))
      document.documentElement.style.setProperty(`--${name}`, colour);
    const focused = document.activeElement?.dataset?.key;
    const frame = JSON.stringify([
      settings.page,
      settings.pair,
      this.language,
      this.dark.matches,
      settings.wall,
      this.complaints,
    ]);
    if (frame !== this.frame) {
      this.frame = frame;
      this.view?.leave?.();
      this.view = new PAGES[settings.page](this);
      const main = make(
        "main",
        { id: "content", tabIndex: -1 },
        ...this.complaints.map((each) => make("p", { class: "complaint" }, each)),
        this.view.page,
      );
      document.getElementById("app").replaceChildren(this.skipLink(main), this.header(), main, this.footer());
      document.title = `${words.pages[settings.page]} · NAT Explorer`;
      if (focused) document.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
    }
    this.view.update();
  }

  skipLink(main) {
    return make(
      "a",
      {
        class: "skip",
        href: "#content",
        onclick: (event) => {
          event.preventDefault();
          main.focus();
        },
      },
      this.words.ui.skip,
    );
  }

  header() {
    const { words, settings } = this;
    const links = Object.keys(PAGES).map((name) =>
      make(
        "button",
        {
          type: "button",
          "data-key": `page-${name}`,
          "aria-current": settings.page === name ? "page" : null,
          onclick: () => this.put({ page: name }),
        },
        words.pages[name],
      ),
    );
    const nav = make("nav", { "aria-label": words.ui.pages_of }, ...links);
    return make(
      "header",
      {},
      nav,
      make(
        "details",
        { class: "settings" },
        make("summary", { "data-key": "settings" }, words.ui.settings),
        this.choices(),
      ),
    );
  }

  choices() {
    const { words, settings } = this;
    const languages = { "": `${words.languages[this.asked]} (auto)`, ...words.languages };
    const copy = make(
      "button",
      { type: "button", "data-key": "copy", onclick: () => this.copyLink(copy) },
      words.ui.copy,
    );
    const wall = make("input", {
      type: "checkbox",
      checked: !!settings.wall,
      "data-key": "wall",
      onchange: (event) => this.put({ wall: Number(event.target.checked) }),
    });
    return make(
      "div",
      { class: "choices" },
      chooser(words.ui.networks, "pair", words.pairs, settings.pair, (pair) => this.put({ pair, level_set: null })),
      chooser(words.ui.language, "lang", languages, settings.lang ?? "", (lang) => this.put({ lang: lang || null })),
      make("label", { class: "switch" }, wall, words.ui.wall),
      copy,
    );
  }

  async copyLink(button) {
    this.put({ picture: this.shown }, { quietly: true });
    try {
      await navigator.clipboard.writeText(location.href);
      button.textContent = this.words.ui.copied;
    } catch {
      const field = make("input", { value: location.href, readOnly: true, "aria-label": this.words.ui.copy });
      button.replaceWith(field);
      field.select();
    }
  }

  footer() {
    const { words, carried } = this;
    const notes = carried.licences.map(({ name, credit, source, changes }) =>
      make("li", {}, `${name}. ${credit}. ${source}. ${changes}`),
    );
    return make(
      "footer",
      {},
      this.settings.page === "your_photos" ? null : make("p", {}, words.ui.private),
      make("p", {}, words.ui.whole),
      make("details", {}, make("summary", {}, words.ui.licences), make("ul", {}, ...notes)),
    );
  }
}

// Return a labelled choice of one among many, whose keys and words are `offered`.
function chooser(label, key, offered, chosen, onChoice) {
  const options = Object.entries(offered).map(([value, title]) =>
    make("option", { value, selected: value === chosen }, title),
  );
  const select = make("select", { "data-key": key, onchange: () => onChoice(select.value) }, ...options);
  return make("label", { class: "chooser" }, make("span", {}, label), select);
}

// Return the slider of t, with the steps of the app's; `onMove` hears of every step while it is dragged.
function thresholdSlider(page, onMove) {
  const { words, carried } = page;
  const said = make("output", {}, words.thresholds_said[page.step]);
  const input = make("input", {
    type: "range",
    min: 0,
    max: carried.steps.length - 1,
    step: 1,
    value: page.step,
    "data-key": "t",
  });
  const speak = () => {
    said.textContent = words.thresholds_said[input.value];
    // An attribute, which the histograms of the app watch.
    input.setAttribute("aria-valuetext", words.thresholds_said[input.value]);
  };
  speak();
  input.addEventListener("input", () => {
    speak();
    onMove(carried.steps[input.value]);
  });
  return make("label", { class: "slider st-key-t" }, make("span", {}, words.ui.threshold, " ", said), input);
}

// Where the page is served, a browser may install it: a manifest inside the file, with the address that it has there.
async function offerInstallation() {
  if (!/^https?:$/.test(location.protocol)) return;
  const side = 192; // browsers ask for 144 pixels or more
  const small = make("img", { src: document.querySelector('link[rel="icon"]').href });
  await small.decode();
  const icon = squareCanvas(small, side).toDataURL("image/png");
  const start = location.href.split("#")[0];
  const manifest = {
    name: "NAT Explorer",
    short_name: "NAT",
    id: start,
    start_url: start,
    display: "standalone",
    icons: [{ src: icon, sizes: `${side}x${side}`, type: "image/png" }],
  };
  const href = `data:application/manifest+json,${encodeURIComponent(JSON.stringify(manifest))}`;
  document.head.appendChild(make("link", { rel: "manifest", href }));
  // Where a second file lies beside the page, it keeps it for times without a network.
  const beside = document.querySelector('meta[name="offline"]')?.content;
  const name = location.pathname.split("/").pop() || "./";
  if (beside) navigator.serviceWorker?.register(`${beside}?page=${encodeURIComponent(name)}`);
}

async function begin() {
  if (!("DecompressionStream" in window)) {
    document.getElementById("app").textContent =
      "This page needs a browser of 2023 or newer. · Diese Seite braucht einen Browser von 2023 oder neuer.";
    return;
  }
  const first = document.getElementById(`words-${navigator.language.slice(0, 2)}`)
    ? navigator.language.slice(0, 2)
    : "en";
  const [carried, words] = await Promise.all([unpacked("carried"), unpacked(`words-${first}`)]);
  const page = new Page(carried, words.described);
  page.language = document.documentElement.lang = first;
  await page.follow();
  offerInstallation();
}

begin();
