"""What can be chosen on Evidence: the table, what its folds by each score show, and whose
published figures stand beside ours."""

from nat_app.shared.settings import PageSettings, Setting, one_of, switch
from nat_core.measure.scores import MEASURES
from nat_core.paper.field_figures import BENCHMARKS

SHEET: Setting[str | None] = Setting("sheet", None, one_of([f"Table {number}" for number in range(1, 7)]))

MEASURE = Setting("measure", "ncr_at_95_kept", one_of(MEASURES))
"""What stands in the tables by each score."""
BY_SCORE = Setting("fold_scores", False, switch)
"""Whether these tables are open."""
FROM_FEATURES = Setting("from_features", False, switch)
"""Whether scores from features stand beside those of the logits."""

FIELD: Setting[str | None] = Setting("published", None, one_of([each.label for each in BENCHMARKS]))

SETTINGS = PageSettings("evidence", (SHEET, MEASURE, BY_SCORE, FROM_FEATURES, FIELD))
