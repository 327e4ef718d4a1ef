"""Quality: profiles of values, impact of changes, drift, and reports on these."""
