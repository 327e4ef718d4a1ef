"""Checks, profiles, impact and drift."""
