"""Running the proofs of a loss and showing what they found."""

import inspect
import re
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from html import escape
from typing import Any

import torch
import torch.nn.functional as torch_functional

from lossbook import gradients, likelihoods, losses
from lossbook.checks.proofs import PROOFS, Evidence, Subject
from lossbook.checks.robust import ROBUST
from lossbook.checks.specs import SPECS
from lossbook.ground.case import Spec
from lossbook.language import tr


def prove(
    loss: Callable[..., Any],
    spec: Spec | None = None,
    *,
    reference: Callable[..., Any] | None = None,
    gradient: Callable[..., Any] | None = None,
    likelihood: Callable[..., Any] | None = None,
    device: torch.device | str = "cpu",
) -> "Report":
    """Run every proof that applies to ``loss``.

    A loss of this package needs nothing else. Your own needs a ``spec``, and what it is to be compared with:

    Args:
        loss: the loss function.
        spec: the cases to try; by default those registered under the loss's name.
        reference: another implementation, same arguments; for a loss of this package by default torch's.
        gradient: the derivative of the summed loss, derived by hand (see :mod:`lossbook.gradients`).
        likelihood: the noise model (see :mod:`lossbook.likelihoods`).
        device: where the loss runs.

    Returns:
        The evidence of each proof; a proof with nothing to compare is blank.

    Raises:
        AssertionError: a proof failed; the message says which, with which options, and by how much.
        ValueError: no ``spec`` is given or registered.

    >>> from lossbook import losses
    >>> prove(losses.mse_loss).evidence["likelihood"]
    Evidence(cases=1, within='1e-9')
    """
    ours = getattr(losses, loss.__name__, None) is loss
    spec = spec or (SPECS.get(loss.__name__) if ours else None)
    if spec is None:
        raise ValueError(f"loss {loss.__name__!r} is not one of this package: give spec=Spec(...)")
    if ours:
        reference = reference or spec.reference or getattr(torch_functional, loss.__name__, None)
        gradient = gradient or getattr(gradients, loss.__name__, None)
        likelihood = likelihood or getattr(likelihoods, loss.__name__, None)
    subject = Subject(loss, spec, reference, gradient, likelihood, torch.device(device))
    torchs = ours or getattr(reference, "__module__", "").startswith("torch")
    report = Report(loss.__name__, status(loss), torchs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # torch warns of options that are tried on purpose
        for name, proof in (PROOFS | ROBUST if ours else PROOFS).items():
            try:
                report.evidence[name] = proof(subject)
            except AssertionError as error:
                raise AssertionError(f"{loss.__name__}, {name}: {error}") from error
    return report


def status(loss: Callable[..., Any]) -> str:
    """The status tag in the docstring of ``loss``: what it is, honestly; empty if it has none.

    >>> from lossbook import losses
    >>> status(losses.l1_loss)
    'A, exact negative log-likelihood'
    """
    found = re.search(r"^Status: (.+?)\.\s*$", inspect.getdoc(loss) or "", re.M)
    return found.group(1) if found else ""


def status_in_words(status: str) -> str:
    """What the letters of a status tag stand for, in the language in use."""
    kinds = {
        "A": tr("正確な負の対数尤度", "exact negative log-likelihood"),
        "A′": tr("周辺尤度・部分尤度・疑似尤度", "marginal, partial or pseudo-likelihood"),
        "B": tr("負の対数尤度の期待値(ダイバージェンス)", "expected negative log-likelihood (divergence)"),
        "C": tr("変分上界", "variational bound"),
        "D": tr("適正スコア", "proper score"),
        "E": tr("M推定量(密度は書けるが方便)", "M-estimator (its density is a modelling device)"),
        "F": tr("マージン型の代理損失(尤度なし)", "margin surrogate (no likelihood)"),
        "G": tr("対照学習(補助的な分類の尤度)", "contrastive (likelihood of an auxiliary task)"),
        "H": tr("集合関数", "set function"),
        "I": tr("重みを変えた尤度・正則化", "reweighted likelihood or regulariser"),
    }
    letters = [re.search(r"\b[A-I]\b′?", part) for part in status.split(";")]
    return " / ".join(kinds[letter.group()] for letter in letters if letter)


def matrix(
    device: torch.device | str = "cpu", names: Iterable[str] | None = None
) -> dict[str, "Report | str"]:
    """The verification matrix: the report of every loss, or the message of the proof that failed."""
    found: dict[str, Report | str] = {}
    for name in names or sorted(SPECS):
        try:
            found[name] = prove(getattr(losses, name), device=device)
        except AssertionError as error:
            found[name] = str(error)
    return found


@dataclass
class Report:
    """What the proofs of one loss found. Shows itself as a table."""

    name: str
    status: str
    torchs: bool = True  # whether the reference is torch's loss
    evidence: dict[str, Evidence | None] = field(default_factory=dict)

    def __repr__(self) -> str:
        heading = f"{self.name}: {self.status}" if self.status else self.name
        rows = [
            f"  {name:<22}{f'{e.cases} cases, {e.within}' if e else '-'}" for name, e in self.evidence.items()
        ]
        return "\n".join([heading, *rows])

    def _repr_html_(self) -> str:
        words = _words(self.torchs)
        head = "".join(f"<th>{escape(word)}</th>" for word in words["head"])
        rows = "".join(
            f"<tr><td>{escape(words[name])}</td><td>{e.cases if e else '—'}</td>"
            f"<td>{escape(_within(e)) if e else '—'}</td><td>{'✓' if e else '—'}</td></tr>"
            for name, e in self.evidence.items()
        )
        kind = escape(status_in_words(self.status))
        caption = f"<caption><code>{escape(self.name)}</code> {kind}</caption>"
        return f'<table class="proof">{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _within(evidence: Evidence) -> str:
    named = {
        "no nan": tr("nanなし", "no nan"),
        "64 roundings": tr("丸め64回以内", "64 roundings"),
        "float32": tr("float32の値と一致", "float32"),
    }
    return named.get(evidence.within, f"≤ {evidence.within}")


def _words(torchs: bool) -> dict[str, Any]:
    reference = tr("PyTorch", "PyTorch's") if torchs else tr("参照実装", "the reference's")
    return {
        "head": [tr("証明", "Proof"), tr("ケース数", "Cases"), tr("差", "Difference"), tr("結果", "Result")],
        "value": tr(f"値が{reference}と一致", f"Value equals {reference}"),
        "gradient": tr(f"勾配が{reference}と一致", f"Gradient equals {reference}"),
        "gradient by hand": tr("手で導いた勾配が自動微分と一致", "Gradient by hand equals autograd's"),
        "finite differences": tr("数値微分と一致", "Finite differences agree"),
        "likelihood": tr("負の対数尤度と一致(定数を除く)", "Negative log-likelihood, up to the constant"),
        "extremes": tr("極端な入力でもnanにならない", "No nan at extreme inputs"),
        "precision": tr("低精度でも正しい", "Correct in low precision"),
        "autocast": tr("自動混合精度ではfloat32で計算する", "In float32 under autocast"),
        "meta and export": tr("値のないテンソルで形が決まり、書き出せる", "Runs without data, and exports"),
        "float16 mean of many": tr("和が溢れるほど多くのfloat16でも平均は正しい", "Mean of many in float16"),
        "anomaly": tr("逆伝播のどの段階にもnanがない", "No nan in any step backwards"),
    }
