// Every answer is checked against the OpenAPI document, also those of requests that you add.
const segments = (path) => path.split("/").filter(Boolean);
const isVariable = (segment) => segment.startsWith("{");
const asked = segments(pm.request.url.getPath());

// A path before the service's own, which a proxy may have, does not matter.
const matches = ({method, path}) => {
    const wanted = segments(path);
    const own = asked.slice(-wanted.length);
    return method === pm.request.method && own.length === wanted.length
        && wanted.every((segment, at) => isVariable(segment) || segment === own[at]);
};
// As OpenAPI has it: what stands in the path as it is comes before a variable.
const rank = ({path}) => [segments(path).length, -segments(path).filter(isVariable).length];
const [operation] = operations.filter(matches)
    .sort((a, b) => rank(b)[0] - rank(a)[0] || rank(b)[1] - rank(a)[1]);
const answer = operation && (operation.problems.includes(pm.response.code)
    ? {"application/problem+json": {$ref: "#/components/schemas/Problem"}}
    : operation.answers[pm.response.code]);
const mediaType = (pm.response.headers.get("Content-Type") || "").split(";")[0];

pm.test("The document has this answer", () => {
    pm.expect(answer, `${pm.request.method} ${pm.response.code}`).to.be.an("object");
    pm.expect(pm.response.headers.has("X-Request-ID")).to.equal(true);
});
if (answer && Object.keys(answer).length === 0) {
    pm.test("There is no body", () => pm.expect(pm.response.text()).to.equal(""));
} else if (answer) {
    pm.test("The document has this content type", () => {
        pm.expect(Object.keys(answer)).to.include(mediaType);
    });
    if (/[/+]json$/.test(mediaType) && answer[mediaType]) {
        pm.test("The body is as its schema says", () => {
            pm.response.to.have.jsonSchema({...answer[mediaType], components});
        });
    }
}
