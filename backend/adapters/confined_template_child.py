"""The other end of `confined_template`: a process that has loaded what others like it need, and makes them by forking.

It is sent nothing but the word to fork, so that no octet of a file ever reaches it. What a fork then does is its module's.
"""

import gc
import os
import signal
import socket

from backend.adapters.confined_child import give_up_rights, received, received_head
from backend.adapters.parser_protocol import (
    ANSWER_BURIED,
    ANSWER_FORKED,
    ANSWER_READY,
    HEAD,
    REQUEST_BURY,
    REQUEST_FORK,
)


def is_copy() -> bool:
    """Serve requests on standard input (a socket) until it closes.

    Returns:
        True in each process that was made: its own socket is its standard input then. False in the template itself, once
        the socket is closed and all that it made have ended.
    """
    channel = socket.socket(fileno=0)
    received(channel, received_head(channel)[1])
    give_up_rights()
    gc.collect()
    gc.freeze()  # what is shared with the copies is not to be copied by looking through it for garbage
    channel.sendall(HEAD.pack(ANSWER_READY, 0))
    while True:
        head, descriptors, _, _ = socket.recv_fds(channel, HEAD.size, 1)
        if not head:
            _bury_all()
            return False
        kind, process_id = HEAD.unpack(head + received(channel, HEAD.size - len(head)))
        if kind == REQUEST_BURY:
            _bury(process_id)
            channel.sendall(HEAD.pack(ANSWER_BURIED, 0))
        elif kind == REQUEST_FORK and _is_forked(channel, descriptors[0]):
            return True


def _is_forked(channel: socket.socket, descriptor: int) -> bool:
    """Fork; True in the new process."""
    process_id = os.fork()
    if process_id == 0:
        os.setsid()
        channel.detach()
        os.dup2(descriptor, 0)
        os.close(descriptor)
        return True
    os.close(descriptor)
    # While it is not buried its number is nobody else's, so that this is a descriptor of it.
    of_it = os.pidfd_open(process_id)
    socket.send_fds(channel, [HEAD.pack(ANSWER_FORKED, process_id)], [of_it])
    os.close(of_it)
    return False


def _bury(process_id: int) -> None:
    """Wait for its end, end what it may have left in its group, and give its number back."""
    try:
        os.waitid(os.P_PID, process_id, os.WEXITED | os.WNOWAIT)
        os.killpg(process_id, signal.SIGKILL)
        os.waitpid(process_id, 0)
    except (ChildProcessError, ProcessLookupError):
        return  # not ours


def _bury_all() -> None:
    while True:
        try:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
        except ChildProcessError:
            return
        if ended is not None:
            _bury(ended.si_pid)
