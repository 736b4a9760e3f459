"""What a parsing process and its parent say to each other: a head of a word and a length, then so many octets."""

import struct

HEAD = struct.Struct("<4sQ")
RANGE = struct.Struct("<QQ")  # offset and length
MOST_BYTES_AT_ONCE = 1 << 20  # of a range
REQUEST_ROOM = b"ROOM"  # memory that both ends share; with its descriptor
REQUEST_IN_ROOM = b"FILE"  # the octets are at the beginning of that memory
REQUEST_INLINE = b"DATA"
REQUEST_BY_RANGE = b"BIGF"  # the file stays where it is; the process asks for what it wants to read
REQUEST_OCTETS = b"OCTE"  # the octets that the process has asked for
ANSWER_READ = b"READ"  # a RANGE of the file is wanted
ANSWER_READY = b"REDY"
ANSWER_PARSED = b"PARS"
ANSWER_REFUSED = b"REFU"
ANSWER_OUT_OF_MEMORY = b"MEMO"
# Between the program and a process that makes others like itself (`confined_template`).
REQUEST_FORK = b"FORK"  # with the socket of the new process
REQUEST_BURY = b"BURY"  # the process of this number has ended, or is about to
ANSWER_FORKED = b"CHLD"  # its number, with a descriptor of it
ANSWER_BURIED = b"GONE"
