"""What can be chosen on Digits live; in no link."""

from nat_app.shared.settings import Setting

MOST_SEED = 9999

LATE = Setting("digits_late", True)
"""Whether negatives are shown only from a later step on."""
SEED = Setting("digits_seed", 0)
