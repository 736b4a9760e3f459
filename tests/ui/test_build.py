import pytest

from pacscribe_ui.build import SameOriginPlugin, origin_relative

# As Reflex 0.10.1 builds it.
ENVIRONMENT = "var e={PING:`http://localhost:8000/ping`,EVENT:`ws://localhost:8000/_event`,T:`x`};"
CONTEXT = "function f(n){return(location.protocol===`https:`&&(u.protocol=`wss:`,u.port=``),u)}"


def test_addresses_are_made_from_the_pages_own_origin():
    changed, count = origin_relative(ENVIRONMENT)
    assert count == 2
    assert "localhost" not in changed
    assert "PING:location.origin+`/ping`" in changed
    assert 'EVENT:location.origin.replace(/^http/,"ws")+`/_event`' in changed


def test_the_bundle_is_rewritten_in_place(tmp_path):
    assets = tmp_path / "assets"
    assets.mkdir()
    (assets / "reflex-env-1.js").write_text(ENVIRONMENT)
    (assets / "reflex-env-1.js.gz").write_bytes(b"stale")
    (assets / "context-1.js").write_text(CONTEXT)
    SameOriginPlugin().post_build(static_dir=tmp_path)
    assert "localhost" not in (assets / "reflex-env-1.js").read_text()
    assert ".port=" not in (assets / "context-1.js").read_text()
    assert not (assets / "reflex-env-1.js.gz").exists()


@pytest.mark.parametrize(
    ("environment", "context"), [("var e={}", CONTEXT), (ENVIRONMENT, "function f(){}")]
)
def test_a_bundle_of_another_layout_fails_the_build(tmp_path, environment, context):
    assets = tmp_path / "assets"
    assets.mkdir()
    (assets / "reflex-env-1.js").write_text(environment)
    (assets / "context-1.js").write_text(context)
    with pytest.raises(SystemExit, match="layout"):
        SameOriginPlugin().post_build(static_dir=tmp_path)
