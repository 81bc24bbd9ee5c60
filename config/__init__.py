"""Composition: settings, addresses, launcher, overview and demo."""
