"""The page's words: the short names of its models, and what the terms mean."""

from __future__ import annotations

from attractor.report.analysis import Analysis
from attractor.report.page_parts import Part, Points, Prose
from attractor.report.words import MODELS

TERMS = {
    "attractor": "a noun between subject and verb whose number is not the subject’s: in “the keys "
    "to the cabinet are”, cabinet.",
    "distance": "the tokens from the subject to its verb: 1 where the verb follows at once.",
    "outer, inner": "a verb across the modifier that stands between it and its subject (flights … "
    "were), or one within the modifier (airline was).",
    "balanced probes": "test sentences that open with a noun whose number says nothing of the "
    "subject’s, with each pattern of noun numbers equally often: what each heuristic gets right "
    "can be computed by hand.",
    "outer probes": "those that ask for the outer verb; the headlines are of balanced, outer "
    "probes.",
    "prefix": "the words before the verb, all that a network reads unless its task says otherwise; "
    "items that share one are a single cluster.",
    "template": "sentences of the same words in other numbers: one cluster, not several "
    "independent items.",
    "seed": "one training of a model from one random initialisation.",
    "baselines": "what every network is set beside: rules, and regressions on words without their "
    "order or on n-grams.",
    "heuristics": "rules that ignore the structure: the verb agrees with the first noun, the most "
    "recent one, or the majority of nouns.",
    "margin": "the log-odds that a network gives the right over the wrong number; above 0 it is "
    "right.",
    "interval": "[from, to], so made that 95 of 100 hold the true value; it says which variance it "
    "holds (initialisation, data, items).",
    "point": "a hundredth of accuracy: from 80 % to 83 % is three.",
    "Holm": "an adjustment of p to the number of comparisons made, which keeps the chance of even "
    "one false difference among them below 5 %.",
    "h": "Cohen’s measure of how far apart two accuracies are (0.2 small, 0.5 medium, 0.8 large), "
    "which counts a point near 100 % for more than one near 50 %.",
    "McNemar": "the exact test, of one seed by itself, of whether each of two networks is alone in "
    "being right on equally many templates.",
    "reach": "the distance at which the accuracy with one noun between, an attractor, falls to "
    "75 % on a fitted curve.",
    "d′": "how well a network tells plural from singular subjects, whichever number it prefers; 0 "
    "is not at all.",
    "criterion": "which number it prefers: above 0 it says singular too often, below 0 plural.",
}


def vocabulary(analysis: Analysis) -> list[Part]:
    """What the short names of the models stand for, and the terms, folded."""
    present = sorted(set(analysis.summary["model"]))
    full = [f"{name} is {MODELS[name]}" for name in present if name in MODELS]
    names = [Prose([f"In figures and tables, {', '.join(full)}."])] if full else []
    return [*names, Points(list(TERMS.items()), folded="Words used here")]
