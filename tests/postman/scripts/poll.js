// Asks again until the job is in this state; sent by hand, it asks once.
const job = pm.response.json();
const last = pm.variables.get("polled");
const polled = last && last.id === job.id ? last : {id: job.id, times: 0, progress: 0};
pm.test("Progress never goes back", () => {
    pm.expect(job.progress).to.be.at.least(polled.progress);
});
pm.variables.set("polled", {id: job.id, times: polled.times + 1, progress: job.progress});
const arrived = job.status === wanted;
const isFinal = ["completed", "failed", "cancelled"].includes(job.status);
if (!arrived && !isFinal && polled.times < most) {
    pm.execution.setNextRequest(pm.info.requestName);
} else {
    pm.test(`It is ${wanted}`, () => pm.expect(job.status).to.equal(wanted));
}
