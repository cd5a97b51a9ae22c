"""`python -m local.signin`: the sign-in of this machine, in Cognito's place.

Environment: SIGNIN_PORT (8704), OIDC_CLIENT_ID, OIDC_CLIENT_SECRET (none: a public client),
OIDC_REDIRECT_URIS (separated by commas), OIDC_SIGNING_KEY (PEM, RSA).
"""

import logging
import os
import sys
import time

from local.ports import HOST
from local.signin.provider import Client, Provider
from local.wire import serve


def main() -> int:
    """Serve until SIGINT or SIGTERM."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stdout)
    port = int(os.environ.get("SIGNIN_PORT", "8704"))
    client = Client(
        id=os.environ["OIDC_CLIENT_ID"],
        redirect_uris=frozenset(uri.strip() for uri in os.environ["OIDC_REDIRECT_URIS"].split(",")),
        secret=os.environ.get("OIDC_CLIENT_SECRET") or None,
    )
    provider = Provider(
        issuer=f"http://{HOST}:{port}",
        client=client,
        signing_key=os.environ["OIDC_SIGNING_KEY"],
        now=time.time,
    )
    serve(provider.answer, port=port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
