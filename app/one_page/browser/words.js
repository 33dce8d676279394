// The page's sentences: chosen among those that the app's functions made, with numbers in the places of their names.

// Return a sentence with values in the places of {names}.
const filled = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

// Return a whole number as Python writes it: halves go to the even one.
function rounded(value) {
  const low = Math.floor(value);
  const rest = value - low;
  if (rest !== 0.5) return rest < 0.5 ? low : low + 1;
  return low % 2 === 0 ? low : low + 1;
}

// Return a share in percent, never rounded to all or nothing where it is neither: `nat_app.shared.words.percent`.
function percent(share) {
  if (share > 0 && share <= 0.005) return "<1\u00a0%";
  if (share >= 0.995 && share < 1) return ">99\u00a0%";
  return `${rounded(100 * share)}\u00a0%`;
}

// Return a number with so many decimals, or digits where `digits` is given, as the language writes it.
function written(value, decimals, signs) {
  return value.toFixed(decimals).replace(".", signs[0]);
}

// Return a value with two digits, or as many as it has before the point, as the app writes a map's largest one.
function short(value, signs) {
  if (value >= 99.5) return String(rounded(value)).replace(/\B(?=(\d{3})+$)/g, signs[1]);
  return String(Number(value.toPrecision(2))).replace(".", signs[0]);
}

// Return how sure an answer is at a threshold: `nat_app.shared.words.grade`.
function gradeOf(confidence, threshold, carried) {
  if (confidence > threshold) return "sure"; // strictly above, as NCR counts
  if (confidence > carried.fairly_sure) return "fairly sure";
  return confidence > carried.leaning ? "leaning" : "no opinion";
}

// Return what one network says of a picture: its probabilities, the most probable class and how sure it is.
function answerOf(logits, classes) {
  const most = Math.max(...logits);
  const powers = Array.from(logits, (each) => Math.exp(each - most));
  const sum = powers.reduce((total, each) => total + each, 0);
  const probabilities = powers.map((each) => each / sum);
  const winner = probabilities.indexOf(Math.max(...probabilities));
  return { probabilities, confidence: probabilities[winner], predicted: classes[winner] };
}

// --- one picture -----------------------------------------------------------------------------------------------------

function answerSentence(words, carried, kind, answer, label, threshold) {
  const grade = gradeOf(answer.confidence, threshold, carried);
  const sentence = words.sentences.answers[kind][grade][label ?? ""][answer.predicted];
  return filled(sentence, { share: percent(answer.confidence) });
}

function pictureTitle(words, carried, answers, label, threshold) {
  const grades = KINDS.map((kind) => gradeOf(answers[kind].confidence, threshold, carried));
  const right = KINDS.map((kind) => (label === "none" ? 2 : Number(answers[kind].predicted === label)));
  return words.sentences.titles[[...grades, ...right].join("|")];
}

// Return the finding about one photo of a visitor's, who may not have said what it shows: `verdicts.title`.
function photoTitle(words, carried, answers, label, threshold) {
  if (label) return pictureTitle(words, carried, answers, label, threshold);
  const grades = KINDS.map((kind) => gradeOf(answers[kind].confidence, threshold, carried));
  return words.sentences.unsaid_titles[grades.join("|")];
}

// Return one network's verdict on a photo of which a visitor said what it shows; null where nobody did.
function verdict(words, answer, label, threshold) {
  return words.sentences.verdicts[label ?? ""][Number(answer.confidence > threshold)][
    Number(answer.predicted === label)
  ];
}

// --- many photos -----------------------------------------------------------------------------------------------------

const Z = 1.959963984540054; // the normal quantile of a 95 % interval

// Return Wilson's interval of a share, as `nat_app.shared.counts.interval` writes it.
function wilson(successes, all) {
  const squared = Z ** 2;
  const centre = (successes + squared / 2) / (all + squared);
  const half = Math.sqrt(squared * ((successes * (all - successes)) / all + squared / 4)) / (all + squared);
  const low = successes === 0 ? 0 : centre - half;
  const high = successes === all ? 1 : centre + half;
  return `${rounded(100 * low)}\u2060\u2013\u2060${rounded(100 * high)}\u00a0%`;
}

// Whether two networks' answers on the same photos differ by more than chance: `metrics.difference_interval`.
function differ(first, second) {
  const more = second.filter((each, place) => each && !first[place]).length;
  const fewer = first.filter((each, place) => each && !second[place]).length;
  const m = first.length + 2;
  const difference = (more - fewer) / m;
  const half = Z * Math.sqrt(((more + fewer + 2) / m - difference ** 2) / m);
  return difference - half > 0 || difference + half < 0;
}

const fewOf = (number) => Math.min(number, 2);

// Return the title of a visitor's photos and the sentences below it, as `photo_words.findings` does. `cards` hold each
// photo's answers, and its label, null while nobody has said what it shows.
function findings(words, cards, threshold) {
  const said = words.photos;
  const sure = (some, kind) => some.map((card) => card.answers[kind].confidence > threshold);
  const outside = cards.filter((card) => card.label === "none");
  const known = cards.filter((card) => card.label && card.label !== "none");
  const waiting = cards.filter((card) => !card.label).length;
  const fooled = { baseline: sure(outside, "baseline"), nat: sure(outside, "nat") };
  const sentences = [photosTitle(said, fooled, known.length, waiting)];
  if (outside.length) sentences.push(photosSentence(said, fooled));
  if (known.length) {
    const kept = { baseline: trues(sure(known, "baseline")), nat: trues(sure(known, "nat")), all: known.length };
    const one = said.known_one[`${kept.baseline}|${kept.nat}`];
    sentences.push(known.length === 1 ? one : filled(said.known, kept));
  }
  if (waiting) sentences.push(filled(said.waiting[Math.min(waiting, 2) - 1], { all: waiting }));
  return sentences;
}

const trues = (list) => list.filter(Boolean).length;

function photosTitle(said, fooled, known, waiting) {
  const [baseline, nat, all] = [trues(fooled.baseline), trues(fooled.nat), fooled.nat.length];
  if (!all) return (known && !waiting ? said.none_here.known : said.none_here.waiting)[known + waiting === 1 ? 0 : 1];
  if (all === 1) return said.one[`${Math.min(known, 1)}|${baseline}|${nat}`];
  const sentence = baseline === nat ? said.alike[Math.min(nat, 1)] : said.unlike[`${fewOf(baseline)}|${fewOf(nat)}`];
  return filled(sentence, { baseline, nat, all });
}

function photosSentence(said, fooled) {
  const [baseline, nat, all] = [trues(fooled.baseline), trues(fooled.nat), fooled.nat.length];
  if (all <= said.most_few) return said.few;
  const intervals = { baseline_interval: wilson(baseline, all), nat_interval: wilson(nat, all) };
  let which = "alike";
  if (baseline !== nat)
    which = differ(fooled.baseline, fooled.nat) ? "more" : all < said.enough ? "chance_few" : "chance";
  return filled(said.counted[which], { baseline, nat, all, ...intervals });
}
