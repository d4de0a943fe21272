"""A local stand-in for the platforms, for rehearsal: `porth sandbox`. Nothing sent to it leaves this machine.

Any token of the form `sandbox-<platform>-<name>` is an account. `demo_credentials` makes the whole set of secrets.
"""

from connectors.contract import Credentials
from connectors.registry import secret_names
from connectors.sandbox.store import number_of


def demo_credentials(platform: str, name: str) -> Credentials:
    """Credentials that the sandbox takes for the account `name`."""
    secrets = dict.fromkeys(secret_names(platform), f"sandbox-{platform}-{name}")
    if "server" in secrets:
        own = number_of(platform, name)
        secrets["server"] = own if own.startswith("https://") else f"https://{platform}.example"
    if "language_field" in secrets:
        secrets["language_field"] = "lang"
    return Credentials(number_of(platform, name), secrets)
