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

from nat_app.shared.classes import article as article
from nat_app.shared.classes import class_title as class_title
from nat_app.shared.classes import listed as listed
from nat_app.shared.drawing.palette import NAMES, Kind
from nat_app.shared.language import JOINER, N_, _, ngettext, number, pgettext, span, written
from nat_core.language import legible
from nat_core.language import plural as plural
from nat_core.measure.report import NetworkReport
from nat_core.measure.scores import CONFIDENCE, SCORE_NAMES
from nat_core.recipes import Role

MADE_LATER = re.compile(
    r":(?=[\w/+-])."  # http://, :emoji:, :material/icon:
    r"|www\."
    r"|.@(?=[\w-])"  # an address of mail
    r"|(?<!\S)(?:<->|->|<-|--|>=|<=|~=)(?!\S)",  # arrows and the like, by themselves
    re.IGNORECASE,
)
"""What Streamlit's Markdown makes of plain words after all else: links, pictures and other signs."""
_MARKUP = re.compile(r":\w+\[((?:[^\[\]])*)\]|\\(?=[^\w\s])|\*\*")
"""What Streamlit's Markdown has around words: colours, escapes and bold."""
Grade = Literal["sure", "fairly sure", "leaning", "no opinion"]
FAIRLY_SURE = 0.6
LEANING = 0.4
ENOUGH = 30
"""From so many pictures on, a share is said as one of a hundred or in percent; below, as a count."""
CORNER = N_("small in the corner, the 32 x 32 pixels that the networks see")
HARD_SPACE = "\u00a0"
_KEPT_TOGETHER = re.compile(r"(?<=\d) (?=%)|(?<=\bt) (?== \d)|(?<=\bt =) (?=\d)")
"""The spaces of "95 %" and "t = 0.9", at which no line breaks."""
MADE_READY = N_("Getting the networks ready.")
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


def plain(markdown: str) -> str:
    """Return the app's own Markdown as words alone: without colours, bold type and escapes.

    >>> plain(":orange[▲] Fooled: **sure**, and wrong\\\\.")
    '▲ Fooled: sure, and wrong.'
    >>> plain(":gray[**Baseline**] 97 % cat")
    'Baseline 97 % cat'
    """
    # Within a colour there may be bold type.
    return _MARKUP.sub(lambda found: plain(found[1] or ""), markdown)


def kept_together(text: str) -> str:
    """Return a text in which no line breaks between a number and its % sign, nor within a threshold.

    >>> kept_together("26 % at t = 0.9") == f"26{HARD_SPACE}% at t{HARD_SPACE}={HARD_SPACE}0.9"
    True
    """
    return _KEPT_TOGETHER.sub(HARD_SPACE, text)


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


def percent_span(low: float, high: float) -> str:
    """Return an interval of shares in percent, which no line breaks.

    >>> percent_span(0.32, 0.807).replace(HARD_SPACE, " ").replace(JOINER, "")
    '32–81 %'
    """
    return f"{span(f'{100 * low:.0f}', f'{100 * high:.0f}')}{HARD_SPACE}%"


def count_of_100(rate: float) -> str:
    """Return a rate as a number out of a hundred, in words where it rounds to none or all.

    >>> [count_of_100(rate) for rate in (0.56, 0.0004, 0.998, 0.0)]
    ['56', 'fewer than 1', 'more than 99', '0']
    """
    if 0 < rate <= 0.005:
        return _("fewer than 1")
    if 0.995 <= rate < 1:
        return _("more than 99")
    return f"{100 * rate:.0f}"


def percent_fine(share: float) -> str:
    """Return a share in percent with one decimal, as accuracies are given."""
    return f"{number(100 * share, '.1f')}{HARD_SPACE}%"


def of_100(rate: float, pictures: int | None = None) -> str:
    """Return a rate as one of a hundred; of fewer than ENOUGH `pictures` as their count.

    >>> of_100(0.56), of_100(0.5, 22)
    ('56 of 100', '11 of 22')
    """
    if pictures is None or pictures >= ENOUGH:
        return _("{count} of 100", count=count_of_100(rate))
    count = round(rate * pictures)
    return _("{count} of {all}", count=count or pgettext("how many", "none"), all=pictures)


def fooled_by(rate: float, pictures: int | None = None) -> str:
    """Return "Fooled by 56 of 100" for an NCR of 0.56, of few pictures as `of_100` does."""
    return _("Fooled by {count}", count=of_100(rate, pictures))


def keeps(share: float, pictures: int | None = None) -> str:
    """Return "Keeps 91 of 100" for a share kept of 0.91, of few pictures as `of_100` does."""
    return _("Keeps {count}", count=of_100(share, pictures))


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
    how, share = grade(answer.confidence, threshold), percent(answer.confidence)
    if how == "no opinion":
        verdict = _DOES_NOT_KNOW if label in (None, "none") else _SHOULD_KNOW
        return _("{network}: {share}. {verdict}", network=NAMES[kind], share=share, verdict=_(verdict))
    if how == "leaning":
        verdict = _(_LEANS[answer.predicted == label if label else None])
    else:
        verdict = _judged(how, answer.predicted, label)
    name = literal(class_title(answer.predicted))
    return _("{network}: {share} {name}. {verdict}", network=NAMES[kind], share=share, name=name, verdict=verdict)


_DOES_NOT_KNOW = N_("It does not know.")
_SHOULD_KNOW = N_("It does not know, although this is one of the ten.")
_LEANS = {
    True: N_("It leans the right way, but is not sure."),
    False: N_("It leans the wrong way, but is not sure."),
    None: N_("It leans that way, but is not sure."),
}
_SURE: dict[tuple[Grade, bool | None], str] = {
    ("sure", True): N_("Sure, and right."),
    ("sure", False): N_("Sure, and wrong."),
    ("sure", None): N_("Sure."),
    ("fairly sure", True): N_("Fairly sure, and right."),
    ("fairly sure", False): N_("Fairly sure, and wrong."),
    ("fairly sure", None): N_("Fairly sure."),
}
"""What is said of a network that is sure or fairly so: that it is right, wrong, or, where nobody knows, neither."""


def _judged(how: Grade, predicted: str, label: str | None) -> str:
    if label in (None, "none") or predicted == label:
        return _(_SURE[how, None if label is None else predicted == label])
    if how == "sure":
        return _("Sure, and wrong: this is {what}.", what=article(label))
    return _("Fairly sure, and wrong: this is {what}.", what=article(label))


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


_BOTH_WRONG = N_("Both networks are sure, and both are wrong.")
_ONE_SURE: dict[Grade, str] = {
    "fairly sure": N_("One network is sure. The other is only fairly sure."),
    "leaning": N_("One network is sure. The other hesitates."),
    "no opinion": N_("One network is sure. The other says it does not know."),
}
"""Of a picture of no class, where the baseline is sure: by what NAT does."""


def _title_outside(sure: dict[Kind, bool], grades: dict[Kind, Grade]) -> str:
    if all(sure.values()):
        return _(_BOTH_WRONG)
    if sure["baseline"]:
        return _(_ONE_SURE[grades["nat"]])
    if sure["nat"]:
        return _("This time it is NAT that is sure, and wrong.")
    if set(grades.values()) == {"no opinion"}:
        return _("Both networks say that they do not know.")
    return _(_NEITHER[_fairly(grades)][0])


def _fairly(grades: dict[Kind, Grade]) -> tuple[bool, bool]:
    """Whether the baseline and NAT are fairly sure."""
    return grades["baseline"] == "fairly sure", grades["nat"] == "fairly sure"


_NEITHER = {
    (False, False): (
        N_("Neither network is sure."),
        N_("Neither network is sure, although this is one of the ten."),
    ),
    (True, True): (
        N_("Neither network is sure, but both are fairly sure."),
        N_("Neither network is sure, but both are fairly sure, although this is one of the ten."),
    ),
    (True, False): (
        N_("Neither network is sure, but the baseline is fairly sure."),
        N_("Neither network is sure, but the baseline is fairly sure, although this is one of the ten."),
    ),
    (False, True): (
        N_("Neither network is sure, but NAT is fairly sure."),
        N_("Neither network is sure, but NAT is fairly sure, although this is one of the ten."),
    ),
}
"""Where neither is sure: by which of them is fairly so, of a picture of no class and of one of the ten."""
_KNOWS: dict[Kind, str] = {"baseline": N_("The baseline knows this one."), "nat": N_("NAT knows this one.")}
_WRONG: dict[Kind, str] = {"baseline": N_("The baseline is sure, and wrong."), "nat": N_("NAT is sure, and wrong.")}
_HOLDS_BACK: dict[Kind, str] = {"baseline": N_("The baseline holds back."), "nat": N_("NAT holds back.")}
_ONLY_FAIRLY: dict[Kind, str] = {
    "baseline": N_("The baseline is only fairly sure."),
    "nat": N_("NAT is only fairly sure."),
}


def _title_inside(sure: dict[Kind, bool], right: dict[Kind, bool], grades: dict[Kind, Grade]) -> str:
    if all(sure.values()):
        if all(right.values()):
            return _("Both networks know this one.")
        if not any(right.values()):
            return _(_BOTH_WRONG)
        if right["baseline"]:
            return _("Both networks are sure. Only the baseline is right.")
        return _("Both networks are sure. Only NAT is right.")
    if not any(sure.values()):
        return _(_NEITHER[_fairly(grades)][1])
    one: Kind = "baseline" if sure["baseline"] else "nat"
    other: Kind = "nat" if sure["baseline"] else "baseline"
    finding = (_KNOWS if right[one] else _WRONG)[one]
    holds = (_ONLY_FAIRLY if grades[other] == "fairly sure" else _HOLDS_BACK)[other]
    return f"{_(finding)} {_(holds)}"


def capital(text: str) -> str:
    """Return a text with a capital at its beginning, and all else as it is.

    >>> capital("red tower of Paris")
    'Red tower of Paris'
    """
    return f"{text[:1].upper()}{text[1:]}"


def nat_fooled(baseline: Answer, nat: Answer, threshold: float, rate: float | None, pictures: str) -> str:
    """Return the sentence for a picture of no class that fools NAT, and how often that happens; "" where it does not.

    `rate` is NAT's NCR at the threshold on the set that `pictures` names ("CIFAR-100 pictures", in the dative), None
    where unknown.
    """
    if nat.confidence <= threshold:
        return ""
    if baseline.confidence > threshold:
        finding = _("NAT is fooled by this one as well.")
    else:
        finding = _("NAT is fooled by this one.")
    if rate is None:
        return finding
    often = _("That happens to {count} in 100 {pictures}.", count=count_of_100(rate), pictures=pictures)
    return f"{finding} {often}"


def both(values: dict[Kind, str]) -> str:
    """Return the two networks' values in one line, coloured as on every chart."""
    return f":gray[{NAMES['baseline']} **{values['baseline']}**]  \n:blue[{NAMES['nat']} **{values['nat']}**]"


def duration(seconds: float) -> str:
    """Return a time in words, as exact as it is worth.

    >>> [duration(seconds) for seconds in (31.4, 200, 469.3, 4287.9)]
    ['31 seconds', '3 minutes', '8 minutes', '1 h 11 min']
    """
    if seconds < 120:
        return ngettext("{count} second", "{count} seconds", round(seconds))
    minutes = round(seconds / 60)
    if minutes < 60:
        return ngettext("{count} minute", "{count} minutes", minutes)
    return _("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)


def seeds(baseline: int, nat: int) -> str:
    """Return from which random start (seed) the two networks of a pair learned.

    >>> seeds(0, 0)
    'Both began from the same random start (seed 0).'
    """
    if baseline == nat:
        return _("Both began from the same random start (seed {seed}).", seed=nat)
    return _("They began from different random starts (seeds {baseline} and {nat}).", baseline=baseline, nat=nat)


def why(report: NetworkReport, classes: Sequence[str], *, taught: bool) -> str:
    """Return why the two differ, in a few sentences; the numbers are those of the NAT network's report.

    Where it is `taught`, it is a student, as the baseline beside it is.
    """
    counted = _(
        "This page opens with the gallery picture that shows best what changed; the numbers above count whole sets of "
        "pictures."
    )
    if taught:
        learned = _(
            "Both were only ever shown their {classes} things, so whatever they see has to be one of them. Both are "
            "students of the same shape and the same training: each learned where to look from a network of its own, "
            "NAT from one that was shown other things as well (negatives) and trained to have no opinion about them.",
            classes=len(classes),
        )
        return f"{learned} {counted}"
    trained = [each.images for each in report.negatives.values() if each.role == Role.TRAINED_ON]
    shown = _("{count:,} pictures", count=trained[0]) if trained else _("pictures")
    learned = _(
        "The baseline was only ever shown its {classes} things, so whatever it sees has to be one of them, and it is "
        "often sure. The NAT network was shown {shown} of other things as well (negatives), and trained to give every "
        "answer the same chance on them, 1/{classes}: no opinion. It has the same shape and the same training "
        "otherwise. What it learned carries over to things of neither kind, though not always.",
        classes=len(classes),
        shown=shown,
    )
    return f"{learned} {counted}"


def comparison_note(in_paper: bool, difference: str) -> str:
    """Return what stands under the table: what its numbers are, and how the paper's network differs from ours."""
    what = _(
        "NCR: the share of negatives with confidence above t. Keeps: the share of in-distribution pictures above t."
    )
    beside = difference if in_paper else _("The paper has no such networks.")
    return f"{what} {beside}".strip()


def threshold_title(rates: dict[Kind, float], at: dict[Kind, float], known: bool, score: str = CONFIDENCE) -> str:
    """Return the finding on one image set: both networks' rates above their thresholds `at`.

    Unequal thresholds, and all of another score than confidence, are those at which each keeps 95 of 100; `known` is
    for the in-distribution set.
    """
    locked = score != CONFIDENCE or at["baseline"] != at["nat"]
    if known and locked:
        needed = {kind: threshold_text(value) for kind, value in at.items()}
        by = "" if score == CONFIDENCE else SCORE_NAMES[score]
        if by:
            return _(
                "To keep 95 of 100 by {score}, the baseline needs t\u00a0=\u00a0{baseline}, NAT t\u00a0=\u00a0{nat}.",
                score=by,
                **needed,
            )
        return _("To keep 95 of 100, the baseline needs t\u00a0=\u00a0{baseline}, NAT t\u00a0=\u00a0{nat}.", **needed)
    when = _where(score, locked, at["nat"])
    counts = {"baseline": of_100(rates["baseline"]), "nat": count_of_100(rates["nat"])}
    if known:
        return _("{when}, the baseline keeps {baseline}, NAT {nat}.", when=when, **counts)
    return _("{when}, the baseline is fooled by {baseline}, NAT by {nat}.", when=when, **counts)


def _where(score: str, locked: bool, threshold: float) -> str:
    """At which thresholds something holds, as the beginning of a sentence."""
    if not locked:
        return _("Above {threshold}", threshold=threshold_share(threshold))
    if score == CONFIDENCE:
        return _("Keeping 95 of 100")
    return _("Keeping 95 of 100 by {score}", score=SCORE_NAMES[score])


def threshold_text(threshold: float) -> str:
    """Return a threshold as pages write it: two decimals, more of one near 0 or just below 1, with a real minus.

    >>> threshold_text(0.9), threshold_text(-12.345), threshold_text(-0.0042), threshold_text(0.0)
    ('0.90', '\u221212.35', '\u22120.0042', '0.00')
    >>> [threshold_text(threshold) for threshold in (0.99, 0.995, 0.996007, 0.99989, 1.0)]
    ['0.99', '0.995', '0.996', '0.99989', '1.00']
    """
    near = 0 < abs(threshold) < 0.01
    text = f"{threshold:.2g}" if near else f"{threshold:.{_decimals(threshold, 2)}f}"
    return written(text if near else _two_at_least(text)).replace("-", "\u2212")


def threshold_from(threshold: float) -> str:
    """Return a threshold rounded up, so that what holds from it on holds from the number on that is read.

    >>> [threshold_from(threshold) for threshold in (0.683036, 0.9, 0.9960072)]
    ['0.684', '0.90', '0.99601']
    """
    exact = Decimal(repr(threshold))
    return written(_two_at_least(str(exact.quantize(Decimal(1).scaleb(-_decimals(threshold, 3)), ROUND_CEILING))))


def threshold_share(threshold: float) -> str:
    """Return a threshold of confidence in percent, with as many decimals as it has: it is chosen, not counted.

    >>> [threshold_share(threshold).replace(HARD_SPACE, " ") for threshold in (0.9, 0.29, 0.995, 0.99991, 1.0)]
    ['90 %', '29 %', '99.5 %', '99.991 %', '100 %']
    """
    # Six digits: of 0.29 a float makes 28.999999999999996.
    return f"{number(100 * threshold, '.6g')}{HARD_SPACE}%"


def _decimals(threshold: float, digits: int) -> int:
    """How many decimals show so many digits of what a threshold leaves to 1; two where that is much."""
    rest = 1 - threshold
    return max(2, digits - 1 - math.floor(math.log10(rest))) if 0 < rest < 1 else 2


def _two_at_least(text: str) -> str:
    """A number without the zeros at its end, but with two decimals."""
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.rstrip('0'):0<2}"
