# SPDX-License-Identifier: MIT
"""What the tests of trouble share: the writer, killed at some moment, and the verifier. LUMA_WRITER and LUMA_VERIFY name
the programs."""
import os
import random
import signal
import subprocess
import time

from lumadb import environment, good, rows

WRITER = os.environ.get("LUMA_WRITER", "build/tests/power/writer")
VERIFY = os.environ.get("LUMA_VERIFY", "build/tests/power/verify")
FIGURES = os.dup(1)  # the harness keeps the output of a case to itself
SCALE = int(os.environ.get("LUMA_TEST_SCALE", "1"))


class Writing:
    """A writer at work."""

    def __init__(self, target, acknowledgements, seconds=60):
        self.process = subprocess.Popen([WRITER, target, acknowledgements, str(seconds)], stderr=subprocess.PIPE,
                                        text=True, env=environment())

    def end(self):
        """Waits for it and answers (exit status, what it said)."""
        problems = self.process.communicate()[1]
        return self.process.returncode, problems

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        return self.end()


def verify(target, acknowledgements):
    """The database opens, keeps every promise, and its check finds no fault."""
    done = subprocess.run([VERIFY, target, acknowledgements], capture_output=True, text=True, check=False,
                          env=environment())
    assert done.returncode == 0, done
    good("check", target)
    return done.stdout.strip()


def promises(acknowledgements):
    """How many lines the writer was told."""
    try:
        with open(acknowledgements, encoding="utf-8") as file:
            return sum(1 for _ in file)
    except FileNotFoundError:
        return 0


def some_time(least_s, most_s):
    time.sleep(random.uniform(least_s, most_s))


def documents(first, last, text_bytes=100):
    """Lines for an import whose ids go up."""
    text = "x" * text_bytes
    return "".join(f'{{"id":{n},"n":{n},"text":"{text}"}}\n' for n in range(first, last))


def count(target, collection="t"):
    return rows(target, f"SELECT COUNT(*) AS c FROM {collection}")[0]["c"]


def say(*words):
    """Figures are shown of cases that pass too."""
    os.write(FIGURES, ("     " + " ".join(str(word) for word in words) + "\n").encode())
