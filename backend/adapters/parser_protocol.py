"""What a parsing process and its parent say to each other: a head of a word and a length, then so many octets."""

import struct

HEAD = struct.Struct("<4sQ")
REQUEST_IN_MEMORY_FILE = b"FILE"
REQUEST_INLINE = b"DATA"
ANSWER_READY = b"REDY"
ANSWER_PARSED = b"PARS"
ANSWER_REFUSED = b"REFU"
ANSWER_OUT_OF_MEMORY = b"MEMO"
