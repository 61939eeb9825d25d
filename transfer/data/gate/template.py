"""The page of the validation gate; Python text, so that a change to it is a change to the stage's code."""

TEMPLATE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{ "Passed" if success else "Failed" }}: data validation</title>
<style>
:root { --paper: #ffffff; --raised: #f4f6f8; --ink: #1c2733; --faint: #5a6775; --line: #d8dee5; --bar: #33658a;
  --good: #1b7a43; --bad: #b3261e; --warn: #8a5a00; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #12181f; --raised: #1b232d; --ink: #e6ebf0; --faint: #9aa7b5; --line: #313c48; --bar: #6ea8d8;
    --good: #56c384; --bad: #ff8a80; --warn: #f0b95a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 70rem; padding: 1.5rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; }
h2 { margin: 2.2rem 0 .6rem; font-size: 1.2rem; }
h3 { margin: 0 0 .4rem; font-size: .95rem; font-weight: 600; }
p { margin: .4rem 0; }
.verdict { border-left: .5rem solid var(--good); background: var(--raised); padding: 1.1rem 1.3rem;
  border-radius: .3rem; }
.verdict.failed { border-color: var(--bad); }
.passed h1, .good { color: var(--good); }
.failed h1, .bad { color: var(--bad); }
.warn { color: var(--warn); }
.faint { color: var(--faint); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line); }
th { color: var(--faint); font-weight: 600; white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
code { font: .9em ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
td:first-child code, summary code { white-space: nowrap; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); gap: 1.5rem 2rem;
  align-items: start; }
svg { display: block; width: 100%; height: auto; max-width: 34rem; }
svg.square { max-width: 22rem; }
svg text { font: 13px system-ui, sans-serif; } .ink { fill: var(--ink); } .bar { fill: var(--bar); }
.frame { fill: none; stroke: var(--line); }
.key { white-space: nowrap; margin-right: .8rem; }
.swatch { display: inline-block; width: .75rem; height: .75rem; border-radius: .4rem; margin-right: .3rem; }
details { border: 1px solid var(--line); border-radius: .3rem; padding: .5rem .9rem; margin: .5rem 0; }
summary { cursor: pointer; } details table { margin-top: .5rem; }
.pairs { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); gap: 1rem;
  margin-top: 1rem; }
figure { margin: 0; } figure img { max-width: 100%; height: auto; border: 1px solid var(--line); }
</style>
</head>
<body>
{% macro kinds(rows) %}
<div class="scroll"><table>
<tr><th>finding</th><th class="number">how many</th><th>what it means</th><th>for example</th></tr>
{% for kind in rows %}
<tr><td><code>{{ kind.name }}</code></td><td class="number">{{ "{:,}".format(kind.count) }}</td>
<td>{{ kind.sentence }}</td><td><code>{{ kind.rows[0].file }}</code> {{ kind.rows[0].reason }}</td></tr>
{% endfor %}
</table></div>
{% endmacro %}
{% macro details(rows) %}
{% for kind in rows %}
<details><summary><code>{{ kind.name }}</code> {{ "{:,}".format(kind.count) }}
<span class="faint">{{ kind.action }}</span></summary>
<div class="scroll"><table><tr><th>file</th><th>reason</th></tr>
{% for row in kind.rows %}
<tr><td><code>{{ row.file or "(data set)" }}</code></td><td>{{ row.reason }}</td></tr>
{% endfor %}
</table></div>
{% if kind.count > rows_per_kind %}
<p class="faint">The other {{ "{:,}".format(kind.count - rows_per_kind) }} are in result.json beside this page.</p>
{% endif %}
</details>
{% endfor %}
{% endmacro %}
{% set amount = "{:,}".format %}
<header class="verdict {{ 'passed' if success else 'failed' }}">
<h1>{{ "Passed" if success else "Failed" }}</h1>
<p>{{ amount(facts.num_images) }} images in {{ facts.images_per_label | length }} classes,
{{ amount(facts.num_boxes) }} boxes in {{ facts.boxes_per_category | length }} categories.
{% if success %}
Nothing stops the line{% if warning %}; {{ warning | length }} kind(s) of findings are worth a look{% endif %}.
{% else %}
{{ failing | length }} kind(s) of findings stop the line. Mend the data, or change their thresholds or actions in
<code>validate_data</code> of <code>params.yaml</code>.
{% endif %}</p>
</header>
{% if failing %}
<h2 class="bad">Why the line stops</h2>
{{ kinds(failing) }}
{% endif %}
{% if warning %}
<h2 class="warn">Worth a look</h2>
{{ kinds(warning) }}
{% endif %}
{% if ingested %}
<h2>Noted while reading the source</h2>
<p class="faint">What was done about each was chosen in <code>ingest_data.findings</code>.</p>
{{ kinds(ingested) }}
{% endif %}
<h2>The data</h2>
<div class="charts">
{% for title, chart in charts %}
<div><h3>{{ title }}</h3>{{ chart | safe }}</div>
{% endfor %}
</div>
<div class="scroll"><table>
<tr><th></th><th class="number">smallest</th><th class="number">median</th><th class="number">largest</th></tr>
{% for name in ["width", "height", "box_width", "box_height"] if facts[name] %}
<tr><td>{{ name | replace("_", " ") }}, pixels</td>
{% for value in facts[name] %}<td class="number">{{ "{:g}".format(value) }}</td>{% endfor %}</tr>
{% endfor %}
</table></div>
{% for split, count in facts.images_per_supplied_split.items() %}
<p>{{ amount(count) }} images come with the split <code>{{ split }}</code>.</p>
{% endfor %}
<h2>Duplicates</h2>
<p>{{ "{:.1%}".format(facts.linked_share) if facts.linked_share else "None" }} of the images show what another shows.
{% for tier, count in facts.links_per_tier.items() %}
{{ amount(count) }} pair(s) found by {{ tier }}.
{% endfor %}</p>
{% if pairs %}
<div class="pairs">
{% for name, url in pairs %}
<figure><img src="{{ url }}" alt="two linked images, pair {{ name }}"></figure>
{% endfor %}
</div>
{% endif %}
<h2>Expectations</h2>
<div class="scroll"><table>
<tr><th>table</th><th>column</th><th>expectation</th><th>limits</th><th class="number">rows</th>
<th class="number">bad</th><th>result</th></tr>
{% for check in checks %}
<tr><td>{{ check.table }}</td><td>{{ check.rule.column or "" }}</td><td>{{ check.rule.expectation }}</td>
<td>{% for name, value in check.rule.limits.items() %}
{{ name | replace("_", " ") }} {{ value if value is not sequence else value | join(", ") }}
{% endfor %}</td>
<td class="number">{{ amount(check.checked) }}</td><td class="number">{{ amount(check.bad | length) }}</td>
<td>{% if check.error %}<span class="bad">could not be checked: {{ check.error }}</span>
{% elif check.passed %}<span class="good">passed</span>{% else %}<span class="warn">not met</span>{% endif %}</td></tr>
{% endfor %}
</table></div>
{% if failing or warning or ingested %}
<h2>Every finding</h2>
{{ details(failing) }}{{ details(warning) }}{{ details(ingested) }}
{% endif %}
</body>
</html>
"""
