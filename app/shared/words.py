"""The sentences that several pages share, computed from their numbers; no Streamlit.

Rates, confidences and thresholds are in [0, 1]. A picture's label is a class, "none" for a picture of none of the ten
classes, or None where nobody has said.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from string import punctuation
from typing import Literal

from nat_app.shared.palette import NAMES, Kind
from nat_core.measure.report import NetworkReport
from nat_core.measure.scores import CONFIDENCE, SCORE_NAMES
from nat_core.measure.wording import legible, plural
from nat_core.recipes import Role

JOINER = "\u2060"
MADE_LATER = re.compile(
    r":(?=[\w/+-])."  # http://, :emoji:, :material/icon:
    r"|www\."
    r"|.@(?=[\w-])"  # an address of mail
    r"|(?<!\S)(?:<->|->|<-|--|>=|<=|~=)(?!\S)",  # arrows and the like, by themselves
    re.IGNORECASE,
)
"""What Streamlit's Markdown makes of plain words after all else: links, pictures and other signs."""
Grade = Literal["sure", "fairly sure", "leaning", "no opinion"]
FAIRLY_SURE = 0.6
LEANING = 0.4
ENOUGH = 30
"""From so many pictures on, a share is said as one of a hundred or in percent; below, as a count."""
CORNER = "small in the corner, the 32 x 32 pixels that the networks see"
HARD_SPACE = "\u00a0"
MADE_READY = "Getting the networks ready."
"""While torch is imported for a page whose networks learn."""


@dataclass(frozen=True)
class Answer:
    """What one network says of one picture."""

    confidence: float
    predicted: str
    """The class it finds most probable."""


def literal(text: str) -> str:
    """Return a stranger's text so that Markdown shows it as it is: a file's name, a class or a link is no markup.

    This is the one way for such a text into Markdown, labels of widgets among them.

    >>> print(literal("a*b.jpg"))
    a\\*b\\.jpg
    """
    # Addresses, :emoji: and arrows are looked for once the escapes are gone; a sign of no width keeps them apart.
    apart = MADE_LATER.sub(lambda found: JOINER.join(found[0]), legible(text))
    return "".join(f"\\{sign}" if sign in punctuation else sign for sign in apart)


def percent(share: float) -> str:
    """Return a share in percent, never rounded to all or nothing where it is neither.

    >>> [percent(share).replace(HARD_SPACE, " ") for share in (0.974, 0.002, 0.999, 1.0)]
    ['97 %', '<1 %', '>99 %', '100 %']
    """
    # Both bounds belong to it: Python rounds 0.5 to 0 and 99.5 to 100.
    if 0 < share <= 0.005:
        return f"<1{HARD_SPACE}%"
    if 0.995 <= share < 1:
        return f">99{HARD_SPACE}%"
    return f"{100 * share:.0f}{HARD_SPACE}%"


def count_of_100(rate: float) -> str:
    """Return a rate as a number out of a hundred, in words where it rounds to none or all.

    >>> [count_of_100(rate) for rate in (0.56, 0.0004, 0.998, 0.0)]
    ['56', 'fewer than 1', 'more than 99', '0']
    """
    if 0 < rate <= 0.005:
        return "fewer than 1"
    if 0.995 <= rate < 1:
        return "more than 99"
    return f"{100 * rate:.0f}"


def percent_fine(share: float) -> str:
    """Return a share in percent with one decimal, as accuracies are given."""
    return f"{100 * share:.1f}{HARD_SPACE}%"


def of_100(rate: float, pictures: int | None = None) -> str:
    """Return a rate as one of a hundred; of fewer than ENOUGH `pictures` as their count.

    >>> of_100(0.56), of_100(0.5, 22)
    ('56 of 100', '11 of 22')
    """
    if pictures is None or pictures >= ENOUGH:
        return f"{count_of_100(rate)} of 100"
    return f"{round(rate * pictures) or 'none'} of {pictures}"


def fooled_by(rate: float, pictures: int | None = None) -> str:
    """Return "Fooled by 56 of 100" for an NCR of 0.56, of few pictures as `of_100` does."""
    return f"Fooled by {of_100(rate, pictures)}"


def keeps(share: float, pictures: int | None = None) -> str:
    """Return "Keeps 91 of 100" for a share kept of 0.91, of few pictures as `of_100` does."""
    return f"Keeps {of_100(share, pictures)}"


def grade(confidence: float, threshold: float) -> Grade:
    """Return how sure a network is: "sure" above the threshold, else by the paper's values 0.6 and 0.4."""
    # Strictly above, as NCR counts.
    if confidence > threshold:
        return "sure"
    if confidence > FAIRLY_SURE:
        return "fairly sure"
    return "leaning" if confidence > LEANING else "no opinion"


def answer_sentence(kind: Kind, answer: Answer, label: str | None, threshold: float) -> str:
    """Return what one network says of a picture, and whether it is right."""
    how = grade(answer.confidence, threshold)
    if how == "no opinion":
        known = "" if label in (None, "none") else ", although this is one of the ten"
        return f"{NAMES[kind]}: {percent(answer.confidence)}. It does not know{known}."
    says = f"{NAMES[kind]}: {percent(answer.confidence)} {literal(answer.predicted)}."
    if how == "leaning":
        way = {True: "the right way", False: "the wrong way"}[answer.predicted == label] if label else "that way"
        return f"{says} It leans {way}, but is not sure."
    return f"{says} {how.capitalize()}{_judged(answer.predicted, label)}"


def _judged(predicted: str, label: str | None) -> str:
    if label is None:
        return "."
    if label == "none":
        return ", and wrong."
    return ", and right." if predicted == label else f", and wrong: this is {article(label)}."


def article(name: str) -> str:
    """Return "a cat" or "an airplane"."""
    return f"{'an' if name[:1] in tuple('aeiou') else 'a'} {name}"


def picture_title(baseline: Answer, nat: Answer, label: str, threshold: float) -> str:
    """Return the finding about one picture of the gallery, in one or two short sentences."""
    # Sure is above t and nothing else: what is fairly sure is said to be that.
    grades: dict[Kind, Grade] = {
        "baseline": grade(baseline.confidence, threshold),
        "nat": grade(nat.confidence, threshold),
    }
    sure = {kind: how == "sure" for kind, how in grades.items()}
    if label == "none":
        return _title_outside(sure, grades)
    right: dict[Kind, bool] = {"baseline": baseline.predicted == label, "nat": nat.predicted == label}
    return _title_inside(sure, right, grades)


_OTHER: dict[Grade, str] = {
    "fairly sure": "is only fairly sure",
    "leaning": "hesitates",
    "no opinion": "says it does not know",
}
"""What the other network does where one of the two is sure."""


def _title_outside(sure: dict[Kind, bool], grades: dict[Kind, Grade]) -> str:
    if all(sure.values()):
        return "Both networks are sure, and both are wrong."
    if sure["baseline"]:
        return f"One network is sure. The other {_OTHER[grades['nat']]}."
    if sure["nat"]:
        return "This time it is NAT that is sure, and wrong."
    if set(grades.values()) == {"no opinion"}:
        return "Both networks say that they do not know."
    return _neither(grades)


def _neither(grades: dict[Kind, Grade]) -> str:
    """The title where neither is sure, and which of them is fairly so."""
    fairly = [kind for kind, how in grades.items() if how == "fairly sure"]
    if not fairly:
        return "Neither network is sure."
    who = "both are" if len(fairly) == 2 else f"{_NAMED[fairly[0]]} is"
    return f"Neither network is sure, but {who} fairly sure."


_NAMED: dict[Kind, str] = {"baseline": "the baseline", "nat": "NAT"}
"""How a sentence names a network."""


def _title_inside(sure: dict[Kind, bool], right: dict[Kind, bool], grades: dict[Kind, Grade]) -> str:
    if all(sure.values()):
        if all(right.values()):
            return "Both networks know this one."
        if not any(right.values()):
            return "Both networks are sure, and both are wrong."
        return f"Both networks are sure. Only {'the baseline' if right['baseline'] else 'NAT'} is right."
    if not any(sure.values()):
        return f"{_neither(grades).removesuffix('.')}, although this is one of the ten."
    one: Kind = "baseline" if sure["baseline"] else "nat"
    other: Kind = "nat" if sure["baseline"] else "baseline"
    finding = "knows this one" if right[one] else "is sure, and wrong"
    holds = "is only fairly sure" if grades[other] == "fairly sure" else "holds back"
    return f"{_capital(_NAMED[one])} {finding}. {_capital(_NAMED[other])} {holds}."


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def nat_fooled(baseline: Answer, nat: Answer, threshold: float, rate: float | None, pictures: str) -> str:
    """Return the sentence for a picture of no class that fools NAT, and how often that happens; "" where it does not.

    `rate` is NAT's NCR at the threshold on the set that `pictures` names ("CIFAR-100 pictures"), None where unknown.
    """
    if nat.confidence <= threshold:
        return ""
    as_well = " as well" if baseline.confidence > threshold else ""
    often = "" if rate is None else f" That happens to {count_of_100(rate)} in 100 {pictures}."
    return f"NAT is fooled by this one{as_well}.{often}"


def both(values: dict[Kind, str]) -> str:
    """Return the two networks' values in one line, coloured as on every chart."""
    return f":gray[Baseline **{values['baseline']}**]  \n:blue[NAT **{values['nat']}**]"


def duration(seconds: float) -> str:
    """Return a time in words, as exact as it is worth.

    >>> [duration(seconds) for seconds in (31.4, 200, 4287.9)]
    ['31 seconds', '3 minutes', '1 h 11 min']
    """
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    minutes = int(seconds // 60)
    return plural(minutes, "minute") if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def seeds(baseline: int, nat: int) -> str:
    """Return from which random start (seed) the two networks of a pair learned.

    >>> seeds(0, 0)
    'Both began from the same random start (seed 0).'
    """
    if baseline == nat:
        return f"Both began from the same random start (seed {nat})."
    return f"They began from different random starts (seeds {baseline} and {nat})."


def listed(names: Sequence[str]) -> str:
    """Return names as a list in words: "airplane, bird or cat"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def why(report: NetworkReport, classes: Sequence[str]) -> str:
    """Return why the two differ, in a few sentences; the numbers are those of the NAT network's report."""
    trained = [each.images for each in report.negatives.values() if each.role == Role.TRAINED_ON]
    shown = f"{trained[0]:,} pictures" if trained else "pictures"
    return (
        f"The baseline was only ever shown its {len(classes)} things, so whatever it sees has to be one of them, "
        f"and it is often sure. The NAT network was shown {shown} of other things as well (negatives), and trained to "
        f"give every answer the same chance on them, 1/{len(classes)}: no opinion. It has the same shape and the same "
        "training otherwise. What it learned carries over to things of neither kind, though not always. This page "
        "opens with the gallery picture that shows best what changed; the numbers above count whole sets of pictures."
    )


def comparison_note(in_paper: bool, difference: str) -> str:
    """Return what stands under the table: what its numbers are, and how the paper's network differs from ours."""
    what = "NCR: the share of negatives with confidence above t. Keeps: the share of in-distribution pictures above t."
    return f"{what} {difference}".strip() if in_paper else f"{what} The paper has no such networks."


def threshold_title(rates: dict[Kind, float], at: dict[Kind, float], known: bool, score: str = CONFIDENCE) -> str:
    """Return the finding on one image set: both networks' rates above their thresholds `at`.

    Unequal thresholds, and all of another score than confidence, are those at which each keeps 95 of 100; `known` is
    for the in-distribution set.
    """
    locked = score != CONFIDENCE or at["baseline"] != at["nat"]
    by = "" if score == CONFIDENCE else f" by {SCORE_NAMES[score]}"
    if known and locked:
        needed = {kind: threshold_text(value) for kind, value in at.items()}
        return f"To keep 95 of 100{by}, the baseline needs t = {needed['baseline']}, NAT t = {needed['nat']}."
    when = f"Keeping 95 of 100{by}" if locked else f"Above {threshold_share(at['nat'])}"
    if known:
        return f"{when}, the baseline keeps {of_100(rates['baseline'])}, NAT {count_of_100(rates['nat'])}."
    return f"{when}, the baseline is fooled by {of_100(rates['baseline'])}, NAT by {count_of_100(rates['nat'])}."


def threshold_text(threshold: float) -> str:
    """Return a threshold as pages write it: two decimals, more of one near 0 or just below 1, with a real minus.

    >>> threshold_text(0.9), threshold_text(-12.345), threshold_text(-0.0042), threshold_text(0.0)
    ('0.90', '\u221212.35', '\u22120.0042', '0.00')
    >>> [threshold_text(threshold) for threshold in (0.99, 0.995, 0.996007, 0.99989, 1.0)]
    ['0.99', '0.995', '0.996', '0.99989', '1.00']
    """
    near = 0 < abs(threshold) < 0.01
    text = f"{threshold:.2g}" if near else f"{threshold:.{_decimals(threshold, 2)}f}"
    return (text if near else _two_at_least(text)).replace("-", "\u2212")


def threshold_from(threshold: float) -> str:
    """Return a threshold rounded up, so that what holds from it on holds from the number on that is read.

    >>> [threshold_from(threshold) for threshold in (0.683036, 0.9, 0.9960072)]
    ['0.684', '0.90', '0.99601']
    """
    exact = Decimal(repr(threshold))
    return _two_at_least(str(exact.quantize(Decimal(1).scaleb(-_decimals(threshold, 3)), ROUND_CEILING)))


def threshold_share(threshold: float) -> str:
    """Return a threshold of confidence in percent, with as many decimals as it has: it is chosen, not counted.

    >>> [threshold_share(threshold).replace(HARD_SPACE, " ") for threshold in (0.9, 0.29, 0.995, 0.99991, 1.0)]
    ['90 %', '29 %', '99.5 %', '99.991 %', '100 %']
    """
    # Six digits: of 0.29 a float makes 28.999999999999996.
    return f"{100 * threshold:.6g}{HARD_SPACE}%"


def _decimals(threshold: float, digits: int) -> int:
    """How many decimals show so many digits of what a threshold leaves to 1; two where that is much."""
    rest = 1 - threshold
    return max(2, digits - 1 - math.floor(math.log10(rest))) if 0 < rest < 1 else 2


def _two_at_least(text: str) -> str:
    """A number without the zeros at its end, but with two decimals."""
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.rstrip('0'):0<2}"
