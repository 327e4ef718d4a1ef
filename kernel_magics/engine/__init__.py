"""The engine: cells become nodes, nodes become a graph, a graph is run; Python's standard library only."""
