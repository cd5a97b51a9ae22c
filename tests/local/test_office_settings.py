"""The settings name what is missing, and keep keys out of sight."""

import base64

import pytest

from chalicelib.settings import Settings, SettingsWrong

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode().rstrip("=")
PEM = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"
WHOLE = {
    "PUBLIC_URL": "http://127.0.0.1:8700/",
    "AWS_REGION": "eu-central-1",
    "QUARANTINE_BUCKET": "fernamt-quarantine",
    "PAPERS_BUCKET": "fernamt-papers",
    "MAIL_FROM": "office@fernamt.example",
    "OIDC_ISSUER": "http://127.0.0.1:8704",
    "OIDC_CLIENT_ID": "fernamt-desk",
    "LINK_KEY": KEY,
    "SESSION_KEY": KEY,
    "TICKET_PRIVATE_KEY": PEM,
    "CASE_PRIVATE_KEY": PEM,
    "STRIPE_API_KEY": "sk_test_secret",
    "STRIPE_WEBHOOK_SECRETS": "whsec_new, whsec_old",
}


def test_a_whole_environment_is_read() -> None:
    settings = Settings.from_env(WHOLE)
    assert settings.public_url == "http://127.0.0.1:8700"
    assert settings.media_url == "http://127.0.0.1:8700/media"
    assert settings.office_table == "fernamt-office"
    assert settings.endpoint_url is None
    assert settings.oidc_client_secret is None
    assert settings.link_key == bytes(range(32))
    assert settings.stripe_webhook_secrets == ("whsec_new", "whsec_old")
    assert settings.receipts_function is None


def test_receipts_come_from_a_function_of_their_own_where_one_is_named() -> None:
    assert (
        Settings.from_env({**WHOLE, "RECEIPTS_FUNCTION": "fernamt-receipts"}).receipts_function == "fernamt-receipts"
    )


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_what_is_missing_is_named(name: str) -> None:
    with pytest.raises(SettingsWrong, match="AWS_DEFAULT_REGION" if name == "AWS_REGION" else name):
        Settings.from_env({key: value for key, value in WHOLE.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBLIC_URL", "ftp://office"),
        ("PUBLIC_URL", "http://office/path"),
        ("LINK_KEY", "c2hvcnQ"),
        ("SESSION_KEY", "%%%"),
        ("CASE_PRIVATE_KEY", "a path?"),
        ("STRIPE_WEBHOOK_SECRETS", "a,b,c"),
    ],
)
def test_what_is_wrong_is_named_and_secrets_are_not_repeated(name: str, value: str) -> None:
    with pytest.raises(SettingsWrong, match=name) as refusal:
        Settings.from_env({**WHOLE, name: value})
    assert name == "PUBLIC_URL" or value not in str(refusal.value)


def test_no_secret_in_a_repr() -> None:
    shown = repr(Settings.from_env(WHOLE))
    leaked = [secret for secret in ("AAAA", "sk_test", "whsec", r"\x01\x02") if secret in shown]
    assert not leaked
