"""Calls the session facade over gRPC.

Start one with "go run ./cmd/server --sandbox", then:
python3 -m venv venv && venv/bin/pip install ./gen/python
venv/bin/python examples/python/main.py

FACADE_ADDR is its address. With FACADE_CA, a file of CA certificates (PEM), the
connection is TLS.
"""

import importlib.resources
import os
import pathlib
import sys
from collections.abc import Sequence
from typing import Any, TypeVar

import grpc
from google.protobuf import any_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from wingspan.users.v1 import session_and_authentication_service_pb2 as pb
from wingspan.users.v1.session_and_authentication_service_pb2_grpc import (
    SessionAndAuthenticationServiceStub,
)

Request = TypeVar("Request", bound=Message)
Metadata = Sequence[tuple[str, str]]
DEADLINE = 10  # seconds that we wait for a call, retries included


def connect() -> grpc.Channel:
    address = os.environ.get("FACADE_ADDR", "localhost:9090")
    config = importlib.resources.files("wingspan.users.v1") / "service_config.json"
    options = [
        # Retries calls without side effects, and only those.
        ("grpc.service_config", config.read_text()),
        # Lists come whole; the default limit is 4 MiB.
        ("grpc.max_receive_message_length", 16 << 20),
    ]
    ca = os.environ.get("FACADE_CA")
    if not ca:
        return grpc.insecure_channel(address, options)
    credentials = grpc.ssl_channel_credentials(pathlib.Path(ca).read_bytes())
    return grpc.secure_channel(address, credentials, options)


def sign_in(stub: SessionAndAuthenticationServiceStub) -> Metadata:
    """Returns the metadata of calls that are made as ada."""
    response = stub.CreateSession(
        pb.CreateSessionRequest(email="ada@example.com", password="analytical-engine"),
        timeout=DEADLINE,
    )
    print("signed in as", response.session.user_id)
    return [("authorization", f"Bearer {response.session.token}")]


def manage_api_sessions(stub: SessionAndAuthenticationServiceStub, ada: Metadata) -> None:
    """Creates, lists and deletes an API session."""
    created = stub.CreateApiSession(
        pb.CreateApiSessionRequest(labels={"example": "python"}), timeout=DEADLINE, metadata=ada
    ).api_session
    print("created an API session with labels", dict(created.labels))
    # Retried if need be.
    listed = stub.ListApiSessions(pb.ListApiSessionsRequest(), timeout=DEADLINE, metadata=ada)
    if created.session_id not in [session.session_id for session in listed.api_sessions]:
        raise RuntimeError("the API session is not listed")
    print("listed it")
    stub.DeleteApiSession(
        pb.DeleteApiSessionRequest(id=created.session_id), timeout=DEADLINE, metadata=ada
    )
    print("deleted it")


def details(error: grpc.RpcError) -> Sequence[any_pb2.Any]:
    """The google.rpc messages of an error."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin" and isinstance(value, bytes):
            return status_pb2.Status.FromString(value).details
    return []


def describe(error: grpc.RpcError) -> str:
    """Says what is in an error, for programs to act on: its code, why, which
    fields are at fault, and when to call again."""
    text = error.code().name
    for detail in details(error):
        info, bad, retry = (
            error_details_pb2.ErrorInfo(),
            error_details_pb2.BadRequest(),
            error_details_pb2.RetryInfo(),
        )
        if detail.Unpack(info):
            text += f" {info.reason}"  # an ErrorReason without its prefix
        elif detail.Unpack(bad):
            for violation in bad.field_violations:
                text += f" [{violation.field}: {violation.description}]"
        elif detail.Unpack(retry):
            text += f" (again in {retry.retry_delay.ToTimedelta().total_seconds()} s)"
    return f"{text}: {error.details()}"


def refusal(
    method: "grpc.UnaryUnaryMultiCallable[Request, Any]", request: Request
) -> grpc.RpcError:
    """The error that a call must end with."""
    try:
        method(request, timeout=DEADLINE)
    except grpc.RpcError as error:
        return error
    raise RuntimeError("a wrong password or an empty field was accepted")


def too_many_tries(stub: SessionAndAuthenticationServiceStub) -> grpc.RpcError:
    """Gives wrong passwords until it is told when to try again. The sandbox takes
    five in a row."""
    wrong = pb.CreateSessionRequest(email="grace@example.com", password="wrong")
    for _ in range(10):
        error = refusal(stub.CreateSession, wrong)
        if error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED:
            return error
    raise RuntimeError("wrong passwords are taken without end")


def main() -> None:
    with connect() as channel:
        stub = SessionAndAuthenticationServiceStub(channel)
        manage_api_sessions(stub, sign_in(stub))
        wrong = pb.CreateSessionRequest(email="ada@example.com", password="wrong")
        print("wrong password:", describe(refusal(stub.CreateSession, wrong)))
        empty = pb.AuthenticateRequest()
        print("empty email:", describe(refusal(stub.Authenticate, empty)))
        print("too many tries:", describe(too_many_tries(stub)))


if __name__ == "__main__":
    try:
        main()
    except grpc.RpcError as failed:
        sys.exit(describe(failed))
