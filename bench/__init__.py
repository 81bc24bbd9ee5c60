"""Measurements; ``make bench`` runs each against servers of its own."""
