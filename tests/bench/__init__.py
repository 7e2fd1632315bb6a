"""Benchmarks: what is measured, with the command that measures it (`make bench`); never a test."""
