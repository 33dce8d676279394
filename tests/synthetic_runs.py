"""Made-up records of runs: reports of every set that the run's recipe reports, all with the same rates."""

from nat_core.measure.report import NetworkReport, SetReport, threshold_key
from nat_core.recipes import IN_DISTRIBUTION
from nat_core.store.runs import RunRecord
from nat_core.studies.plan import PlannedRun

KEYS = tuple(map(threshold_key, (0.4, 0.6, 0.8, 0.9)))


def record(run: PlannedRun, rate: float, *, accuracy: float = 0.88) -> RunRecord:
    """The record of a run whose NCR is `rate` with 95 % kept and half of it above 0.9, on every set."""
    sets = {
        name: SetReport(1000, role, dict.fromkeys(KEYS, 0.8 if role == IN_DISTRIBUTION else rate / 2),
                        0.95 if role == IN_DISTRIBUTION else rate, 0.9, 0.3)
        for name, role in run.recipe.roles.items()
    }  # fmt: skip
    report = NetworkReport(accuracy, 0.02, run.seed, run.recipe.protocol, ("a", "b"), dict.fromkeys(KEYS, 0.8), sets)
    return RunRecord(run.recipe, run.seed, report, None, 1000, "none", 60.0, "never")
