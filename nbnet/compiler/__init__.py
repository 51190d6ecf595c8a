"""How to compute it: passes from a graph to a plan. Each pass is one file, pure, and printable."""
