"""Schemes, sign-offs, certifications and their events: what a result is worth."""
