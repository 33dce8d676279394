// The playground's stage. Both networks learn here, in the visitor's browser, at the pace of its pictures; Python is told
// of the negatives when they change, and of the networks when training stops or the visitor turns to anything else.
const STEPS_A_PICTURE = 2;
const SLOW_PAUSE = 500;
const WORDS_PAUSE = 250;
const TELL_PAUSE = 1000;
const AT_REST = 120;
const WHILE_RUNNING = [60, 40, 30, 24];
const BUDGET = 14;
const HISTORY = 300;
const UNDOES = 100;

const stages = new WeakMap();
// The networks outlive the page that shows them: whoever comes back to it finds them as they were left.
let game = null;

export default function ({ data, parentElement, setTriggerValue, setStateValue }) {
  const stage = stages.get(parentElement) ?? new Stage(parentElement);
  stages.set(parentElement, stage);
  stage.show(data, setTriggerValue, setStateValue);
  return () => {
    stage.close();
    stages.delete(parentElement);
  };
}

class Stage {
  constructor(root) {
    this.root = root.querySelector(".stage");
    this.running = false;
    this.cursor = [2.5, 0];
    this.size = 0;
    this.off = new AbortController();
    this.planes = KINDS.map((kind) => new Plane(this.find(`figure.${kind}`), this.hands(kind)));
    this.listen();
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  close() {
    this.stop();
    if (game) [game.lifted, game.drawing] = [null, false];
    this.off.abort();
    this.planes.forEach((plane) => plane.stop());
    this.sized.disconnect();
  }

  // --- what Python says ---

  show(data, send, keep) {
    this.data = data;
    this.send = send;
    this.keepState = keep;
    data.colours.ground = getComputedStyle(this.root).getPropertyValue("--st-background-color").trim() || "#fff";
    this.known = points(data.points);
    this.others = points(data.held_out);
    this.empty = bits(data.empty, data.grid ** 2);
    if (game?.start !== data.start) {
      this.stop();
      game = new Game(data);
      this.told = 0;
      this.find(".slow input").checked = data.slow;
    } else if (data.heard >= game.edits && !game.drawing) {
      const places = pairs(numbers(data.negatives));
      if (`${places}` !== `${game.places}`) this.keep();
      game.places = places;
      game.edits = data.heard;
    }
    this.name();
    this.root.classList.add("named");
    this.look(AT_REST);
  }

  // The words that do not change while networks learn, and the room that those which do may need.
  name() {
    const { data, root } = this;
    const { say } = data;
    for (const [name, colour] of Object.entries(data.colours)) if (typeof colour === "string") root.style.setProperty(`--${name.replace("_", "-")}`, colour);
    for (const name of ["step", "rewind", "undo", "clear", "slow", "paint"]) {
      const element = this.find(`.tools .${name}`);
      (element.querySelector("span") ?? element).textContent = say[name];
      element.title = say[`${name}_help`] ?? "";
    }
    this.find(".tools").setAttribute("aria-label", say.tools);
    this.find(".kinds").setAttribute("aria-label", say.add);
    this.find(".add").textContent = say.add;
    keepRoom(this.find(".run .word"), [say.train, say.stop]);
    this.find(".legend").textContent = say.legend;
    this.find(".update h2").textContent = say.update;
    this.find(".update .forward").textContent = say.update_forward;
    this.find(".update .cost").textContent = say.update_cost;
    keepRoom(this.find(".sentence"), widestSentences(data));
    keepRoom(this.find(".weights"), [[0.1234, 0.5678], [0.8888, 0.8888]].map((ends) => updateOf(data, 1000, 0.0088, ends, ends)));
    this.nameKinds();
    this.reserve();
    for (const kind of KINDS) this.nameFigure(kind);
  }

  // What it learns and how sure and how right it is are as high as ever they may be, on both sides the same.
  nameFigure(kind) {
    const { data } = this;
    const many = 188;
    const figureOf = this.find(`figure.${kind}`);
    figureOf.querySelector(".learns strong").textContent = data.names[kind];
    const counts = { step: figure(data, 8888), right: many, points: many, held_out: many, others: many };
    const learns = [0, 8888].map((step) => learnsOf(data, "nat", { step, lying: many, learned: many }, many));
    keepRoom(figureOf.querySelector(".learns"), learns);
    keepRoom(figureOf.querySelector(".gauge"), [fill(data.say.gauge, { share: percent(data, 0.999) })]);
    keepRoom(figureOf.querySelector(".right"), ["right", "all_right"].map((each) => fill(data.say[each], counts)));
  }

  reserve() {
    const { say } = this.data;
    const widest = { baseline: "88\u00a0%", nat: "88\u00a0%" };
    reserveTitle([say.title_start, ...[say.title, say.title_nat_more].map((each) => fill(each, widest))]);
  }

  nameKinds() {
    const { say, names } = this.data;
    const kinds = this.find(".kinds");
    const views = this.find(".views");
    if (!kinds.querySelector("button")) {
      for (const kind of Object.keys(say).filter((each) => each.startsWith("add_"))) {
        kinds.append(button(kind, () => this.send("added", kind.slice(4))));
      }
      for (const view of ["both", ...KINDS]) views.append(button(view, () => this.turnTo(view)));
    }
    for (const each of kinds.querySelectorAll("button")) each.textContent = say[each.className];
    views.setAttribute("aria-label", say.view);
    for (const each of views.querySelectorAll("button")) each.textContent = names[each.className] ?? say.view_both;
    this.turnTo(this.find(".planes").dataset.view);
  }

  turnTo(view) {
    this.find(".planes").dataset.view = view;
    for (const each of this.find(".views").querySelectorAll("button")) each.setAttribute("aria-pressed", each.className === view);
  }

  // --- what the visitor does ---

  listen() {
    const on = (selector, does, name = "click") => this.find(selector).addEventListener(name, does, { signal: this.off.signal });
    on(".run", () => (this.running ? this.stop() : this.begin()));
    on(".step", () => this.stepOnce());
    on(".rewind", () => this.rewind());
    on(".undo", () => this.undo());
    on(".clear", () => this.change(() => (game.places = [])));
    on(".slow input", (event) => this.send("slowed", event.target.checked), "change");
    on(".paint input", (event) => this.find(".planes").classList.toggle("paints", event.target.checked), "change");
    this.root.addEventListener("keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.key !== "z") return;
      event.preventDefault();
      this.undo();
    }, { signal: this.off.signal });
    // Before anything else on the page is pressed, Python hears how far the networks are.
    for (const name of ["pointerdown", "click", "keydown"]) {
      document.addEventListener(name, (event) => this.turnsAway(event), { signal: this.off.signal, capture: true });
    }
    // A key presses at once, and what it leads to would overtake what is told: so it is told when the focus leaves.
    this.root.addEventListener("focusout", (event) => {
      if (!this.root.contains(event.relatedTarget)) this.tell();
    }, { signal: this.off.signal });
    this.sized = new ResizeObserver(() => {
      if (!game || !this.data) return;
      drawLoss(this.find(".loss"), this.data, game.history);
      this.reserve();
    });
    this.sized.observe(this.find(".loss"));
  }

  turnsAway(event) {
    if (event.composedPath().includes(this.root)) return;
    if (event.type === "keydown" && !["Enter", " "].includes(event.key)) return;
    if (performance.now() - (this.toldAt ?? -TELL_PAUSE) >= TELL_PAUSE) this.tell();
  }

  // What the planes call when a hand or a key has done something.
  hands(kind) {
    return {
      paints: () => this.find(".paint input").checked,
      add: (place) => this.change(() => game.places.length < this.data.most && game.places.push([...place]), "added"),
      remove: (number) => this.change(() => game.places.splice(number, 1), "removed"),
      lift: (number) => {
        this.draws();
        game.lifted = number;
      },
      carry: (place) => {
        game.places[game.lifted] = place;
        this.look();
      },
      begin: (place) => {
        this.draws();
        game.places = [...game.places, place].slice(0, this.data.most);
        this.look();
      },
      paint: (place) => {
        game.places = [...game.places, place].slice(0, this.data.most);
        this.look();
      },
      end: () => {
        game.lifted = null;
        game.drawing = false;
        this.edited();
      },
      steer: (by) => this.steer(by, kind),
    };
  }

  steer([across, up], kind) {
    const extent = this.data.extent;
    this.cursor = [this.cursor[0] + across, this.cursor[1] + up].map((each) => Math.max(-extent, Math.min(extent, each)));
    const network = KINDS.indexOf(kind);
    const sure = Math.max(...probabilities(game.twins.logits(network, Float64Array.from(this.cursor))));
    const on = nearest(game.places, this.cursor, 0.1) >= 0;
    const [x, y] = this.cursor.map((each) => figure(this.data, each, 2));
    this.say(fill(this.data.say[on ? "cursor_negative" : "cursor"], { x, y, name: this.data.amid[kind], share: percent(this.data, sure) }));
    this.look();
  }

  keep() {
    game.undoes.push(game.places.map((place) => [...place]));
    if (game.undoes.length > UNDOES) game.undoes.shift();
  }

  // Until the hand lets go, Python's answer to what came before is older than what lies there.
  draws() {
    this.keep();
    game.drawing = true;
  }

  change(how, said) {
    this.keep();
    game.places = game.places.map((place) => [...place]);
    how();
    this.edited();
    if (said) this.say(fill(this.data.say[said], { count: game.places.length }));
  }

  undo() {
    if (!game.undoes.length) return;
    game.places = game.undoes.pop();
    this.edited();
  }

  edited() {
    game.edits += 1;
    // What is kept, unlike what is sent, is not lost where more is sent while Python is busy.
    this.keepState("edited", { number: game.edits, places: game.places });
    this.look();
  }

  rewind() {
    this.stop();
    game.forget();
    this.look(AT_REST);
    this.tell();
  }

  // --- training ---

  begin() {
    this.running = true;
    game.blown = null;
    this.looked = this.worded = this.stepped = -Infinity;
    this.words();
    const picture = (now) => {
      if (!this.running) return;
      this.go(now);
      this.frame = requestAnimationFrame(picture);
    };
    this.frame = requestAnimationFrame(picture);
  }

  stop() {
    cancelAnimationFrame(this.frame);
    if (!this.running) return;
    this.running = false;
    this.look(AT_REST);
    this.tell();
    this.say(`${this.title} ${this.find(".sentence").textContent}`);
  }

  go(now) {
    if (this.find(".slow input").checked) {
      if (now - this.stepped < SLOW_PAUSE) return;
      this.stepped = now;
      this.explain();
      return this.look(AT_REST);
    }
    game.update = null;
    for (let step = 0; step < STEPS_A_PICTURE && this.running; step++) this.learn();
    if (this.running) this.look();
  }

  // One update of both networks.
  learn() {
    const { twins } = game;
    const places = game.given();
    const inputs = new Float64Array(this.known.places.length + 2 * places.length);
    inputs.set(this.known.places);
    inputs.set(places.flat(), this.known.places.length);
    this.record();
    const well = twins.advance(inputs, this.known.labels, this.data.objective);
    if (this.data.objective.weight) for (const place of places) game.learned.add(`${place}`);
    if (!well) {
      game.blown = twins.step;
      game.history = game.history.filter((each) => each.step <= twins.step);
      this.stop();
      this.look(AT_REST);
    }
    return well;
  }

  stepOnce() {
    this.stop();
    game.blown = null;
    this.explain();
    this.look(AT_REST);
    this.say(this.find(".weights").textContent);
  }

  // One update, and what came of it at each point and each negative.
  explain() {
    const negatives = game.given();
    const before = standing(game.twins, this.known, negatives);
    const weights = game.twins.at.weights[1];
    if (!this.learn()) return;
    const after = standing(game.twins, this.known, negatives);
    const moved = weights.reduce((sum, weight, place) => sum + Math.abs(game.twins.at.weights[1][place] - weight), 0);
    const changes = before.map((each, network) => ({
      points: each.points.map((value, number) => after[network].points[number] - value),
      negatives: each.negatives.map((value, number) => after[network].negatives[number] - value),
    }));
    const most = Math.max(1e-12, ...changes.flatMap((each) => [...each.points, ...each.negatives]).map(Math.abs));
    const arrows = changes.map((each, network) => [
      ...each.points.map((change, number) => ({ x: this.known.places[2 * number], y: this.known.places[2 * number + 1], change: change / most })),
      // Of the negatives the baseline learns nothing.
      ...(network ? each.negatives.map((change, number) => ({ x: negatives[number][0], y: negatives[number][1], change: change / most })) : []),
    ]);
    game.update = { arrows, moved: moved / weights.length, before: before[1], after: after[1] };
  }

  // Where the loss of both networks stands, at the points that are learned and at those held out.
  losses() {
    return { step: game.twins.step, losses: KINDS.map((_, network) => [this.known, this.others].map((each) => graded(game.twins, network, each).loss)) };
  }

  record() {
    const { history, twins } = game;
    if (history.length && twins.step < history.at(-1).step + game.stride) return;
    history.push(this.losses());
    if (history.length > HISTORY) {
      game.history = history.filter((_, number) => number % 2 === 0);
      game.stride *= 2;
    }
  }

  // --- what is seen ---

  // Draws both planes; at rest on the full grid, while networks learn on as fine a one as the browser draws in time.
  look(size) {
    const began = performance.now();
    const resolution = size ?? (this.running ? WHILE_RUNNING[this.size] : AT_REST);
    this.answers = KINDS.map((_, network) =>
      network && !game.twins.parted ? this.answers0 : (this.answers0 = everywhere(game.twins, network, this.data.extent, resolution)),
    );
    this.planes.forEach((plane, network) =>
      plane.show({
        data: this.data, answer: this.answers[network], points: this.known, empty: this.empty, negatives: game.places,
        learns: network === 1, step: game.twins.step, cursor: this.cursor, arrows: game.update?.arrows[network],
      }),
    );
    const took = performance.now() - began;
    if (this.running && took > BUDGET) this.size = Math.min(this.size + 1, WHILE_RUNNING.length - 1);
    else if (this.running && took < BUDGET / 3) this.size = Math.max(this.size - 1, 0);
    if (!this.running || began - this.worded >= WORDS_PAUSE) {
      this.worded = began;
      this.words();
      if (!this.running) this.recordNow();
      drawLoss(this.find(".loss"), this.data, game.history);
    }
  }

  recordNow() {
    if (game.twins.step && game.history.at(-1)?.step !== game.twins.step) {
      game.history = game.history.filter((each) => each.step < game.twins.step);
      game.history.push(this.losses());
    }
  }

  words() {
    if (!this.answers) return;
    const { data } = this;
    const { say } = data;
    const { step } = game.twins;
    const found = counted(this.answers, this.empty, game.learned, this.data);
    const sure = { baseline: found.baseline / found.empty, nat: found.nat / found.empty };
    const lying = new Set(game.places.map((place) => `${place}`));
    const negatives = {
      step, lying: game.places.length, learned: game.learned.size,
      fresh: [...lying].filter((place) => !game.learned.has(place)).length,
      gone: [...game.learned].filter((place) => !lying.has(place)).length,
    };
    this.title = titleOf(data, sure, step);
    retitle(this.title);
    const sentence = this.find(".sentence");
    sentence.classList.toggle("blown", game.blown !== null);
    sentence.textContent =
      game.blown === null
        ? sentenceOf(data, negatives, found.lost / found.empty, found.lost ? found.far / found.lost : 0, this.running)
        : fill(say.blown, { step: figure(data, game.blown) });
    this.find(".run .word").textContent = this.running ? say.stop : say.train;
    this.find(".undo").disabled = !game.undoes.length;
    this.find(".clear").disabled = !game.places.length;
    KINDS.forEach((kind, network) => this.wordsOf(kind, network, sure[kind], negatives));
    this.explained();
  }

  wordsOf(kind, network, sure, negatives) {
    const { data } = this;
    const { say } = data;
    const figureOf = this.find(`figure.${kind}`);
    const [own, others] = [this.known, this.others].map((each) => graded(game.twins, network, each).right);
    const [points, heldOut] = [this.known, this.others].map((each) => each.labels.length);
    const share = percent(data, sure);
    figureOf.querySelector(".learns span").textContent = learnsOf(data, kind, negatives, points);
    figureOf.querySelector(".gauge span:last-child").textContent = fill(say.gauge, { share });
    figureOf.querySelector(".right").textContent = fill(say[own === points ? "all_right" : "right"], {
      step: figure(data, negatives.step), right: own, points, held_out: others, others: heldOut,
    });
    const canvas = figureOf.querySelector("canvas");
    canvas.title = say.hint;
    const alt = { name: data.names[kind], step: figure(data, negatives.step), points, count: negatives.lying, share, keys: say.keys };
    canvas.setAttribute("aria-label", fill(say.alt, alt));
  }

  explained() {
    const { data } = this;
    const { say } = data;
    const weights = game.twins.start.length;
    const { update } = game;
    const means = (of) => [update.before, update.after].map((each) => each[of].reduce((sum, value) => sum + value, 0) / each[of].length);
    this.find(".weights").textContent = update
      ? updateOf(data, weights, update.moved, means("points"), update.before.negatives.length ? means("negatives") : null)
      : fill(say.update_weights, { weights: figure(data, weights) });
  }

  say(words) {
    this.find(".said").textContent = words;
  }

  // --- what Python is told ---

  tell() {
    if (!game || game.twins.step === this.told) return;
    this.told = game.twins.step;
    this.toldAt = performance.now();
    const weights = Float32Array.from([...game.twins.at.weights[0], ...game.twins.at.weights[1]]);
    this.send("reached", { start: game.start, step: game.twins.step, weights: text64(weights), learned: game.learned.size });
  }
}

// Lays what an element may say, unseen, where it stands in its `.stack`, which is then as large as the largest of it.
function keepRoom(shown, texts) {
  for (const before of shown.parentElement.querySelectorAll(":scope > .sizer")) before.remove();
  for (const words of texts) {
    const sizer = shown.cloneNode(true);
    sizer.className = "sizer";
    sizer.setAttribute("aria-hidden", "true");
    (sizer.querySelector("span:last-child") ?? sizer).textContent = words;
    shown.parentElement.append(sizer);
  }
}

function button(name, does) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = name;
  made.addEventListener("click", does);
  return made;
}
