"""What breaks in a cluster, one round at a time."""

import os
import random
import signal
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from tests.integration.chaos import Load, pause
from tests.integration.service import eventually

from .lab import APIS, BROKER, LEASE_SECONDS, LINKS, ORACLE, POSTGRES, WORKERS, Cluster

#: Longer than a lease, by more than it takes to be found out.
LONG_SECONDS = LEASE_SECONDS + 4.0
SHORT_SECONDS = 1.0


Round = Callable[[Cluster, Load, random.Random], None]


@dataclass(frozen=True)
class Fault:
    """A kind of fault.

    Args:
        name: in the report.
        one_round: breaks something and mends it, while jobs run.
        rounds: how often it is done where there is time.
    """

    name: str
    one_round: Round
    rounds: int


def _wait_for_the_moment(load: Load, dice: random.Random) -> None:
    """Let some jobs be accepted, so that it breaks anywhere in the life of others."""
    load.wait_accepted(dice.randrange(1, 8))
    pause(dice.uniform(0, 0.1))
    load.note_break()


def _kill_a_process_of_an_api(cluster: Cluster, load: Load, dice: random.Random) -> None:
    _wait_for_the_moment(load, dice)
    with suppress(ProcessLookupError):
        os.kill(dice.choice(eventually(dice.choice(cluster.apis).workers)), signal.SIGKILL)


def _kill_an_api_host(cluster: Cluster, load: Load, dice: random.Random) -> None:
    _wait_for_the_moment(load, dice)
    killed = dice.choice(cluster.apis)
    killed.signal(signal.SIGKILL)
    pause(dice.uniform(0, 0.3))
    killed.kill()  # as the process manager does with what is left
    load.wait_accepted(5)
    killed.start()


def _kill_a_worker(cluster: Cluster, load: Load, dice: random.Random) -> None:
    _wait_for_the_moment(load, dice)
    killed = dice.choice(cluster.workers)
    killed.kill()
    pause(dice.uniform(0, 1))
    killed.start()


def _lose_a_worker_host(seconds: float) -> Round:
    def one_round(cluster: Cluster, load: Load, dice: random.Random) -> None:
        lost = dice.choice(cluster.workers)
        _wait_for_the_moment(load, dice)
        with ExitStack() as links:
            for server in (POSTGRES, BROKER, ORACLE):
                links.enter_context(cluster.network.without(lost.host.name, server))
            pause(0.1)
            lost.kill()
            pause(seconds)
        lost.start()

    return one_round


def _stop_a_worker(cluster: Cluster, load: Load, dice: random.Random) -> None:
    _wait_for_the_moment(load, dice)
    stopped = dice.choice(cluster.workers)
    assert stopped.stop() == 0
    stopped.start()


def _pause_a_worker(seconds: float) -> Round:
    def one_round(cluster: Cluster, load: Load, dice: random.Random) -> None:
        paused = dice.choice(cluster.workers)
        _wait_for_the_moment(load, dice)
        paused.pause()
        pause(seconds)
        paused.resume()

    return one_round


def _restart_the_broker(cluster: Cluster, load: Load, dice: random.Random) -> None:
    _wait_for_the_moment(load, dice)
    cluster.broker.restart()


def _empty_the_broker(cluster: Cluster, load: Load, dice: random.Random) -> None:
    _wait_for_the_moment(load, dice)
    cluster.broker.restart(keep_data=False)


def _kill_the_broker(cluster: Cluster, load: Load, dice: random.Random) -> None:
    _wait_for_the_moment(load, dice)
    cluster.broker.kill()
    # Not until more are accepted: the queue may be full, and nothing empties it now.
    pause(dice.uniform(0, 1))
    if dice.random() < 0.5:
        cluster.broker.forget()
    cluster.broker.start()


def _restart_the_store(cluster: Cluster, load: Load, dice: random.Random) -> None:
    _wait_for_the_moment(load, dice)
    cluster.postgres.restart()


def _kill_the_store(cluster: Cluster, load: Load, dice: random.Random) -> None:
    _wait_for_the_moment(load, dice)
    cluster.postgres.kill()
    pause(dice.uniform(0, 1))
    cluster.postgres.start()


def _kill_the_database(cluster: Cluster, load: Load, dice: random.Random) -> None:
    _wait_for_the_moment(load, dice)
    cluster.oracle.kill()
    pause(dice.uniform(0, 1))
    cluster.oracle.start()


def _cut(seconds: float, programs: tuple[str, ...], server: str) -> Round:
    def one_round(cluster: Cluster, load: Load, dice: random.Random) -> None:
        _wait_for_the_moment(load, dice)
        with cluster.network.without(dice.choice(programs), server):
            pause(seconds)

    return one_round


def _cuts() -> list[Fault]:
    names = {POSTGRES: "PostgreSQL", BROKER: "the broker", ORACLE: "the database"}
    return [
        Fault(f"link {who} - {names[server]} {how}", _cut(seconds, programs, server), rounds)
        for who, programs in (("API host", APIS), ("worker", WORKERS))
        for server in (POSTGRES, BROKER, ORACLE)
        for how, seconds, rounds in (
            (f"cut for {SHORT_SECONDS:g} s", SHORT_SECONDS, 8),
            (f"cut for {LONG_SECONDS:g} s, longer than the lease", LONG_SECONDS, 2),
        )
    ]


def cut_every_link_for_a_moment(cluster: Cluster, load: Load, dice: random.Random) -> None:
    """Cut each link in turn, for too short a time for anybody to be taken for dead."""
    for link in dice.sample(LINKS, len(LINKS)):
        load.note_break()
        with cluster.network.without(*link):
            pause(0.3)


def break_much_at_once(cluster: Cluster, load: Load, dice: random.Random) -> None:
    """Leave no worker in order for longer than a lease, and no API host whole."""
    cut_off, paused = dice.sample(cluster.workers, 2)
    without_broker, without_database = dice.sample(APIS, 2)
    _wait_for_the_moment(load, dice)
    with ExitStack() as links:
        links.enter_context(cluster.network.without(cut_off.host.name, POSTGRES))
        links.enter_context(cluster.network.without(without_broker, BROKER))
        links.enter_context(cluster.network.without(without_database, ORACLE))
        paused.pause()
        pause(LONG_SECONDS)
    paused.resume()


#: What is over soon.
QUICK = [
    Fault("kill -9 of an API host's worker process", _kill_a_process_of_an_api, 15),
    Fault("kill -9 of an API host's master", _kill_an_api_host, 6),
    Fault("kill -9 of a worker", _kill_a_worker, 10),
    Fault("worker told to stop (SIGTERM)", _stop_a_worker, 5),
    Fault("kill -9 of the broker; back with its data or without", _kill_the_broker, 8),
    Fault("broker restarted with its data", _restart_the_broker, 5),
    Fault("broker restarted without its data", _empty_the_broker, 8),
    Fault("kill -9 of PostgreSQL", _kill_the_store, 12),
    Fault("PostgreSQL restarted", _restart_the_store, 8),
    Fault("kill -9 of the database", _kill_the_database, 10),
]

#: What outlasts a lease.
LASTING = [
    Fault("worker's host lost: cut off, then dead", _lose_a_worker_host(LONG_SECONDS), 3),
    Fault("worker paused (SIGSTOP) past its lease, and woken", _pause_a_worker(LONG_SECONDS), 3),
]


def outlasting(seconds: float) -> list[Round]:
    """Give the ways in which a worker can be gone for so long."""
    return [
        _lose_a_worker_host(seconds),
        _pause_a_worker(seconds),
        _cut(seconds, WORKERS, POSTGRES),
    ]


FAULTS = [*QUICK, *LASTING, *_cuts()]
