import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.addresses import HOME, local_path


@pytest.mark.parametrize(
    "path", ["/worklist", "/viewer/1.2.840?series=1.3", "/report/abc#findings", "/"]
)
def test_a_path_of_this_site_is_gone_to(path):
    assert local_path(path) == path


@pytest.mark.parametrize(
    "text",
    [
        "",
        "worklist",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "https:/evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        " /worklist",
        "/wörklist",
        "/api/v1/sign-out",
        "/sign-in?next=/x",
        "/set-up",
        "/" + "a" * 2000,
    ],
)
def test_anything_else_leads_home(text):
    assert local_path(text) == HOME


@given(st.text(max_size=60))
def test_nobody_is_ever_sent_to_another_site(text):
    path = local_path(text)
    assert path.startswith("/")
    assert not path.startswith("//")
    assert "\\" not in path
