import pytest

from backend.cli import front_end
from backend.core.errors import CannotStart


@pytest.fixture
def sources(tmp_path, monkeypatch):
    (tmp_path / "pacscribe_ui").mkdir()
    (tmp_path / "pacscribe_ui" / "page.py").write_text("1")
    (tmp_path / "rxconfig.py").write_text("")
    monkeypatch.setattr(front_end, "ROOT", tmp_path)
    monkeypatch.setattr(front_end, "STATIC_DIR", tmp_path / ".web" / "build" / "client")
    monkeypatch.setattr(front_end, "_STAMP", tmp_path / ".web" / "pacscribe.build")
    return tmp_path


@pytest.fixture
def builds(sources, monkeypatch):
    made = []

    def export() -> None:
        made.append(front_end.source_digest())
        front_end.STATIC_DIR.mkdir(parents=True, exist_ok=True)
        (front_end.STATIC_DIR / "index.html").write_text("")

    monkeypatch.setattr(front_end, "_export", export)
    return made


def test_pages_are_built_once(builds):
    assert front_end.ensure_built() is True
    assert front_end.ensure_built() is False
    assert len(builds) == 1


def test_a_changed_source_is_built_again(builds, sources):
    front_end.ensure_built()
    (sources / "pacscribe_ui" / "page.py").write_text("2")
    assert front_end.ensure_built() is True


def test_a_renamed_source_is_built_again(builds, sources):
    front_end.ensure_built()
    (sources / "pacscribe_ui" / "page.py").rename(sources / "pacscribe_ui" / "other.py")
    assert front_end.ensure_built() is True


def test_a_source_changed_during_the_build_is_built_again(builds, sources, monkeypatch):
    export = front_end._export

    def slow_export() -> None:
        export()
        (sources / "pacscribe_ui" / "page.py").write_text("changed meanwhile")

    monkeypatch.setattr(front_end, "_export", slow_export)
    front_end.ensure_built()
    monkeypatch.setattr(front_end, "_export", export)
    assert front_end.ensure_built() is True


def test_byte_code_and_linked_assets_are_no_sources(builds, sources):
    front_end.ensure_built()
    (sources / "pacscribe_ui" / "__pycache__").mkdir()
    (sources / "pacscribe_ui" / "__pycache__" / "page.pyc").write_text("")
    (sources / "assets" / "external").mkdir(parents=True)
    (sources / "assets" / "external" / "x.jsx").write_text("")
    assert front_end.ensure_built() is False


def test_a_folder_without_sources_is_said(sources):
    (sources / "rxconfig.py").unlink()
    with pytest.raises(CannotStart, match="sources of the pages"):
        front_end.ensure_built()
