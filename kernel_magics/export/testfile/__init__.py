"""The test file of an export, one module for each kind of test in it."""
