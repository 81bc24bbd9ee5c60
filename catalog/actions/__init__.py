"""Every write of the catalog: require, guarded update, record."""
