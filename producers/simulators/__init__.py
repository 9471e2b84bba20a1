"""Simulated partners: small Kafka clients that know the public contracts and nothing else of the hub."""

from producers.simulators.mischief import PRESETS, Mischief
from producers.simulators.settings import Pace, Simulation
from producers.simulators.simulation import PARTNERS, simulate

__all__ = ["PARTNERS", "PRESETS", "Mischief", "Pace", "Simulation", "simulate"]
