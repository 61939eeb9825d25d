"""The model card; Python text, so that a change to it is a change to the stage's code."""

TEMPLATE = """\
# {{ texts.title }}

{{ name }} {{ version }}. {{ texts.summary }}

| | |
|---|---|
| Intended use | {{ texts.intended_use | cell }} |
| Not for | {{ texts.out_of_scope | cell }} |
| Licence of the models | {{ texts.licence | cell }} (text in `LICENSE`) |
| Licence of the data | {{ texts.data_licence | cell }} |
| Contact | {{ texts.contact | cell }} |

## Limits

{% for limit in texts.limits %}
- {{ limit }}
{% endfor %}
- All figures below are of one test split of one data set. Images that differ from it, by camera, light, material or a
  class that is not listed, get answers, too; nothing here says how good those are.

## Models

{% for task, part in tasks.items() %}
- **{{ task }}**: `{{ part.onnx }}`, {{ part.architecture }}, reads uint8 images of {{ part.input.channels }} channels and
  any size, answers with one of {{ part.categories | length }} categories: {{ part.categories | join(", ") }}.
{% if task == "classification" %}
  A confidence below {{ part.threshold }} means "not sure".{% if part.test_time != "none" %} The file averages over
  {{ part.test_time }} views; the figures below are without.{% endif %}

{% else %}
  Boxes with a score below {{ part.threshold }} are dropped.
{% endif %}
{% endfor %}

## Data

{{ data.num_images | amount }} images and {{ data.num_boxes | amount }} boxes (fingerprint `{{ data.fingerprint[:16] }}`).
{% if validation.success %}
The validation gate passed
{%- if validation.counts %}, with findings: {% for kind in validation.counts %}{{ kind.count | amount }} {{ kind.finding }} ({{ kind.action }}){{ ", " if not loop.last }}{% endfor %}{% endif %}.
{% else %}
The validation gate did not pass.
{% endif %}
{{ splits.num_groups | amount }} groups of images that belong together; {{ splits.num_straddling_groups }} of them straddle splits, and
{{ splits.leaked_share | percent }} of the test images have a near twin among the training images.

| split | images |{% for name in classes %} {{ name | cell }} |{% endfor %}

|---|---|{% for name in classes %}---|{% endfor %}

{% for split, counted in splits.splits.items() %}
| {{ split }} | {{ counted.images | amount }} |{% for name in classes %} {{ counted.classes.get(name, 0) | amount }} |{% endfor %}

{% endfor %}

{% if "classification" in measured %}
{% set part = measured.classification %}
## Classification, on {{ part.num_images | amount }} test images

| measure | value | 95 % interval |
|---|---|---|
{% for measure, shown in part.overall.items() %}
| {{ measure }} | {{ shown.value | figure }} | {{ shown.interval | interval }} |
{% endfor %}
| expected calibration error | {{ part.ece | figure }} | |

| class | images | recall | 95 % interval | precision | 95 % interval | F1 |
|---|---|---|---|---|---|---|
{% for row in part.rows %}
| {{ row.name | cell }} | {{ row.count }} | {{ row.recall.value | figure }} | {{ row.recall.interval | interval }} | {{ row.precision.value | figure }} | {{ row.precision.interval | interval }} | {{ row.f1 | figure }} |
{% endfor %}

Intervals of shares are Wilson's; that of macro F1 comes from {{ resamples }} draws of the test images. Both take images for
independent of each other; those of one surface, strip or patient are less, and then the intervals are too narrow.

![The worst mistakes](evidence/pictures/classifier_worst.png)
![Confusion matrix](evidence/pictures/classifier_confusion.png)
![Calibration](evidence/pictures/classifier_calibration.png)

onnxruntime against PyTorch on {{ part.parity.num_images | amount }} images: {{ part.parity.num_disagreements }} other answers, the largest
difference of a probability is {{ "%.1e" | format(part.parity.max_abs_difference) }}.

{% endif %}
{% if "detection" in measured %}
{% set part = measured.detection %}
## Detection, on {{ part.num_images | amount }} test images with {{ part.num_boxes | amount }} boxes

| measure | value | 95 % interval |
|---|---|---|
{% for measure, shown in part.overall.items() %}
| {{ measure }} | {{ shown.value | figure }} | {{ shown.interval | interval }} |
{% endfor %}

| class | boxes | AP | 95 % interval | AP at overlap 0.50 |
|---|---|---|---|---|
{% for row in part.rows %}
| {{ row.name | cell }} | {{ row.count }} | {{ row.ap.value | figure }} | {{ row.ap.interval | interval }} | {{ row.ap50 | figure }} |
{% endfor %}

The intervals come from {{ resamples }} draws of the test images.

![The worst test images](evidence/pictures/detector_worst.png)

onnxruntime against PyTorch on {{ part.parity.num_images | amount }} images: AP {{ part.parity.AP_torch | figure }} and {{ part.parity.AP_onnx | figure }}, {{ part.parity.num_unmatched }}
detections without a partner, the largest difference of a score is {{ "%.1e" | format(part.parity.max_score_difference) }}.

{% endif %}
## Where the weights come from

{% for task, entries in lineage.weights.items() %}
- {{ task }}:
{%- for entry in entries %} {{ entry.stage }}{% if entry.source is defined %} (from {{ entry.source }}){% endif %}{{ "," if not loop.last }}{% endfor %}.
{% endfor %}

{% if lineage.git.revision %}
Code of git revision `{{ lineage.git.revision }}`{% if lineage.git.uncommitted %}, **with uncommitted changes**{% endif %}.
{% else %}
The code was in no git revision.
{% endif %}
Everything that made the models is in `lineage/`: params, stages with the hashes of all that they read and wrote, and
what they ran on. What is installed where they were made is in `sbom.cdx.json`.
"""
