"""``python -m book.extension.explorable_data``: make what the explorables show from the book's data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lossbook import data

SCRIPTS = Path(__file__).resolve().parents[2] / "book" / "static" / "explorables"


def outlier() -> dict[str, Any]:
    """Twenty of the 442 patients, evenly from the list: body mass index and the progression of diabetes."""
    table = data.diabetes()
    rows = range(0, 440, 22)
    return {"points": [[round(float(table.x[i, 2]), 1), round(float(table.y[i]))] for i in rows]}


def quantiles() -> dict[str, Any]:
    """Engel's 235 households: income and spending on food, in francs, to a tenth."""
    table = data.engel()
    pairs = zip(table.x[:, 0].tolist(), table.y.tolist(), strict=True)
    return {"points": [[round(x, 1), round(y, 1)] for x, y in pairs]}


def threshold() -> dict[str, Any]:
    """Every tumour's probability of being malignant by a logistic regression that has not seen it.

    Two features, mean radius and mean texture, as in the chapter; ten folds.
    """
    table = data.breast_cancer()
    x, malignant = table.x[:, :2].double().numpy(), 1 - table.y.numpy()
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1e4, tol=1e-8, max_iter=1000))
    folds = StratifiedKFold(10, shuffle=True, random_state=0)
    p = cross_val_predict(model, x, malignant, cv=folds, method="predict_proba")[:, 1]
    return {"scores": [[round(float(a), 3), int(b)] for a, b in zip(p, malignant, strict=True)]}


STORED = {"outlier": outlier, "quantiles": quantiles, "threshold": threshold}


def written(numbers: dict[str, Any]) -> str:
    """The numbers as they are stored."""
    return json.dumps(numbers, separators=(",", ":")) + "\n"


def main() -> None:
    """Write the numbers of the explorables anew."""
    for name, make in STORED.items():
        (SCRIPTS / f"{name}.json").write_text(written(make()), encoding="utf-8")


if __name__ == "__main__":
    main()
