"""MODEL_CARD.md of a trained run; every number in it is from model.json."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wince import file_names
from wince.files import write_text
from wince.number_format import decimal, whole
from wince.scale import Scale
from wince.training.export import model_manifest

_METRICS = (
    ("pcc", "PCC"),
    ("icc", "ICC(3,1)"),
    ("ccc", "CCC"),
    ("auc_1", "AUC, PSPI >= 1"),
    ("auc_2", "AUC, PSPI >= 2"),
    ("auc_3", "AUC, PSPI >= 3"),
    ("mae", "MAE, points"),
    ("wmae", "wMAE, points"),
    ("rmse", "RMSE, points"),
    ("four_levels_balanced_accuracy", "Balanced accuracy, four levels"),
    ("four_levels_accuracy", "Accuracy, four levels"),
    ("levels_balanced_accuracy", "Balanced accuracy, levels"),
    ("levels_accuracy", "Accuracy, levels"),
)
_BASELINES = ("zero", "mean", "majority")
_LIMITS = """## Limits

- It was trained on the people, the cameras and the pain of the data above. In published systems the
  error differs by age, dementia, skin tone and sex; measure it by group where the data name the
  group.
- It scores an expression. People in real pain often show none, and other expressions share its
  actions.
- A face that is turned, half covered or small can be scored as action. Closed eyes may be a blink.
- It must not be used for diagnosis, triage, withholding relief, monitoring without a responsible
  person, surveillance, or judging whether somebody tells the truth about their pain."""


def write(folder: Path) -> None:
    """Write MODEL_CARD.md from a folder's model.json; raise FileWriteError when that fails."""
    write_text(folder / file_names.MODEL_CARD, text(model_manifest.read(folder)))


def about(manifest: Mapping[str, Any]) -> list[str]:
    """Return a model's description for the report of its evaluation.

    Args:
        manifest: The content of model.json, of which `name`, `face_spec` and `trained_on` are used.
    """
    spec, trained_on = manifest["face_spec"], manifest["trained_on"]
    view = "aligned crops" if spec["kind"] == "aligned" else "whole images"
    name = " ".join(str(manifest[key]) for key in ("name", "version") if key in manifest)
    settings = "".join(f", {key} {value}" for key, value in trained_on.get("settings", {}).items())
    return [
        f"The model: {name}, {view} of {spec['size']} x {spec['size']} pixels{settings}.",
        f"Its training: {trained_on.get('words') or manifest['title']}",
    ]


def text(manifest: Mapping[str, Any]) -> str:
    """Return the model card as Markdown; `manifest` is the content of model.json."""
    spec = manifest["face_spec"]
    view = (
        f"an aligned {spec['size']} x {spec['size']} crop of a face"
        if spec["kind"] == "aligned"
        else f"a whole image resized to {spec['size']} x {spec['size']}"
    )
    scale = Scale.from_dict(manifest.get("scale"))
    outputs = f"{scale.words} {scale.unit}, a rating that is not PSPI and has no action units,"
    if scale.is_pspi:
        outputs = (
            "six facial action units and PSPI" if manifest["head"] == "action-units" else "PSPI"
        )
        outputs += ", the Prkachin and Solomon Pain Intensity (0 to 16),"
    sections = (
        f"# {manifest['name']} {manifest['version']}",
        _warning(manifest),
        f"Estimates {outputs} from {view}. "
        "**Research software, not a medical device.** It scores an expression, not what a person "
        "feels: a low score does not rule pain out.",
        _training(manifest),
        _accuracy(manifest),
        _confidence(manifest),
        _LIMITS,
        _made(manifest),
        _files(manifest),
    )
    return "\n\n".join(section for section in sections if section) + "\n"


def _warning(manifest: Mapping[str, Any]) -> str:
    overlap = (manifest["figures"].get("test") or {}).get("overlap")
    caution = manifest["trained_on"].get("caution") or overlap
    sentences = (manifest["figures"].get("test") or {}).get("about_interval", [])
    warnings = [f"**{sentence}**" for sentence in sentences]
    if caution:
        warnings.append(f"**{caution}.** The metrics here do not apply to new people.")
    return "\n>\n".join(f"> {warning}" for warning in warnings)


def _training(manifest: Mapping[str, Any]) -> str:
    trained_on = manifest["trained_on"]
    settings = trained_on.get("settings", {})
    rows = "\n".join(f"| {name} | {value} |" for name, value in settings.items())
    subject_count = len(manifest["subjects_seen"])
    paragraphs = (
        f"## What it was trained on\n\n{trained_on['words']}",
        f"It has seen {subject_count:,} subjects, all named in model.json. `wince evaluate` "
        "refuses to measure it on any of them without --allow-overlap, and marks the results.",
        f"| | |\n|---|---|\n{rows}" if rows else "",
        "\n".join(f"- {note}" for note in trained_on.get("notes", ())),
    )
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _accuracy(manifest: Mapping[str, Any]) -> str:
    test = manifest["figures"].get("test")
    if not test:
        return (
            "## How accurate it is\n\nNot measured: there was no test part. Use "
            "`wince evaluate` on people it has not seen."
        )
    columns = [
        test["pooled"],
        *(test["baselines"][name] for name in _BASELINES),
        test["subject_mean"],
    ]
    rows = "\n".join(
        f"| {title} | " + " | ".join(decimal(values.get(key)) for values in columns) + " |"
        for key, title in _METRICS
        if key in test["pooled"]
    )
    return f"""## How accurate it is

On {test["frames"]:,} frames of {test["subjects"]} subjects of the test part. The first columns are
of all frames together: the model, and three trivial predictors, which always give zero, the mean or
the commonest of the training labels. The last is the mean over subjects. Intervals and all other
metrics: evaluation/report.html where the model was trained.

| | model | zero | mean | majority | mean of subjects |
|---|---|---|---|---|---|
{rows}{_not_scored(test)}"""


def _not_scored(test: Mapping[str, Any]) -> str:
    """Return the paragraph on labelled frames without a score, "" if there are none."""
    missing = test.get("not_scored", {"frames": 0})
    if not missing["frames"]:
        return ""
    reasons = ", ".join(f"{whole(count)} {reason}" for reason, count in missing["reasons"].items())
    missing_score = (
        f"\n\n**{whole(missing['frames'])} of {whole(missing['labelled'])} labelled frames have no "
        f"score** ({reasons}) and are missing above."
    )
    accuracies = ("four_levels_accuracy", "levels_accuracy")
    key = next((name for name in accuracies if name in test["pooled"]), None)
    if key is None:
        return missing_score
    return (
        f"{missing_score} Counted as errors, they lower the accuracy in "
        f"{'four ' * (key == accuracies[0])}levels from {decimal(test['pooled'][key])} to "
        f"{decimal(test['as_errors'][key])}."
    )


def _confidence(manifest: Mapping[str, Any]) -> str:
    pooled = (manifest["figures"].get("test") or {}).get("pooled", {})
    coverage = pooled.get("coverage")
    error = decimal(pooled.get("calibration_error"))
    stated = "calibration_error" in pooled
    calibrated = f"; the calibration error of the stated confidence is {error}" if stated else ""
    measured = (
        f" On the test part the interval contains {decimal(100 * coverage, 1)} % of the labels and "
        f"is {decimal(pooled['interval_width'], 1)} points wide on average{calibrated}."
        if coverage is not None
        else ""
    )
    return f"## How sure it is\n\n{manifest['trained_on']['calibration']}{measured}"


def _made(manifest: Mapping[str, Any]) -> str:
    """Return the section on versions and hardware, "" for a manifest without them."""
    made = manifest.get("made") or {}
    training, export = made.get("training"), made.get("export")
    sentences = [
        f"{verb} with {_versions(versions)}."
        for verb, versions in (("Trained", training), ("Exported", export))
        if versions and (verb == "Trained" or versions != training)
    ]
    return f"## How it was made\n\n{' '.join(sentences)}" if sentences else ""


def _versions(versions: Mapping[str, Any]) -> str:
    """Return code, libraries and machine in words."""
    hardware = versions["hardware"]
    commit = f" (commit {versions['commit']}" if versions["commit"] else ""
    changed = " with changes" if versions["clean"] is False else ""
    code = f"wince {versions['wince']}{commit}{changed}{')' if commit else ''}"
    libraries = (f"{name} {version}" for name, version in versions["libraries"].items())
    machine = [
        hardware["system"],
        hardware["processor"],
        f"{hardware['cores']} cores",
        *hardware["gpus"],
    ]
    software = ", ".join([code, f"Python {versions['python']}", *libraries])
    return f"{software}, on {', '.join(machine)}"


def _files(manifest: Mapping[str, Any]) -> str:
    export = manifest["figures"].get("export", {})
    costs = "; ".join(
        f"{name}: MAE {decimal(cost['mae'])}, PCC {decimal(cost['pcc'], 4)}, "
        f"{decimal(cost['megabytes'], 2)} MB"
        for name, cost in export.get("costs", {}).items()
    )
    measured = f" On the {export['held_out']} part: {costs}." if costs else ""
    return (
        "## Files\n\n`model.onnx` gives the score and, as a second output, the share of each cell "
        "of the last grid in it, exact but for the bias. `model.json` has everything that using "
        f"the model needs.{measured}"
    )
