# SPDX-License-Identifier: MIT
"""Only base/os reaches the system, only base/sync the threads; a third-party library has one folder alone."""

C_LIBRARY = {"ctype.h", "errno.h", "float.h", "inttypes.h", "limits.h", "math.h", "stdalign.h", "stdarg.h",
             "stdatomic.h", "stdbool.h", "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "stdnoreturn.h", "string.h"}
PROCESSOR = {"immintrin.h", "nmmintrin.h", "emmintrin.h", "tmmintrin.h", "smmintrin.h", "x86intrin.h", "arm_acle.h",
             "arm_neon.h", "cpuid.h"}
SYSTEM_FOLDERS = ("sys/", "linux/", "net/", "netinet/", "arpa/", "asm/", "bits/")
SYSTEM = {"dirent.h", "fcntl.h", "fnmatch.h", "ftw.h", "glob.h", "grp.h", "ifaddrs.h", "langinfo.h", "locale.h",
          "netdb.h", "poll.h", "pwd.h", "sched.h", "setjmp.h", "signal.h", "spawn.h", "syslog.h", "termios.h", "threads.h",
          "time.h", "ucontext.h", "uchar.h", "unistd.h", "utime.h", "wchar.h", "wctype.h"}
THREADS = {"pthread.h", "semaphore.h"}
PROCESSOR_FEATURES = "sys/auxv.h"


def is_cxx_library(name):
    return "." not in name and "/" not in name


def check_header(file, line, name):
    """A finding for headers of the machine; None when there is nothing to say; the name when it is third-party."""
    if name in THREADS or (name == "signal.h" and file.folder == "src/base/sync"):
        return None if file.folder == "src/base/sync" else file.finding(line, f"<{name}>: use base/sync/sync.h")
    if name == PROCESSOR_FEATURES:
        return None if file.folder == "src/base/hash" else file.finding(line, f"<{name}>: ask base/hash")
    if name.startswith(SYSTEM_FOLDERS) or name in SYSTEM:
        return None if file.folder == "src/base/os" else file.finding(line, f"<{name}>: only base/os reaches the system")
    if is_cxx_library(name):
        return None if file.name.endswith("_face.cc") else file.finding(line, f"<{name}>: C++ belongs in a *_face.cc")
    return None if name in C_LIBRARY | PROCESSOR else name


def library_of(name):
    return name.split("/")[0].removesuffix(".h")


def check(tree):
    folders = {}
    for file in tree.c_files("src", generated=True):
        for line, name, is_system in file.includes:
            answer = check_header(file, line, name) if is_system else None
            if isinstance(answer, str):
                folders.setdefault(library_of(answer), {}).setdefault(file.folder, (file, line))
            elif answer:
                yield answer
    for library, places in sorted(folders.items()):
        for folder, (file, line) in sorted(places.items())[1:]:
            yield file.finding(line, f"{library} is {sorted(places)[0]}'s library: use that folder's header")


BAD = [
    ({"src/store/a.c": "#include <unistd.h>\n#include <sys/stat.h>\n#include <pthread.h>\n#include <time.h>\n"}, 4),
    ({"src/base/a/a.c": "#include <zlib.h>\n", "src/server/http/b.c": "#include <zlib.h>\n"}, 1),
    ({"src/base/a/a.c": "#include <charconv>\n"}, 1),
]
GOOD = [{"src/base/os/a.c": "#include <unistd.h>\n#include <stdio.h>\n", "src/base/sync/s.h": "#include <pthread.h>\n",
         "src/base/a/n_face.cc": "#include <charconv>\n", "src/base/a/z.c": "#include <zlib.h>\n"}]
