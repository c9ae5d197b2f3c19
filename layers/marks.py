"""Marks a row carries wherever it is shown or exported: sample and sketch."""

from __future__ import annotations

import pandas as pd


def is_sample(frame: pd.DataFrame) -> pd.Series:
    """Tell which rows are sample data (示例数据)."""
    if "sample" not in frame:
        return pd.Series(data=False, index=frame.index)
    return frame["sample"].fillna(value=False).astype(bool)


def is_sketch(frame: pd.DataFrame) -> pd.Series:
    """Tell which rows have a sketched boundary (示意)."""
    if "boundary_status" not in frame:
        return pd.Series(data=False, index=frame.index)
    return frame["boundary_status"].eq("sketch").fillna(value=False).astype(bool)


def is_located(frame: pd.DataFrame) -> pd.Series:
    """Tell which rows have a place."""
    if "geometry" not in frame:
        return pd.Series(data=False, index=frame.index)
    return frame["geometry"].notna()
