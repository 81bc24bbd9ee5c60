"""PostgreSQL and Valkey as children of one launcher: no Docker, no root, no installation."""
