"""Examples: recorded values of nodes on small samples, which of them are kept, and how tests run them."""
