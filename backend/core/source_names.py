"""What senders call their files, as it can be kept: on every database, in JSON and on every terminal."""


def kept_name(source_name: str) -> str:
    """A name without what cannot be kept: octets that are not UTF-8 become question marks, zero octets go.

    The system gives such octets of a file's name as lone surrogates, which nothing else takes; PostgreSQL takes no zeros.
    """
    return source_name.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
