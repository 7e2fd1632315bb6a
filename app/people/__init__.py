"""Organisations, clinics, accounts and their roles: who may do what, and where."""
