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

    def __init__(self, code, message):
        self.code = code
        super().__init__(message)


class Library:
    def __init__(self, path):
        self.so = ctypes.CDLL(path)
        for name in ("luma_json", "luma_tagged_json"):
            getattr(self.so, name).restype = ctypes.c_char_p
        self.so.luma_affected.restype = ctypes.c_uint64

    def call(self, name, *arguments):
        error = Error()
        if getattr(self.so, name)(*arguments, ctypes.byref(error)) != 0:
            raise Refused(error.code.decode() if error.code else "?", error.message.decode("utf-8", "replace"))


class Database:
    """A database in memory and one session of it."""

    def __init__(self, library):
        self.library, self.handle, self.session = library, ctypes.c_void_p(), ctypes.c_void_p()
        library.call("luma_open", b"memory:", None, ctypes.byref(self.handle))
        library.call("luma_session_open", self.handle, ctypes.byref(self.session))

    def close(self):
        self.library.so.luma_session_close(self.session)
        self.library.so.luma_close(self.handle)

    def read(self, language, text, read_row):
        """What `read_row(result, row)` makes of each row that a statement answers."""
        so, result, row = self.library.so, ctypes.c_void_p(), ctypes.c_void_p()
        text = text.encode("utf-8", "surrogatepass")
        self.library.call("luma_query", self.session, language, text, None, ctypes.c_size_t(0), ctypes.byref(result))
        rows = []
        try:
            while True:
                self.library.call("luma_next", result, ctypes.byref(row))
                if not row.value:
                    return rows
                rows.append(read_row(result, row))
        finally:
            so.luma_result_close(result)

    def run(self, command):
        """The documents that a command (a dict) answers, in tagged JSON."""
        text = json.dumps(command, ensure_ascii=False)
        return self.read(b"jql", text, lambda result, row: json.loads(self.library.so.luma_tagged_json(result, row, None)))

    def query(self, language, text):
        """The documents that a statement answers, in plain JSON."""
        return self.read(language.encode(), text, lambda result, row: json.loads(self.library.so.luma_json(result, row, None)))

    def documents(self, text):
        """The documents that a statement in LQL answers, in plain JSON."""
        return self.read(b"lql", text, lambda result, row: json.loads(self.library.so.luma_json(result, row, None)))

    def rows(self, text):
        """The rows that a statement in LQL answers, each a list of its columns."""
        so = self.library.so
        so.luma_column.restype = ctypes.c_void_p

        def columns(result, _):
            values = (so.luma_column(result, ctypes.c_uint32(i)) for i in range(so.luma_columns_count(result)))
            return [json.loads(so.luma_json(result, ctypes.c_void_p(value), None)) if value else None for value in values]
        return self.read(b"lql", text, columns)
