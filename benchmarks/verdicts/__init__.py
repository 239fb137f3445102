"""Are the verdicts right? Simulated gateways whose truth is known, two rules done by hand, and a score.

Nothing in here imports the product, which the import contract and a test hold: the product is asked through its
command line, as a user would ask it.
"""
