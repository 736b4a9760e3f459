"""Forty texts that would run, load or ask something if a page took them for anything but text.

Each calls `sprung`, which the tests listen to, and fits into an attribute of DICOM (64 characters, no backslash).
"""

_TEXTS = (
    "<script>sprung()</script>",
    "<img src=x onerror=sprung()>",
    "<svg onload=sprung()>",
    "<svg/onload=sprung()//",
    "<body onload=sprung()>",
    "<iframe src=javascript:sprung()>",
    "<iframe srcdoc='<script>parent.sprung()</script>'>",
    "<a href=javascript:sprung() autofocus>x</a>",
    "<input autofocus onfocus=sprung()>",
    "<select autofocus onfocus=sprung()>",
    "<details open ontoggle=sprung()>",
    "<video><source onerror=sprung()>",
    "<audio src=x onerror=sprung()>",
    "<object data=javascript:sprung()>",
    "<embed src=javascript:sprung()>",
    "<math><mi xlink:href=javascript:sprung()>x",
    "<form action=javascript:sprung()><button>",
    "<marquee onstart=sprung()>",
    "<style>@import'//evil.example/x';</style>",
    "<link rel=stylesheet href=//evil.example/x>",
    "<meta http-equiv=refresh content=0;//evil.example>",
    "<base href=//evil.example/>",
    '"><script>sprung()</script>',
    "'><img src=x onerror=sprung()>",
    '" onmouseover=sprung() x="',
    "' onfocus='sprung()' autofocus='",
    "</textarea><script>sprung()</script>",
    "</title><script>sprung()</script>",
    "<!--><img src=x onerror=sprung()>-->",
    "]]><script>sprung()</script>",
    "javascript:sprung()",
    "data:text/html,<script>sprung()</script>",
    "<scr<script>ipt>sprung()</script>",
    "<IMG SRC=x OnErRoR=sprung()>",
    "&lt;script&gt;sprung()&lt;/script&gt;",
    "%3Cscript%3Esprung()%3C/script%3E",
    "${sprung()}",
    "{{constructor.constructor('sprung()')()}}",
    "`${sprung()}`",
    "#{sprung()} <%= sprung() %>",
)

PAYLOADS = tuple(f"p{number:02} {text}" for number, text in enumerate(_TEXTS))
"""Each with its number in front, by which it is found again."""
EVALUATED = (PAYLOADS[4], PAYLOADS[32], *PAYLOADS[34:])
"""Those that do nothing at any place of a page: only what evaluates, decodes or cuts parts out of them runs them."""
