"""Kafka settings in the environment, and the messages for those that are refused while settings are read."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cli.settings import SettingsError, load
from consumers.brokers import TopicShape

BASIC = {
    "KAFKA_BOOTSTRAP_SERVERS": "kafka:9093",
    "KAFKA_SECURITY_PROTOCOL": "sasl_ssl",
    "KAFKA_SASL_MECHANISM": "scram-sha-512",
    "KAFKA_SASL_USERNAME": "dossier",
    "KAFKA_SASL_PASSWORD": "do-not-show-this",
}


@pytest.fixture(autouse=True)
def _no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)


def given(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def test_without_settings_kafka_is_spoken_to_in_clear_and_topics_are_as_the_brokers_are_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given(monkeypatch, KAFKA_BOOTSTRAP_SERVERS="kafka:9092")
    brokers = load().brokers
    assert brokers is not None
    assert brokers.client_options() == {"bootstrap_servers": "kafka:9092", "security_protocol": "PLAINTEXT"}
    assert load().topic_shape == TopicShape(12, -1, None, None)


def test_user_and_password_are_handed_to_every_client_and_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, **BASIC)
    settings = load()
    assert settings.brokers is not None
    options = settings.brokers.client_options()
    assert (options["security_protocol"], options["sasl_mechanism"]) == ("SASL_SSL", "SCRAM-SHA-512")
    assert (options["sasl_plain_username"], str(options["sasl_plain_password"])) == ("dossier", "do-not-show-this")
    for shown in (repr(settings), repr(settings.brokers), repr(options)):
        assert "do-not-show" not in shown


def test_topics_are_shaped_by_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    given(
        monkeypatch,
        KAFKA_PARTITIONS="24",
        KAFKA_REPLICATION_FACTOR="3",
        KAFKA_MIN_INSYNC_REPLICAS="2",
        KAFKA_RETENTION_MS="-1",
    )
    shape = load().topic_shape
    assert shape == TopicShape(24, 3, 2, -1)
    assert shape.configs() == {"min.insync.replicas": "2", "retention.ms": "-1"}


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"KAFKA_SECURITY_PROTOCOL": "TLS"}, "KAFKA_SECURITY_PROTOCOL: .*'PLAINTEXT', 'SSL'"),
        ({"KAFKA_SASL_MECHANISM": "GSSAPI"}, "KAFKA_SASL_MECHANISM: .*'PLAIN', 'SCRAM-SHA-256'"),
        (
            {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_MECHANISM": "PLAIN"},
            "SASL_SSL needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD",
        ),
        ({"KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT"}, "needs KAFKA_SASL_MECHANISM and KAFKA_SASL_USERNAME and"),
        ({"KAFKA_SASL_PASSWORD": "secret"}, "KAFKA_SASL_PASSWORD would not be used: KAFKA_SECURITY_PROTOCOL is PLAIN"),
        ({"KAFKA_SSL_CAFILE": "/etc/passwd"}, "KAFKA_SSL_CAFILE would not be used"),
        (
            {"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_CAFILE": "/nowhere/ca.pem"},
            "KAFKA_SSL_CAFILE: there is no file /nowhere/ca.pem",
        ),
        (
            {"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_CAFILE": "/etc/passwd"},
            "KAFKA_SSL_CAFILE: these cannot be used for TLS",
        ),
        (
            {"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_KEYFILE": "/etc/passwd"},
            "KAFKA_SSL_KEYFILE and KAFKA_SSL_PASSWORD need KAFKA_SSL_CERTFILE",
        ),
        ({"KAFKA_REPLICATION_FACTOR": "0"}, "KAFKA_REPLICATION_FACTOR: must be at least 1, or -1"),
        (
            {"KAFKA_REPLICATION_FACTOR": "1", "KAFKA_MIN_INSYNC_REPLICAS": "2"},
            "KAFKA_MIN_INSYNC_REPLICAS 2 is more than KAFKA_REPLICATION_FACTOR 1",
        ),
    ],
)
def test_what_does_not_go_together_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], reason: str
) -> None:
    given(monkeypatch, **variables)
    with pytest.raises(SettingsError, match=reason) as refused:
        load()
    assert "secret" not in str(refused.value)


def test_a_key_that_needs_a_password_is_refused_without_asking_for_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    sealed = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"secret")
    )
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "dossier")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    (tmp_path / "key.pem").write_bytes(sealed)
    (tmp_path / "certificate.pem").write_bytes(certificate)
    files = {"KAFKA_SSL_CERTFILE": str(tmp_path / "certificate.pem"), "KAFKA_SSL_KEYFILE": str(tmp_path / "key.pem")}
    given(monkeypatch, KAFKA_SECURITY_PROTOCOL="SSL", **files)
    with pytest.raises(SettingsError, match="these cannot be used for TLS"):
        load()


@pytest.mark.parametrize(
    ("variable", "attribute"),
    [
        ("DATABASE_URL", "database_url"),
        ("DOSSIER_MASTER_KEY", "master_key_given"),
        ("DOSSIER_TOKEN_SECRET", "token_secret_given"),
        ("CUSTOMER_ENGAGEMENT_TOKEN", "customer_engagement_token"),
        ("KAFKA_SASL_PASSWORD", "sasl_password"),
    ],
)
def test_a_secret_may_come_from_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, attribute: str
) -> None:
    if variable == "KAFKA_SASL_PASSWORD":
        given(monkeypatch, **{name: value for name, value in BASIC.items() if name != variable})
    path = tmp_path / "secret"
    path.write_text(" the secret \n")
    monkeypatch.setenv(f"{variable}_FILE", str(path))
    value = getattr(load(), attribute)
    assert (value if isinstance(value, str) else value.get_secret_value()) == " the secret "
    assert "the secret" not in repr(load())


def test_a_secret_that_is_given_twice_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given(monkeypatch, DOSSIER_TOKEN_SECRET="do-not-show", DOSSIER_TOKEN_SECRET_FILE=str(tmp_path / "secret"))
    with pytest.raises(
        SettingsError, match="DOSSIER_TOKEN_SECRET and DOSSIER_TOKEN_SECRET_FILE are both set"
    ) as refused:
        load()
    assert "do-not-show" not in str(refused.value)


def test_every_file_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    given(
        monkeypatch,
        DOSSIER_MASTER_KEY_FILE=str(tmp_path / "nowhere"),
        DOSSIER_TOKEN_SECRET_FILE=str(tmp_path / "empty"),
        CUSTOMER_ENGAGEMENT_TOKEN_FILE=str(tmp_path / "binary"),
    )
    with pytest.raises(
        SettingsError,
        match=r"MASTER_KEY_FILE: .* cannot be read \(No such file.*TOKEN_SECRET_FILE: .*1 to 65,536.*TOKEN_FILE: .*not UTF-8",
    ):
        load()


def test_an_empty_name_of_a_file_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, DATABASE_URL_FILE="")
    assert load().database_url is None
