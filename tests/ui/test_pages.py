"""Every page can be put together; what that misses would stop the build of all of them."""

import pytest

from pacscribe_ui import pacscribe_ui


@pytest.mark.parametrize("page", pacscribe_ui.PAGES, ids=lambda page: page.ROUTE)
def test_a_page_is_put_together(page):
    assert page.page().render()
    assert page.TITLE
    assert page.ON_LOAD
