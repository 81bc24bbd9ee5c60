"""What data and assets there are, whose they are and how sensitive."""
