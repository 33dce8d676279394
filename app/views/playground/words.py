"""The words of the playground: its names, and the sentences that the browser fills with its numbers."""

from nat_app.shared.language import N_, _
from nat_app.shared.words import threshold_share

TITLE = N_("Two networks, the same points, the same start.")
SHAPES = {"blobs": N_("Blobs"), "moons": N_("Moons"), "spirals": N_("Spirals"), "rings": N_("Rings")}
NEGATIVES = {"ring": N_("Ring"), "corner": N_("Corner"), "blob": N_("Blob"), "uniform": N_("Uniform")}
ACTIVATIONS = {"relu": "ReLU", "tanh": "tanh", "sine": N_("sine")}
DIVERGENCES = {
    "kl_from_uniform": N_("KL(uniform ‖ softmax), as in the paper"),
    "kl_to_uniform": N_("KL(softmax ‖ uniform), entropy"),
    "jensen_shannon": "Jensen-Shannon",
    "brier": N_("Squared distance (Brier)"),
    "hellinger": "Hellinger",
    "centred_logits": N_("Variance of the logits"),
    "softened": N_("Its own answer, softened (AOE)"),
}
EMPTY = N_("No negatives yet, so both are the same. Add a ring and press Train.")


def sentences() -> dict[str, str]:
    """Return the sentences that `browser/sentences.js` chooses from and fills; {fields} are its numbers."""
    # The browser has no rules of plurals, so what is said of one negative is a sentence of its own, in every language.
    return {
        "title_start": _(TITLE),
        "title_same": _("Both are falsely sure on {baseline} of the empty plane."),
        # Where NAT does worse, that is the finding: the sentence then begins with it.
        "title_nat_more": _("Here NAT is falsely sure on {nat} of the empty plane, the baseline on {baseline}."),
        "title": _("The baseline is falsely sure on {baseline} of the empty plane, NAT on {nat}."),
        "empty": _(EMPTY),
        "one_to_learn": _("One negative to learn from. Press Train: both learn the points, NAT the negative too."),
        "to_learn": _("{count} negatives to learn from. Press Train: both learn the points, NAT the negatives too."),
        "one_not_learned": _("NAT has not learned from the negative yet, so both are still the same. Press Train."),
        "not_learned": _(
            "NAT has not learned from the {count} negatives yet, so both are still the same. Press Train."
        ),
        "weightless": _("The negatives weigh nothing, so NAT does not learn from them."),
        # What it learned, and then what follows from it: how far it reaches, or what has changed since.
        "one_learned": _(
            "NAT learned from one negative: on {lost} of the empty plane it is no longer sure where the baseline is."
        ),
        "learned": _(
            "NAT learned from {count} negatives: on {lost} of the empty plane it is no longer sure where the baseline "
            "is."
        ),
        "one_far": _("Of that, {far} lies farther than {margin} from that one."),
        "far": _("Of that, {far} lies farther than {margin} from every one of them."),
        "one_learned_nothing": _("NAT learned from one negative, and is still sure wherever the baseline is."),
        "learned_nothing": _("NAT learned from {count} negatives, and is still sure wherever the baseline is."),
        "train_on": _("Train on, or add some where it is sure."),
        "one_new": _("One more lies there that it has not learned yet: press Train."),
        "new": _("{count} more lie there that it has not learned yet: press Train."),
        "one_all_gone": _("That negative is gone, but what it learned stays: rewind, or train on without it."),
        "all_gone": _("Those negatives are gone, but what it learned stays: rewind, or train on without them."),
        "one_gone": _("One of them is gone, but what it learned stays: rewind, or train on without it."),
        "gone": _("{count} of them are gone, but what it learned stays: rewind, or train on without them."),
        "blown": _("Training blew up. We put back the last good step ({step}); try a smaller learning rate."),
    }


def of_planes(threshold: float, cells: int, margin: float, extent: float) -> dict[str, str]:
    """Return what is said on and below each plane, of `cells` empty ones, and what colours and marks mean."""
    return {
        "to_learn_points": _("to learn: {points} points"),
        "learned_points": _("learned: {points} points"),
        "one_to_learn_both": _("to learn: {points} points and one negative"),
        "to_learn_both": _("to learn: {points} points and {count} negatives"),
        "one_learned_both": _("learned: {points} points and one negative"),
        "learned_both": _("learned: {points} points and {count} negatives"),
        "gauge": _("Falsely sure on {share} of the empty plane"),
        "all_right": _("Step {step}: gets all {points} points right, and {held_out} of {others} held-out ones."),
        "right": _("Step {step}: gets {right} of {points} points right, and {held_out} of {others} held-out ones."),
        "alt": _(
            "{name}, step {step}: a plane with {points} points and {count} negatives. Falsely sure on {share} of the "
            "empty plane. {keys}"
        ),
        "keys": _(
            "Arrow keys move a cursor, with Shift farther; Enter adds a negative, Delete removes the nearest one."
        ),
        "hint": _("Click: add a negative, or remove the one there. Drag: move one, or paint some."),
        "cursor": _("Across {x}, up {y}: {name} is {share} sure."),
        "cursor_negative": _("Across {x}, up {y}, on a negative: {name} is {share} sure."),
        "added": _("Negative added; that makes {count}."),
        "removed": _("Negative removed; that leaves {count}."),
        "too_many_borders": _("The answer changes too often to draw where."),
        # What stays the same as long as the page is open is filled in here, the rest of the fields by the browser.
        "legend": _(
            "Colour and mark: the class. Full colour: confidence above {t}; the paler, the less sure. ▲: sure in the "
            "empty plane ({cells:,} cells farther than {margin:g} from every point, on a plane {width:g} wide). Lines: "
            "where the answer changes. Crosses: negatives, for NAT alone.",
            t=threshold_share(threshold),
            cells=cells,
            margin=margin,
            width=2 * extent,
        ),
    }


def of_controls() -> dict[str, str]:
    """Return the names of the buttons, and what helps with them."""
    return {
        "tools": _("Training and negatives"),
        "train": _("Train"),
        "stop": _("Stop"),
        "step": _("Step"),
        "step_help": _("One update of the weights; arrows show what it does"),
        "rewind": _("Rewind"),
        "rewind_help": _("Back to the starting weights; the negatives stay"),
        "slow": _("Slow motion"),
        "slow_help": _("Two updates a second, each with its arrows"),
        "add": _("Add negatives"),
        # The browser makes a button of every key that begins so, and reads from it which negatives it adds.
        **{f"add_{kind}": _(name) for kind, name in NEGATIVES.items()},
        "undo": _("Undo"),
        "undo_help": _("Take the last change of the negatives back (Control and Z)"),
        "clear": _("Clear"),
        "paint": _("Paint"),
        "paint_help": _("A finger that moves over the plane leaves negatives"),
        "view": _("Show"),
        "view_both": _("Both"),
    }


def of_learning() -> dict[str, str]:
    """Return what is said of the loss, and of one update."""
    return {
        "loss": _("Loss, in nats per point"),
        "loss_axis": _("steps of training"),
        "loss_lines": _("Solid: held-out points. Dotted: the points it learned."),
        "loss_alt": _(
            "Step {step}: the baseline's loss is {baseline} at its points and {baseline_held_out} at held-out ones, "
            "NAT's {nat} and {nat_held_out}."
        ),
        "loss_none": _("No step yet."),
    } | _of_update()


def _of_update() -> dict[str, str]:
    """Return the three sentences of one update, and what the third becomes once there was one."""
    return {
        "update": _("What one update does"),
        "update_forward": _(
            "Each point goes through both networks, each negative through NAT, and comes out as a probability for "
            "every class."
        ),
        "update_cost": _(
            "A point costs more the less probable its own class is; a negative costs NAT more the farther its answer "
            "is from equal shares."
        ),
        "update_weights": _(
            "Each of a network's {weights} weights then moves a little towards where that costs less: press Step, and "
            "arrows show what comes of it."
        ),
        "updated": _(
            "Each of a network's {weights} weights then moved towards where that costs less, NAT's by {moved} on "
            "average: {points}, {negatives}."
        ),
        # Without negatives there is no confidence at them to tell.
        "updated_points": _(
            "Each of a network's {weights} weights then moved towards where that costs less, NAT's by {moved} on "
            "average: {points}."
        ),
        "points_went": _("its right answers' mean probability went from {before} to {after} (arrows up: gained)"),
        "points_stayed": _(
            "its right answers' mean probability stayed at {after}, to two decimals (arrows up: gained)"
        ),
        "negatives_went": _("its mean confidence at the negatives went from {before} to {after} (arrows down: lost)"),
        "negatives_stayed": _(
            "its mean confidence at the negatives stayed at {after}, to two decimals (arrows down: lost)"
        ),
    }


def signs() -> dict[str, str]:
    """Return how shares are written, and those that round to none or all, as `nat_app.shared.words.percent` does."""
    return {"percent": "{number}\u00a0%", "least": "<1\u00a0%", "most": ">99\u00a0%"}
