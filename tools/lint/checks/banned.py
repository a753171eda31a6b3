# SPDX-License-Identifier: MIT
"""Calls that library code may not make, each with what to use instead and the folders where it is at home."""
import re

MEMORY, OS = ("src/base/mem/",), ("src/base/os/",)
OUTPUT = ("src/base/log/", "src/base/core/assert.c")
RULES = [
    ("malloc calloc realloc reallocarray free aligned_alloc posix_memalign", "base/mem/mem.h (mem_alloc …)", MEMORY),
    ("strdup strndup asprintf vasprintf getline", "mem_copy, or a buf", ()),
    ("alloca", "an arena", ()),
    ("strcpy strcat strncpy strncat stpcpy sprintf vsprintf gets", "buf_append…, or snprintf", ()),
    ("strtok strtok_r strsep", "slices", ()),
    ("atoi atol atoll atof strtol strtoul strtoll strtoull strtod strtof sscanf scanf fscanf",
     "num_parse_… (base/text/num.h)", ()),
    ("rand srand random srandom rand_r drand48", "an rng, or os_random", ()),
    ("time clock gettimeofday clock_gettime localtime gmtime localtime_r gmtime_r mktime timegm strftime",
     "os_now_us, os_monotonic_us and base/text/date.h", OS),
    ("printf vprintf puts putchar fprintf vfprintf fputs fputc fwrite perror", "the log or an output given to you",
     OUTPUT),
    ("fopen freopen fdopen fread fgets fgetc fclose tmpfile tmpnam mktemp", "os_open and os_read_at", OS),
    ("abort exit _exit quick_exit", "a status; ASSERT for a broken invariant", OUTPUT + OS),
    ("assert", "ASSERT (base/core/assert.h)", ()),
    ("getenv setenv putenv system popen setlocale", "base/os", OS),
    ("strerror strerror_r", "base/os", OS + ("src/base/sync/",)),
    ("sleep usleep nanosleep", "os_sleep_us", OS),
    ("signal sigaction raise kill fork", "base/os/process.h", OS),
    ("setjmp longjmp", "a status", ()),
]
CALL = re.compile(r"(?<![\w.>])(?<!->)([a-z_]\w*)\s*\(")
INSTEAD = {name: (instead, homes) for names, instead, homes in RULES for name in names.split()}
DECLARES = re.compile(r"(?:\bvoid|\bint|\bstatus|\bbool|_t|\*)\s*$")


def check(tree):
    for file in tree.c_files("src", generated=True):
        for match in CALL.finditer(file.code):
            instead, homes = INSTEAD.get(match.group(1), (None, ()))
            if instead is None or file.path.startswith(homes or ("?",)):
                continue
            if DECLARES.search(file.code, max(0, match.start() - 12), match.start()):
                continue
            yield file.finding(file.code.count("\n", 0, match.start()) + 1, f"{match.group(1)}: use {instead}")


BAD = [
    ({"src/store/a.c": "void f(void) {\n  p = malloc(4);\n  free(p);\n  strcpy(a, b);\n  x = atoi(s);\n}\n"}, 4),
    ({"src/query/a.c": "void f(void) {\n  if (rand() > time(NULL)) printf(\"a\");\n  exit(1);\n}\n"}, 4),
]
GOOD = [
    {"src/base/mem/mem.c": "void f(void) {\n  free(p);\n}\n"},
    {"src/base/a/a.c": 'void f(void) {\n  os->ops->random(os);\n  vt.free(p); /* free(p) */\n  g("free(p)");\n}\n'
                       "struct ops {\n  void (*random)(struct os *os);\n};\n"},
]
