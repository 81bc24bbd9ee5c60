"""Tests of what composes the product: launcher, commands, settings."""
