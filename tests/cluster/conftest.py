"""A cluster for tests, where one can be had."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from oracle_api.clients.client import Scope
from oracle_api.clients.tokenfile import Entry, write_block
from tests.servers.postgres import Postgres
from tests.servers.redis import Redis
from tests.webhooks.receiver import Receiver

from .lab import BROKER, HOSTS, POSTGRES, Cluster
from .network import TEST, Network, why_not

#: How many jobs may wait in the cluster.
QUEUE_LIMIT = 100

#: A client that may have so many active jobs, and its token.
FEW = 3
FEW_TOKEN = "token-of-few"


@pytest.fixture(scope="session")
def needs_network() -> None:
    """Skip where no network can be made."""
    if reason := why_not():
        pytest.skip(reason)


@pytest.fixture(scope="session")
def network(needs_network: None) -> Iterator[Network]:
    """The hosts of a cluster."""
    with Network(*HOSTS) as network:
        yield network


@pytest.fixture(scope="session")
def receiver(network: Network) -> Iterator[Receiver]:
    """Whoever is called back, on the test's own host."""
    with Receiver(host=network.hosts[TEST].address) as receiver:
        yield receiver


@pytest.fixture(scope="session")
def tokens_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tokens") / "clients.toml"
    digest = hashlib.sha256(FEW_TOKEN.encode()).hexdigest()
    scopes = [Scope.SUBMIT, Scope.JOBS_READ, Scope.JOBS_CANCEL]
    entry = Entry("few", digest, scopes=scopes, procedures=["*"], max_active_jobs=FEW)
    path.write_text(write_block(entry))
    return path


@pytest.fixture(scope="session")
def whole_cluster(
    needs_postgres: None,
    needs_redis: None,
    network: Network,
    receiver: Receiver,
    tokens_file: Path,
    run_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Cluster]:
    """One cluster for all tests of a process."""
    folder = tmp_path_factory.mktemp("cluster")
    broker, store = network.hosts[BROKER], network.hosts[POSTGRES]
    cluster = Cluster(
        folder,
        network,
        Redis(folder / BROKER, host=broker.address, within=broker.within),
        Postgres(
            folder / POSTGRES,
            template_folder=run_folder,
            host=store.address,
            within=store.within,
            durable=True,
        ),
        API_TOKENS_FILE=str(tokens_file),
        JOB_QUEUE_LIMIT=str(QUEUE_LIMIT),
        WEBHOOK_ALLOW=f"http://{receiver.host}:{receiver.port}",
        WEBHOOK_SECRET="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        WEBHOOK_RETRY_SECONDS="0.5,0.5",
    )
    try:
        yield cluster.start()
    finally:
        cluster.close()


@pytest.fixture
def cluster(whole_cluster: Cluster) -> Iterator[Cluster]:
    """A whole cluster; what a test breaks in it is mended afterwards."""
    whole_cluster.heal()
    yield whole_cluster
    whole_cluster.heal()
