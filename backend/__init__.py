"""PACScribe's back end: everything that is not drawn on a screen."""
