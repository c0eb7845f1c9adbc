import json
import os
import unittest
import urllib.error
import urllib.request
from typing import Any

from sandbox import Sandbox

PROGRAM = os.environ.get("SESSION_FACADE", "session-facade")
ADA = {"email": "ada@example.com", "password": "analytical-engine"}


class SandboxTest(unittest.TestCase):
    sandbox: Sandbox

    @classmethod
    def setUpClass(cls) -> None:
        cls.sandbox = Sandbox()
        cls.addClassCleanup(cls.sandbox.stop)

    def setUp(self) -> None:
        self.sandbox.reset()

    def call(self, token: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Makes a call by REST."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        try:
            with urllib.request.urlopen(urllib.request.Request(self.sandbox.http + path, data, headers, method=method), timeout=30) as response:
                text = response.read()
                return response.status, json.loads(text) if text else {}
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, json.loads(refused.read())

    def test_sign_in_with_a_one_time_password(self) -> None:
        token = self.call("", "POST", "/users/pending/session", ADA)[1]["token"]
        self.assertEqual(self.call(token, "POST", "/users/session/otp", {})[0], 204)
        (sent,) = self.sandbox.messages("user-ada")
        self.assertEqual((sent["kind"], sent["to"]), ("OneTimePassword", "ada@example.com"))
        self.assertEqual(self.call(token, "PATCH", "/users/session/otp", {"code": sent["code"]})[0], 200)
        self.assertEqual(self.sandbox.messages("user-grace"), [])

    def test_session_expires(self) -> None:
        token = self.call("", "POST", "/users/session", ADA)[1]["token"]
        self.assertEqual(self.call(token, "GET", "/users/session/api")[0], 200)
        self.sandbox.advance("25h")
        self.assertEqual(self.call(token, "GET", "/users/session/api")[0], 403)

    def test_fault(self) -> None:
        self.sandbox.faults(operations={"postUsersSession": {"status": 429, "retryAfter": 1, "times": 1}})
        self.assertEqual(self.call("", "POST", "/users/session", ADA)[0], 429)
        self.assertEqual(self.call("", "POST", "/users/session", ADA)[0], 200)
        with self.assertRaisesRegex(RuntimeError, r"operations\.all\.status must be from 400 to 599"):
            self.sandbox.faults(operations={"all": {"status": 99}})

    def test_server_that_does_not_start_says_why(self) -> None:
        with self.assertRaisesRegex(RuntimeError, "--log-level: must be debug"):
            Sandbox(PROGRAM, "--log-level=loud")
        with self.assertRaises(FileNotFoundError):
            Sandbox("/nowhere/session-facade")


if __name__ == "__main__":
    unittest.main()
