"""Shipped: modules whose text stands in the code of every envelope, so that it runs where Dagbook is not."""
