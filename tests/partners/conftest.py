"""Fixtures of the partners app."""

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

import config


@pytest.fixture(autouse=True)
def _places(settings: Settings, tmp_path: Path) -> None:
    """Uploads go to a folder of the test; static files come from where they are written."""
    settings.MEDIA_ROOT = tmp_path / "uploads"
    settings.STATIC_ROOT = Path(config.__file__).parent / "static"
