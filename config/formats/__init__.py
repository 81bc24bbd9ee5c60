"""How values are written where no template says: Django's ``FORMAT_MODULE_PATH``."""
