"""Tests of pages in Chromium: a package, so that all of them share one browser, which is closed when others follow."""
