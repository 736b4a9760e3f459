"""Frozen dataclasses to JSON and back, checked field by field. It knows no DICOM.

What a parsing process sends back is as untrusted as the file it read, so every value is checked against the type its
field declares; nothing is executed or looked up by name, as unpickling would do.
"""

import base64
import binascii
import json
import math
import types
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from operator import attrgetter
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

Record = TypeVar("Record")
_Reader = Callable[[Any], Any]


class NotPlain(ValueError):  # noqa: N818 - a reason, not a fault
    """Octets that are not the JSON of the expected dataclass."""


def to_json(record: object) -> bytes:
    """The JSON (UTF-8) of a dataclass made of text, numbers, bytes, tuples and further dataclasses.

    Raises:
        ValueError: If a number is not finite.
    """
    return _encoder.encode(record).encode("utf-8")


def from_json(record_type: type[Record], octets: bytes) -> Record:
    """The inverse of `to_json`.

    Raises:
        NotPlain: If the octets are not such a record; the message names the field.
    """
    kind: Any = record_type
    record: Record = _reader_of(kind)(_loaded(octets))
    return record


def _loaded(octets: bytes) -> Any:
    try:
        return json.loads(octets.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise NotPlain("The octets are not JSON.") from error


class AlikeReader(Generic[Record]):
    """`from_json` for many records that mostly say the same, such as the slices of a series.

    A field that says what it said in the record before is not read again, and its value is shared: values are frozen.
    So are the fields of a record inside the record.
    Not to be used by several threads at a time.

    Args:
        record_type: The dataclass.
    """

    def __init__(self, record_type: type[Record]) -> None:
        kind: Any = record_type
        hints = get_type_hints(kind)
        self._record_type = record_type
        self._readers = {name: _alike_reader_of(hints[name]) for name in _field_names(kind)}
        self._plain: dict[str, Any] = {}
        self._values: dict[str, Any] = {}

    def read(self, octets: bytes) -> Record:
        """The record.

        Raises:
            NotPlain: If the octets are not such a record; the message names the field.
        """
        return self.read_plain(_loaded(octets))

    def read_plain(self, plain: Any) -> Record:
        """The record whose JSON is loaded already.

        Raises:
            NotPlain: If it is not such a record; the message names the field.
        """
        _require_fields(self._record_type, plain)
        for name in self._plain.keys() - plain.keys():
            del self._plain[name], self._values[name]
        for name, value in plain.items():
            if name not in self._readers:
                continue  # gone
            if name not in self._plain or self._plain[name] != value:
                try:
                    self._values[name] = self._readers[name](value)
                except NotPlain as error:
                    raise NotPlain(f"{self._record_type.__name__}.{name}: {error}") from error
                self._plain[name] = value
        return self._record_type(**self._values)


class AlikeWriter:
    """`to_json` for many records of one kind that share most of their fields, such as those of one `AlikeReader`.

    A field that is the very value of the record before is not written again, nor is such a field of a record inside the record.
    Not to be used by several threads at a time.
    """

    def __init__(self) -> None:
        self._written: dict[str, tuple[Any, str]] = {}
        self._inner: dict[str, AlikeWriter] = {}

    def write(self, record: object) -> str:
        """The JSON of a dataclass, as text.

        Raises:
            ValueError: If a number is not finite.
        """
        kind: Any = record.__class__
        written = self._written
        parts = []
        for name, value in zip(_field_names(kind), _values_of(kind)(record), strict=True):
            known = written.get(name)
            if known is None or known[0] is not value:
                known = written[name] = (value, f'"{name}":{self._value(name, value)}')
            parts.append(known[1])
        return f"{{{','.join(parts)}}}"

    def _value(self, name: str, value: Any) -> str:
        if not is_dataclass(value):
            return _encoder.encode(value)
        if name not in self._inner:
            self._inner[name] = AlikeWriter()
        return self._inner[name].write(value)


def _alike_reader_of(kind: Any) -> _Reader:
    if not is_dataclass(kind):
        return _reader_of(kind)
    record_type: Any = kind
    return AlikeReader(record_type).read_plain


@cache
def _field_names(record_type: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(record_type))


@cache
def _fields_without_default(record_type: Any) -> frozenset[str]:
    return frozenset(
        field.name
        for field in fields(record_type)
        if field.default is MISSING and field.default_factory is MISSING
    )


def _gone(record_type: Any) -> frozenset[str]:
    """Fields that earlier releases wrote and none reads any more, as the record names them in `GONE`."""
    gone: frozenset[str] = getattr(record_type, "GONE", frozenset())
    return gone


@cache
def _readable_names(record_type: Any) -> frozenset[str]:
    return frozenset(_field_names(record_type)) | _gone(record_type)


def _require_fields(record_type: Any, plain: Any) -> None:
    """A field that has a default may be absent: what an earlier release wrote did not have it yet."""
    if not isinstance(plain, dict) or not _fields_without_default(
        record_type
    ) <= plain.keys() <= _readable_names(record_type):
        raise NotPlain(f"The fields are not those of {record_type.__name__}.")


def _plain_of(value: Any) -> Any:
    """What the encoder knows no form of: records, whose fields it then goes on with, and octets."""
    kind: Any = value.__class__
    if kind is bytes:
        return base64.b64encode(value).decode("ascii")
    if is_dataclass(kind):
        record_type: Any = kind
        return dict(zip(_field_names(record_type), _values_of(record_type)(value), strict=True))
    raise TypeError(f"{kind.__name__} has no plain form")


_encoder = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain_of
)


@cache
def _values_of(record_type: Any) -> Callable[[Any], tuple[Any, ...]]:
    """What reads all fields of a record at once."""
    names = _field_names(record_type)
    if len(names) == 1:
        return lambda record: (getattr(record, names[0]),)
    return attrgetter(*names) if names else lambda _record: ()


@cache
def _reader_of(kind: Any) -> _Reader:
    if is_dataclass(kind):
        return _record_reader(kind)
    origin = get_origin(kind)
    if origin is tuple:
        return _tuple_reader(get_args(kind))
    if origin in (Union, types.UnionType):
        (inner,) = (argument for argument in get_args(kind) if argument is not types.NoneType)
        read_inner = _reader_of(inner)
        return lambda plain: None if plain is None else read_inner(plain)
    return {str: _text, int: _integer, float: _number, bool: _truth, bytes: _octets}[kind]


def _record_reader(record_type: Any) -> _Reader:
    hints = get_type_hints(record_type)
    readers = {name: _reader_of(hints[name]) for name in _field_names(record_type)}

    def read(plain: Any) -> Any:
        _require_fields(record_type, plain)
        values = {}
        for name, value in plain.items():
            if name not in readers:
                continue  # gone
            try:
                values[name] = readers[name](value)
            except NotPlain as error:
                raise NotPlain(f"{record_type.__name__}.{name}: {error}") from error
        return record_type(**values)

    return read


def _tuple_reader(arguments: tuple[Any, ...]) -> _Reader:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        read_item = _reader_of(arguments[0])

        def read_any(plain: Any) -> Any:
            if not isinstance(plain, list):
                raise NotPlain("It is not a list.")
            return tuple([read_item(item) for item in plain])

        return read_any
    readers = [_reader_of(argument) for argument in arguments]

    def read_exact(plain: Any) -> Any:
        if not isinstance(plain, list) or len(plain) != len(readers):
            raise NotPlain(f"It is not a list of {len(readers)}.")
        return tuple([read_item(item) for read_item, item in zip(readers, plain, strict=True)])

    return read_exact


def _text(plain: Any) -> str:
    if not isinstance(plain, str):
        raise NotPlain("It is not text.")
    if not plain.isascii():
        try:
            plain.encode("utf-8")
        except UnicodeEncodeError as error:
            raise NotPlain("It is not Unicode text.") from error
    return plain


def _integer(plain: Any) -> int:
    if not isinstance(plain, int) or isinstance(plain, bool):
        raise NotPlain("It is not a whole number.")
    return plain


def _number(plain: Any) -> float:
    if isinstance(plain, bool) or not isinstance(plain, int | float):
        raise NotPlain("It is not a number.")
    try:
        number = float(plain)
    except OverflowError as error:
        raise NotPlain("It is too large a number.") from error
    if not math.isfinite(number):
        raise NotPlain("It is not a finite number.")
    return number


def _truth(plain: Any) -> bool:
    if not isinstance(plain, bool):
        raise NotPlain("It is neither true nor false.")
    return plain


def _octets(plain: Any) -> bytes:
    try:
        return base64.b64decode(_text(plain), validate=True)
    except binascii.Error as error:
        raise NotPlain("It is not base64.") from error
