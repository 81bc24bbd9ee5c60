"""Every write of the ground: require, guarded update, record."""
