"""Colours for policies in the book: tells Pygments of a lexer whose words are those of language.md."""

import pathlib
import re
import sys
import types

from pygments.lexer import RegexLexer, bygroups, words
from pygments.lexers import LEXERS
from pygments.lexers.shell import BashSessionLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text


def known_words(pages):
    """The words that have a heading in language.md, the longest first."""
    text = (pages / "language.md").read_text(encoding="utf-8")
    return sorted(set(re.findall(r"^### `([a-z][a-z ]*)`$", text, re.MULTILINE)), key=lambda word: (-len(word), word))


def lexer(pages):
    class SallyLexer(RegexLexer):
        name, aliases, filenames = "Sallyport", ["sally"], ["*.sally"]
        tokens = {
            "root": [
                (r"#.*", Comment.Single),
                (r'"(?:[^"\\\n]|\\.)*"', String),
                # A word of the language begins a statement.
                (words(known_words(pages), prefix=r"(\A|[\n{;]\s*)(", suffix=r")(?![\w-])"),
                 bygroups(Punctuation, Keyword)),
                (r"\b(?:on|off|any|local|keep|required|optional|explicit|implicit|per|over|from)\b(?!-)",
                 Keyword.Constant),
                (r"[0-9a-fA-F]*:[0-9a-fA-F:.]+(?:/\d+)?|\d[\d./-]*", Number),
                (r"->|=", Operator),
                (r"[{},;]", Punctuation),
                (r"[A-Za-z][\w-]*", Name),
                (r"[ \t]+|\n", Text),
                (r".", Text),
            ]
        }

    return SallyLexer


class ConsoleLexer(BashSessionLexer):
    """Commands after `$`, and what they print, where a line may begin with `#`."""

    name, aliases = "Commands", ["console"]
    _ps1rgx = re.compile(r"^(\$ )(.*\n?)")


def on_config(config):
    module = types.ModuleType("sallyport_lexer")
    module.SallyLexer = lexer(pathlib.Path(config.docs_dir))
    module.ConsoleLexer = ConsoleLexer
    module.__all__ = ["SallyLexer", "ConsoleLexer"]
    sys.modules[module.__name__] = module
    LEXERS["SallyLexer"] = (module.__name__, "Sallyport", ("sally",), ("*.sally",), ())
    # In the place of the one that has the name.
    LEXERS["BashSessionLexer"] = (module.__name__, "Commands", ("console",), (), ())
    return config


# The plugin `offline` would fetch a script from elsewhere; search.js is in its place, and comes before those that need
# it.
FOREIGN = r'<script src="https://unpkg\.com/[^"]*"></script>'
OWN = r'<script src="[^"]*search\.js"></script>'


def with_own_search(output):
    own = re.search(OWN, output)
    if not own:
        return re.sub(FOREIGN, "", output)
    return re.sub(FOREIGN, own.group(0), output.replace(own.group(0), "", 1))


def on_post_page(output, page, config):
    return with_own_search(output)


def on_post_template(output_content, template_name, config):
    return with_own_search(output_content)
