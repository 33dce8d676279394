// What the playground says, in the visitor's language: the sentences come from Python, the numbers from the networks.

function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (field, name) => values[name] ?? field);
}

function figure(data, value, decimals = 0) {
  return new Intl.NumberFormat(data.language, { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).format(value);
}

// Two digits where so many decimals would make nothing of it: a step has moved the weights, however little.
function amount(data, value, decimals) {
  if (value === 0 || Math.abs(value) >= 0.5 / 10 ** decimals) return figure(data, value, decimals);
  return new Intl.NumberFormat(data.language, { maximumSignificantDigits: 2 }).format(value);
}

// Never rounded to all or nothing where it is neither.
function percent(data, share, decimals = 0) {
  const rest = 0.5 / 10 ** (decimals + 2);
  if (!decimals && share > 0 && share <= rest) return data.say.least;
  if (!decimals && share < 1 && share >= 1 - rest) return data.say.most;
  return fill(data.say.percent, { number: figure(data, 100 * share, decimals) });
}

function titleOf(data, sure, step) {
  const { say } = data;
  if (step === 0) return say.title_start;
  const values = { baseline: percent(data, sure.baseline), nat: percent(data, sure.nat) };
  // As written: two shares that differ by less than that are no finding.
  if (values.baseline === values.nat) return fill(say.title_same, values);
  return fill(sure.nat > sure.baseline ? say.title_nat_more : say.title, values);
}

// `negatives` counts those that lie there, those that NAT has learned from, and of them the new ones and the gone ones.
function sentenceOf(data, negatives, lost, far, running) {
  const { say } = data;
  const { lying, learned, fresh, gone } = negatives;
  if (!learned) {
    if (!lying) return say.empty;
    if (!data.objective.weight) return say.weightless;
    const one = lying === 1 ? "one_" : "";
    return fill(negatives.step ? say[`${one}not_learned`] : say[`${one}to_learn`], { count: lying });
  }
  const values = {
    count: learned, lost: percent(data, lost), far: percent(data, far), margin: figure(data, data.margin, 2),
  };
  const one = learned === 1 ? "one_" : "";
  const first = fill(say[`${one}learned${lost ? "" : "_nothing"}`], values);
  let then = lost ? fill(say[`${one}far`], values) : say.train_on;
  if (fresh && !running) then = fill(say[fresh === 1 ? "one_new" : "new"], { count: fresh });
  else if (gone) then = fill(say[`${gone === 1 ? "one_" : ""}${lying ? "gone" : "all_gone"}`], { count: gone });
  return `${first} ${then}`;
}

// What may stand there at any time, at its widest: room for the longest is kept, so that it pushes no button.
function widestSentences(data) {
  const many = { lying: 188, learned: 188, fresh: 0, gone: 0, step: 8888 };
  const learned = [{}, { fresh: 188 }, { gone: 188 }, { gone: 188, lying: 0 }].flatMap((more) =>
    [0.88, 0].map((lost) => sentenceOf(data, { ...many, ...more }, lost, 0.88, false)),
  );
  const not = [0, 8888].map((step) => sentenceOf(data, { ...many, step, learned: 0 }, 0, 0, false));
  return [...learned, ...not, data.say.empty, fill(data.say.blown, { step: figure(data, 8888) })];
}

// Of one update: how far NAT's weights moved, and what that did at its points and at the negatives, if there are any.
function updateOf(data, weights, moved, points, negatives) {
  const { say } = data;
  const change = (of, ends) => {
    const [before, after] = ends.map((end) => percent(data, end, 2));
    return fill(say[`${of}_${before === after ? "stayed" : "went"}`], { before, after });
  };
  const told = { weights: figure(data, weights), moved: amount(data, moved, 4), points: change("points", points) };
  if (!negatives) return fill(say.updated_points, told);
  return fill(say.updated, { ...told, negatives: change("negatives", negatives) });
}

// What a network learns from, or has learned from once it has begun.
function learnsOf(data, kind, negatives, points) {
  const number = negatives.step ? negatives.learned : negatives.lying;
  const when = negatives.step ? "learned" : "to_learn";
  if (kind === "baseline" || !number) return fill(data.say[`${when}_points`], { points });
  return fill(data.say[`${number === 1 ? "one_" : ""}${when}_both`], { points, count: number });
}

// The page's title holds the same numbers. It is Streamlit's, which writes it anew only where it says something else.
function titleNode(heading) {
  const walker = heading && document.createTreeWalker(heading, NodeFilter.SHOW_TEXT);
  const node = walker && walker.nextNode();
  return node && !walker.nextNode() ? node : null;
}

function heading() {
  return document.querySelector(".st-key-page h1");
}

function retitle(words) {
  const node = titleNode(heading());
  if (node && node.data !== words) node.data = words;
}

// As high as the longest of these titles, so that none of them pushes a button from under a finger.
function reserveTitle(longest) {
  const shown = heading();
  if (!titleNode(shown)) return;
  const heights = longest.map((words) => {
    const measured = shown.cloneNode(true);
    titleNode(measured).data = words;
    Object.assign(measured.style, { position: "absolute", visibility: "hidden", minHeight: 0, width: `${shown.clientWidth}px` });
    shown.parentElement.append(measured);
    const { height } = measured.getBoundingClientRect();
    measured.remove();
    return height;
  });
  shown.style.minHeight = `${Math.max(...heights)}px`;
}
