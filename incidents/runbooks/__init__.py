"""The four core runbooks, shipped as CACAO documents and read from the package."""
