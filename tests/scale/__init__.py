"""Tests of runs in parts."""
