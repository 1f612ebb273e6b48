"""The requests of the Postman collection, in the order in which a person tries them.

Here stands only what the OpenAPI document does not tell: the order, names, bodies beside the
document's examples, and what the tests of a step look at.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_SCRIPTS = Path(__file__).with_name("scripts")
# Of one step; each time the service itself waits for what `wait` says.
_MOST_POLLS = 60


@dataclass(frozen=True, kw_only=True)
class Step:
    """One request.

    Args:
        name: differs from every other.
        operation: its ``operationId`` in the document.
        status: that it answers.
        says: what a person sees here, in Markdown.
        example: the name of the body among the document's examples.
        body: the body itself, where the document has no example of it.
        path: values of the path's variables, where not the document's examples.
        query: values of query parameters; the others are there too, but not sent.
        headers: values of headers; the same holds.
        token: what is sent in place of the environment's token.
        before: a script that runs before the request.
        tests: a script that runs after it, beside the test of the status.
    """

    name: str
    operation: str
    tests: str
    status: int = 200
    says: str = ""
    example: str = ""
    body: Any = None
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    token: str = ""
    before: str = ""


@dataclass(frozen=True)
class Folder:
    """Requests that belong together.

    Args:
        name: shown in Postman.
        says: what they show, in Markdown.
        steps: in their order.
    """

    name: str
    says: str
    steps: tuple[Step, ...]


def script(name: str) -> str:
    """Read a script beside this module."""
    return (_SCRIPTS / name).read_text()


def _poll(wanted: str, tests: str = "") -> str:
    """Make a script that asks again until a job is in a state; the tests see that ``job``."""
    head = f'const wanted = "{wanted}";\nconst most = {_MOST_POLLS};\n'
    indented = "".join(f"    {line}\n" for line in tests.strip().splitlines())
    return head + script("poll.js") + (f"if (arrived) {{\n{indented}}}\n" if tests else "")


_JOB = {"job_id": "{{job_id}}"}
_IS_OK = 'pm.test("It is well", () => pm.expect(pm.response.json().status).to.equal("ok"));'
_KEEP_JOB = """\
const {job_id} = pm.response.json();
pm.environment.set("job_id", job_id);
pm.test("It says where the job is", () => {
    pm.expect(pm.response.headers.get("Location")).to.include(`/jobs/${job_id}`);
});
"""

FOLDERS = (
    Folder(
        "1. Is it there?",
        "Whether service and database answer, and what happens without a good token.",
        (
            Step(
                name="Is the service alive?",
                operation="isAlive",
                says="Needs no token, and asks no database.",
                tests=_IS_OK,
            ),
            Step(
                name="Does the database answer?",
                operation="pingDatabase",
                tests=_IS_OK,
            ),
            Step(
                name="Is everything ready?",
                operation="isReady",
                tests=_IS_OK,
            ),
            Step(
                name="A wrong token is refused",
                operation="pingDatabase",
                status=401,
                says="Every error is a problem document (RFC 9457); `error` repeats `detail`.",
                token="a-wrong-token",
                tests="""\
pm.test("It says what is wanted", () => {
    pm.expect(pm.response.headers.get("WWW-Authenticate")).to.match(/^Bearer/);
    const problem = pm.response.json();
    pm.expect(problem.error).to.equal(problem.detail);
    pm.expect(problem.request_id).to.equal(pm.response.headers.get("X-Request-ID"));
});
""",
            ),
        ),
    ),
    Folder(
        "2. Call a procedure now",
        "The answer holds the OUT values. Types and directions come from the data dictionary.",
        (
            Step(
                name="Add two numbers",
                operation="callProcedure",
                says="`SUMA_SIMPLE(a IN NUMBER, b IN NUMBER, resultado OUT NUMBER)`",
                example="sum",
                tests="""\
pm.test("The sum is exact", () => pm.expect(pm.response.json().out.RESULTADO).to.equal(3.5));
pm.test("It says where the time went", () => {
    pm.expect(pm.response.headers.get("Server-Timing")).to.include("total");
});
""",
            ),
            Step(
                name="Name the parameters in a list",
                operation="callProcedure",
                says="With directions and types, for what the data dictionary does not show. "
                "OUT values have the names that the request gave them.",
                example="list",
                tests="""\
pm.test("The text came through", () => {
    pm.expect(pm.response.json().out).to.eql({p_output: "Procesado: hola"});
});
""",
            ),
            Step(
                name="Get the rows of a REF CURSOR",
                operation="callProcedure",
                example="cursor",
                tests="""\
pm.test("The rows are there", () => {
    const {columns, rows} = pm.response.json().out.P_CURSOR;
    pm.expect(columns).to.eql(["ID", "NOMBRE", "FECHA"]);
    pm.expect(rows.map(([, nombre]) => nombre)).to.eql(["Item 1", "Item 2"]);
});
""",
            ),
            Step(
                name="Call several times in one transaction",
                operation="callProcedure",
                says="All or nothing: an error names the element of the batch and undoes it all.",
                example="batch",
                tests="""\
pm.test("Each call has its own result", () => {
    pm.expect(pm.response.json().out).to.eql([{RESULTADO: 3}, {RESULTADO: 7}]);
});
""",
            ),
            Step(
                name="Call a function",
                operation="callProcedure",
                body={"name": "FUNC_TEST_FECHA"},
                tests="""\
pm.test("It gave a date", () => {
    pm.expect(pm.response.json().out.return_value).to.match(/^\\d{4}-\\d\\d-\\d\\dT/);
});
""",
            ),
            Step(
                name="A procedure raises an error",
                operation="callProcedure",
                status=422,
                says="Oracle's code and text are passed on, and what it did is rolled back.",
                body={"name": "PROC_TEST_ERROR", "params": {"p_should_fail": 1}},
                tests="""\
pm.test("Oracle's error is passed on", () => {
    const problem = pm.response.json();
    pm.expect(problem.code).to.equal("ORA-20001");
    pm.expect(problem.detail).to.include("Error intencional de prueba");
});
""",
            ),
            Step(
                name="A parameter that is not there",
                operation="callProcedure",
                status=400,
                says="The signature is shown.",
                body={"name": "SUMA_SIMPLE", "params": {"a": 1, "c": 2}},
                tests="""\
pm.test("The signature is shown", () => {
    pm.expect(pm.response.json().detail).to.include("SUMA_SIMPLE");
});
""",
            ),
            Step(
                name="A procedure that is not there",
                operation="callProcedure",
                status=404,
                body={"name": "NO_SUCH_PROCEDURE"},
                tests="""\
pm.test("It is named", () => {
    pm.expect(pm.response.json().detail).to.include("NO_SUCH_PROCEDURE");
});
""",
            ),
        ),
    ),
    Folder(
        "3. Run one in the background",
        "A job is on disk before its `202` is sent, and its result survives a restart.",
        (
            Step(
                name="Start a long load",
                operation="submitProcedure",
                status=202,
                says="Stores `job_id` in the environment, for the requests that follow. With "
                "`callback_url` in the body, the service would tell that URL when the job has "
                "ended.",
                example="load",
                headers={"Idempotency-Key": "{{idempotency_key}}"},
                before="""\
pm.environment.set("idempotency_key", pm.variables.replaceIn("{{$guid}}"));
""",
                tests=_KEEP_JOB,
            ),
            Step(
                name="Start it again with the same key",
                operation="submitProcedure",
                status=202,
                says="As a client does that got no answer: it is the same job, not a second one.",
                example="load",
                headers={"Idempotency-Key": "{{idempotency_key}}"},
                tests="""\
pm.test("It is the same job", () => {
    pm.expect(pm.response.json().job_id).to.equal(pm.environment.get("job_id"));
});
""",
            ),
            Step(
                name="The same key with another body",
                operation="submitProcedure",
                status=422,
                example="cursor",
                headers={"Idempotency-Key": "{{idempotency_key}}"},
                tests="""\
pm.test("The kind of problem is told", () => {
    pm.expect(pm.response.json().type).to.equal("urn:oracle-api:problem:idempotency-mismatch");
});
""",
            ),
            Step(
                name="Wait until it is completed",
                operation="showJob",
                says="`work` holds what the procedure itself reports. A run of the collection "
                "asks again until the job is final; by hand, send it as often as you like.",
                path=_JOB,
                query={"wait": "1"},
                tests=_poll(
                    "completed",
                    """\
pm.environment.set("etag", pm.response.headers.get("ETag"));
pm.test("The result is there", () => {
    pm.expect(job.result).to.eql({VRESULTADO: 12500});
    pm.expect(job.progress).to.equal(100);
});
""",
                ),
            ),
            Step(
                name="Has it changed?",
                operation="showJob",
                status=304,
                says="With the `ETag` of the last answer nothing is sent twice.",
                path=_JOB,
                headers={"If-None-Match": "{{etag}}"},
                tests="""\
pm.test("It is the same state", () => {
    pm.expect(pm.response.headers.get("ETag")).to.equal(pm.environment.get("etag"));
});
""",
            ),
            Step(
                name="Start a job that fails",
                operation="submitProcedure",
                status=202,
                body={"name": "PROC_TEST_ERROR", "params": {"p_should_fail": 1}},
                tests=_KEEP_JOB,
            ),
            Step(
                name="Wait until it has failed",
                operation="showJob",
                path=_JOB,
                query={"wait": "5"},
                tests=_poll(
                    "failed",
                    """\
pm.test("Oracle's error is in the job", () => {
    pm.expect(job.error_code).to.equal("ORA-20001");
    pm.expect(job.error).to.include("Error intencional de prueba");
    pm.expect(job).not.to.have.property("result");
});
""",
                ),
            ),
        ),
    ),
    Folder(
        "4. Cancel one",
        "A running call is broken off inside the database.",
        (
            Step(
                name="Start a job of ten minutes",
                operation="submitProcedure",
                status=202,
                body={"name": "PROC_TEST_DEMORA", "params": {"segundos": 600}},
                tests=_KEEP_JOB,
            ),
            Step(
                name="Wait until it runs",
                operation="showJob",
                path=_JOB,
                query={"wait": "0.2"},
                tests=_poll("running"),
            ),
            Step(
                name="Cancel it",
                operation="cancelJob",
                status=202,
                path=_JOB,
                tests="""\
pm.test("It is being broken off", () => {
    const job = pm.response.json();
    pm.expect(job.id).to.equal(pm.environment.get("job_id"));
    pm.expect(job.cancel_requested).to.equal(true);
});
""",
            ),
            Step(
                name="Wait until it is cancelled",
                operation="showJob",
                path=_JOB,
                query={"wait": "5"},
                tests=_poll(
                    "cancelled",
                    """\
pm.test("It has no result", () => pm.expect(job).not.to.have.property("result"));
""",
                ),
            ),
            Step(
                name="What has ended cannot be cancelled",
                operation="cancelJob",
                status=409,
                path=_JOB,
                tests="""\
pm.test("The kind of problem is told", () => {
    pm.expect(pm.response.json().type).to.equal("urn:oracle-api:problem:conflict");
});
""",
            ),
        ),
    ),
    Folder(
        "5. Fetch a large result",
        "The rows of a job's REF CURSOR are kept beside it, and fetched in pages or as a file.",
        (
            Step(
                name="Start a job with 2500 rows",
                operation="submitProcedure",
                status=202,
                body={"name": "PROC_TEST_CURSOR", "params": {"p_limit": 2500}},
                tests=_KEEP_JOB,
            ),
            Step(
                name="Wait until its rows are there",
                operation="showJob",
                path=_JOB,
                query={"wait": "5"},
                tests=_poll(
                    "completed",
                    """\
pm.test("It says where the rows are", () => {
    const {row_count, rows_url} = job.result.P_CURSOR;
    pm.expect(row_count).to.equal(2500);
    pm.expect(rows_url).to.include(`/jobs/${job.id}/rows/P_CURSOR`);
});
""",
                ),
            ),
            Step(
                name="Get the first rows",
                operation="listRows",
                path=_JOB,
                query={"limit": "1000"},
                tests="""\
const page = pm.response.json();
pm.environment.set("cursor", page.next);
pm.test("The page is full", () => {
    pm.expect(page.columns).to.eql(["ID", "NOMBRE", "FECHA"]);
    pm.expect(page.rows).to.have.lengthOf(1000);
});
""",
            ),
            Step(
                name="Get the next rows",
                operation="listRows",
                path=_JOB,
                query={"limit": "1000", "cursor": "{{cursor}}"},
                tests="""\
pm.test("It goes on where the first page ended", () => {
    pm.expect(pm.response.json().rows[0].slice(0, 2)).to.eql([1001, "Item 1001"]);
});
""",
            ),
            Step(
                name="Get all rows as CSV",
                operation="listRows",
                says='In Postman, "Send and Download" saves it.',
                path=_JOB,
                headers={"Accept": "text/csv"},
                tests="""\
const lines = pm.response.text().trim().split("\\r\\n");
pm.test("A head and all rows", () => {
    pm.expect(lines[0]).to.equal("ID,NOMBRE,FECHA");
    pm.expect(lines).to.have.lengthOf(2501);
});
""",
            ),
            Step(
                name="Get all rows as lines of JSON",
                operation="listRows",
                path=_JOB,
                headers={"Accept": "application/x-ndjson"},
                tests="""\
const lines = pm.response.text().trim().split("\\n").map((line) => JSON.parse(line));
pm.test("The last row is there", () => {
    pm.expect(lines[lines.length - 1].slice(0, 2)).to.eql([2500, "Item 2500"]);
});
""",
            ),
            Step(
                name="Get a CLOB or BLOB as a file",
                operation="getLob",
                status=404,
                says="A CLOB or BLOB of more than 1 MiB is kept beside its job, whose result has "
                "its `lob_url`. This job has none, so it is a 404; with a procedure of your own, "
                "put the parameter's name into the path.",
                path={**_JOB, "label": "P_CLOB"},
                tests="""\
pm.test("The kind of problem is told", () => {
    pm.expect(pm.response.json().type).to.equal("urn:oracle-api:problem:not-found");
});
""",
            ),
        ),
    ),
    Folder(
        "6. See what can be called",
        "From the data dictionary, and only what the token may call.",
        (
            Step(
                name="List procedures",
                operation="listProcedures",
                query={"like": "PKG_ETL.*"},
                tests="""\
pm.test("The load is among them", () => {
    const names = pm.response.json().procedures.map(({name}) => name);
    pm.expect(names.some((name) => name.endsWith("PKG_ETL.PROCESO_LARGO"))).to.equal(true);
});
""",
            ),
            Step(
                name="Describe a procedure",
                operation="describeProcedure",
                says="With an example of a body, and its JSON Schema.",
                tests="""\
pm.test("Its parameters are shown", () => {
    const [{parameters, example}] = pm.response.json().overloads;
    pm.expect(parameters.map(({name}) => name)).to.eql(["A", "B", "RESULTADO"]);
    pm.expect(Object.keys(example.params)).to.eql(["A", "B"]);
});
""",
            ),
            Step(
                name="Get an OpenAPI document of it",
                operation="getProcedureDocument",
                says="For client generators; Postman imports it too.",
                tests="""\
pm.test("It has the calls of this procedure", () => {
    const {openapi, paths} = pm.response.json();
    pm.expect(openapi).to.match(/^3\\.1/);
    pm.expect(paths["/procedure"].post.operationId).to.match(/^call\\w*SumaSimple$/);
});
""",
            ),
        ),
    ),
    Folder(
        "7. List jobs and tidy up",
        "A token sees and deletes its own jobs; the one in `API_TOKEN`, everybody's.",
        (
            Step(
                name="List jobs",
                operation="listJobs",
                says="Newest first; `next` leads to the next page.",
                query={"status": "completed,cancelled", "limit": "2"},
                tests="""\
const {total, jobs, next} = pm.response.json();
pm.environment.set("cursor", next);
pm.test("The last job comes first", () => {
    pm.expect(jobs.map(({id}) => id)).to.include(pm.environment.get("job_id"));
    pm.expect(jobs).to.have.lengthOf(2);
    pm.expect(total).to.be.at.least(3);
});
pm.test("They are in these states", () => {
    jobs.forEach(({status}) => pm.expect(status).to.be.oneOf(["completed", "cancelled"]));
});
""",
            ),
            Step(
                name="List the jobs before these",
                operation="listJobs",
                query={"status": "completed,cancelled", "limit": "2", "cursor": "{{cursor}}"},
                tests="""\
pm.test("They are others", () => {
    const ids = pm.response.json().jobs.map(({id}) => id);
    pm.expect(ids).to.have.lengthOf.at.least(1);
    pm.expect(ids).not.to.include(pm.environment.get("job_id"));
});
""",
            ),
            Step(
                name="Find a job by the beginning of its id",
                operation="listJobs",
                query={"id": "{{id_start}}"},
                before="""\
pm.environment.set("id_start", pm.environment.get("job_id").slice(0, 12));
""",
                tests="""\
pm.test("It is this one", () => {
    const {total, jobs} = pm.response.json();
    pm.expect(total).to.equal(1);
    pm.expect(jobs[0].id).to.equal(pm.environment.get("job_id"));
});
""",
            ),
            Step(
                name="Get figures about jobs",
                operation="summarizeJobs",
                says="How many are active, how many ended in each hour, and how long those of each "
                "procedure ran.",
                query={"hours": "2"},
                tests="""\
pm.test("The load is among them", () => {
    const {hours, procedures} = pm.response.json();
    const [load] = procedures.filter((one) => one.procedure_name === "PKG_ETL.PROCESO_LARGO");
    pm.expect(load.longest_seconds).to.be.above(2);
    pm.expect(hours.reduce((sum, {completed}) => sum + completed, 0)).to.be.at.least(2);
});
""",
            ),
            Step(
                name="Delete the job",
                operation="deleteJob",
                path=_JOB,
                tests="""\
pm.test("It was this one", () => {
    pm.expect(pm.response.json().job_id).to.equal(pm.environment.get("job_id"));
});
""",
            ),
            Step(
                name="It is gone",
                operation="showJob",
                status=404,
                path=_JOB,
                tests="""\
pm.test("The kind of problem is told", () => {
    pm.expect(pm.response.json().type).to.equal("urn:oracle-api:problem:job-not-found");
});
""",
            ),
            Step(
                name="Delete what failed or was cancelled",
                operation="deleteJobs",
                says="Of so many days ago as `older_than` in the environment says; 0 is all. "
                "Jobs that wait or run always stay.",
                query={"status": "failed,cancelled", "older_than": "{{older_than}}"},
                tests="""\
pm.test("It counts them", () => {
    const least = Number(pm.environment.get("older_than")) === 0 ? 2 : 0;
    pm.expect(pm.response.json().deleted).to.be.at.least(least);
});
""",
            ),
        ),
    ),
    Folder(
        "8. Watch the service",
        "What it counts and measures, and the document that this collection was made from.",
        (
            Step(
                name="Get the metrics",
                operation="getMetrics",
                headers={"Accept": "text/plain"},
                tests="""\
pm.test("Requests are counted", () => {
    pm.expect(pm.response.text()).to.match(/^# TYPE \\w+ counter$/m);
});
""",
            ),
            Step(
                name="Get the OpenAPI document",
                operation="getDocument",
                tests="""\
pm.environment.set("etag", pm.response.headers.get("ETag"));
pm.test("It is version 3.1", () => pm.expect(pm.response.json().openapi).to.match(/^3\\.1/));
""",
            ),
            Step(
                name="Has the document changed?",
                operation="getDocument",
                status=304,
                headers={"If-None-Match": "{{etag}}"},
                tests="""\
pm.test("It is the same state", () => {
    pm.expect(pm.response.headers.get("ETag")).to.equal(pm.environment.get("etag"));
});
""",
            ),
        ),
    ),
)
