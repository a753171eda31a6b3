# SPDX-License-Identifier: MIT
"""A server of one's own, and a client that asks it, for the tests of the HTTP interface."""
import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import time

PROGRAM = os.environ["LUMADB"]
START_S = 30


def place(folder, data):
    """Where a server has its data: in its folder, in memory, or, where tests/pg/run started a PostgreSQL, in a schema there."""
    postgres = os.environ.get("LUMA_POSTGRES")
    if data == "memory:" or not postgres:
        return data if data == "memory:" else os.path.join(folder, data)
    schema = "http_" + hashlib.sha256(os.path.join(folder, data).encode()).hexdigest()[:20]
    psql = os.path.join(os.environ["LUMA_POSTGRES_BIN"], "psql")
    subprocess.run([psql, "-q", "-d", postgres, "-c", "SET client_min_messages = error", "-c", f"CREATE SCHEMA IF NOT EXISTS {schema}"], check=True)
    return f"{postgres}&options=-csearch_path%3D{schema}"


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        return self.json["error"]["code"]


class Server:
    """`lumadb serve` on a port the system chose; `settings` is the text of its luma.toml."""

    def __init__(self, folder, settings="", data="db", listen="127.0.0.1:0"):
        self.folder, self.data = folder, place(folder, data)
        self.errors = os.path.join(folder, "stderr")
        command = [PROGRAM, "serve", "--data", self.data, "--listen", listen]
        if settings:
            path = os.path.join(folder, "luma.toml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(settings)
            command += ["--config", path]
        with open(self.errors, "w", encoding="utf-8") as errors:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        line = self.process.stdout.readline()
        assert "http" in line, f"it did not start: {line!r} {self.log()}"
        self.url = next(word for word in line.split() if word.startswith("http"))
        host, _, port = self.url.partition("//")[2].rpartition(":")
        self.host, self.port = host.strip("[]"), int(port)

    def log(self):
        with open(self.errors, encoding="utf-8") as file:
            return file.read()

    def stop(self, how=signal.SIGTERM, limit_s=30):
        self.process.send_signal(how)
        return self.process.wait(limit_s)

    def client(self, timeout_s=20):
        return Client(self, timeout_s)

    def socket(self, timeout_s=20):
        connection = socket.create_connection((self.host, self.port))
        connection.settimeout(timeout_s)
        return connection


class Client:
    """One connection, kept alive."""

    def __init__(self, server, timeout_s=20):
        self.connection = http.client.HTTPConnection(server.host, server.port, timeout=timeout_s)

    def ask(self, method, path, body=None, **headers):
        """Headers are given as luma_session="…"; a body that is no text or bytes is sent as JSON."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        if body is not None:
            names.setdefault("content-type", "application/json")
            body = body.encode() if isinstance(body, str) else body
        self.connection.request(method, path, body, names)
        reply = self.connection.getresponse()
        return Reply(reply.status, reply.headers, reply.read())

    def get(self, path, **headers):
        return self.ask("GET", path, **headers)

    def post(self, path, body, **headers):
        return self.ask("POST", path, body, **headers)

    def query(self, query, lang=None, headers=None, **fields):
        body = {"query": query, **fields}
        if lang:
            body["lang"] = lang
        return self.ask("POST", "/v1/query", body, **(headers or {}))

    def insert(self, collection, documents):
        reply = self.post(f"/v1/collections/{collection}/documents", documents)
        assert reply.status == 201, reply.body
        return reply.json["keys"]


def raw(server, data, wait_s=30.0, until=None):
    """What comes back for these bytes, until the server closes, `until` holds of it or `wait_s` pass in silence; whether it
    closed."""
    answer = b""
    with server.socket(wait_s) as connection:
        try:
            connection.sendall(data)
            while not until or not until(answer):
                part = connection.recv(65536)
                if not part:
                    return answer, True
                answer += part
            return answer, False
        except socket.timeout:
            return answer, False
        except ConnectionError:
            return answer, True


def wait_until(true, limit_s=60.0):
    deadline = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


def gauge(client, name):
    """The number that /metrics tells under this name."""
    lines = client.get("/metrics").body.decode().splitlines()
    return float(next(line for line in lines if line.startswith(f"{name} ")).split()[1])


def wait_until_busy(server):
    """Until a statement has run for longer than any that is just ending."""
    def busy():
        told = server.client().query({"currentOp": 1}, reply="mongo").json["inprog"]
        return any(one["microsecs_running"] > 50000 for one in told)

    wait_until(busy)
