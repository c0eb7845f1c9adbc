"""Starts session-facade on its sandbox, for tests: copy this file to yours.

The program is the argument, or what SESSION_FACADE names, or session-facade on the PATH.
"""

import json
import os
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

START_LIMIT = 30  # seconds


class Sandbox:
    """A running server. http and admin are URLs, grpc is a host and port."""

    def __init__(self, program: str = os.environ.get("SESSION_FACADE", "session-facade"), *flags: str) -> None:
        ports = [f"--{port}-addr=127.0.0.1:0" for port in ("grpc", "http", "admin")]
        self._server = subprocess.Popen(
            [program, "--sandbox", "--log-format=json", *ports, *flags], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        timer = threading.Timer(START_LIMIT, self._server.kill)
        timer.start()
        assert self._server.stderr is not None
        last = ""
        for last in self._server.stderr:  # calls are taken once the log says so, with the ports
            line = json.loads(last) if last.startswith("{") else {}
            if line.get("msg") == "serving":
                timer.cancel()
                self.http, self.grpc, self.admin = f"http://{line['http']}", line["grpc"], f"http://{line['admin']}"
                self._drain = threading.Thread(target=self._server.stderr.read, daemon=True)  # nobody reads the rest
                self._drain.start()
                return
        timer.cancel()
        self.stop()
        raise RuntimeError(f"session-facade does not start: {last.strip()}")

    def stop(self) -> None:
        self._server.terminate()
        self._server.wait(START_LIMIT)
        if hasattr(self, "_drain"):
            self._drain.join()
        if self._server.stderr is not None:
            self._server.stderr.close()

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def messages(self, user_id: str = "") -> list[dict[str, Any]]:
        """What was sent to a user, or to all, newest last."""
        query = f"?userId={urllib.parse.quote(user_id, safe='')}" if user_id else ""
        found: list[dict[str, Any]] = self._control("GET", "messages" + query)["messages"]
        return found

    def advance(self, by: str) -> None:
        """Moves the sandbox's clock, by "10m" or "25h"."""
        self._control("POST", "clock", {"advance": by})

    def faults(self, **faults: Any) -> None:
        """Replaces all faults: operations, preset and limits. Without an argument there are none."""
        self._control("PUT", "faults", faults)

    def reset(self) -> None:
        """Makes the sandbox as it began."""
        self._control("DELETE", "state")

    def _control(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.admin}/sandbox/{path}", data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=START_LIMIT) as response:
                text = response.read()
        except urllib.error.HTTPError as refused:
            with refused:
                raise RuntimeError(f"{method} /sandbox/{path}: {refused.code} {refused.read().decode()}") from None
        return json.loads(text) if text else {}
