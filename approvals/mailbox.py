"""What an e-mail address looks like, as people write one."""

import re

MAILBOX = re.compile(r"[^\s@<>(),;:\"\x00-\x1f\x7f]+@[^\s@<>(),;:\"\x00-\x1f\x7f]+")
"""One address, no name beside it, and nothing that could end a header: messages are sent to it."""
