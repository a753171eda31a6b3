# SPDX-License-Identifier: MIT
"""The harness of tests that come as users do (command line, HTTP, installation): the manners of tests/lib/test.h.

    from cases import run_cases

    def answers(dir):              # an empty directory of its own
        assert 1 + 1 == 2, "arithmetic"

    run_cases([answers])

Each case runs in a process of its own with a time limit; what it prints is shown only when it fails; the whole
process group is killed when it ends. Options: --list, --only NAME, --seed N. The last line is `N passed, N failed`.
"""
import argparse
import inspect
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback

TIMEOUT_S = 120


STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)  # blocked, but where they are waited for


def _be_child(case, folder, seed, output):
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
    os.setpgid(0, 0)
    os.dup2(output.fileno(), 1)
    os.dup2(output.fileno(), 2)
    random.seed(seed)
    try:
        case(folder)
        status = 0
    except BaseException:  # whatever ends a case but its own end is a failure
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _wait(child, limit_s):
    """The exit status, or None and why there is none: the time was up, or the test is to end."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status, ""
        stopped = signal.sigtimedwait(STOPPING, 0.005)
        if stopped:
            return None, f"stopped by signal {stopped.si_signo}"
    return None, "killed: over its time limit"


def _kill_group(child):
    for kill in (os.killpg, os.kill):  # the child makes its group itself, and may not have come to it
        try:
            kill(child, signal.SIGKILL)
        except ProcessLookupError:
            pass


def _run(case, seed):
    """Whether it passed, and whether the next may begin."""
    folder = tempfile.mkdtemp(prefix="luma-test-")
    began = time.monotonic()
    with tempfile.TemporaryFile() as output:
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            _be_child(case, folder, seed, output)
        limit_s = getattr(case, "timeout_s", TIMEOUT_S) * int(os.environ.get("LUMA_TEST_SCALE", "1"))
        status, why = _wait(child, limit_s)
        _kill_group(child)
        if status is None:
            os.waitpid(child, 0)
        took_ms = int((time.monotonic() - began) * 1000)
        print(f"{'ok  ' if status == 0 else 'FAIL'} {case.__name__} ({took_ms} ms)")
        if status != 0:
            output.seek(0)
            print(output.read().decode("utf-8", "replace"), end="")
            if status is None:
                print(f"     {why}")
            print(f"     repeat with: {sys.argv[0]} --seed {seed} --only {case.__name__}")
    shutil.rmtree(folder, ignore_errors=True)
    return status == 0, "stopped" not in why


def _forgotten(cases):
    """Functions of the test that look like cases (they take a folder alone) and are in no list."""
    found = sys.modules["__main__"].__dict__.values()
    alike = [thing for thing in found if inspect.isfunction(thing) and thing.__module__ == "__main__"
             and list(inspect.signature(thing).parameters) in (["folder"], ["_folder"])]
    return [thing.__name__ for thing in alike
            if thing not in cases and not any(thing.__name__ in other.__code__.co_names for other in alike)]


def run_cases(cases):
    """Runs the cases that the command line asks for and exits: 0 when all passed, 1 when some failed. A case that is
    written and not listed is a failure."""
    forgotten = _forgotten(cases)
    if forgotten:
        sys.exit(f"not in the list of cases: {', '.join(forgotten)}\n0 passed, {len(forgotten)} failed")
    parser = argparse.ArgumentParser()
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--only")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    options = parser.parse_args()
    chosen = [case for case in cases if options.only in (None, case.__name__)]
    if options.list or not chosen:
        print("\n".join(case.__name__ for case in cases))
        sys.exit(0 if options.list else 2)
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    results, goes_on = [], True
    while chosen and goes_on:
        passed, goes_on = _run(chosen.pop(0), options.seed)
        results.append(passed)
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    sys.exit(0 if all(results) else 1)
