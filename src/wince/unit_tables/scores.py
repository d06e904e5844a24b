"""PSPI, or an index of expression, of the rows of a table, without blinks.

PSPI adds FACS intensities, so it exists only if all four of its terms are on the FACS range. From
other values an index is made in the same way: the sum of the terms that there are, each the highest
of its units. An index has its own name, and says which terms are missing and how high it can be.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from wince.scale import ACTION_UNITS, PSPI_TERMS
from wince.unit_tables.table import UnitRow, UnitTable
from wince.unit_tables.tools import FACS_MEASURES, Measure, missing_units

PSPI = "pspi"
INDEX = "expression_index"

BLINK = 0.5
"""Seconds below which a closure of the eyes is a blink and does not count."""
USUAL_RATE = 25.0
"""Frames per second of a table without times."""
EYES = "AU43"

_HIGHEST = {
    Measure.INTENSITY: 5.0,
    Measure.CLOSURE: 1.0,
    Measure.PROBABILITY: 1.0,
    Measure.EVIDENCE: 1.0,
    Measure.PERCENT: 100.0,
}
_CLOSED = {Measure.INTENSITY: 1.0, Measure.CLOSURE: 1.0, Measure.PERCENT: 50.0}
_TOLERANCE = 1e-6  # seconds; times are sums of floats


@dataclass(frozen=True, slots=True)
class TableScores:
    """The scores of a table.

    Attributes:
        name: PSPI or INDEX: what the values are.
        values: One for each row; None without a face.
        units: The action units that were counted in each row, without blinks; None without a face.
        maximum: The highest value that could be reached.
        missing: Action units of PSPI that the table does not have.
        blinks: Number of closures of the eyes that were too short to count.
    """

    name: str
    values: tuple[float | None, ...]
    units: tuple[dict[str, float] | None, ...]
    maximum: float
    missing: tuple[str, ...]
    blinks: int


def score(table: UnitTable) -> TableScores:
    """Return the scores of the rows of a table."""
    is_pspi = set(table.measures) == set(ACTION_UNITS) and all(
        measure in FACS_MEASURES for measure in table.measures.values()
    )
    units = [_counted(row, table, is_pspi=is_pspi) for row in table.rows]
    blinks = _take_out_blinks(units, _seconds(table.rows), table.measures.get(EYES))
    terms = [[unit for unit in term if unit in table.measures] for term in PSPI_TERMS]
    terms = [term for term in terms if term]
    values = [
        None if row is None else sum(max(row[unit] for unit in term) for term in terms)
        for row in units
    ]
    highest = [
        1.0 if is_pspi and term == [EYES] else max(_HIGHEST[table.measures[unit]] for unit in term)
        for term in terms
    ]
    return TableScores(
        PSPI if is_pspi else INDEX,
        tuple(values),
        tuple(units),
        sum(highest),
        tuple(missing_units(table.tool)),
        blinks,
    )


def _counted(row: UnitRow, table: UnitTable, *, is_pspi: bool) -> dict[str, float] | None:
    """Return the units of a row as they are counted."""
    if row.units is None:
        return None
    units = {
        unit: float(value >= 0) if table.measures[unit] is Measure.EVIDENCE else value
        for unit, value in row.units.items()
    }
    if is_pspi:  # PSPI counts closed eyes as 0 or 1
        units[EYES] = float(units[EYES] > 0)
    return units


def _seconds(rows: Sequence[UnitRow]) -> list[float]:
    return [row.frame / USUAL_RATE if row.seconds is None else row.seconds for row in rows]


def _take_out_blinks(
    units: list[dict[str, float] | None], seconds: Sequence[float], measure: Measure | None
) -> int:
    """Set AU43 to 0 in closures of the eyes shorter than BLINK; return their number.

    A closure ends with the first frame in which the eyes are open. One that begins or ends with the
    recording, or with frames without a face, is as long as it was seen.
    """
    if measure is None:
        return 0
    closed = _CLOSED.get(measure, 0.5)
    blinks, start = 0, None
    for index in range(len(units) + 1):
        row = units[index] if index < len(units) else None
        if row is not None and row[EYES] >= closed:
            start = index if start is None else start
            continue
        if start is not None:
            last = index if row is not None else index - 1
            if seconds[last] - seconds[start] < BLINK - _TOLERANCE:
                blinks += 1
                for closure in units[start:index]:
                    if closure is not None:
                        closure[EYES] = 0.0
            start = None
    return blinks
