"""Every test run has its own PostgreSQL and Valkey."""

pytest_plugins = ["tests.services", "governance.policy.testing", "pytester"]
