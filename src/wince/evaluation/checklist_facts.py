"""What a run's files state, in sentences for the items of a reporting checklist.

Each function returns "" when the files do not tell: folders of earlier versions, or of a part of
wince, lack some. Nothing is guessed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wince.evaluation.metrics.metric_catalogue import titles
from wince.number_format import decimal, interval, whole
from wince.scale import PSPI, Scale

SHOWN = (
    *("mae", "rmse", "pcc", "icc", "ccc", "auc_1", "auc_2", "auc_3"),
    *("four_levels_balanced_accuracy", "levels_balanced_accuracy", "coverage"),
)
"""Metrics whose values the checklist repeats; metrics.json has all."""
LIBRARIES = ("torch", "lightning", "onnxruntime", "numpy", "scikit-learn")
PARTS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class RunFiles:
    """The contents of a run's files; empty where there is none.

    Attributes:
        metrics: metrics.json.
        config: config.json of the run, or of the first fold of a cross-validation.
        manifest: model.json, likewise.
        record: record.json, or else evaluation-record.json.
        folds: How many folds a cross-validation has here, 0 for another folder.
    """

    metrics: Mapping[str, Any]
    config: Mapping[str, Any]
    manifest: Mapping[str, Any]
    record: Mapping[str, Any]
    folds: int

    @property
    def scale(self) -> Scale:
        """The scale of labels and scores."""
        scale = self.metrics.get("data", {}).get("scale") or self.config.get("scale")
        return Scale.from_dict(scale) if scale else PSPI


def _model(run: RunFiles) -> str:
    if not run.config:
        return " ".join(run.metrics.get("about", ())[:1])
    recipe = run.config["recipe"]
    each = f"A model for each of {run.folds} folds: " if run.folds else "The model: "
    return (
        f"{each}the network {run.config['architecture']} with the head {run.config['head']}, loss "
        f"{recipe['loss']}, optimiser {recipe['optimizer']} at rate {recipe['rate']:g} with the "
        f"schedule {recipe['schedule']}, batches of {recipe['batch']}, at most {recipe['epochs']} "
        "epochs. config.json has every setting, also those of the augmentation."
    )


def _initial_weights(run: RunFiles) -> str:
    if not run.config:
        return ""
    return f"Initial weights: {run.config['init']}. Seed: {run.config['seed']}."


def _selection(run: RunFiles) -> str:
    if not run.config:
        return ""
    monitor = run.config["recipe"]["monitor"]
    return (
        f"The epoch with the best {monitor} on the validation part was kept; the test part had no "
        "influence on it. No ensemble."
    )


def _imbalance(run: RunFiles) -> str:
    recipe = run.config.get("recipe", {})
    if not {"balance", "weighting"} <= set(recipe):
        return ""
    return (
        f"Sampling of rare labels: {recipe['balance']:g}; weight of rare labels in the loss: "
        f"{recipe['weighting']:g} (0: none)."
    )


def _calibration(run: RunFiles) -> str:
    return str(run.manifest.get("trained_on", {}).get("calibration", ""))


def _data(run: RunFiles) -> str:
    about = [text for text in run.metrics.get("about", ()) if text.startswith("Measured on")]
    if not run.config:
        return " ".join(about)
    data = run.config["data"]
    origin = run.config.get("provenance", "provenance not stated")
    hashed = f"SHA-256 of the manifest: {data['manifest_sha256']}."
    return " ".join([f"Data: {origin}. Layout: {data.get('archive', 'unknown')}.", *about, hashed])


def _parts(run: RunFiles) -> str:
    if "part" not in run.config:
        return ""
    part = run.config["part"]
    counts = ", ".join(
        f"{name} {_counted(part[name]['frames'], 'frame')} of "
        f"{_counted(len(part[name]['subjects']), 'subject')}"
        for name in PARTS
    )
    first = f"{run.folds} folds are here. The first: " if run.folds else ""
    split = run.record.get("sha256", {}).get("split")
    hashed = f" SHA-256 of the split: {split}." if split else ""
    return f"Split {part['protocol']}. {first}{counts}.{hashed}"


def _counted(count: int, noun: str) -> str:
    return f"{whole(count)} {noun}{'' if count == 1 else 's'}"


def _disjoint(run: RunFiles) -> str:
    if "part" not in run.config:
        return ""
    subjects = [set(run.config["part"][name]["subjects"]) for name in PARTS]
    shared = len((subjects[0] | subjects[1]) & subjects[2])
    label = run.metrics.get("overlap", {}).get("label")
    if shared or label:
        return f"Parts share subjects ({shared} of the test part): {label or 'optimistic'}."
    return "Parts are disjoint by subject: no subject of the test part was trained or chosen on."


def _crops(run: RunFiles) -> str:
    spec = run.config.get("face_spec") or run.manifest.get("face_spec")
    if not spec:
        return ""
    view = "whole images" if spec["kind"] == "whole" else "crops of aligned faces"
    return f"The model sees {view}, {spec['size']} x {spec['size']} pixels, normalised in RGB."


def _flow(run: RunFiles) -> str:
    steps = [
        f"{entry['step']}: {whole(entry['frames'])}{_left_out(entry['left_out'])}"
        for entry in run.metrics.get("flow") or ()
    ]
    return "; ".join(steps) + "." if steps else ""


def _left_out(reasons: Mapping[str, int]) -> str:
    if not reasons:
        return ""
    return f" (left out: {', '.join(f'{name} {whole(n)}' for name, n in reasons.items())})"


def _missing(run: RunFiles) -> str:
    missing = run.metrics.get("not_scored")
    if not missing:
        return ""
    counts = f"{whole(missing['frames'])} of {whole(missing['labelled'])} labelled frames"
    if not missing["frames"]:
        return f"{counts} have no score."
    errors = "; metrics.json has them as errors too" if missing["as_errors"] else ""
    reasons = _left_out(missing["reasons"])
    return f"{counts} have no score{reasons}. The metrics leave them out{errors}."


def _sizes(run: RunFiles) -> str:
    metrics = run.metrics
    return (
        f"Evaluated: {_counted(metrics['frames'], 'frame')} of "
        f"{_counted(metrics['subjects'], 'subject')} in "
        f"{_counted(metrics['sequences'], 'sequence')}."
    )


def _scale(run: RunFiles) -> str:
    scale = run.scale
    names = f", levels {', '.join(scale.levels)}" if scale.levels else ""
    cuts = f", cut at {', '.join(f'{cut:g}' for cut in scale.cuts)}" if scale.cuts else ""
    return f"{scale.name}, {scale.low:g} to {scale.high:g}{cuts}{names}."


def _labels(run: RunFiles) -> str:
    levels = run.metrics.get("not_scored", {}).get("levels", {})
    counts = ", ".join(f"{name} {whole(level['labelled'])}" for name, level in levels.items())
    return f"Labelled frames by level: {counts}." if counts else ""


def _output(run: RunFiles) -> str:
    return (
        f"For each face a score on the scale {run.scale.name}, its level, the probability of each "
        "level and a 90 % interval, all from one calibrated distribution."
        if run.manifest
        else ""
    )


def _measures(run: RunFiles) -> str:
    names = titles(run.scale)
    pooled = run.metrics["model"]["pooled"]
    measured = ", ".join(names[key] for key in SHOWN if key in pooled and key in names)
    return (
        f"{measured}, and more in metrics.json, beside always zero, the mean and the majority. "
        f"{_intervals(run.metrics['bootstrap'])}"
    )


def _intervals(bootstrap: Mapping[str, Any]) -> str:
    if not bootstrap["resamples"]:
        return "No intervals were computed."
    return (
        f"{bootstrap['confidence']:.0%} intervals from {whole(bootstrap['resamples'])} resamples "
        f"of the {bootstrap['unit']}s ({bootstrap['method']}, seed {bootstrap['seed']})."
    )


def _performance(run: RunFiles) -> str:
    model, names = run.metrics["model"], titles(run.scale)
    values = [
        f"{names[key]} {decimal(model['pooled'][key])}{_interval(model, key)}"
        for key in SHOWN
        if key in names and model["pooled"].get(key) is not None
    ]
    baselines = ", ".join(
        f"{name} {decimal(entry['pooled']['mae'])}"
        for name, entry in run.metrics["baselines"].items()
    )
    return f"Over all frames: {'; '.join(values)}. MAE of trivial predictors: {baselines}."


def _interval(model: Mapping[str, Any], key: str) -> str:
    low, high = model["pooled_interval"].get(key) or (None, None)
    return " (no interval)" if low is None or high is None else f" ({interval(low, high)})"


def _confusion(run: RunFiles) -> str:
    classes = run.metrics.get("classes") or {}
    scheme = classes.get("four_levels") or classes.get("levels")
    if not scheme:
        return ""
    labels: Sequence[str] = scheme["labels"]
    rows = [
        f"{label}: " + ", ".join(f"{whole(n)} {name}" for name, n in zip(labels, row, strict=True))
        for label, row in zip(labels, scheme["confusion"], strict=True)
    ]
    return f"Labelled level, then predicted levels of its frames. {'; '.join(rows)}."


def _subjects(run: RunFiles) -> str:
    model, names = run.metrics["model"], titles(run.scale)
    values = ", ".join(
        f"{names[key]} {decimal(model['subject_mean'][key])}"
        for key in ("mae", "pcc", "icc")
        if model["subject_mean"].get(key) is not None
    )
    return f"Mean over subjects: {values}. subjects.csv has each subject." if values else ""


def _groups(run: RunFiles) -> str:
    columns = (run.metrics.get("fairness") or {}).get("columns") or {}
    if not columns:
        return ""
    return (
        f"Groups compared: {', '.join(columns)}. fairness.html has metrics, coverage, calibration "
        "and the differences with intervals."
    )


def _software(run: RunFiles) -> str:
    record = run.record
    if not record:
        return ""
    installed = record["libraries"]
    libraries = [f"{name} {installed[name]}" for name in LIBRARIES if name in installed]
    code, hardware = record["code"], record["hardware"]
    commit = f", commit {code['commit']}" if code["commit"] else ""
    changed = " with changes that are not committed" if code["clean"] is False else ""
    return (
        f"wince {code['wince']}{commit}{changed}; Python {record['python']}; "
        f"{', '.join(libraries)}. {hardware['system']}, {hardware['processor']}, "
        f"{hardware['cores']} cores. The record has the versions of all libraries."
    )


def _run(run: RunFiles) -> str:
    record = run.record
    if not record:
        return ""
    seeds = ", ".join(f"{name} {seed}" for name, seed in record["seeds"].items())
    torch = record.get("torch")
    exact = f" Deterministic algorithms of torch: {torch['deterministic']}." if torch else ""
    return (
        f"Made on {record['date']} in {record['seconds']:g} s with `{record['command']}`. "
        f"Seeds: {seeds}.{exact}"
    )


def _model_file(run: RunFiles) -> str:
    if not run.manifest:
        return ""
    manifest = run.manifest
    return (
        f"{manifest['name']} {manifest['version']}: {manifest['file']} (SHA-256 "
        f"{manifest['sha256']}) with model.json, used with `wince assess --model` or "
        "wince.Assessor."
    )


def _caveats(run: RunFiles) -> str:
    return " ".join(run.metrics.get("caveats", ()))


FACTS: Mapping[str, Callable[[RunFiles], str]] = {
    "model": _model,
    "initial weights": _initial_weights,
    "selection": _selection,
    "imbalance": _imbalance,
    "calibration": _calibration,
    "data": _data,
    "parts": _parts,
    "disjoint": _disjoint,
    "crops": _crops,
    "flow": _flow,
    "missing": _missing,
    "sizes": _sizes,
    "scale": _scale,
    "labels": _labels,
    "output": _output,
    "measures": _measures,
    "performance": _performance,
    "confusion": _confusion,
    "subjects": _subjects,
    "groups": _groups,
    "software": _software,
    "run": _run,
    "model file": _model_file,
    "caveats": _caveats,
}
"""The facts that an item of a checklist can name."""
