# SPDX-License-Identifier: MIT
"""What an end of the peers tests can answer beside a result."""


class Refused(Exception):
    """The peer said no."""


class Unsupported(Exception):
    """The peer cannot do this at all."""


class Died(Exception):
    """The process of the peer ended by itself."""
