"""A Kafka that requires TLS and a password: all our clients connect, and a refused connection reports why (rules 0.8, 4.3)."""

import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from command_line import company, migrated
from conftest import kafka_module
from consumer_world import FAST, TOKEN, Company, Loops, Simulator, World, relay_state, wait_for
from consumers.brokers import Brokers, SaslMechanism, Security, SecurityProtocol, TopicShape
from consumers.bus import Topics, producing
from consumers.forwarding import FORWARD, forwarding
from consumers.kafka_client import KafkaAdminClient, ScramMechanism, UserScramCredentialUpsertion
from consumers.reaching import NotLetInError, check_reachable
from consumers.relay import Relay
from consumers.topics import COPIES, WeakTopicError, ensure_topics
from store.application import Dossier

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.xdist_group("secured kafka"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]
USER: Final = "dossier"
PASSWORD: Final = "the-password-of-the-tests"
LISTENER: Final = """
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
listener.name.secure.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
listener.name.secure.ssl.keystore.type=PEM
listener.name.secure.ssl.keystore.location={keystore}
listener.name.secure.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
  user_{user}="{password}";
listener.name.secure.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
"""


@dataclass(frozen=True)
class Secured:
    """A broker with a listener for anybody and one for whoever has the password."""

    brokers: Brokers
    open_to_all: Brokers

    def let_in(self, **changed: Any) -> Brokers:
        """The brokers with another way in."""
        return replace(self.brokers, security=replace(self.brokers.security, **changed))


def self_signed(directory: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1, alone and with its key before it, as Kafka takes it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    certificate_file, keystore = directory / "ca.pem", directory / "keystore.pem"
    certificate_file.write_bytes(public)
    keystore.write_bytes(private + public)
    return certificate_file, keystore


@pytest.fixture(scope="module")
def secured() -> Iterator[Secured]:
    kafka = kafka_module()
    directory = Path(tempfile.mkdtemp(prefix="dossier-kafka-"))
    ca_file, keystore = self_signed(directory)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    properties = LISTENER.format(keystore=keystore, user=USER, password=PASSWORD)
    open_to_all = Brokers(kafka.start(directory, listener=f"SECURE://{address}", properties=properties))
    security = Security(SecurityProtocol.SASL_SSL, SaslMechanism.PLAIN, USER, PASSWORD, str(ca_file))
    yield Secured(Brokers(address, security), open_to_all)
    with suppress(Exception):
        kafka.stop(directory)
    shutil.rmtree(directory, ignore_errors=True)


def test_relay_and_forwarder_work_over_sasl_and_tls(
    dossier: Dossier,
    company: Company,
    projecting: None,
    simulator: Simulator,
    secured: Secured,
    topics: Topics,
    loops: Loops,
) -> None:  # rule 4.3
    company.define().integrate().register("1001")
    loops.start(Relay(dossier, secured.brokers, topics, FAST).run)
    with forwarding(
        dossier, url=simulator.url, token=TOKEN, brokers=secured.brokers, topics=topics, sending=FAST
    ) as tasks:
        end = loops.start(tasks[FORWARD])
        World(dossier, company, simulator).wait_for(company.answer("1001", "A"), "sent")
        end()


@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
def test_a_password_may_be_proved_by_scram(secured: Secured, password: str) -> None:
    admin = KafkaAdminClient(**secured.open_to_all.client_options())
    admin.alter_user_scram_credentials([UserScramCredentialUpsertion("scram", ScramMechanism.SCRAM_SHA_512, PASSWORD)])
    admin.close()
    brokers = secured.let_in(mechanism=SaslMechanism.SCRAM_SHA_512, username="scram", password=password)
    if password == PASSWORD:
        wait_for(lambda: is_let_in(brokers), "the broker knows the user")
        with producing(brokers, "test"):
            pass
    else:
        with pytest.raises(NotLetInError, match="refuses KAFKA_SASL_USERNAME scram with this password"):
            check_reachable(brokers)


def is_let_in(brokers: Brokers) -> bool:
    with suppress(NotLetInError):
        check_reachable(brokers)
        return True
    return False


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"password": "wrong"}, "refuses KAFKA_SASL_USERNAME dossier with this password"),
        ({"username": "nobody"}, "refuses KAFKA_SASL_USERNAME nobody with this password"),
        ({"mechanism": SaslMechanism.SCRAM_SHA_256}, "does not offer KAFKA_SASL_MECHANISM SCRAM-SHA-256"),
        ({"ca_file": None}, "The certificate of .* is not accepted"),
        ({"protocol": SecurityProtocol.PLAINTEXT}, "is KAFKA_SECURITY_PROTOCOL PLAINTEXT right"),
        ({"protocol": SecurityProtocol.SASL_PLAINTEXT}, "is KAFKA_SECURITY_PROTOCOL SASL_PLAINTEXT right"),
        ({"protocol": SecurityProtocol.SSL}, "is KAFKA_SECURITY_PROTOCOL SSL right"),
    ],
)
def test_who_is_not_let_in_is_told_why(secured: Secured, topics: Topics, changed: dict[str, Any], reason: str) -> None:
    brokers = secured.let_in(**changed)
    for act in (check_reachable, lambda brokers: ensure_topics(brokers, topics), use):
        with pytest.raises(NotLetInError, match=reason):
            act(brokers)


def use(brokers: Brokers) -> None:
    with producing(brokers, "test"):
        pass


def test_a_relay_with_a_wrong_password_says_so_rests_and_goes_on_once_it_is_let_in(
    dossier: Dossier,
    company: Company,
    secured: Secured,
    topics: Topics,
    loops: Loops,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # rule 0.8
    company.define().register("1001")
    relay = Relay(dossier, secured.let_in(password="wrong"), topics, FAST)
    attempts: list[object] = []

    def counted(brokers: Brokers) -> None:
        attempts.append(brokers)
        check_reachable(brokers)

    monkeypatch.setattr("consumers.topics.check_reachable", counted)
    loops.start(relay.run)
    wait_for(lambda: len(attempts) >= 2, "the relay tries again")
    assert relay_state(dossier.database).lag > 0
    monkeypatch.setattr(relay, "_brokers", secured.brokers)
    wait_for(lambda: relay_state(dossier.database).lag == 0, "the relay is through")
    assert PASSWORD not in caplog.text + "".join(capsys.readouterr())


def test_a_relay_gets_in_by_its_settings_and_logs_no_password_however_much_it_logs(
    postgres_url: str, secured: Secured, tmp_path: Path
) -> None:
    password_file = tmp_path / "password"
    password_file.write_text(f"{PASSWORD}\n")
    with company(postgres_url, tmp_path / "data") as line:
        migrated(line)
        relay = line.process(
            "relay",
            DOSSIER_LOG_LEVEL="debug",
            KAFKA_BOOTSTRAP_SERVERS=secured.brokers.servers,
            KAFKA_SECURITY_PROTOCOL="SASL_SSL",
            KAFKA_SASL_MECHANISM="PLAIN",
            KAFKA_SASL_USERNAME=USER,
            KAFKA_SASL_PASSWORD_FILE=str(password_file),
            KAFKA_SSL_CAFILE=str(secured.brokers.security.ca_file),
        )
        with line.dossier() as dossier:
            wait_for(lambda: relay_state(dossier.database).lag == 0, "the relay is through")
        relay.terminate()
        told = "".join(relay.communicate(timeout=30))
    assert "relay.started" in told
    assert PASSWORD not in told


def test_a_password_does_not_show_in_what_a_client_is_made_with(secured: Secured) -> None:
    assert PASSWORD not in repr(secured.brokers)
    assert PASSWORD not in repr(secured.brokers.client_options())


def test_topics_are_made_as_the_settings_say(secured: Secured, topics: Topics) -> None:
    shape = TopicShape(partitions=3, replication=1, min_insync_replicas=1, retention_ms=-1)
    ensure_topics(secured.brokers, replace(topics, shape=shape))
    admin = KafkaAdminClient(**secured.open_to_all.client_options())
    described = admin.describe_topics([topics.events, topics.dead_letters])
    configs = describe(admin, topics)
    admin.close()
    assert [len(topic["partitions"]) for topic in described] == [3, 3]
    assert {"retention.ms": "-1", COPIES: "1"}.items() <= configs.items()


def describe(admin: Any, topics: Topics) -> dict[str, str]:
    from consumers.kafka_client import ConfigResource, ConfigResourceType

    resource = ConfigResource(ConfigResourceType.TOPIC, topics.events, ["retention.ms", COPIES])
    described = admin.describe_configs([resource], config_filter="all")["topic"][topics.events]
    return {name: config["value"] for name, config in described.items()}


def test_more_replicas_than_there_are_brokers_are_refused_by_the_brokers(secured: Secured, topics: Topics) -> None:
    with pytest.raises(Exception, match=r"(?i)replication factor"):
        ensure_topics(secured.brokers, replace(topics, shape=TopicShape(replication=3)))


def test_a_topic_that_keeps_fewer_copies_than_were_asked_for_is_not_written_to(
    secured: Secured, topics: Topics
) -> None:
    ensure_topics(secured.brokers, topics)
    strict = replace(topics, shape=TopicShape(min_insync_replicas=2))
    with pytest.raises(WeakTopicError, match=r"has 1 replicas and min\.insync\.replicas 2"):
        ensure_topics(secured.brokers, strict)


def test_where_the_topic_may_not_be_changed_weaker_acknowledgements_are_refused(
    secured: Secured, topics: Topics, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure_topics(secured.brokers, topics)
    monkeypatch.setattr("consumers.topics._raise", lambda *_: None)
    with pytest.raises(WeakTopicError, match=r"has min\.insync\.replicas 1, which KAFKA_MIN_INSYNC_REPLICAS 2 forbids"):
        ensure_topics(secured.brokers, replace(topics, shape=TopicShape(min_insync_replicas=2)))
