"""Strict mode belongs to the code inside the block; how a loss warns."""

import asyncio
import threading
import warnings

import pytest
import torch

from lossbook import losses

SHAPES = torch.zeros(3, 1), torch.zeros(1)


def refused(loss=losses.l1_loss):
    """Whether shapes that broadcast are refused, as only strict mode does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            loss(*SHAPES)
        except Exception as error:
            assert "strict mode" in str(error)  # noqa: PT017
            return True
    return False


def in_another_thread(question):
    answers = []
    thread = threading.Thread(target=lambda: answers.append(question()))
    thread.start()
    thread.join()
    return answers[0]


def test_other_threads_are_not_strict():
    with losses.strict():
        assert refused()
        assert not in_another_thread(refused)
    assert not refused()


def test_strict_mode_ends_with_the_last_block_whatever_their_order():
    first, second = losses.strict(), losses.strict()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert refused()
    second.__exit__(None, None, None)
    assert not refused()


def test_strict_mode_ends_with_an_error():
    with pytest.raises(ValueError, match="strict mode"), losses.strict():
        losses.mse_loss(*SHAPES)
    assert not refused()


def test_other_tasks_are_not_strict():
    async def strictly(entered, asked):
        with losses.strict():
            entered.set()
            await asked.wait()
            return refused()

    async def main():
        entered, asked = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(strictly(entered, asked))
        await entered.wait()
        here = refused()
        asked.set()
        return here, await task

    assert asyncio.run(main()) == (False, True)


def test_compiled_code_is_strict_where_it_is_called_from_a_block():
    compiled = torch.compile(losses.l1_loss, fullgraph=True, backend="eager")
    found = [refused(compiled)]
    with losses.strict():
        found += [refused(compiled), in_another_thread(lambda: refused(compiled))]
    assert [*found, refused(compiled)] == [False, True, False, False]


def test_a_caller_without_a_name_is_warned_too():
    code = compile("losses.mse_loss(*shapes)", "nameless", "exec")
    with pytest.warns(UserWarning, match="target size"):
        exec(code, {"losses": losses, "shapes": SHAPES})
