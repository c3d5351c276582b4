from prvipe.evaluation.protocol import HIT_RANKS
from prvipe.reproduction.paper import paper_row
from prvipe.reproduction.systems import ALL_SYSTEMS, OURS


def test_rows_are_named_as_the_systems() -> None:
    for table in ("table1", "table2_all"):
        for system in ALL_SYSTEMS:
            assert bool(paper_row(table, system.name)) == (system is not OURS)


def test_hits_rise_with_k() -> None:
    for table in ("table1", "table2_chest", "table2_all"):
        for system in ALL_SYSTEMS:
            row = paper_row(table, system.name)
            assert len(row) in (0, 1, len(HIT_RANKS))
            assert list(row) == sorted(row)


def test_the_same_model_has_the_same_number_wherever_it_is_printed() -> None:
    pr_vipe = paper_row("table1", "Pr-VIPE")
    assert paper_row("table3_samples", "20") == paper_row("table3_ratio", "2") == pr_vipe
    assert paper_row("table4", "w/o aug.")[0] == paper_row("table5", "0.1")[1] == pr_vipe[0]
    assert paper_row("table4", "±30°")[0] == paper_row("table1", "Pr-VIPE (w/ aug.)")[0]
    assert paper_row("table4", "±30°")[1] == paper_row("table2_all", "Pr-VIPE (w/ aug.)")[0]
    assert paper_row("table4", "±30°")[2] == paper_row("table2_chest", "Pr-VIPE (w/ aug.)")[0]


def test_a_row_that_the_paper_does_not_have_is_empty() -> None:
    assert paper_row("table1", OURS.name) == ()
    assert paper_row("table9", "Pr-VIPE") == ()
