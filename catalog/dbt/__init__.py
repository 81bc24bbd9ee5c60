"""Artifacts of dbt: manifest and catalog in; rows, coarse lineage and compiled SQL out."""
