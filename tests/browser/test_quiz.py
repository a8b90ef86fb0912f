"""A quiz is answered by keyboard, says what is right and why, remembers it, and reads without scripts."""

from __future__ import annotations

from pathlib import Path

import pytest

from book.extension.quizzes import quizzes

from .visit import Site

CHAPTERS = [name for name in quizzes() if (Path(__file__).parents[2] / "chapters" / f"{name}.md").is_file()]


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_question_is_on_its_page_and_can_be_answered(site: Site, chapter: str, lang: str) -> None:
    with site.open(f"{lang}/{chapter}.html") as visit:
        found = visit.ask(
            """() => [...document.querySelectorAll('#quiz [data-question]')].map((q) => {
              const buttons = [...q.querySelectorAll('.quiz-answers button')];
              buttons[Number(q.dataset.key)].click();
              return [q.dataset.question, buttons.length, q.querySelectorAll('button a').length,
                q.querySelector('details').open, q.querySelectorAll('details a.reference').length > 0,
                q.classList.contains('done')];
            })"""
        )
        assert found == [
            [f"{chapter}-{question['id']}", len(question["answers"]), 0, True, True, True]
            for question in quizzes()[chapter]
        ]
        visit.ask(
            "() => document.querySelectorAll('[data-question]').forEach((q) =>"
            " localStorage.removeItem(`book-quiz-${q.dataset.question}`))"
        )
        assert not visit.problems


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_a_quiz_is_answered_by_keyboard_and_remembered(site: Site, lang: str) -> None:
    asked = quizzes()["outliers"][0]
    wrong = asked["right"] % len(asked["answers"])
    with site.open(f"{lang}/outliers.html", locale="en-GB") as visit:
        page = visit.page
        first = page.locator("[data-question]").first
        buttons = first.locator(".quiz-answers button")
        buttons.nth(wrong).focus()
        page.keyboard.press("Enter")
        assert first.locator("li.wrong").count() == 1
        assert first.locator("details[open]").count() == 0  # the reason would give the answer away
        assert first.locator("[role=status]").text_content() in (
            "もう一度考えてみましょう。",
            "Not quite; think again.",
        )
        buttons.nth(asked["right"] - 1).focus()
        page.keyboard.press("Space")
        assert first.locator("li.wrong").count() == 0
        assert first.locator("li.right").count() == 1
        assert first.locator("details[open] a").count() >= 1
        count = len(quizzes()["outliers"])
        assert (page.locator(".quiz-score").text_content() or "").endswith(f"1 / {count}")
        page.reload()
        assert (page.locator(".quiz-score").text_content() or "").endswith(f"1 / {count}")
        assert page.locator("[data-question]").first.locator(".quiz-tick").is_visible()
        other = "en" if lang == "ja" else "ja"
        page.goto(f"{site.base}{other}/outliers.html")
        assert page.locator(".done").count() == 1
        assert not visit.problems


def test_a_quiz_reads_without_scripts(site: Site) -> None:
    with site.open("en/outliers.html", java_script_enabled=False) as visit:
        question = visit.page.locator("[data-question]").first
        assert question.locator("button").count() == 0
        assert question.locator(".quiz-answers li").count() >= 3
        assert not question.locator("details a").last.is_visible()
        question.locator("summary").click()
        assert question.locator("details a").last.is_visible()


@pytest.mark.parametrize("width", [320, 390, 1920])
def test_a_quiz_fits_the_screen(site: Site, width: int) -> None:
    with site.open("ja/categorical.html") as visit:
        visit.page.set_viewport_size({"width": width, "height": 800})
        beyond = visit.ask(
            "() => { const box = document.getElementById('quiz').getBoundingClientRect();"
            " return [...document.querySelectorAll('#quiz button')]"
            ".filter((b) => b.getBoundingClientRect().right > box.right"
            " || b.scrollWidth > b.clientWidth + 1).length; }"
        )
        assert beyond == 0
        assert visit.ask("() => document.documentElement.scrollWidth <= document.documentElement.clientWidth")
