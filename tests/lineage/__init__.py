"""Column lineage and OpenLineage."""
