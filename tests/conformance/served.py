# SPDX-License-Identifier: MIT
"""A database in memory behind `lumadb serve`, asked over HTTP: it answers as luma.Database does."""
import http.client
import json
import subprocess

from luma import Refused

START_S, ANSWER_S = 60, 300


class Served:
    """A server of its own, on a port that the system chose; every statement is a request of its own."""

    def __init__(self, command):
        self.process = subprocess.Popen([command, "serve", "--data", "memory:", "--listen", "127.0.0.1:0"], text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        line = self.process.stdout.readline()
        host, _, port = line.partition("http://")[2].split()[0].rpartition(":")
        self.connection = http.client.HTTPConnection(host, int(port), timeout=ANSWER_S)
        self.headers = {"content-type": "application/json"}

    def close(self):
        self.connection.close()
        self.process.terminate()
        self.process.wait(START_S)
        self.process.stdout.close()

    def request(self, method, path, body):
        self.connection.request(method, path, json.dumps(body), self.headers)
        reply = self.connection.getresponse()
        answer = json.loads(reply.read())
        if reply.status >= 300:
            raise Refused(answer["error"]["code"], answer["error"]["message"])
        return answer

    def ask(self, body):
        return self.request("POST", "/v1/query", body)

    def rows(self, text):
        """The rows that a statement in LQL answers, each a list of its columns."""
        answer = self.ask({"lang": "lql", "query": text, "rows": True})
        rows = answer["rows"]
        while answer["cursor"]:
            answer = self.ask({"cursor": answer["cursor"]})
            rows += answer["rows"]
        return rows
