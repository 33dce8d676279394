"""Tests in a real browser. A package, so that what they share of it ends before other tests of the same process."""
