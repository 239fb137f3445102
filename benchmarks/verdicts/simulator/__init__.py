"""Simulated VPN gateways whose drops have a known cause. Shares no module and no constant with the product."""

from benchmarks.verdicts.simulator.simulate import simulate

__all__ = ["simulate"]
