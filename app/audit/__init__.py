"""The trail: append-only entries with erasable detail; knows nobody."""
