"""Examples: recorded values of nodes on small samples, and the generated tests that read them."""
