"""The settings: environment variables, else `pacscribe.toml` in the data directory, else a default.

Read once, by `bootstrap`; services are handed values, never this module. Every setting is in the README's table.
"""

import os
import tomllib
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from backend.core.errors import CannotStart

_PREFIX = "PACSCRIBE_"
_PATHS = ("data_dir", "key_file", "demo_data", "font_dir", "audit_checkpoint_dir")
# An address in whose query files are named.
_WITH_FILES = "syslog_url"
# What only the start itself says.
_NOT_IN_FILE = ("data_dir", "demo")
# Variables that are no settings: what the launcher tells the server, where errors come from, and those of tests.
_NO_SETTINGS = ("PACSCRIBE_DEBUG", "PACSCRIBE_LISTEN_PORT", "PACSCRIBE_TEST_", "PACSCRIBE_BENCH_")


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, each named like its variable without the prefix `PACSCRIBE_`, in lower case.

    Attributes:
        data_dir: Where everything is kept.
        public_url: How browsers reach PACScribe; empty means the address it serves on.
        database_url: Empty means the SQLCipher file in the data directory.
        object_store_url: Empty means the folder in the data directory.
        key_file: Empty means `keys/master.key` in the data directory.
        demo: Whether this is the demo (set by `pacscribe serve --demo`).
        demo_password: Password of the demo accounts; empty means one of the data directory's own.
        demo_data: A folder whose studies the demo loads as well.
        trusted_proxy_hops: How many proxies in front of PACScribe are trusted.
        frame_cache_megabytes: Upper bound of the cache of decoded frames.
        reading_copies_gigabytes: Upper bound of the reading copies; 0 for none.
        parser_processes: How many processes parse files at a time; 0 for as many as the machine has processors.
        upload_limit_megabytes: Largest single file that is taken in.
        check_megabytes_per_hour: How much of what is stored is checked in the background; 0 for nothing.
        storage_warning_percent: Administrators are warned when less than this share of the disk is free.
        storage_warning_days: Or when it lasts for fewer days than this at the present growth.
        partial_uploads_gigabytes: How much one person may have on its way in resumable uploads; also the largest archive.
        session_idle_minutes: A session without activity ends after this.
        session_hours: A session ends after this, whatever happens.
        new_organizations: Whether anybody may found an organization by signing up.
        smtp_url: What carries mail away; empty: no mail leaves, letters wait.
        mail_from: The address that mails come from.
        font_dir: A folder of further fonts for PDF documents.
        audit_years: After so many years entries of the audit trail are removed; 0 for never, else 6 or more.
        syslog_url: Where the audit trail is sent as it grows, `syslog+tls://host:6514`.
        audit_checkpoint_dir: A second folder for the signed checkpoints of the audit trail, best on another machine.
    """

    data_dir: Path = Path("pacscribe-data")
    public_url: str = ""
    database_url: str = ""
    object_store_url: str = ""
    key_file: str = ""
    demo: bool = False
    demo_password: str = ""
    demo_data: str = ""
    trusted_proxy_hops: int = 0
    frame_cache_megabytes: int = 96
    reading_copies_gigabytes: int = 50
    parser_processes: int = 0
    upload_limit_megabytes: int = 4096
    check_megabytes_per_hour: int = 1024
    storage_warning_percent: int = 10
    storage_warning_days: int = 30
    partial_uploads_gigabytes: int = 50
    session_idle_minutes: int = 15
    session_hours: int = 12
    new_organizations: bool = False
    smtp_url: str = ""
    mail_from: str = ""
    font_dir: str = ""
    audit_years: int = 0
    syslog_url: str = ""
    audit_checkpoint_dir: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings.

        Args:
            environment: The variables; the process's own if not given.

        Raises:
            CannotStart: If a value cannot be read, naming the setting.
        """
        variables = os.environ if environment is None else environment
        defaults = cls()
        data_dir = Path(variables.get(f"{_PREFIX}DATA_DIR") or defaults.data_dir).absolute()
        from_file = _read_toml(data_dir / "pacscribe.toml")
        known = [field.name for field in fields(cls)]
        unknown = sorted(set(from_file) - (set(known) - set(_NOT_IN_FILE)))
        if unknown:
            raise CannotStart(f"pacscribe.toml has an unknown setting: {unknown[0]}.")
        for name in {*_PATHS, _WITH_FILES}.intersection(from_file):
            from_file[name] = _placed(name, str(from_file[name]), data_dir)
        values: dict[str, object] = {}
        for name in known:
            raw = variables.get(_PREFIX + name.upper(), from_file.get(name))
            if raw is not None and raw != "":
                values[name] = _converted(name, raw, getattr(defaults, name))
        return cls(**{**values, "data_dir": data_dir})  # type: ignore[arg-type]  # converted above


def fix_paths(variables: MutableMapping[str, str]) -> None:
    """Make the paths among the variables absolute, also the data directory that nobody named.

    A relative path is one from the folder that the program is started in: child processes, and a server that goes to
    another folder, must find the same.

    Args:
        variables: Of the process; changed.
    """
    variables[f"{_PREFIX}DATA_DIR"] = variables.get(f"{_PREFIX}DATA_DIR") or str(
        Settings().data_dir
    )
    for name in (*_PATHS, _WITH_FILES):
        if value := variables.get(_PREFIX + name.upper()):
            variables[_PREFIX + name.upper()] = _placed(name, value, Path.cwd())


def unknown_variables(variables: Mapping[str, str]) -> list[str]:
    """Variables that are named like settings and are none, in order: a misspelt setting would be ignored in silence."""
    known = {_PREFIX + field.name.upper() for field in fields(Settings)}
    named = (
        name for name in variables if name.startswith(_PREFIX) and not name.startswith(_NO_SETTINGS)
    )
    return sorted(set(named) - known)


def _placed(name: str, value: str, folder: Path) -> str:
    """A path, or an address that names files, with relative ones as those from `folder`; what cannot be read stays."""
    if name != _WITH_FILES:
        return str(folder / value)
    try:
        address = urlsplit(value)
        files = parse_qsl(address.query, strict_parsing=True)
    except ValueError:
        return value  # whoever uses it says what is wrong
    placed = [(each, str(folder / path)) for each, path in files]
    return urlunsplit(address._replace(query=urlencode(placed, safe="/", quote_via=quote)))


def _read_toml(path: Path) -> dict[str, object]:
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CannotStart(f"pacscribe.toml cannot be read: {error}.") from error


def _converted(name: str, raw: object, default: object) -> object:
    if isinstance(default, bool):
        if str(raw).lower() in {"1", "true", "yes", "on"}:
            return True
        if str(raw).lower() in {"0", "false", "no", "off"}:
            return False
        raise CannotStart(f"{_PREFIX}{name.upper()} must be true or false.")
    if isinstance(default, int):
        try:
            value = int(str(raw))
        except ValueError:
            raise CannotStart(f"{_PREFIX}{name.upper()} must be a whole number.") from None
        if value < 0:
            raise CannotStart(f"{_PREFIX}{name.upper()} must not be negative.")
        return value
    return Path(str(raw)) if isinstance(default, Path) else str(raw)
