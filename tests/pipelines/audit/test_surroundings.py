from pipelines.audit import surroundings as audit
from transfer import surroundings as recorded
from transfer.training import trace


def test_the_variables_are_those_that_are_recorded() -> None:
    # Tracing is asked for, never repeated.
    assert set(recorded.VARIABLES) - {trace.VARIABLE} == audit.VARIABLES


def test_a_record_names_software_and_machine() -> None:
    then = {"python": "3.11", "cpu": {"features": ["a"]}, "packages": {"x": "1", "y": "1"}, "gpu": None}
    now = {"python": "3.11", "cpu": {"features": ["b"]}, "packages": {"x": "2", "z": "1"}, "gpu": {"name": "H"}}

    changes = audit.compare(then, now)

    assert [
        "cpu.features: recorded a, here b",
        "gpu: recorded none, here {'name': 'H'}",
        "packages.x: recorded 1, here 2",
        "packages.y: recorded 1, here none",
        "packages.z: recorded none, here 1",
    ] == [str(change) for change in changes]
    assert [False, False, True, True, True] == [change.software for change in changes]
    assert [] == audit.compare(then, then)


def test_a_record_cannot_make_a_rerun_run_code() -> None:
    record = {"variables": {"OMP_NUM_THREADS": "2", "MKL_NUM_THREADS": None, "LD_PRELOAD": "/tmp/evil.so"}}

    assert {"OMP_NUM_THREADS": "2", "MKL_NUM_THREADS": None} == audit.variables(record)
    assert {} == audit.variables(None)
    assert {"OMP_NUM_THREADS", "MKL_NUM_THREADS", "LD_PRELOAD"} == audit.declared(record)
