"""Django's PostgreSQL backend, with an application role and a context in each transaction."""
