"""HTML and plain text become Markdown that says the same, or are refused: never something else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.interchange import html_tree
from app.content.interchange.markdown_text import from_html, from_markdown, from_plain
from app.content.interchange.prose import prose
from app.content.interchange.values import CannotTakeError
from app.content.render import render_text

# What Markdown, our blocks and HTML take up, among letters.
SIGNS = "ab 1.\n*_`#+-=>|~:/!&<;\"'[](){}^\\²"


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>Hello <b> world</b>!</p>", "Hello **world**!"),
        ("one<br>two", "one  \ntwo"),
        ("one<br><br>two", "one\n\ntwo"),
        ("<p>one<p>two", "one\n\ntwo"),
        ("<ul><li>one<li>two</ul>", "- one\n- two"),
        ("<ol><li>one</li><li>two<ul><li>three</li></ul></li></ol>", "1. one\n\n2. two\n\n    - three"),
        ("<blockquote>said</blockquote>", "> said"),
        ("<table><tr><th>A<th>B<tr><td>1<td>x|y</table>", "| A | B |\n| --- | --- |\n| 1 | x&#124;y |"),
        ("<a href='https://example.com/(x)'>there</a>", "[there](<https://example.com/(x)>)"),
        ("10<sup>-3</sup> and H<sub>2</sub>O", "10⁻³ and H₂O"),
        ("<div><font color=red>5 &lt; 6</font></div>", "5 < 6"),
        ("<code>a`b</code>", "`` a`b ``"),
        ("<h4>Title</h4>", "#### Title"),
        ("<!-- hidden --><p>&nbsp;</p>", ""),
        ("1. not a list", "1\\. not a list"),
        ("[@source] /// note", "\\[@source\\] &#47;&#47;&#47; note"),
    ],
)
def test_html(html: str, markdown: str) -> None:
    assert from_html(html) == markdown


@pytest.mark.parametrize(
    "html",
    [
        "<svg></svg>", "<object></object>", "<video></video>", "<pre>x</pre>", "<del>no</del>", "<dl><dt>x</dl>",
        "<table><tr><td colspan=2>x<tr><td>y</table>", "<a href='file:///etc/passwd'>x</a>", "<input name=x>",
        "<math><mi>x</mi></math>", "<ol start=3><li>x</ol>", "<b><p>x</p></b>", "<ul>text</ul>", "<x-y>text</x-y>",
        "a\x07b", "x" * 20_001, "<b" * 100, "<![+",
    ],
)  # fmt: skip
def test_what_markdown_cannot_say_is_refused(html: str) -> None:
    with pytest.raises(CannotTakeError):
        from_html(html)


@pytest.mark.parametrize("markdown", ["<b>x</b>", "![x](media/x.png)", "[@x]", "/// note\n", "\\(x\\)"])
def test_markdown_with_more_than_text_is_refused(markdown: str) -> None:
    with pytest.raises(CannotTakeError):
        from_markdown(markdown)


@given(st.text(SIGNS, max_size=40))
def test_a_plain_text_shows_its_very_letters(text: str) -> None:
    try:
        written = from_plain(text)
    except CannotTakeError as refusal:
        assert "TeX" in str(refusal)  # noqa: PT017  nothing else of these letters may be refused
        return
    shown = "".join(
        part if isinstance(part, str) else "\n"
        for block in prose(html_tree.parse(render_text(written)))
        for part in (*block.parts, "\n")
    )
    assert shown.split() == text.split()


@given(st.text(SIGNS + "é", max_size=60))
def test_any_html_is_taken_as_it_reads_or_refused(html: str) -> None:
    try:
        written = from_html(html)
    except CannotTakeError:
        return
    assert prose(html_tree.parse(render_text(written))) == prose(html_tree.parse(html))
