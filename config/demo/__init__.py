"""The demonstration: a manufacturer that Wardroom governs, beginning with Wardroom itself."""
