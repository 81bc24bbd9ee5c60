"""Refusals of the catalog."""

from governance.errors import BadInput, Conflict, Refused, Unavailable


class NotHarvested(Unavailable):
    """The system could not be read; what the catalog knew of it stays as it was."""

    code = "system_not_harvested"


class AlreadyDecided(Conflict):
    """Of the chosen proposals none is open any more."""

    code = "already_decided"


class NoReason(Refused):
    """A decision against a proposal says why."""

    code = "reason_missing"


class OwnLowering(Refused):
    """That data are less sensitive than they look takes two people."""

    code = "own_lowering"


class BadTerm(Refused):
    """A label that lowers ends, within a year at most."""

    code = "term_out_of_range"


class WrongSite(Refused):
    """A zone holds assets of its own site, and of sites below, only."""

    code = "zone_of_another_site"


class LoneConduit(Refused):
    """A conduit joins two zones or more, and lets data leave one and enter another."""

    code = "conduit_joins_nothing"


class ContractNotSound(BadInput):
    """The document cannot be kept as a data contract; pointer and line say where."""

    code = "contract_not_sound"


class ContractNotReady(Refused):
    """A contract comes into force valid, bound and classified; the detail lists what it lacks."""

    code = "contract_not_ready"


class InventoryNotRead(BadInput):
    """The file is no sheet of the inventory; the detail says what is wrong with it."""

    code = "inventory_not_read"


class InventoryMoved(Conflict):
    """Between preview and import the catalog has changed, or the preview is over."""

    code = "inventory_moved"


class TermFixed(Refused):
    """Asset types are the kinds of assets that the product knows; none is added or retired."""

    code = "term_fixed"


class TermNeeded(Refused):
    """A key ends when nothing stands below it, and only for one that protects as much."""

    code = "term_needed"


class OwnApproval(Refused):
    """Whoever wrote a definition does not approve it, and no service does."""

    code = "own_approval"
