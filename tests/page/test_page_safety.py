"""Received texts stay texts, and only https links can be followed."""

from typing import Any

from sandbox.screenshots import Browser, open_page

Messages = list[dict[str, Any]]


def test_hostile_texts_are_shown_as_they_stand(browser: Browser, hostile: Messages) -> None:
    with open_page(hostile, browser=browser) as page:
        teams, slack = (page.evaluate(f"document.querySelector('.{name}').innerText") for name in ("teams", "slack"))
    for text in ("<script>window.harmed=1</script>", "<!channel>", "<b>bold</b>"):
        assert text in teams
        assert text in slack


def test_nothing_of_a_message_becomes_active(browser: Browser, hostile: Messages) -> None:
    with open_page(hostile, browser=browser) as page:
        active = page.evaluate(
            """[...document.querySelectorAll('main *')]
                 .filter(node => ['SCRIPT', 'IFRAME', 'OBJECT', 'EMBED', 'FORM'].includes(node.tagName)
                   || [...node.attributes].some(attribute => attribute.name.startsWith('on')))
                 .map(node => node.outerHTML)"""
        )
        harmed = page.evaluate("window.harmed")
    assert active == []
    assert harmed is None


def test_only_https_can_be_followed(browser: Browser, hostile: Messages) -> None:
    with open_page(hostile, browser=browser) as page:
        links = page.evaluate("[...document.querySelectorAll('main [href]')].map(link => [link.href, link.rel])")
        opened = page.evaluate(
            """(() => {
                 const opened = [];
                 window.open = (url) => opened.push(url);
                 const click = () => new MouseEvent('click', { bubbles: true });
                 for (const node of document.querySelectorAll('main *')) {
                   if (!node.closest('[href]')) node.dispatchEvent(click());
                 }
                 return opened;
               })()"""
        )
        harmed = page.evaluate("window.harmed")
    assert links
    assert {tuple(link) for link in links} == {("https://site.example/", "noopener noreferrer")}
    assert set(opened) == {"https://site.example/"}
    assert harmed is None


def test_a_colour_of_a_message_cannot_bring_style_with_it(browser: Browser, hostile: Messages) -> None:
    with open_page(hostile, browser=browser) as page:
        style = page.evaluate("document.querySelector('.slack-attachment').getAttribute('style')")
    assert "url" not in style
