# SPDX-License-Identifier: MIT
"""libluma through ctypes: as much of it as running JQL takes."""
import ctypes
import json


class Error(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int), ("code", ctypes.c_char_p), ("offset", ctypes.c_uint64),
                ("line", ctypes.c_uint32), ("column", ctypes.c_uint32), ("retryable", ctypes.c_bool),
                ("message", ctypes.c_char * 2048), ("hint", ctypes.c_char * 256)]


class Refused(Exception):
    """A statement that failed: `code` is the short text code of the status."""

    def __init__(self, error):
        self.code = error.code.decode() if error.code else "?"
        super().__init__(error.message.decode("utf-8", "replace"))


class Library:
    def __init__(self, path):
        self.so = ctypes.CDLL(path)
        for name in ("luma_json", "luma_tagged_json"):
            getattr(self.so, name).restype = ctypes.c_char_p
        self.so.luma_affected.restype = ctypes.c_uint64

    def call(self, name, *arguments):
        error = Error()
        if getattr(self.so, name)(*arguments, ctypes.byref(error)) != 0:
            raise Refused(error)


class Database:
    """A database in memory and one session of it."""

    def __init__(self, library):
        self.library, self.handle, self.session = library, ctypes.c_void_p(), ctypes.c_void_p()
        library.call("luma_open", b"memory:", None, ctypes.byref(self.handle))
        library.call("luma_session_open", self.handle, ctypes.byref(self.session))

    def close(self):
        self.library.so.luma_session_close(self.session)
        self.library.so.luma_close(self.handle)

    def run(self, command):
        """The documents that a command (a dict) answers, in tagged JSON."""
        so, result, row = self.library.so, ctypes.c_void_p(), ctypes.c_void_p()
        text = json.dumps(command, ensure_ascii=False).encode("utf-8", "surrogatepass")
        self.library.call("luma_query", self.session, b"jql", text, None, ctypes.c_size_t(0), ctypes.byref(result))
        documents = []
        try:
            while True:
                self.library.call("luma_next", result, ctypes.byref(row))
                if not row.value:
                    return documents
                documents.append(json.loads(so.luma_tagged_json(result, row, None)))
        finally:
            so.luma_result_close(result)
