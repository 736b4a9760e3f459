"""The search for a canary finds it in every form, so that finding nothing means something."""

import base64
import zlib

import pytest

from tests.whole.canary import Canary, sightings

WORD = Canary("name", "zqabcdefghijklmn")


@pytest.mark.parametrize(
    "octets",
    [
        b"x zqabcdefghijklmn y",
        b"ZQABCDEFGHIJKLMN^ANNA",
        "Zqabcdefghijklmn".encode("utf-16-le"),
        b"\0" + "Zqabcdefghijklmn".encode("utf-16-be"),
        base64.b64encode(b"zqabcdefghijklmn^Anna"),
        base64.b64encode(b".ZQABCDEFGHIJKLMN^Anna"),
        base64.b64encode(b"..Zqabcdefghijklmn^Anna"),
        b"zqabcdefghijklmn".hex().encode(),
    ],
)
def test_a_word_is_found_in_every_form(tmp_path, octets):
    (tmp_path / "file").write_bytes(b"before " + octets + b" after")
    assert sightings([WORD], tmp_path)


def test_a_word_is_found_in_the_name_of_a_file(tmp_path):
    (tmp_path / "zqabcdefghijklmn.dcm").touch()
    assert sightings([WORD], tmp_path)


def test_other_words_are_not_found(tmp_path):
    (tmp_path / "file").write_bytes(zlib.compress(b"zqabcdefghijklmn") + b"zqabcdefghijklm")
    assert sightings([WORD], tmp_path) == []
