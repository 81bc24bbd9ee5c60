"""The ground: people, policy, access, audit, jobs, notices and measures."""
