"""The machine is described without saying which one it is."""

from tests.bench.machine import memory, processor

CPUINFO = "processor\t: 0\nmodel name\t: Some CPU @ 2.00GHz\nprocessor\t: 1\nmodel name\t: Other\n"


def test_the_processor_is_that_of_the_first_core() -> None:
    assert processor(CPUINFO) == "Some CPU @ 2.00GHz"


def test_a_processor_without_a_name_is_its_architecture() -> None:
    assert processor("processor\t: 0\n")


def test_memory_is_in_whole_gibibytes() -> None:
    assert memory("MemTotal:       24683848 kB\nMemFree: 1 kB\n") == "24 GiB"
    assert memory("") == "unknown"
