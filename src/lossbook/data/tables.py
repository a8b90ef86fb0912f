"""Tables and small pictures that arrive inside ordinary wheels."""

import csv
import gzip
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import torch
from sklearn import datasets as sklearn_datasets

from lossbook.data.dataset import BSD, Dataset


def _table(x: Any, y: Any, features: Sequence[str], target: str, package: str) -> Dataset:
    return Dataset(
        torch.tensor(np.asarray(x), dtype=torch.float32),
        torch.tensor(np.asarray(y), dtype=torch.float32),
        tuple(map(str, features)),
        target,
        BSD.format(package),
    )


@cache
def _sklearn(name: str) -> Any:
    options = {"scaled": False} if name == "diabetes" else {}
    return getattr(sklearn_datasets, f"load_{name}")(**options)


@cache
def _statsmodels(name: str) -> Any:
    from importlib import import_module  # statsmodels takes a second to import: only who needs it waits

    return import_module(f"statsmodels.datasets.{name}").load_pandas().data


def diabetes() -> Dataset:
    """442 patients: ten features and the progression of diabetes after one year.

    Source: Efron, Hastie, Johnstone, Tibshirani, *Least Angle Regression*, Annals of Statistics 32(2), 2004.
    """
    raw = _sklearn("diabetes")
    return _table(raw.data, raw.target, raw.feature_names, "progression after one year", "scikit-learn")


def engel() -> Dataset:
    """235 Belgian working-class households: income and what is spent on food, in Belgian francs a year.

    Source: Engel, *Die Productions- und Consumtionsverhältnisse des Königreichs Sachsen*, 1857; Koenker and
    Bassett, *Robust Tests for Heteroscedasticity Based on Regression Quantiles*, Econometrica 50(1), 1982.
    """
    raw = _statsmodels("engel")
    return _table(raw[["income"]], raw["foodexp"], ["income (francs)"], "food (francs)", "statsmodels")


def doctor_visits() -> Dataset:
    """20 190 person-years of the RAND Health Insurance Experiment: visits to a doctor in a year.

    Source: Newhouse and the Insurance Experiment Group, *Free for All?*, Harvard University Press, 1993.
    """
    raw = _statsmodels("randhie")
    features = [name for name in raw.columns if name != "mdvis"]
    return _table(raw[features], raw["mdvis"], features, "visits in a year", "statsmodels")


def marriages() -> Dataset:
    """6366 married women and how they rate their marriage: 0 very poor, 1 poor, 2 fair, 3 good, 4 very good.

    A magazine asked its readers, in 1974. The years married are the middles of intervals.

    Source: Fair, *A Theory of Extramarital Affairs*, Journal of Political Economy 86(1), 1978.
    """
    raw = _statsmodels("fair")
    features = {
        "age (years)": "age",
        "years married": "yrs_married",
        "children": "children",
        "religious (1 to 4)": "religious",
        "education (years)": "educ",
        "occupation (1 to 6)": "occupation",
        "husband's occupation (1 to 6)": "occupation_husb",
        "time in affairs": "affairs",
    }
    data = _table(
        raw[list(features.values())], raw["rate_marriage"] - 1, list(features), "rating", "statsmodels"
    )
    return replace(data, y=data.y.long())


def gbsg2() -> Dataset:
    """686 women after surgery for breast cancer: days until it came back, death, or the last visit.

    ``y`` has two columns: the time in days, and 1 for an event, 0 for a censored time (56 %). A hormonal
    therapy was offered to some. The table lies in this package, since no wheel that it depends on has it.

    Source: Schumacher, Bastert, Bojar and others (German Breast Cancer Study Group), *Randomized 2 x 2 Trial
    Evaluating Hormonal Treatment and the Duration of Chemotherapy in Node-Positive Breast Cancer Patients*,
    Journal of Clinical Oncology 12(10), 1994.
    """
    packed = resources.files("lossbook.data").joinpath("gbsg2.csv.gz").read_bytes()
    rows = list(csv.DictReader(gzip.decompress(packed).decode().splitlines()))
    code = {"no": 0, "yes": 1, "Pre": 0, "Post": 1, "I": 1, "II": 2, "III": 3}
    features = {
        "hormonal therapy": "horTh",
        "age (years)": "age",
        "after menopause": "menostat",
        "tumour size (mm)": "tsize",
        "tumour grade": "tgrade",
        "positive lymph nodes": "pnodes",
        "progesterone receptor (fmol/mg)": "progrec",
        "oestrogen receptor (fmol/mg)": "estrec",
    }

    def table(names: Sequence[str]) -> list[list[float]]:
        return [[float(code.get(row[name], row[name])) for name in names] for row in rows]

    y = table(["time", "cens"])
    data = _table(table(list(features.values())), y, list(features), "time (days), event", "")
    return replace(data, licence="MIT (lifelines 0.30, Cameron Davidson-Pilon)")


def breast_cancer() -> Dataset:
    """569 tumours: thirty measurements of cell nuclei; 1 is benign, 0 malignant. The features are not scaled.

    Source: Street, Wolberg, Mangasarian, *Nuclear feature extraction for breast tumor diagnosis*, SPIE, 1993.
    """
    raw = _sklearn("breast_cancer")
    data = _table(raw.data, raw.target, raw.feature_names, "benign", "scikit-learn")
    return replace(data, y=data.y.long())


def iris() -> Dataset:
    """150 flowers of three species: lengths and widths of petals and sepals in cm.

    Source: Fisher, *The Use of Multiple Measurements in Taxonomic Problems*, Annals of Eugenics 7(2), 1936.
    """
    raw = _sklearn("iris")
    data = _table(raw.data, raw.target, raw.feature_names, "species", "scikit-learn")
    return replace(data, y=data.y.long())


def digits() -> Dataset:
    """1797 handwritten digits as 8 x 8 images with values from 0 to 1, shape ``(N, 1, 8, 8)``.

    Source: Alpaydin and Kaynak, *Optical Recognition of Handwritten Digits*, UCI Machine Learning Repository,
    1998 (the test part).
    """
    raw = _sklearn("digits")
    images = torch.tensor(raw.images / 16, dtype=torch.float32).unsqueeze(1)
    target = torch.tensor(raw.target, dtype=torch.int64)
    return Dataset(images, target, ("pixel",), "digit", BSD.format("scikit-learn"))
