"""Are the verdicts right? Simulated gateways whose truth is known, two rules done by hand, and a score.

Only ``product`` imports the product; the simulator, the truth, the rules done by hand and the score share nothing
with it, which the import contract and a test hold.
"""
