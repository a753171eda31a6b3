# SPDX-License-Identifier: MIT
"""The lumadb command for tests that come as users do. LUMA_COMMAND names the binary."""
import json
import os
import re
import subprocess

COMMAND = os.path.abspath(os.environ.get("LUMA_COMMAND", "build/lumadb"))


class Answer:
    """What one run of the command said."""

    def __init__(self, done):
        self.status, self.out, self.problems = done.returncode, done.stdout, done.stderr

    def __repr__(self):
        return f"exit status {self.status}\n--- standard output\n{self.out[:4000]}\n--- standard error\n{self.problems[:4000]}"

    def rows(self):
        """The lines of `--format ndjson`."""
        return [json.loads(line) for line in self.out.splitlines()]


def environment(**more):
    base = {name: value for name, value in os.environ.items() if not name.startswith("LUMA_")}
    return {**base, **more}


def run(*arguments, stdin="", cwd=None, **options):
    """Runs the command; text in, text out. `binary=True` gives bytes."""
    if options.pop("binary", False):
        stdin = stdin if isinstance(stdin, bytes) else stdin.encode()
        done = subprocess.run([COMMAND, *arguments], input=stdin, capture_output=True, check=False, cwd=cwd,
                              env=environment(), **options)
        return Answer(subprocess.CompletedProcess(done.args, done.returncode, done.stdout,
                                                  done.stderr.decode("utf-8", "replace")))
    done = subprocess.run([COMMAND, *arguments], input=stdin, capture_output=True, text=True, check=False, cwd=cwd,
                          env=environment(), **options)
    return Answer(done)


def good(*arguments, **options):
    """The same, and it must have worked and said nothing on standard error."""
    answer = run(*arguments, **options)
    assert answer.status == 0, f"{arguments}: {answer}"
    assert not answer.problems, f"{arguments}: {answer}"
    return answer


def bad(status, *arguments, says=(), **options):
    """The same, and it must have failed with `status`, saying each text of `says`, without a crash."""
    answer = run(*arguments, **options)
    assert answer.status == status, f"{arguments}: expected exit status {status}: {answer}"
    for text in [says] if isinstance(says, str) else says:
        assert text in answer.problems, f"{arguments}: no `{text}` in: {answer}"
    return answer


def rows(target, text, *arguments):
    return good("query", target, "--format", "ndjson", *arguments, text).rows()


def write(path, text):
    with open(path, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
    return str(path)


def begin_server(folder):
    """A server of its own over a database of the folder: the process, to be killed, and its address."""
    server = subprocess.Popen([COMMAND, "serve", "--data", folder + "/served", "--listen", "127.0.0.1:0"], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment())
    line = server.stdout.readline()
    return server, re.search(r"http://\S+", line).group(0)
