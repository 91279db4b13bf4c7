"""Finds out whether brokers let us in, and if not why, before a client is made.

A client that finds no broker while it is made, or is refused, only says that it ran out of time, and leaves a thread and open files behind.
"""

import socket
import ssl
import struct
from typing import Final

from consumers.brokers import Brokers, SaslMechanism, Security
from consumers.kafka_client import KafkaConnectionError, get_sasl_mechanism
from store.outage_log import Outage

PROBE_S: Final = 3.0
LONGEST_ANSWER_BYTES: Final = 65_536
KAFKA: Final = Outage("Kafka")
"""The brokers of this process."""
AWAY: Final = "Kafka cannot be reached."
"""Why something waits while no broker answers."""
_METADATA: Final = 3
_NO_TOPICS: Final = struct.pack(">i", 0)
_SASL_HANDSHAKE: Final = 17
_SASL_AUTHENTICATE: Final = 36


class NotLetInError(KafkaConnectionError):  # type: ignore[misc]
    """A broker is there, and refuses us. It may let us in once its settings or ours are mended, so it is tried again."""


class NoAnswerError(NotLetInError):
    """Something is there, and does not answer as a broker: the settings do not fit, or it is still starting."""


def check_reachable(brokers: Brokers) -> None:
    """Goes to one server after the other until one lets us in.

    Raises:
        NotLetInError: a server is there, and refuses the user, the password, the mechanism or the kind of connection.
        KafkaConnectionError: no server is there.
    """
    refusal: NotLetInError | None = None
    for server in brokers.servers.split(","):
        host, _, port = server.strip().rpartition(":")
        try:
            connection = socket.create_connection((host.strip("[]"), int(port)), PROBE_S)
        except (OSError, ValueError):
            continue
        try:
            with connection:
                _check(connection, host.strip("[]"), server.strip(), brokers.security)
        except NotLetInError as error:
            refusal = error
        else:
            return
    raise refusal or KafkaConnectionError(f"No broker answers at {brokers.servers}.")


def _check(connection: socket.socket, host: str, server: str, security: Security) -> None:
    """Raises `NotLetInError`."""
    try:
        if security.protocol.encrypted:
            connection = security.tls().wrap_socket(connection, server_hostname=host)
        with connection:
            if security.protocol.authenticated and security.mechanism is not None:
                _authenticate(connection, host, server, security, security.mechanism)
            _ask(connection, _METADATA, 1, _NO_TOPICS)
    except ssl.SSLCertVerificationError as error:
        raise NotLetInError(f"The certificate of {server} is not accepted: {error.verify_message}.") from None
    except (OSError, struct.error):
        question = f"is KAFKA_SECURITY_PROTOCOL {security.protocol} right?"
        raise NoAnswerError(f"{server} does not answer as a broker; {question}") from None


def _authenticate(connection: socket.socket, host: str, server: str, security: Security, name: SaslMechanism) -> None:
    answer = _ask(connection, _SASL_HANDSHAKE, 1, struct.pack(">h", len(name)) + name.encode())
    if _code(answer):
        raise NotLetInError(f"{server} does not offer KAFKA_SASL_MECHANISM {name}.")
    mechanism = get_sasl_mechanism(name)(host=host, **security.client_options())
    while not mechanism.is_done():
        token = mechanism.auth_bytes()
        answer = _ask(connection, _SASL_AUTHENTICATE, 0, struct.pack(">i", len(token)) + token)
        if _code(answer):
            raise NotLetInError(f"{server} refuses KAFKA_SASL_USERNAME {security.username} with this password.")
        try:
            mechanism.receive(_token(answer))
        except (ValueError, KeyError):  # a broker that cannot prove itself, as SCRAM asks of it
            raise NotLetInError(f"{server} does not prove that it knows the password of {security.username}.") from None


def _ask(connection: socket.socket, api: int, version: int, body: bytes) -> bytes:
    """Sends one request without a client id; gives the answer after its correlation id. Raises `OSError` when there is none."""
    request = struct.pack(">hhih", api, version, 1, -1) + body
    connection.sendall(struct.pack(">i", len(request)) + request)
    (length,) = struct.unpack(">i", _receive(connection, 4))
    if not 4 <= length <= LONGEST_ANSWER_BYTES:
        raise ConnectionError("That is not the answer of a broker.")
    return _receive(connection, length)[4:]


def _receive(connection: socket.socket, length: int) -> bytes:
    received = b""
    while len(received) < length:
        piece = connection.recv(length - len(received))
        if not piece:
            raise ConnectionError("The connection was closed.")
        received += piece
    return received


def _code(answer: bytes) -> int:
    """The error code that an answer begins with; 0 when there is none."""
    code: int = struct.unpack_from(">h", answer)[0]
    return code


def _token(answer: bytes) -> bytes:
    """The server's token in the answer to a token of ours: code, message that may be null, token."""
    (message_length,) = struct.unpack_from(">h", answer, 2)
    at = 4 + max(message_length, 0)
    (length,) = struct.unpack_from(">i", answer, at)
    return answer[at + 4 : at + 4 + max(length, 0)]
