"""Assignments and lesson progress."""
