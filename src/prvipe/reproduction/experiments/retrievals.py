"""Figures 4 and 13: retrievals to look at."""

from __future__ import annotations

from prvipe.evaluation.examples import RetrievalExample, top_1_examples, top_1_examples_in
from prvipe.report.gallery import draw_gallery
from prvipe.report.sections import ReportFigure, Section
from prvipe.reproduction.laboratory import Laboratory
from prvipe.reproduction.systems import PR_VIPE_AUGMENTED


def figure_4(laboratory: Laboratory) -> Section:
    """Figure 4: some retrievals of each kind."""
    return _retrievals(laboratory, "figure4", "Figure 4: retrievals", count=3)


def figure_13(laboratory: Laboratory) -> Section:
    """Figure 13: more of them."""
    return _retrievals(laboratory, "figure13", "Figure 13: more retrievals", count=12)


def _retrievals(laboratory: Laboratory, name: str, title: str, count: int) -> Section:
    # Other queries in the larger figure.
    seed = laboratory.seed + (name == "figure13")
    examples = _examples(laboratory, count, seed)
    notes = []
    if not laboratory.data.galleries:
        notes.append(
            "No gallery of people in the wild was given: add --gallery with COCO or MPII people."
        )
    return Section(
        name=name,
        title=title,
        about=(
            f"Section 4.4 and appendix, section 5. {PR_VIPE_AUGMENTED.name}; random queries of "
            "different sequences, from random cameras, hits and misses as they fall. People in the "
            "wild have no 3D poses, so only the confidence is known."
        ),
        figures=[
            _figure(laboratory, f"{name}_{number}", place, shown)
            for number, (place, shown) in enumerate(examples.items(), start=1)
        ],
        notes=notes,
        numbers={
            place: [{"confidence": e.confidence, "np_mpjpe": e.np_mpjpe} for e in shown]
            for place, shown in examples.items()
        },
    )


def _examples(laboratory: Laboratory, count: int, seed: int) -> dict[str, list[RetrievalExample]]:
    """Retrievals by where they were searched."""
    data, system = laboratory.data, laboratory.embedding()
    examples = {"training cameras": top_1_examples(system, data.rig, count, seed=seed)}
    if data.unseen is not None:
        examples["unseen cameras"] = top_1_examples(system, data.unseen, count, seed=seed)
    for name, people in data.galleries.items():
        examples[name] = top_1_examples_in(system, data.rig, people, count, name, seed=seed)
    return examples


def _figure(
    laboratory: Laboratory, name: str, place: str, examples: list[RetrievalExample]
) -> ReportFigure:
    heading = f"Retrieval from {place}"
    hits = [example.hit for example in examples if example.hit is not None]
    judged = f" {sum(hits)} of {len(hits)} match." if hits else ""
    return laboratory.figure(
        draw_gallery(examples, heading), name, f"{heading}: query left, top-1 right.{judged}"
    )
