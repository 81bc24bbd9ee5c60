"""Steps about partners, what they ship, and what is known to be wrong with it."""

from config.demo.setting import Setting


def partners(scene: Setting) -> None:
    pass


def advisories(scene: Setting) -> None:
    pass


def own_components(scene: Setting) -> None:
    pass
