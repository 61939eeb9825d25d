"""The advice in plain sentences, and as a page."""

from collections.abc import Sequence

from transfer.selection.advice import Advice, Boundary
from transfer.selection.decision_table import Rule
from transfer.selection.situation import Measured

# A class with fewer images than this share of the median is named.
SCARCE = 0.5


def sentences(advice: Advice) -> list[str]:
    """Say which rule holds and why, what to do, what would change it, and what else was noticed."""
    measured, rule = advice.measured, advice.rule
    remarks = (_gain(measured), _moved(measured), _backbone(measured, rule), _size(measured), _scarce(measured))
    return [_because(measured, rule), _what(rule), *_changes(advice.boundaries, measured), *filter(None, remarks)]


def page(advice: Advice) -> str:
    """Return the advice in Markdown; the map is beside it."""
    bullets = "\n".join(f"* {sentence}" for sentence in sentences(advice))
    return (
        f"# Advice: {advice.rule.strategy}\n\n{bullets}\n\nSource of the rule: {advice.rule.source}.\n\n"
        f"This is what published tables say, not what was tried here. To try it and its neighbours:\n\n"
        f"    {advice.comparison()}\n\n![where this data set lies](map.png)\n"
    )


def _because(measured: Measured, rule: Rule) -> str:
    return (
        f"Rule {rule.rule} holds: {measured.images_per_class:g} training images per class, and a linear model on the "
        f"frozen features of {measured.architecture} tells the {measured.num_classes} classes apart with "
        f"{measured.accuracy:.1%} (± {measured.standard_error:.1%}), which is {measured.similarity:.1%} of the way "
        f"from chance to perfection: distance {measured.distance:.3f}. Random weights reach "
        f"{measured.random_accuracy:.1%}."
    )


def _what(rule: Rule) -> str:
    rate = "" if rule.learning_rate is None else f", peak learning rate of the head {rule.learning_rate:g}"
    decay = "" if rule.decay in (None, 1) else f", divided by {rule.decay:g} from each layer group to the shallower one"
    return f"Start with {rule.strategy}{rate}{decay}. {rule.note}"


def _changes(around: Sequence[Boundary], measured: Measured) -> list[str]:
    said = []
    for number, boundary in enumerate(around):
        first = "What would change it first: " if number == 0 else "Also: "
        rule = boundary.rule
        said.append(f"{first}{_edge(boundary, measured)}; then rule {rule.rule} advises {rule.strategy}.")
    return said


def _edge(boundary: Boundary, measured: Measured) -> str:
    if boundary.axis == "images":
        direction = "images per class or more" if boundary.above else "images per class or fewer"
        return f"{boundary.value if boundary.above else boundary.value - 1:g} {direction}"
    doubt = abs(boundary.value - measured.distance) < 2 * measured.distance_error
    within = ", which is within the noise of the measurement" if doubt else ""
    return f"a distance {f'of {boundary.value:g} or more' if boundary.above else f'below {boundary.value:g}'}{within}"


def _gain(measured: Measured) -> str:
    if measured.transfers:
        return ""
    return (
        "The pretrained features are no better than random ones, beyond the noise: this backbone brings nothing to "
        "these images. Try another one, and compare with scratch."
    )


def _moved(measured: Measured) -> str:
    if measured.feature_distance is None:
        return f"{measured.architecture} has no BatchNorm to remember its source by: no distance of features."
    return (
        f"What enters the BatchNorm layers is {measured.feature_distance:.2f} standard deviations from the "
        f"pretraining, averaged over channels and layers."
    )


def _backbone(measured: Measured, rule: Rule) -> str:
    if measured.architecture in rule.backbones:
        return ""
    return (
        f"For so many images the table names {', '.join(rule.backbones)}, the smallest first; this backbone is a "
        f"{measured.architecture}."
    )


def _size(measured: Measured) -> str:
    if measured.trained_size is None or measured.image_size >= measured.trained_size:
        return ""
    hint = ", so a larger augment_data.classifier.image_size shows more of them"
    return (
        f"The pictures are stored at {measured.image_size} px, the weights were trained at {measured.trained_size}; "
        f"the originals have {measured.original_size}{hint if measured.original_size > measured.image_size else ''}."
    )


def _scarce(measured: Measured) -> str:
    if measured.smallest_class >= SCARCE * measured.images_per_class:
        return ""
    return f"The smallest class has {measured.smallest_class} training images only; for it the advice may be another."
