"""Simulated partners: small Kafka clients that know the public contracts and nothing else of the hub."""

from simulators.mischief import PRESETS, Mischief
from simulators.settings import Pace, Simulation
from simulators.simulation import PARTNERS, simulate

__all__ = ["PARTNERS", "PRESETS", "Mischief", "Pace", "Simulation", "simulate"]
