"""What breaks in a cluster, one round at a time."""

import os
import random
import signal
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from tests.integration.chaos import Load, pause
from tests.integration.service import eventually

from .lab import APIS, BROKER, LEASE_SECONDS, ORACLE, POSTGRES, WORKERS, Cluster

#: Longer than a lease, by more than it takes to be found out.
LONG_SECONDS = LEASE_SECONDS + 4.0
SHORT_SECONDS = 1.0


@dataclass(frozen=True)
class Fault:
    """A kind of fault.

    Args:
        name: in the report.
        one_round: breaks something and mends it, while jobs run.
        rounds: how often it is done where there is time.
    """

    name: str
    one_round: Callable[[Cluster, Load, random.Random], None]
    rounds: int


def _kill_a_process_of_an_api(cluster: Cluster, load: Load, dice: random.Random) -> None:
    load.wait_accepted(dice.randrange(1, 8))
    with suppress(ProcessLookupError):
        os.kill(dice.choice(eventually(dice.choice(cluster.apis).workers)), signal.SIGKILL)


def _kill_an_api_host(cluster: Cluster, load: Load, dice: random.Random) -> None:
    load.wait_accepted(dice.randrange(1, 8))
    killed = dice.choice(cluster.apis)
    killed.signal(signal.SIGKILL)
    pause(dice.uniform(0, 0.3))
    killed.kill()  # as the process manager does with what is left
    load.wait_accepted(5)
    killed.start()


def _kill_a_worker(cluster: Cluster, load: Load, dice: random.Random) -> None:
    load.wait_accepted(dice.randrange(1, 8))
    killed = dice.choice(cluster.workers)
    killed.kill()
    pause(dice.uniform(0, 1))
    killed.start()


def _lose_a_worker_host(cluster: Cluster, load: Load, dice: random.Random) -> None:
    load.wait_accepted(dice.randrange(1, 8))
    lost = dice.choice(cluster.workers)
    with ExitStack() as links:
        for server in (POSTGRES, BROKER, ORACLE):
            links.enter_context(cluster.network.without(lost.host.name, server))
        pause(0.1)
        lost.kill()
        pause(LONG_SECONDS)
    lost.start()


def _stop_a_worker(cluster: Cluster, load: Load, dice: random.Random) -> None:
    load.wait_accepted(dice.randrange(1, 8))
    stopped = dice.choice(cluster.workers)
    assert stopped.stop() == 0
    stopped.start()


def _pause_a_worker(cluster: Cluster, load: Load, dice: random.Random) -> None:
    load.wait_accepted(dice.randrange(1, 8))
    paused = dice.choice(cluster.workers)
    paused.pause()
    pause(LONG_SECONDS)
    paused.resume()


def _restart_the_broker(cluster: Cluster, load: Load, dice: random.Random) -> None:
    load.wait_accepted(dice.randrange(1, 8))
    cluster.broker.restart()


def _empty_the_broker(cluster: Cluster, load: Load, dice: random.Random) -> None:
    load.wait_accepted(dice.randrange(1, 8))
    cluster.broker.restart(keep_data=False)


def _kill_the_broker(cluster: Cluster, load: Load, dice: random.Random) -> None:
    load.wait_accepted(dice.randrange(1, 8))
    cluster.broker.kill()
    load.wait_accepted(5)
    if dice.random() < 0.5:
        cluster.broker.forget()
    cluster.broker.start()


def _restart_the_store(cluster: Cluster, load: Load, dice: random.Random) -> None:
    load.wait_accepted(dice.randrange(1, 8))
    cluster.postgres.restart()


def _kill_the_store(cluster: Cluster, load: Load, dice: random.Random) -> None:
    load.wait_accepted(dice.randrange(1, 8))
    cluster.postgres.kill()
    pause(dice.uniform(0, 1))
    cluster.postgres.start()


def _kill_the_database(cluster: Cluster, load: Load, dice: random.Random) -> None:
    load.wait_accepted(dice.randrange(1, 8))
    cluster.oracle.kill()
    pause(dice.uniform(0, 1))
    cluster.oracle.start()


def _cut(seconds: float, programs: tuple[str, ...], server: str) -> Callable[..., None]:
    def one_round(cluster: Cluster, load: Load, dice: random.Random) -> None:
        load.wait_accepted(dice.randrange(1, 8))
        with cluster.network.without(dice.choice(programs), server):
            pause(dice.uniform(0.5, 1) * seconds if seconds == SHORT_SECONDS else seconds)

    return one_round


def _cuts() -> list[Fault]:
    names = {POSTGRES: "PostgreSQL", BROKER: "the broker", ORACLE: "the database"}
    return [
        Fault(
            f"link between {who} and {names[server]} cut, {how_long} than the lease",
            _cut(seconds, programs, server),
            rounds,
        )
        for who, programs in (("an API host", APIS), ("a worker", WORKERS))
        for server in (POSTGRES, BROKER, ORACLE)
        for how_long, seconds, rounds in (
            ("shorter", SHORT_SECONDS, 8),
            ("longer", LONG_SECONDS, 2),
        )
    ]


FAULTS = [
    Fault("kill -9 of an API host's worker process", _kill_a_process_of_an_api, 15),
    Fault("kill -9 of an API host's master", _kill_an_api_host, 6),
    Fault("kill -9 of a worker", _kill_a_worker, 10),
    Fault("worker told to stop (SIGTERM) with running jobs", _stop_a_worker, 5),
    Fault("worker's host lost, with its links", _lose_a_worker_host, 3),
    Fault("worker paused (SIGSTOP) past its lease, and woken", _pause_a_worker, 3),
    Fault("kill -9 of the broker; back with its data or without", _kill_the_broker, 8),
    Fault("broker restarted with its data", _restart_the_broker, 5),
    Fault("broker restarted without its data", _empty_the_broker, 8),
    Fault("kill -9 of PostgreSQL", _kill_the_store, 12),
    Fault("PostgreSQL restarted", _restart_the_store, 8),
    Fault("kill -9 of the database", _kill_the_database, 10),
    *_cuts(),
]
