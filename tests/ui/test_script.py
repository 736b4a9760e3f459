"""Scripts beside components are found by the build where Reflex would put them."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

COMPONENT = """
import reflex as rx
from pacscribe_ui.components.script import script

ours = script("beside.js")
theirs = rx.asset("beside.js", shared=True).importable_path
"""


@pytest.fixture
def component(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "beside.js").write_text("export const here = true;")
    (tmp_path / "component.py").write_text(COMPONENT)
    spec = importlib.util.spec_from_file_location("ward.component", tmp_path / "component.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "ward.component", module)
    spec.loader.exec_module(module)
    return module


def test_a_script_is_where_reflex_would_have_it(component: ModuleType, tmp_path: Path) -> None:
    assert component.ours == component.theirs == "$/public/external/ward/component/beside.js"
    found = tmp_path / "assets" / component.ours.removeprefix("$/public/")
    assert found.resolve() == (tmp_path / "beside.js").resolve()


def test_a_script_that_is_not_there_fails_the_build(component: ModuleType) -> None:
    with pytest.raises(FileNotFoundError, match=r"away\.js"):
        exec("script('away.js')", vars(component))


def test_a_script_that_has_moved_is_found_where_it_is(
    component: ModuleType, tmp_path: Path
) -> None:
    found = tmp_path / "assets" / component.ours.removeprefix("$/public/")
    found.unlink()
    found.symlink_to(tmp_path / "elsewhere.js")
    exec("script('beside.js')", vars(component))
    assert found.resolve() == (tmp_path / "beside.js").resolve()
