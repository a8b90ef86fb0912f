"""Amounts that are often 0: what people spend on medicine, and what falls as rain."""

import csv
import gzip
from datetime import date
from importlib import resources

import torch

from lossbook.data.dataset import BSD, Dataset

SPENDING = {
    "coinsurance (log)": "logc",
    "individual deductible": "idp",
    "participation incentive (log)": "lpi",
    "deductible (log)": "fmde",
    "income (log)": "linc",
    "family size (log)": "lfam",
    "age (years)": "xage",
    "female": "female",
    "child": "child",
    "physical limitation": "physlm",
    "chronic diseases": "disea",
    "good health": "hlthg",
    "fair health": "hlthf",
    "poor health": "hlthp",
}


def medical_spending() -> Dataset:
    """20 190 person-years of the RAND Health Insurance Experiment: medical spending in dollars a year.

    The first feature is the number of the person: most appear in three or more years, and belong in one
    part of a split. 22 % of the years have no spending at all.

    Source: Newhouse and the Insurance Experiment Group, *Free for All?*, Harvard University Press, 1993.
    """
    table = resources.files("statsmodels.datasets.randhie").joinpath("src", "randhie.csv")
    with table.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    numbers = {person: k for k, person in enumerate(dict.fromkeys(row["zper"] for row in rows))}
    x = [[numbers[row["zper"]], *(float(row[name]) for name in SPENDING.values())] for row in rows]
    y = [float(row["meddol"]) for row in rows]
    licence = BSD.format("statsmodels")
    return Dataset(torch.tensor(x), torch.tensor(y), ("person", *SPENDING), "spending (dollars)", licence)


def seattle_rain() -> Dataset:
    """1461 days in Seattle, 2012 to 2015: the day of the year, and its rain in millimetres; 57 % have none.

    Source: National Oceanic and Atmospheric Administration (NOAA), by way of vega_datasets 0.9.
    """
    packed = resources.files("lossbook.data").joinpath("seattle_rain.csv.gz").read_bytes()
    rows = list(csv.DictReader(gzip.decompress(packed).decode().splitlines()))
    days = [[float(date.fromisoformat(row["date"]).timetuple().tm_yday)] for row in rows]
    rain = [float(row["rain"]) for row in rows]
    licence = "public domain (NOAA, United States)"
    return Dataset(torch.tensor(days), torch.tensor(rain), ("day of the year",), "rain (mm)", licence)
